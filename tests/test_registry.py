"""The catalogue: every model card can be found, and a damaged one says where."""

from pathlib import Path

import pytest

from apercu.errors import EvidenceError, UnknownModelError
from apercu.records import ModelCard
from apercu.registry import find_model, model_cards, read_cards

GOOD = """
id = "good"
name = "Good"
family = "test"
task = "super_resolution"
about = "a test"
inputs = "a picture"
outputs = "a picture"
factors = [2.0, 4.0]
licence = "Apache-2.0"
needs = "nothing"

[[claims]]
id = "one"
kind = "limit"
text = "Good is a test."
source = "apercu"
locator = "here"
verified = "by eye"
"""


OWN = [
    "bicubic", "lanczos", "ldm-inpainting", "liif-edsr", "liif-edsr-art", "liif-edsr-web", "liif-fast", "liif-rdn",
    "nearest", "sd15-dreamshaper",
]  # fmt: skip
CARRIED = [
    "realcugan-2x", "realcugan-3x", "realcugan-4x", "realesrgan-animevideov3", "realesrgan-x4plus",
    "realesrgan-x4plus-anime", "realsr-df2k", "waifu2x-anime", "waifu2x-cunet", "waifu2x-photo",
]  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_added(monkeypatch, tmp_path: Path):
    """Models that somebody added on this machine are not part of the catalogue."""
    monkeypatch.setenv("APERCU_DATA_DIR", str(tmp_path / "data"))


def test_the_catalogue_holds_the_models_of_this_version():
    assert list(model_cards()) == sorted(OWN + CARRIED)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("SISR-Any-LIIF-EDSR", "liif-edsr"),
        ("EDSR-LIIF", "liif-edsr"),
        ("Liif-Edsr", "liif-edsr"),
        (" sisr-any-liif-rdn ", "liif-rdn"),
        ("Inpainting-LatentDiffusion", "ldm-inpainting"),
        ("txt2img-stablediffusionv1-dreamshaper", "sd15-dreamshaper"),
        ("BICUBIC", "bicubic"),
        ("LIIF-EDSR-Art", "liif-edsr-art"),
        ("liif-FAST", "liif-fast"),
    ],
)
def test_a_model_is_found_by_id_name_or_alias_in_any_capitals(name: str, id: str):
    assert find_model(name).id == id


def test_no_name_leads_to_two_models():
    for card in model_cards().values():
        for name in (card.id, card.name, *card.aliases):
            assert find_model(name).id == card.id, name


def test_an_unknown_model_gets_the_nearest_names():
    with pytest.raises(UnknownModelError, match=r"no model is called 'lif-edrs'; the nearest are liif-edsr") as caught:
        find_model("lif-edrs")
    assert "apercu models" in caught.value.hint


def test_a_name_that_is_near_to_nothing_gets_the_whole_catalogue():
    with pytest.raises(
        UnknownModelError, match="bicubic, lanczos, ldm-inpainting, liif-edsr, liif-edsr-art, liif-edsr-web, liif-fast"
    ):
        find_model("%%%")


def test_only_models_that_run_here_have_a_loader():
    assert {card.id for card in model_cards().values() if card.loader} == {
        "bicubic",
        "lanczos",
        "liif-edsr",
        "liif-edsr-art",
        "liif-edsr-web",
        "liif-fast",
        "liif-rdn",
        "nearest",
        *CARRIED,
    }


def test_a_model_whose_weights_are_not_shipped_says_how_to_bring_them():
    card = find_model("liif-rdn")
    assert card.weights is not None
    assert card.weights.file is None
    assert card.weights.size == 268_184_311
    assert "apercu models add FILE" in card.needs


def test_models_that_do_not_enlarge_have_no_factors_and_are_not_direct_for_enlarging():
    for card in model_cards().values():
        verdicts = {relation.task: relation.verdict for relation in card.relations}
        enlarges = card.task == "super_resolution"
        assert bool(card.factors) == enlarges
        assert card.factors == "any" or card.id not in OWN or not enlarges
        assert card.factors != "any" or card.id not in CARRIED
        assert (verdicts["super_resolution"] == "direct") == enlarges


def test_a_good_card_in_a_folder_is_read(tmp_path: Path):
    (tmp_path / "good.toml").write_text(GOOD)
    (tmp_path / "notes.txt").write_text("not a card")
    card = read_cards(tmp_path, ModelCard)["good"]
    assert card.factors == (2.0, 4.0)
    assert card.claims[0].text == "Good is a test."


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('kind = "limit"', 'kind = "boast"', r"field claims\.0\.kind: Input should be 'mechanism'"),
        ('licence = "Apache-2.0"', "", "field licence: Field required"),
        ('needs = "nothing"', 'needs = "nothing"\ncolour = "red"', "field colour: Extra inputs"),
        ('task = "super_resolution"', 'task = "magic"', "field task: Input should be"),
        ('id = "good"', 'id = "other"', "field id: 'other' is not the name of the file"),
        ('name = "Good"', "name = Good", "it is not valid TOML: .*line 3"),
    ],
)
def test_a_damaged_card_is_refused_with_its_file_and_field(tmp_path: Path, old: str, new: str, problem: str):
    (tmp_path / "good.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(EvidenceError, match=rf"the card good\.toml is damaged: {problem}") as caught:
        read_cards(tmp_path, ModelCard)
    assert "\n" not in caught.value.message
    assert "docs/cards.md" in caught.value.hint


def test_a_card_that_is_not_utf8_is_refused_with_its_file(tmp_path: Path):
    (tmp_path / "good.toml").write_bytes(b'id = "\xff"')
    with pytest.raises(EvidenceError, match=r"the card good\.toml is damaged"):
        read_cards(tmp_path, ModelCard)
