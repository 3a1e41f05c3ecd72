"""What was measured decides among the LIIF models, is said as a reason, and nothing written from it is stale."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from apercu.errors import EvidenceError
from apercu.evidence import measured as figures
from apercu.evidence.measured import Measured, figures_for, measured, quickness, read_measured
from apercu.evidence.recommend import recommend_for
from apercu.records import RecommendedModel, Task
from apercu.registry import file_digest, model_cards
from apercu.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
CARDS = ROOT / "src" / "apercu" / "cards"
LIIF = ("liif-edsr", "liif-edsr-art", "liif-fast")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("publish_models", ROOT / "tools" / "publish_models.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(protocol: str, group: str, factor: int | None, **gains: tuple[float, float, float]) -> dict[str, Any]:
    scores = {name.replace("_", "-"): (30.0 + gain[0], 32.0, 0.9) for name, gain in gains.items()}
    return {
        "protocol": protocol, "group": group, "factor": factor, "cases": 56, "pictures": 14,
        "scores": {"liif-edsr": (30.0, 32.0, 0.9)} | scores,
        "gains": {name.replace("_", "-"): gain for name, gain in gains.items()},
    }  # fmt: skip


def made_up(*rows: dict[str, Any], quick: float = 0.1) -> Measured:
    seconds = {"bicubic": 0.001, "liif-edsr": 3.0, "liif-edsr-art": 3.0, "liif-fast": 3.0 * quick}
    return Measured.model_validate(
        {
            "date": "2026-01-02", "base": "liif-edsr", "every": 1, "figures": "PSNR. Means.",
            "protocols": {name: f"Protocol {name}." for name in ("clean", "mixed", "damage", "vector", "sets")},
            "weights": {}, "rows": rows,
            "costs": {name: {"seconds_x4": s, "multiply_adds_x4": None} for name, s in seconds.items()},
        }
    )  # fmt: skip


UP, SAME, DOWN = (0.4, 0.3, 0.5), (0.02, -0.02, 0.06), (-0.2, -0.3, -0.1)
FOUND = made_up(
    row("clean", "drawn", 2, liif_edsr_art=SAME, liif_fast=DOWN, bicubic=DOWN),
    row("clean", "drawn", 3, liif_edsr_art=UP, liif_fast=DOWN, bicubic=DOWN),
    row("clean", "photo", 3, liif_edsr_art=DOWN, liif_fast=DOWN),
    row("mixed", "photo", 3, liif_edsr_art=UP, liif_fast=SAME),
    row("mixed", "all", 2, liif_edsr_art=UP, liif_fast=SAME),
)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Measured:
    monkeypatch.setattr(figures, "measured", lambda: FOUND)
    return FOUND


def task(**facets: Any) -> Task:
    return Task(id="super_resolution", name="Super Resolution", **facets)


def recommended(tmp_path: Path, **facets: Any) -> dict[str, RecommendedModel]:
    """The recommended models by id, best first."""
    return {model.id: model for model in recommend_for(task(**facets), Settings(data_dir=tmp_path)).models}


def liif_order(tmp_path: Path, **facets: Any) -> list[str]:
    """Those of which the made-up figures say something."""
    return [id for id in recommended(tmp_path, **facets) if id in LIIF]


# --- which figures speak to a question --------------------------------------------------------------------------------


def test_a_gain_is_said_with_crops_style_factor_and_interval(found: Measured) -> None:
    said = figures_for(task(content=("illustration",), factor=3))
    assert said["liif-edsr-art"][0].text == (
        "On 56 held-out crops of drawings at x3 it measured 0.40 dB above LIIF-EDSR "
        "(PSNR over RGB; 95 % interval 0.30 to 0.50)."
    )
    assert said["liif-fast"][0].text == (
        "On 56 held-out crops of drawings at x3 it measured 0.20 dB below LIIF-EDSR "
        "(PSNR over RGB; 95 % interval 0.10 to 0.30)."
    )
    assert "liif-edsr" not in said


def test_a_gain_whose_interval_holds_zero_is_no_difference(found: Measured) -> None:
    said = figures_for(task(content=("photo",), damage=("jpeg",), factor=3))["liif-fast"][0].text
    assert said == (
        "On 56 held-out crops of photographs with mixed damage at x3 it measured about the same as LIIF-EDSR "
        "(PSNR over RGB; 95 % interval of the difference -0.02 to 0.06 dB)."
    )


@pytest.mark.parametrize(
    ("facets", "where"),
    [
        ({"content": ("illustration",)}, "drawings at x2"),
        ({"content": ("illustration",), "factor": 2.4}, "drawings at x2 (of the measured factors the nearest to 2.4)"),
        (
            {"content": ("illustration",), "scale": (1.5, 3.1)},
            "drawings at x3 (of the measured factors the nearest to 3.1)",
        ),
        ({"content": ("face",), "factor": 3}, "photographs at x3"),
        ({"content": ("photo",), "factor": 3, "damage": ("blur", "noise")}, "photographs with mixed damage at x3"),
        ({"damage": ("noise",)}, "photographs, drawings, cartoons and interfaces with mixed damage at x2"),
    ],
)
def test_kind_damage_and_factor_name_the_figures(facets: dict[str, Any], where: str, found: Measured) -> None:
    assert f"crops of {where} it measured" in figures_for(task(**facets))["liif-edsr-art"][0].text


@pytest.mark.parametrize("facets", [{}, {"content": ("text",)}, {"content": ("pixel_art",), "damage": ("jpeg",)}])
def test_where_nothing_like_it_was_measured_there_are_no_figures(facets: dict[str, Any], found: Measured) -> None:
    assert figures_for(task(**facets)) == {}


def test_of_another_task_nothing_was_measured(found: Measured) -> None:
    assert figures_for(Task(id="deblur", name="Deblurring", content=("photo",), factor=3)) == {}


def test_two_kinds_of_picture_give_a_figure_each(found: Measured) -> None:
    said = figures_for(task(content=("illustration", "photo", "face"), factor=3))["liif-edsr-art"]
    assert [figure.gain.mean for figure in said] == [0.4, -0.2]


# --- what they do to a recommendation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facets", "order"),
    [
        ({"content": ("illustration",), "factor": 3}, ["liif-edsr-art", "liif-edsr", "liif-fast"]),
        ({"content": ("photo",), "factor": 3}, ["liif-edsr", "liif-edsr-art", "liif-fast"]),
        ({"content": ("photo",), "factor": 3, "damage": ("jpeg",)}, ["liif-edsr-art", "liif-fast", "liif-edsr"]),
        ({"damage": ("jpeg",)}, ["liif-edsr-art", "liif-fast", "liif-edsr"]),
        ({}, ["liif-edsr", "liif-edsr-art", "liif-fast"]),
        ({"content": ("text",)}, ["liif-edsr", "liif-edsr-art", "liif-fast"]),
    ],
)
def test_the_measured_best_of_the_liif_models_comes_first(
    facets: dict[str, Any], order: list[str], found: Measured, tmp_path: Path
) -> None:
    assert liif_order(tmp_path, **facets) == order


@pytest.mark.parametrize("content", [(), ("photo",), ("illustration",), ("ui",)])  # of anime, light networks run, too
def test_the_quick_model_comes_first_of_all_that_run_here_where_speed_is_wished_for(
    content: Any, found: Measured, tmp_path: Path
) -> None:
    ranked = recommended(tmp_path, content=content, factor=3, wish=("speed",))
    assert next(id for id, model in ranked.items() if model.status == "runs") == "liif-fast"
    assert (
        "To enlarge 128 x 128 pixels 4 times it took 10% of the time of LIIF-EDSR." in ranked["liif-fast"].reasons_for
    )


def test_a_model_that_is_behind_has_that_against_it_and_one_ahead_has_it_for_it(
    found: Measured, tmp_path: Path
) -> None:
    ranked = recommended(tmp_path, content=("illustration",), factor=3)
    assert any("0.20 dB below LIIF-EDSR" in reason for reason in ranked["liif-fast"].reasons_against)
    assert any("0.20 dB below LIIF-EDSR" in reason for reason in ranked["bicubic"].reasons_against)
    assert any("0.40 dB above LIIF-EDSR" in reason for reason in ranked["liif-edsr-art"].reasons_for)


def test_a_model_that_was_measured_on_a_kind_is_not_told_that_it_learned_from_another(
    found: Measured, tmp_path: Path
) -> None:
    ranked = recommended(tmp_path, content=("photo",), factor=3)
    assert not any("It learned from pictures" in reason for reason in ranked["liif-edsr-art"].reasons_against)
    unmeasured = recommended(tmp_path, content=("text",), factor=3)
    assert any("It learned from pictures" in reason for reason in unmeasured["liif-edsr-art"].reasons_against)


def test_a_model_that_is_surely_better_counts_as_one_that_learned_from_such_pictures(
    found: Measured, tmp_path: Path
) -> None:
    """It gets 0.05 and 0.05 a decibel, where the base, which learned from photographs, loses 0.1."""
    ranked = recommended(tmp_path, content=("illustration",), factor=3)
    assert ranked["liif-edsr-art"].score - ranked["liif-edsr"].score == pytest.approx(0.17)
    unsure = recommended(tmp_path, content=("illustration",), factor=2)
    assert unsure["liif-edsr-art"].score - unsure["liif-edsr"].score == pytest.approx(0.001)


def test_figures_move_no_model_but_the_measured_liif_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    orders = []
    for now in (made_up(), FOUND):
        monkeypatch.setattr(figures, "measured", lambda now=now: now)
        ranked = recommended(tmp_path, content=("illustration",), factor=3)
        orders.append({id: model.score for id, model in ranked.items() if id not in LIIF[1:]})
    assert orders[0] == orders[1]


def test_even_a_great_difference_counts_no_more_than_three_decibels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scores = []
    for gain in ((3.0, 2.0, 4.0), (30.0, 29.0, 31.0)):
        now = made_up(row("clean", "photo", 3, liif_edsr_art=gain))
        monkeypatch.setattr(figures, "measured", lambda now=now: now)
        scores.append(recommended(tmp_path, content=("photo",), factor=3)["liif-edsr-art"].score)
    assert scores[0] == scores[1]


def test_a_model_is_called_quick_from_half_the_time_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for quick, said in ((0.5, "50%"), (0.51, None), (0.0, "1%")):
        monkeypatch.setattr(figures, "measured", lambda quick=quick: made_up(quick=quick))
        assert (said or "None") in str(quickness("liif-fast"))
    assert quickness("liif-rdn") is None


# --- the file, and what is written from it ----------------------------------------------------------------------------


def test_a_damaged_file_of_figures_is_refused_with_its_field(tmp_path: Path) -> None:
    text = json.loads((CARDS / "measured.json").read_text("utf-8"))
    text["rows"][0]["cases"] = "many"
    (tmp_path / "measured.json").write_text(json.dumps(text))
    with pytest.raises(EvidenceError, match=r"the figures in measured\.json are damaged: field rows\.0\.cases: ") as no:
        read_measured(tmp_path / "measured.json")
    assert "publish_models" in no.value.hint
    with pytest.raises(EvidenceError, match="it cannot be read"):
        read_measured(tmp_path / "none.json")


def test_the_weights_that_were_measured_are_those_of_the_package() -> None:
    assert set(LIIF) <= set(measured().weights)
    for name, digest in measured().weights.items():
        weights = model_cards()[name].weights
        assert weights is not None
        assert weights.sha256 == digest
        if weights.file:
            assert file_digest(ROOT / "src" / "apercu" / "weights" / weights.file) == digest


def test_every_style_is_measured_clean_and_damaged_at_every_factor_for_every_liif_model() -> None:
    groups = {(row.protocol, row.group, row.factor) for row in measured().rows if set(LIIF[1:]) <= set(row.gains)}
    for protocol in ("clean", "mixed"):
        for style in figures.STYLE_WORDS:
            assert {(protocol, style, factor) for factor in figures.FACTORS} <= groups


def test_what_is_written_from_the_figures_is_not_stale(tool: ModuleType) -> None:
    page = (ROOT / "docs" / "models.md").read_text("utf-8")
    assert tool.with_tables(page, measured()) == page
    for name in measured().costs:
        card = (CARDS / "models" / f"{name}.toml").read_text("utf-8")
        assert tool.with_claims(card, measured()) == card, name
    assert (CARDS / "measured.json").read_text("utf-8") == tool.as_text(measured())


def test_other_figures_would_be_noticed_on_every_card_and_in_the_tables(tool: ModuleType) -> None:
    rows = tuple(
        row.model_copy(update={"scores": {id: s._replace(psnr=s.psnr + 1) for id, s in row.scores.items()}})
        for row in measured().rows
    )
    other = measured().model_copy(update={"rows": rows})
    page = (ROOT / "docs" / "models.md").read_text("utf-8")
    assert tool.with_tables(page, other) != page
    for name in measured().costs:
        card = (CARDS / "models" / f"{name}.toml").read_text("utf-8")
        assert tool.with_claims(card, other) != card, name


def test_a_card_says_where_its_model_is_furthest_behind_the_official_weights(tool: ModuleType) -> None:
    far = row("sets", "Set14", 4, liif_fast=(-0.51, -0.6, -0.4), liif_edsr_art=UP)
    claims = {claim.id: claim.text for claim in tool.claims(model_cards()["liif-fast"], made_up(*FOUND_ROWS, far))}
    assert claims["measured-worse"] == (
        "LIIF-Fast falls furthest behind the official weights on Set14 at x4, by 0.51 dB, 95 % interval 0.40 to 0.60 "
        "(PSNR of the luma channel, border of the factor cut)."
    )
    art = {claim.id for claim in tool.claims(model_cards()["liif-edsr-art"], made_up(row("clean", "ui", 2, **ABOVE)))}
    assert "measured-worse" not in art


ABOVE = {"liif_edsr_art": UP}
FOUND_ROWS = tuple(json.loads(each.model_dump_json()) for each in FOUND.rows)


# --- the tool ---------------------------------------------------------------------------------------------------------


def benchmark(**sha256: str) -> dict[str, Any]:
    """What the benchmark would have written, with weights of these hashes."""
    official = model_cards()["liif-edsr"].weights
    assert official is not None
    digests = {"bicubic": None, "liif-edsr": official.sha256, **sha256}
    zero = {"psnr": 0.0, "psnr_y": 0.0, "ssim_y": 0.0}
    gain = {metric: {"mean": 0.1234, "low": 0.1, "high": 0.2} for metric in zero}
    return {
        "recipe": "r", "every": 1, "base": "liif-edsr", "figures": "F. G.", "protocols": {},
        "models": {name: {"sha256": d, "seconds_x4": 1.0, "multiply_adds_x4": None} for name, d in digests.items()},
        "tables": [
            {
                "protocol": "clean", "group": "ui", "factor": factor, "cases": 2, "pictures": 1,
                "scores": {name: zero | {"psnr": 30.12345} for name in digests},
                "gains": {name: gain for name in digests if name != "liif-edsr"},
            }
            for factor in ("x2", "all")
        ],
    }  # fmt: skip


def test_given_weights_are_known_in_the_benchmark_by_their_hash_whatever_they_were_called_there(
    tool: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"trained")
    weights = {"liif-fast": tmp_path / "weights.safetensors"}
    found = benchmark(weights=file_digest(weights["liif-fast"]))
    names = tool.published_names(found["models"], weights)
    assert names == {"bicubic": "bicubic", "liif-edsr": "liif-edsr", "weights": "liif-fast"}
    kept = tool.compact(found, names, "2026-01-02")
    assert kept.rows[0].scores["liif-fast"].psnr == 30.123
    assert kept.rows[0].gains["liif-fast"].mean == 0.123
    assert [each.factor for each in kept.rows] == [2, None]


def test_weights_that_were_not_measured_are_refused(tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "new.safetensors").write_bytes(b"new")
    with pytest.raises(SystemExit, match="the weights given for liif-fast were not measured"):
        tool.published_names(benchmark()["models"], {"liif-fast": tmp_path / "new.safetensors"})
    with pytest.raises(SystemExit, match="liif-fast was measured with other weights than its card names"):
        tool.published_names(benchmark(**{"liif-fast": "0" * 64})["models"], {})


def test_a_measured_model_without_a_card_is_left_out_and_said(
    tool: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "stranger" not in tool.published_names(benchmark(stranger="0" * 64)["models"], {})
    assert capsys.readouterr().out == "left out: stranger has no card\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("bicubic=weights", "'bicubic' is no model whose weights are in the package"),
        ("liif-fast=none", "there is no file 'none' for liif-fast"),
        ("liif-fast=large", r"large has 8,388,609 bytes, expected at most 8,388,608"),
    ],
)
def test_weights_that_cannot_be_shipped_are_refused(
    given: str, said: str, tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "large").open("wb") as file:
        file.truncate(tool.LARGEST + 1)
    with pytest.raises(SystemExit, match=said):
        tool._weights(given)


def test_publishing_writes_weights_hashes_figures_claims_and_tables(tool: ModuleType, tmp_path: Path) -> None:
    for folder in ("src/apercu/cards/models", "src/apercu/weights", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("bicubic", "liif-edsr", "liif-fast"):
        text = (CARDS / "models" / f"{name}.toml").read_text("utf-8")
        (tmp_path / "src/apercu/cards/models" / f"{name}.toml").write_text(text.split("# measured:begin")[0])
    (tmp_path / "docs/models.md").write_text("# Models\n<!-- measured:begin -->\nold\n<!-- measured:end -->\nend\n")
    (tmp_path / "new.safetensors").write_bytes(b"trained")
    weights = {"liif-fast": tmp_path / "new.safetensors"}
    digest = file_digest(weights["liif-fast"])
    found = benchmark(new=digest) | {"protocols": {"clean": "Clean."}}
    tool.publish(tmp_path, tool.compact(found, tool.published_names(found["models"], weights), "2026-01-02"), weights)
    assert (tmp_path / "src/apercu/weights/liif-fast.safetensors").read_bytes() == b"trained"
    card = (tmp_path / "src/apercu/cards/models/liif-fast.toml").read_text()
    assert f'sha256 = "{digest}"\nsize = 7\n' in card
    assert read_measured(tmp_path / "src/apercu/cards/measured.json").weights["liif-fast"] == digest
    page = (tmp_path / "docs/models.md").read_text()
    assert page.startswith("# Models\n<!-- measured:begin -->\nMeasured on 2026-01-02 ")
    assert page.endswith("<!-- measured:end -->\nend\n")
    assert "| interfaces | x2 | 2 of 1 pictures | 30.12 / +0.12 [+0.10, +0.20] | 30.12 | 30.12 / +0.12" in page
    assert "old" not in page
