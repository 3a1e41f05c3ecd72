"""The choice by picture: what it predicts, what it refuses to predict, and what it does to a recommendation."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from scipy.ndimage import gaussian_filter

from apercu.choice import predict as prediction_module
from apercu.choice.advice import parts_of
from apercu.choice.inputs import question_values, user_of
from apercu.choice.learned import FILE, KINDS, Learned, User, kind_weights, learned_of, load_learned, predict
from apercu.choice.near import LEFT_OUT, why_far
from apercu.choice.predict import predict_quality
from apercu.choice.seen import opaque_samples, see
from apercu.choice.traces import emptied
from apercu.errors import EvidenceError, ImageError
from apercu.image import Image
from apercu.inspection.crops import luma
from apercu.question.read import read_question
from apercu.records import Prediction, Recommendation, Task
from apercu.registry import model_cards
from apercu.scientist import recommend
from apercu.settings import Settings

SETTINGS = Settings()
TASK = Task(id="super_resolution", name="enlarging", factor=2)
QUESTION = "How do I enlarge this picture 2x?"
TRAITS_SEEN = (
    *load_learned().about.inputs["style"],
    *(name for name in load_learned().about.inputs["damage"] if name not in LEFT_OUT),
)
KODAK = Path(__file__).parents[3] / "shared/data/eval/Kodak"


def scene(height: int = 128, width: int = 160, seed: int = 0) -> np.ndarray:
    """Flat shapes with edges and some texture, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    shapes = gaussian_filter(rng.normal(0, 1, (height, width, 3)), (9, 9, 0)) > 0
    texture = gaussian_filter(rng.normal(0, 1, (height, width, 3)), (1, 1, 0))
    return np.clip(np.rint(70 + 110 * shapes + 12 * texture), 0, 255).astype(np.uint8)


def as_jpeg(samples: np.ndarray, quality: int) -> np.ndarray:
    file = BytesIO()
    Pillow.fromarray(samples).save(file, "JPEG", quality=quality)
    with Pillow.open(file) as read:
        return np.asarray(read)


def sprite() -> np.ndarray:
    """Pixel art of 16 x 16 with five colours, each pixel drawn as 4 x 4."""
    colours = np.array([[20, 20, 40], [200, 60, 60], [240, 220, 120], [60, 140, 80], [250, 250, 250]], np.uint8)
    y, x = np.mgrid[0:16, 0:16]
    drawn = colours[((x - 8) ** 2 + (y - 8) ** 2 < 40) * 1 + (abs(x - 8) < 3) * 1 + (y > 10) * 2]
    return np.kron(drawn, np.ones((4, 4, 1), np.uint8))


def predicted(samples: np.ndarray, task: Task = TASK) -> Prediction:
    return predict_quality(Image(samples), task, SETTINGS)


# --- what is seen -----------------------------------------------------------------------------------------------------


def test_a_codec_leaves_its_grid_and_a_clean_picture_has_none() -> None:
    clean = scene()
    assert emptied(luma(clean), 8) < 0.2 < 0.5 < emptied(luma(as_jpeg(clean, 60)), 8)


def test_the_grid_is_found_wherever_its_blocks_begin() -> None:
    saved = as_jpeg(scene(), 60)
    at_corner, beside = emptied(luma(saved), 8), emptied(luma(saved[3:, 5:]), 8)
    assert beside == pytest.approx(at_corner, abs=0.1)


def test_a_picture_too_small_for_blocks_shows_no_grid() -> None:
    assert emptied(luma(scene(20, 20)), 8) == 0.0


def test_all_that_is_seen_is_a_number_of_about_0_to_1() -> None:
    for samples in (scene(), scene()[:, :, :1], np.zeros((16, 16, 3), np.uint8), scene().astype(np.uint16) * 257):
        seen = see(samples)
        values = np.array([*seen.style.values(), *seen.damage.values()])
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        assert (values <= 2).all()


def test_the_names_of_what_is_seen_are_those_that_were_learned() -> None:
    seen, inputs = see(scene()), load_learned().about.inputs
    assert tuple(seen.style) == inputs["style"]
    assert tuple(seen.damage) == inputs["damage"]
    assert len(question_values((), (), 2.0)) == len(inputs["question"])


def test_what_is_transparent_is_laid_on_grey_and_colours_under_it_do_not_count() -> None:
    samples = np.full((20, 20, 4), 255, np.uint8)
    samples[:, 10:] = (255, 0, 0, 0)
    laid = opaque_samples(Image(samples, has_alpha=True))
    assert laid is not None
    assert laid.shape == (20, 20, 3)
    assert (laid[:, :10] == 255).all()
    assert (laid[:, 10:] == 128).all()


# --- what is predicted ------------------------------------------------------------------------------------------------


def test_the_same_picture_gives_the_same_prediction() -> None:
    assert predicted(scene()) == predicted(scene())


def test_a_picture_that_was_a_jpeg_gets_the_model_that_learned_to_undo_it() -> None:
    saved = predicted(as_jpeg(scene(), 40)).models
    assert saved["liif-edsr-web"].gain_db > saved["liif-edsr"].gain_db + 0.2


@pytest.mark.skipif(not KODAK.is_dir(), reason=f"the photographs are not in {KODAK}")
@pytest.mark.parametrize("name", ["kodim02.png", "kodim03.png", "kodim05.png"])
def test_the_lead_of_that_model_is_larger_on_a_photograph_that_was_saved_as_jpeg(name: str) -> None:
    photo = Pillow.open(KODAK / name).convert("RGB")
    small = np.asarray(photo.resize((photo.width // 3, photo.height // 3), Pillow.Resampling.BICUBIC))
    clean, saved = predicted(small).models, predicted(as_jpeg(small, 40)).models
    before, after = (found["liif-edsr-web"].gain_db - found["liif-edsr"].gain_db for found in (clean, saved))
    assert after > before + 0.2


def test_nothing_is_gained_over_bicubic_by_bicubic() -> None:
    plain = predicted(scene()).models["bicubic"]
    assert (plain.gain_db, plain.low_db, plain.high_db) == (0.0, 0.0, 0.0)


def test_an_interval_holds_the_prediction() -> None:
    for model in predicted(scene()).models.values():
        assert model.low_db <= model.gain_db <= model.high_db
        assert model.cases >= 20


def test_models_come_in_the_order_of_what_the_user_likes() -> None:
    likings = [model.liking for model in predicted(scene()).models.values()]
    assert likings == sorted(likings, reverse=True)


def test_who_wants_speed_is_not_given_the_slowest() -> None:
    quick, calm = predicted(scene(), TASK.model_copy(update={"wish": ("speed",)})).models, predicted(scene()).models
    costs = {id: model.cost for id, model in load_learned().about.models.items()}
    assert costs["liif-fast"] < costs["liif-edsr-art"] < costs["realesrgan-x4plus"]
    for slower in ("liif-edsr-art", "realesrgan-x4plus"):
        leads = [found["liif-fast"].liking - found[slower].liking for found in (quick, calm)]
        assert leads[0] > leads[1] / 2 + 0.2  # decibels count half as much, and time the other half
    assert costs[next(iter(quick))] < 1.0


def test_who_wants_speed_is_not_given_a_formula_that_measures_worse() -> None:
    found = predicted(scene(), TASK.model_copy(update={"wish": ("speed",)})).models
    first = next(iter(found.values()))
    assert model_cards()[first.model].family != "interpolation"
    assert first.liking - found["nearest"].liking == pytest.approx(first.gain_db - found["nearest"].gain_db, abs=2e-3)


def test_wishes_become_shares_that_add_up_to_one() -> None:
    for wish in ((), ("fidelity",), ("speed", "crispness"), ("fidelity", "crispness", "speed")):
        assert sum(user_of(TASK.model_copy(update={"wish": wish}))) == pytest.approx(1.0)


def test_kinds_of_knowledge_count_differently_for_different_users() -> None:
    weights = [kind_weights(load_learned(), user) for user in (User(), User(0.0, 0.0, 1.0))]
    assert set(weights[0]) == set(KINDS)
    assert max(abs(weights[0][kind] - weights[1][kind]) for kind in KINDS) > 0.01
    assert all(0 < weight < 2 for found in weights for weight in found.values())


@pytest.mark.parametrize(("factor", "taken"), [(1.0, 2.0), (2.5, 2.5), (30.0, 4.0)])
def test_a_factor_that_was_not_measured_is_taken_for_the_nearest(factor: float, taken: float) -> None:
    assert predicted(scene(), TASK.model_copy(update={"factor": factor})).factor == taken


def test_an_exact_size_gives_the_factor_of_the_picture() -> None:
    task = Task(id="super_resolution", name="enlarging", size=(384, 480))
    assert predicted(scene(), task).factor == pytest.approx(3.0)


# --- what is not predicted --------------------------------------------------------------------------------------------


def test_the_weights_that_were_measured_are_those_that_run() -> None:
    measured, cards = load_learned().about.models, model_cards()
    here = {id: card.weights.sha256 if (card := cards[id]).weights else None for id in measured}
    assert {id: model.weights for id, model in measured.items()} == here, (
        "weights were replaced: run tools/choice/measure.py and tools/choice/learn.py"
    )


def test_nothing_is_predicted_of_weights_that_were_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    learned = load_learned()
    other = learned.about.models["liif-edsr-web"].model_copy(update={"weights": "0" * 64})
    about = learned.about.model_copy(update={"models": {**learned.about.models, "liif-edsr-web": other}})
    monkeypatch.setattr(prediction_module, "load_learned", lambda: Learned(about, learned.networks, learned.near))
    found = predicted(scene())
    assert "liif-edsr-web" not in found.models
    assert "liif-edsr" in found.models
    assert found.unknown["liif-edsr-web"] == (
        "Nothing is predicted for this picture: the weights that run are not those that were measured."
    )


def test_pixel_art_stays_with_nearest() -> None:
    found = predicted(sprite())
    assert found.models == {}
    assert "5 colours" in found.pixel_art
    parts = parts_of(found)
    assert max(parts, key=lambda id: parts[id].score) == "nearest"
    assert "pixel art" in parts["nearest"].reason


def test_of_cmyk_and_of_specks_nothing_is_predicted() -> None:
    for samples, why in ((np.zeros((40, 40, 4), np.uint8), "CMYK"), (scene(8, 40), "less than 12 pixels")):
        found = predicted(samples)
        assert found.models == {}
        assert why in found.why_not


NOISE = np.random.default_rng(0).integers(0, 256, (90, 70, 3)).astype(np.uint8)
FAR = {
    "black": np.zeros((64, 64, 3), np.uint8), "white, grey": np.full((64, 64, 1), 255, np.uint8), "noise": NOISE,
    "one dot": np.pad(np.full((1, 1, 3), 255, np.uint8), ((60, 67), (80, 79), (0, 0))),
    "gradient": np.broadcast_to(np.arange(128, dtype=np.uint8)[None, :, None] * 2, (96, 128, 3)),
    "a few pixels": scene(1200, 1200)[::80, ::80],
}  # fmt: skip


@pytest.mark.parametrize("samples", FAR.values(), ids=FAR)
def test_nothing_is_predicted_of_a_picture_that_is_like_nothing_that_was_learned(samples: np.ndarray) -> None:
    found = predicted(samples)
    assert (found.models, found.unknown) == ({}, {})
    assert found.why_not.startswith("it is unlike the pictures that were learned from (")
    assert parts_of(found) == {}


def test_such_a_picture_leaves_the_order_to_the_question_and_that_is_said_once(tmp_path: Path) -> None:
    found, plain = (recommend(QUESTION, settings=SETTINGS, picture=p) for p in (saved(tmp_path, NOISE), None))
    assert found.models == plain.models
    assert found.not_predicted.startswith("Nothing is predicted for this picture: it is unlike ")
    assert found.not_predicted.endswith("So it does not change the order.")
    assert recommend(QUESTION, settings=SETTINGS, picture=saved(tmp_path, scene())).not_predicted == ""


@pytest.mark.skipif(not KODAK.is_dir(), reason=f"the photographs are not in {KODAK}")
def test_photographs_are_like_what_was_learned_whatever_their_size() -> None:
    for name in ("kodim01.png", "kodim08.png", "kodim20.png"):
        whole = np.asarray(Pillow.open(KODAK / name).convert("RGB"))
        for samples in (whole, whole[::3, ::3]):
            assert predicted(samples).why_not == ""


def test_at_most_2_in_100_held_out_cases_are_far_and_the_tables_give_what_the_file_holds() -> None:
    near = pytest.importorskip("near", reason="the tools are not here")
    cases, learned = list(near.read_lines(near.LOOKS)), load_learned()
    train, held_out = ([case for case in cases if case["split"] == split] for split in ("train", "val"))
    assert sum(near.is_far(learned, case) for case in held_out) <= 0.02 * len(held_out)
    assert near.far_of(train) == learned.about.far, "the tables have changed: run tools/choice/near.py"
    for name, array in near.near_of(train).items():
        np.testing.assert_allclose(learned.near[name], array, atol=1e-4)


def test_a_trait_outside_all_that_was_learned_does_no_harm_alone_and_two_do() -> None:
    learned = load_learned()
    low, high, mean = (dict(zip(TRAITS_SEEN, learned.near[name], strict=True)) for name in ("low", "high", "mean"))
    style = {name: float(mean[name]) for name in learned.about.inputs["style"]}
    damage = {name: float(mean.get(name, 9.0)) for name in learned.about.inputs["damage"]}  # 9: the size does not count
    assert why_far(learned, style, damage) == ""
    assert why_far(learned, style | {"calm": float(high["calm"]) + 0.05}, damage) == ""
    both = style | {"calm": float(high["calm"]) + 0.05, "texture": float(low["texture"]) - 0.05}
    assert "2 of its 44 traits lie outside all of theirs" in why_far(learned, both, damage)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 1), 255, np.uint8), scene(12, 2000), scene(1500, 1400),
        scene().astype(np.uint16) * 257, np.random.default_rng(0).integers(0, 256, (90, 70, 3)).astype(np.uint8),
        np.concatenate([scene(), scene()[:, :, :1]], axis=2),
    ],
    ids=["black", "white grey", "narrow", "large", "16 bits", "noise", "alpha"],
)  # fmt: skip
def test_odd_pictures_get_finite_numbers(samples: np.ndarray) -> None:
    found = predict_quality(Image(samples, has_alpha=samples.shape[2] == 4), TASK, SETTINGS)
    values = [value for model in found.models.values() for value in (model.gain_db, model.edges, model.liking)]
    assert np.isfinite(values).all()
    assert np.abs([model.gain_db for model in found.models.values()] or [0.0]).max() < 40


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    with pytest.raises(ImageError):
        predict_quality(tmp_path / "in.png", TASK, SETTINGS)


# --- the file ---------------------------------------------------------------------------------------------------------


def shipped() -> bytes:
    return (Path(prediction_module.__file__).parent / FILE).read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:2000], lambda data: b"", lambda data: data[:8] + b"x" * (len(data) - 8),
        lambda data: data.replace(b'gate0.weight', b'gateX.weight'),
        lambda data: data.replace(b'"near.mean"', b'"near.main"'),
        lambda data: data.replace(b'"shape":[44,44]', b'"shape":[1936] '), lambda data: data[:-400] + b"\xff" * 400,
    ],
    ids=["cut", "empty", "no header", "renamed", "without its mean", "of another shape", "not a number"],
)  # fmt: skip
def test_a_damaged_file_is_one_line(damage) -> None:
    with pytest.raises(EvidenceError, match=r"^the file choice\.safetensors is damaged \("):
        learned_of(damage(shipped()))


def test_the_file_is_small() -> None:
    assert len(shipped()) < 400_000


def test_numpy_and_torch_agree() -> None:
    torch = pytest.importorskip("torch", reason="the networks are taught with torch, from the extra `train`")
    learn = pytest.importorskip("learn", reason="the tools are not here")
    learned = load_learned()
    rng = np.random.default_rng(1)
    given = {kind: rng.random(len(learned.about.inputs[kind])).astype(np.float32) for kind in KINDS[:3]}
    cards = np.array([model.facts for model in learned.about.models.values()], np.float32)
    user = User(0.2, 0.5, 0.3)
    made = []
    for arrays in learned.networks:
        network = learn.Network({kind: np.zeros((2, len(arrays[f"{kind}.mean"])), np.float32) for kind in KINDS})
        named = {f"parts.{name}" if name.split(".")[1] in ("weight", "bias") else name.replace(".", "_"): array
                 for name, array in arrays.items()}  # fmt: skip
        network.load_state_dict({name: torch.from_numpy(array) for name, array in named.items()})
        batch = {kind: torch.from_numpy(value[None]) for kind, value in given.items()}
        with torch.no_grad():
            made.append(network.eval()(batch | {"card": torch.from_numpy(cards)}, torch.tensor([user])).numpy()[0])
    np.testing.assert_allclose(predict(learned, given, user), np.mean(made, axis=0), atol=2e-4)


# --- the recommendation -----------------------------------------------------------------------------------------------


def saved(folder: Path, samples: np.ndarray) -> Path:
    Pillow.fromarray(samples).save(folder / "in.png")
    return folder / "in.png"


def running(found: Recommendation) -> list[str]:
    return [model.id for model in found.models if model.status == "runs"]


def test_the_prediction_orders_the_models_that_run(tmp_path: Path) -> None:
    picture = saved(tmp_path, as_jpeg(scene(), 40))
    found = recommend(QUESTION, settings=SETTINGS, picture=picture)
    likings = predict_quality(picture, read_question(QUESTION), SETTINGS).models
    assert [id for id in running(found) if id in likings] == list(likings)


def test_every_model_that_runs_says_what_is_predicted_of_it(tmp_path: Path) -> None:
    found = recommend(QUESTION, settings=SETTINGS, picture=saved(tmp_path, as_jpeg(scene(), 61)))
    for model in found.models:
        if model.status == "runs":
            said = " ".join((*model.reasons_for, *model.reasons_against))
            assert "On this picture (flat areas" in said or "Nothing is predicted for this picture" in said
    best = next(model for model in found.models if model.status == "runs")
    assert "JPEG quality 61" in " ".join(best.reasons_for)
    assert "dB over bicubic at x2" in " ".join(best.reasons_for)


def test_what_a_question_rules_out_is_not_offered_for_any_picture(tmp_path: Path) -> None:
    found = recommend("Enlarge this 2x, but not with LIIF", settings=SETTINGS, picture=saved(tmp_path, scene()))
    assert not [model.id for model in found.models if model.family == "LIIF"]


def test_the_model_that_a_question_names_keeps_its_place(tmp_path: Path) -> None:
    question = "Enlarge this drawing 2x with waifu2x"
    picture = saved(tmp_path, as_jpeg(scene(), 40))
    with_picture, without = (recommend(question, settings=SETTINGS, picture=p) for p in (picture, None))
    assert running(with_picture) == running(without)


def test_a_picture_changes_nothing_where_it_is_not_to_be_enlarged(tmp_path: Path) -> None:
    question = "Remove the person from this photo"
    with_picture = recommend(question, settings=SETTINGS, picture=saved(tmp_path, scene()))
    assert with_picture == recommend(question, settings=SETTINGS)


def test_pixel_art_is_recommended_nearest(tmp_path: Path) -> None:
    assert running(recommend(QUESTION, settings=SETTINGS, picture=saved(tmp_path, sprite())))[0] == "nearest"


def test_a_prediction_round_trips_through_json() -> None:
    found = predicted(scene())
    assert Prediction.model_validate(json.loads(found.model_dump_json())) == found
