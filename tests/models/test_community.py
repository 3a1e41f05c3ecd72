"""Files of weights in architectures that spandrel reads are recognised, tried, kept as cards of the user's, and run."""

import json
import pickle
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from apercu.errors import EvidenceError, InputError, MissingDependencyError, UnknownModelError, WeightsError
from apercu.models import community
from apercu.models.add import add_weights
from apercu.models.added_card import Told, card_text
from apercu.records import ModelCard
from apercu.registry import added_cards, added_weights, enlarge_whole, find_model, load_model, model_cards, model_status
from apercu.settings import Settings

torch = pytest.importorskip("torch", reason="community models run on torch, from the extra `spandrel`")
pytest.importorskip("safetensors.torch", reason="needs safetensors beside torch")
if not community.find_spec("spandrel"):
    pytest.skip("community models are recognised by spandrel, from the extra `spandrel`", allow_module_level=True)
community._libraries()

pytestmark = pytest.mark.filterwarnings("ignore:torch.meshgrid")


def esrgan(**options):
    from spandrel.architectures.ESRGAN import ESRGAN

    return ESRGAN(**{"num_filters": 16, "num_blocks": 1, "scale": 4} | options)


def compact():
    from spandrel.architectures.Compact import Compact

    return Compact(num_in_ch=3, num_out_ch=3, num_feat=16, num_conv=3, upscale=2)


def swinir():
    from spandrel.architectures.SwinIR import SwinIR

    return SwinIR(
        upscale=2, img_size=16, window_size=8, depths=[2], embed_dim=16, num_heads=[2], mlp_ratio=2,
        upsampler="pixelshuffledirect",
    )  # fmt: skip


def span():
    from spandrel.architectures.SPAN import SPAN

    return SPAN(num_in_ch=3, num_out_ch=3, feature_channels=16, upscale=2)


NETWORKS = {
    "ESRGAN": (esrgan, 4),
    "ESRGAN grey": (lambda: esrgan(in_nc=1, out_nc=1, scale=2), 2),
    "RealESRGAN Compact": (compact, 2),
    "SwinIR": (swinir, 2),
    "SPAN": (span, 2),
}


def made(name: str):
    """A network with random weights, large enough that its results differ from place to place."""
    torch.manual_seed(0)
    network = NETWORKS[name][0]().eval()
    with torch.no_grad():
        for weights in network.parameters():
            if weights.ndim == 4:
                weights.normal_(std=1.5 / weights[0].numel() ** 0.5)
    return network


def save(network, path: Path, wrap: str | None = "params_ema") -> Path:
    """As the training programs do: tensors under a key, or a plain safetensors file."""
    state = network.state_dict()
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file({key: value.contiguous() for key, value in state.items()}, path)
    else:
        torch.save({wrap: state, "iter": 3} if wrap else state, path)
    return path


def enlarge(model, pixels):
    factor = int(model.card.factors[0])
    size = (pixels.shape[0] * factor, pixels.shape[1] * factor)
    return enlarge_whole(model, pixels, size)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", threads=1)


@pytest.fixture
def added(own: Settings, tmp_path: Path) -> ModelCard:
    return add_weights(save(made("RealESRGAN Compact"), tmp_path / "2x-Tiny.pth"), own, told=Told(licence="CC0-1.0"))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_file_becomes_a_model_that_gives_what_its_network_gives(
    own: Settings, tmp_path: Path, name: str, suffix: str
):
    network, factor = made(name), NETWORKS[name][1]
    card = add_weights(save(network, tmp_path / f"my model{suffix}"), own)
    assert (card.id, card.name, card.factors) == ("my-model", "my model", (factor,))
    assert card.family == name.removesuffix(" grey")
    assert model_status(card, own) == "runs"
    pixels = np.random.default_rng(3).random((32, 40, 3), np.float32)
    planes = torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None]
    with torch.inference_mode():
        if name.endswith("grey"):
            expected = torch.cat([network(planes[:, [channel]]) for channel in range(3)], dim=1)
        else:
            expected = network(planes)
    assert expected.clamp(0, 1).std() > 0.05
    expected = expected[0].clamp(0, 1).numpy().transpose(1, 2, 0)
    assert np.abs(enlarge(load_model("my model", own), pixels) - expected).max() < 1e-5


def test_what_is_kept_says_where_it_is_from_and_what_it_is(own: Settings, tmp_path: Path):
    path = save(made("ESRGAN"), tmp_path / "x.pth")
    told = Told(name="4x Tiny (test)", licence="CC BY 4.0", origin="https://example.org/a page")
    card = add_weights(path, own, told=told)
    assert files_in(own.data_dir) == ["4x-tiny-test.json", "4x-tiny-test.safetensors", "4x-tiny-test.toml"]
    note = json.loads(added_weights(card, own).with_suffix(".json").read_text("utf-8"))
    assert note["source"] == "x.pth"
    assert note["source_sha256"] == card.weights.sha256 == community_digest(path)
    assert note["sha256"] == community_digest(added_weights(card, own))
    assert (note["licence"], note["origin"]) == (card.licence, card.weights.origin) == (told.licence, told.origin)
    facts = {"architecture": "ESRGAN", "scale": 4, "channels": 3, "minimum": 2, "multiple": 1, "square": False}
    assert note["network"].items() >= facts.items()
    assert note["network"]["tiling"] == "supported"
    assert note["network"]["seam"] <= 1 / 255


def community_digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_the_user_does_not_say_is_called_unknown(added: ModelCard, own: Settings, tmp_path: Path):
    card = add_weights(save(made("SPAN"), tmp_path / "y.pth"), own)
    assert card.licence == "unknown (not stated)"
    assert card.weights.origin == "not stated"
    assert added.licence == "CC0-1.0"


def test_an_added_model_is_found_like_any_other(added: ModelCard, own: Settings, monkeypatch: pytest.MonkeyPatch):
    assert added.id == "2x-tiny"
    for name in ("2x-tiny", "2X-TINY"):
        assert find_model(name, own) == added
    assert list(model_cards(own))[-1] == "2x-tiny"
    assert set(model_cards(own)) > {"liif-edsr", "bicubic"}
    monkeypatch.setenv("APERCU_DATA_DIR", str(own.data_dir))
    assert find_model("2x-tiny") == added
    monkeypatch.setenv("APERCU_DATA_DIR", str(own.data_dir / "other"))
    with pytest.raises(UnknownModelError):
        find_model("2x-tiny")


def test_tiles_give_the_same_as_the_whole(added: ModelCard, own: Settings):
    pixels = np.random.default_rng(4).random((70, 90, 3), np.float32)
    whole = enlarge(load_model(added.id, own), pixels)
    cut = enlarge(load_model(added.id, own.model_copy(update={"tile_size": 24})), pixels)
    assert np.abs(whole - cut).max() <= 1 / 255


def test_seams_that_stay_with_the_largest_overlap_are_a_limit_of_the_card(own: Settings, tmp_path: Path, monkeypatch):
    path = save(made("RealESRGAN Compact"), tmp_path / "x.pth")
    from apercu.models import add

    for seam, told in (
        (0.5 / 255, []),
        (12 / 255, ["On a test picture the tiles of x differed from the whole by up to 12.0 of 255 steps."]),
    ):
        monkeypatch.setattr(
            add, "measure_overlap", lambda facts, *_, seam=seam: facts.model_copy(update={"overlap": 96, "seam": seam})
        )
        card = add_weights(path, own)
        assert [claim.text for claim in card.claims if claim.id == "limit-seams"] == told
        assert find_model("x", own) == card


def test_each_network_runs_with_its_own_threads_and_leaves_those_of_others_alone(added: ModelCard, own: Settings):
    before, pixels, seen = torch.get_num_threads(), np.zeros((4, 4, 3), np.float32), []
    models = [load_model(added.id, own.model_copy(update={"threads": threads})) for threads in (1, 3)]
    assert torch.get_num_threads() == before
    for model in models:
        model._network._network.model.register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
    for model in (*models, *models):
        enlarge(model, pixels)
    assert seen == [1, 3, 1, 3]
    assert torch.get_num_threads() == before


def test_a_picture_smaller_than_the_network_takes_is_enlarged(own: Settings, tmp_path: Path):
    card = add_weights(save(made("SwinIR"), tmp_path / "swin.pth"), own)
    assert enlarge(load_model(card.id, own), np.full((3, 5, 3), 0.5, np.float32)).shape == (6, 10, 3)


def test_the_same_file_can_be_added_again_and_another_of_its_name_cannot(added: ModelCard, own: Settings, tmp_path):
    assert add_weights(tmp_path / "2x-Tiny.pth", own, told=Told(licence="CC0-1.0")) == added
    (tmp_path / "other").mkdir()
    other = save(made("SPAN"), tmp_path / "other" / "2x-Tiny.pth")
    with pytest.raises(InputError, match=r"the name '2x-Tiny' belongs to 2x-Tiny \(2x-tiny\)") as caught:
        add_weights(other, own)
    assert "--name" in caught.value.hint
    assert load_model("2x-tiny", own).card == added


@pytest.mark.parametrize("name", ["liif-edsr", "LIIF EDSR", "bicubic", "realesrgan-x4plus", "Waifu2x photo"])
def test_a_name_of_a_card_of_apercu_cannot_be_taken(own: Settings, tmp_path: Path, name: str):
    with pytest.raises(InputError, match="belongs to"):
        add_weights(save(made("RealESRGAN Compact"), tmp_path / "x.pth"), own, told=Told(name=name))
    assert not own.data_dir.exists()


@pytest.mark.parametrize("name", ["", " ", "../up", "a/b", "a\\b", "a\nb", "a\x1b[31m", ".hidden", "x" * 65, "é", "a "])
def test_a_name_that_could_do_harm_is_refused(own: Settings, tmp_path: Path, name: str):
    with pytest.raises(InputError, match="cannot be used, expected up to 64 letters") as caught:
        add_weights(save(made("RealESRGAN Compact"), tmp_path / "x.pth"), own, told=Told(name=name))
    assert caught.value.message.isprintable()
    assert not own.data_dir.exists()


@pytest.mark.parametrize(
    "told", [Told(licence="MIT\nid = 3"), Told(origin="\x1b]0;x"), Told(licence=""), Told(origin="x" * 301)]
)
def test_a_licence_or_an_origin_is_one_plain_line(own: Settings, tmp_path: Path, told: Told):
    with pytest.raises(InputError, match="expected one line of up to 300 plain characters"):
        add_weights(save(made("RealESRGAN Compact"), tmp_path / "x.pth"), own, told=told)
    assert not own.data_dir.exists()


def test_a_name_of_a_file_that_cannot_be_used_becomes_one_that_can(own: Settings, tmp_path: Path):
    card = add_weights(save(made("RealESRGAN Compact"), tmp_path / "été\n[x2].pth"), own)
    assert card.name.isprintable()
    assert card.id == "t-x2"


def test_quotes_and_other_letters_survive_the_card(own: Settings, tmp_path: Path):
    told = Told(licence='"quoted" \\ é 日本 🎨', origin="it's [a] = 'b' # c")
    card = add_weights(save(made("RealESRGAN Compact"), tmp_path / "x.pth"), own, told=told)
    assert (card.licence, card.weights.origin) == (told.licence, told.origin)
    assert find_model("x", own) == card
    assert ModelCard.model_validate(tomllib.loads(card_text(card))) == card


def test_the_published_file_of_a_card_takes_no_name(own: Settings, rdn_checkpoint: Path, rdn_known):
    rdn_known(rdn_checkpoint)
    with pytest.raises(InputError, match="is the published file of SISR-Any-LIIF-RDN, whose card has its name"):
        add_weights(rdn_checkpoint, own, told=Told(name="mine"))


# --- what cannot be added ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"a.weight": torch.ones(3)}, "is of no architecture that spandrel knows"),
        ({"params": {"model.0.weight": torch.ones(3)}}, "no architecture|do not fit together"),
        ({"iter": 3}, "holds no dictionary of tensors"),
        ({1: 2, "a": 3}, "holds no dictionary of tensors"),
        ({"params": {"only": {1: torch.ones(3)}}}, "holds no dictionary of tensors"),
    ],
)
def test_a_file_that_is_no_network_is_refused(own: Settings, tmp_path: Path, state, problem: str):
    torch.save(state, tmp_path / "x.pth")
    with pytest.raises(WeightsError, match=problem) as caught:
        add_weights(tmp_path / "x.pth", own)
    assert caught.value.message.isprintable()
    assert not own.data_dir.exists()


def test_what_stands_beside_the_tensors_under_a_number_is_passed_over(own: Settings, tmp_path: Path):
    state = made("RealESRGAN Compact").state_dict()
    torch.save({"params": {"only": {**state, 1: 2}}, 0: torch.ones(3)}, tmp_path / "x.pth")
    assert add_weights(tmp_path / "x.pth", own).family


def test_a_network_with_a_missing_tensor_is_refused(own: Settings, tmp_path: Path):
    state = made("RealESRGAN Compact").state_dict()
    del state["body.2.bias"]
    torch.save(state, tmp_path / "x.pth")
    with pytest.raises(WeightsError, match="do not fit together"):
        add_weights(tmp_path / "x.pth", own)


def test_a_network_that_gives_no_numbers_is_refused(own: Settings, tmp_path: Path):
    network = made("RealESRGAN Compact")
    torch.nn.init.constant_(network.state_dict()["body.0.weight"], float("nan"))
    with pytest.raises(WeightsError, match=r"x\.pth gives no finite numbers"):
        add_weights(save(network, tmp_path / "x.pth"), own)
    assert not own.data_dir.exists()


def test_a_model_that_does_not_enlarge_is_refused_with_the_reason(own: Settings, tmp_path: Path):
    network = esrgan(scale=1)
    with pytest.raises(WeightsError, match=r"is a model for Restoration \(ESRGAN, factor 1\), and only models that"):
        add_weights(save(network, tmp_path / "x.pth"), own)


def test_a_file_that_asks_to_run_something_is_refused_and_runs_nothing(own: Settings, tmp_path: Path):
    class Harm:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harmed",))

    with zipfile.ZipFile(tmp_path / "x.pth", "w") as archive:
        archive.writestr("x/data.pkl", pickle.dumps({"params": Harm()}, protocol=2))
        archive.writestr("x/version", "3")
    with pytest.raises(WeightsError, match="nothing was executed"):
        add_weights(tmp_path / "x.pth", own)
    assert not (tmp_path / "harmed").exists()
    assert not own.data_dir.exists()


# --- what somebody changed afterwards ---------------------------------------------------------------------------------


def test_weights_that_change_afterwards_are_refused(added: ModelCard, own: Settings):
    path = added_weights(added, own)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="the weights of 2x-Tiny have changed"):
        load_model(added.id, own)


@pytest.mark.parametrize("change", [{"scale": 4}, {"scale": "x"}, {"channels": 2}, {"overlap": -1}, {"colour": 1}])
def test_a_note_that_says_something_else_is_refused(added: ModelCard, own: Settings, change: dict):
    path = added_weights(added, own).with_suffix(".json")
    note = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(note | {"network": note["network"] | change}), "utf-8")
    with pytest.raises(
        WeightsError, match=r"the note beside the weights of 2x-Tiny (is damaged|says RealESRGAN Compact)"
    ):
        load_model(added.id, own)


def test_a_card_in_the_data_folder_can_name_no_other_loader(added: ModelCard, own: Settings):
    path = added_cards(own) / "2x-tiny.toml"
    path.write_text(path.read_text("utf-8").replace(added.loader, "os:system"), "utf-8")
    with pytest.raises(EvidenceError, match=r"2x-tiny\.toml is damaged: field loader: 'os:system' is not"):
        model_cards(own)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('requires = ["spandrel", "torch"]', 'requires = ["os.path"]', r"requires: \['os\.path'\] is not"),
        ('requires = ["spandrel", "torch"]', "requires = []", r"requires: \[\] is not"),
        ("weights = {", 'weights = { file = "../../../x",', "weights: expected those that the user brought"),
        ("carriers = []", 'carriers = [{ package = "a", module = "a.b", file = "f", graph = "g", graph_sha256 = "0" }]',
         "weights: expected those that the user brought"),
        ("factors = [2.0]", "factors = [inf]", r"factors: \(inf,\) is not one whole number"),
        ("factors = [2.0]", "factors = []", r"factors: \(\) is not one whole number"),
    ],
)  # fmt: skip
def test_a_card_in_the_data_folder_can_name_no_other_code_and_no_other_file(
    added: ModelCard, own: Settings, old: str, new: str, problem: str
):
    path = added_cards(own) / "2x-tiny.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(EvidenceError, match=rf"2x-tiny\.toml is damaged: field {problem}"):
        model_cards(own)


@pytest.mark.parametrize(
    "content", [b"a = " + b"[" * 100_000, b"size = " + b"9" * 5000, b"\xff", b"id =", b'name = "x"', None]
)
def test_a_broken_card_in_the_data_folder_is_named_in_one_line(own: Settings, content: bytes | None):
    path = added_cards(own) / "x.toml"
    path.parent.mkdir(parents=True)
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(EvidenceError, match=r"the card x\.toml is damaged") as caught:
        model_cards(own)
    assert "\n" not in caught.value.message


def test_a_card_in_the_data_folder_cannot_replace_one_of_apercu(added: ModelCard, own: Settings):
    text = (added_cards(own) / "2x-tiny.toml").read_text("utf-8")
    (added_cards(own) / "liif-edsr.toml").write_text(text.replace('id = "2x-tiny"', 'id = "liif-edsr"'), "utf-8")
    assert model_cards(own)["liif-edsr"].name == "SISR-Any-LIIF-EDSR"


def test_a_failure_while_adding_again_leaves_the_model_that_worked(
    added: ModelCard, own: Settings, tmp_path, monkeypatch
):
    from apercu.models import add

    def fail(_: ModelCard) -> str:
        raise KeyboardInterrupt

    before = files_in(own.data_dir)
    monkeypatch.setattr(add, "card_text", fail)
    with pytest.raises(KeyboardInterrupt):
        add_weights(tmp_path / "2x-Tiny.pth", own, told=Told(licence="another"))
    assert files_in(own.data_dir) == before == ["2x-tiny.json", "2x-tiny.safetensors", "2x-tiny.toml"]
    assert load_model("2x-tiny", own).card == added


def test_a_failure_while_writing_leaves_nothing_behind(own: Settings, tmp_path: Path, monkeypatch):
    from apercu.models import add

    def fail(_: ModelCard) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(add, "card_text", fail)
    with pytest.raises(KeyboardInterrupt):
        add_weights(save(made("RealESRGAN Compact"), tmp_path / "x.pth"), own)
    assert files_in(own.data_dir) == []


# --- the libraries ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["torch", "spandrel"])
def test_without_a_library_the_error_says_what_to_install(own, tmp_path, monkeypatch, library: str):
    path, real = save(made("RealESRGAN Compact"), tmp_path / "x.pth"), community.find_spec
    monkeypatch.setattr(community, "find_spec", lambda name: None if name == library else real(name))
    with pytest.raises(MissingDependencyError, match=f"{library} not installed") as caught:
        add_weights(path, own)
    assert "pip install 'apercu[spandrel]'" in caught.value.hint


def test_the_stand_in_for_torchvision_is_gone_after_the_import():
    if community.find_spec("torchvision"):
        pytest.skip("torchvision is installed")
    assert not [name for name in sys.modules if name.startswith("torchvision")]
