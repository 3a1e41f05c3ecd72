"""`ask` chooses its model by a look at the picture, and the answer says so in sentences that the gate has checked."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from scipy.ndimage import gaussian_filter

from apercu import scientist
from apercu.answer.gate import check_claims
from apercu.choice.predict import predict_quality
from apercu.evidence.prefer import record_choice
from apercu.records import Answer, Plan, Preference
from apercu.reporting import html_of
from apercu.run.execute import Executed
from apercu.scientist import Job, Result, ask, recommend
from apercu.settings import Settings

QUESTION = "How do I enlarge this picture 2x?"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", threads=2)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flat shapes with edges, saved as JPEG: the words of the question choose another model than a look at it."""
    shapes = gaussian_filter(np.random.default_rng(0).normal(0, 1, (48, 64, 3)), (5, 5, 0)) > 0
    path = tmp_path_factory.mktemp("picture") / "in.png"
    file = BytesIO()
    Pillow.fromarray((70 + 110 * shapes).astype(np.uint8)).save(file, "JPEG", quality=40)
    Pillow.open(file).save(path)
    return path


@pytest.fixture(scope="module")
def asked(picture: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("asked")
    settings = Settings(data_dir=folder / "data", threads=2)
    return ask(QUESTION, settings=settings, job=Job(picture=picture, output=folder / "out.png"))


@pytest.fixture
def without_running(asked: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each plan is taken for done, with the measurements of the first run: the choice is what is looked at."""

    def execute(plan: Plan, job: Job, *args: object, **options: object) -> Executed:
        assert asked.executed
        first = next(node.params["model"] for node in plan.nodes if node.op == "enlarge")
        scale = job.scale or (2.0, 2.0)
        record = asked.executed.record.model_copy(update={"plan": plan, "model": first, "scale": scale, "branches": ()})
        return Executed(record=record, before=asked.executed.before, after=asked.executed.after)

    monkeypatch.setattr(scientist, "execute", execute)


def first_that_runs(settings: Settings, picture: Path | None, prefer: tuple[Preference, ...] = ()) -> str:
    found = recommend(QUESTION, settings=settings, picture=picture, prefer=prefer)
    return next(model.id for model in found.models if model.status == "runs")


def short(answer: Answer) -> list[str]:
    return [claim.text for claim in answer.claims if claim.text.startswith("In short: ")]


def forged(answer: Answer, change: Callable[[str], str]) -> str:
    """Why the gate refuses the sentence about the choice once it is changed."""
    claim = next(claim for claim in answer.claims if "chose the model: " in claim.text)
    assert change(claim.text) != claim.text
    claims = [claim.model_copy(update={"text": change(claim.text)})]
    _, refused = check_claims(claims, answer.source_texts, provided_links=frozenset(), known_names=())
    return refused[0].why if refused else ""


# --- what is chosen ---------------------------------------------------------------------------------------------------


def test_ask_runs_the_model_that_recommend_puts_first_for_the_picture(
    asked: Result, settings: Settings, picture: Path
) -> None:
    run = asked.answer.run
    assert run
    assert run.model == first_that_runs(settings, picture)
    assert run.model != first_that_runs(settings, None)
    assert asked.answer.unsupported == ()


@pytest.mark.usefixtures("without_running")
def test_what_somebody_prefers_shifts_the_choice_and_the_answer_says_so(
    settings: Settings, picture: Path, tmp_path: Path
) -> None:
    job = Job(picture=picture, output=tmp_path / "out.png")
    found = ask(QUESTION, settings=settings, job=job, prefer=["crispness", "licence"]).answer
    assert found.choice
    assert found.choice.model == first_that_runs(settings, picture, ("crispness", "licence"))
    said = "\n".join(short(found))
    assert f"why {found.choice.model}? You prefer crispness (" in said
    assert found.unsupported == ()
    assert found.choice.prediction
    best = next(iter(found.choice.prediction.models))
    assert best != found.choice.model
    assert f"puts another model first: {best} is predicted to measure " in said
    assert f"chosen all the same, {found.choice.model} is predicted to measure " in said


@pytest.mark.usefixtures("without_running")
def test_what_was_chosen_before_counts_in_ask_where_it_is_remembered(picture: Path, tmp_path: Path) -> None:
    remembers = Settings(data_dir=tmp_path, remember_choices=True)
    for _ in range(5):
        record_choice("waifu2x-cunet", "super_resolution", remembers)
    job = Job(picture=picture, output=tmp_path / "out.png")
    taken = ask(QUESTION, settings=remembers, job=job).answer
    assert "why waifu2x-cunet? You took it 5 of the last 5 times (+0.30)." in "\n".join(short(taken))
    forgets = Settings(data_dir=tmp_path)
    assert ask(QUESTION, settings=forgets, job=job).answer.choice != taken.choice


def test_a_preference_counts_without_a_picture_too(settings: Settings) -> None:
    plain, quick = (ask("Enlarge this photo 2x", settings=settings, prefer=p).answer for p in ((), ("speed",)))
    assert plain.choice is None
    assert "choice" not in plain.source_texts
    assert quick.choice
    assert quick.choice.prediction is None
    assert quick.sources[0].name != plain.sources[0].name
    assert f"In short: why {quick.choice.model}? You prefer speed (" in quick.markdown.replace("\\", "")


@pytest.mark.usefixtures("without_running")
def test_the_factor_that_is_given_with_the_picture_is_the_one_that_is_predicted_for(
    settings: Settings, picture: Path, tmp_path: Path
) -> None:
    for scale, factor in ((3.0, 3.0), (8.0, 4.0)):
        job = Job(picture=picture, output=tmp_path / "out.png", scale=(scale, scale))
        found = ask(QUESTION, settings=settings, job=job).answer
        assert found.choice
        assert found.choice.prediction
        assert found.choice.prediction.factor == factor
        assert ("x4 is the nearest to that of this run." in "\n".join(short(found))) is (scale == 8.0)
        assert found.unsupported == ()


# --- what is said -----------------------------------------------------------------------------------------------------


def test_the_answer_says_what_is_predicted_and_it_can_be_predicted_again(
    asked: Result, settings: Settings, picture: Path
) -> None:
    answer = asked.answer
    assert answer.run
    made = predict_quality(picture, answer.task, settings)
    words = f"{answer.run.model} {made.said_of(answer.run.model)}"
    sentence = f"In short: the learned prediction from traits of the picture ({made.shows}) chose the model: {words}."
    assert sentence in short(answer)
    assert words in answer.source_texts["choice"]
    assert answer.choice
    assert answer.choice.prediction == made
    assert "How Apercu chose the model" in html_of(asked)


def test_the_answer_says_that_the_run_cannot_be_held_against_the_prediction(asked: Result) -> None:
    limits = [claim.text for claim in asked.answer.claims if claim.part == "limits"]
    assert any(text.startswith("Whether the predicted decibels come true, this run does not say") for text in limits)


def test_a_forged_prediction_does_not_pass_the_gate(asked: Result) -> None:
    quality = next(iter(asked.answer.choice.prediction.models.values()))  # type: ignore[union-attr]
    gain, high = f"{quality.gain_db:+.1f} dB", f"{quality.high_db:+.1f} dB"
    assert forged(asked.answer, lambda text: text.replace(gain, "+9.9 dB"))
    assert forged(asked.answer, lambda text: text.replace(gain, high))
    assert forged(asked.answer, lambda text: text.replace(gain, gain.replace("+", "-")))
    assert forged(asked.answer, lambda text: text.replace(quality.model, "bicubic"))
    assert forged(asked.answer, lambda text: text + " It will measure +9.9 dB.")


@pytest.mark.usefixtures("without_running")
@pytest.mark.parametrize(("side", "why"), [(64, "it is unlike the pictures that were learned from"), (1, "12 pixels")])
def test_of_a_picture_unlike_all_that_was_learned_no_number_is_said(
    side: int, why: str, settings: Settings, tmp_path: Path
) -> None:
    Pillow.fromarray(np.full((side, side, 3), 200, np.uint8)).save(tmp_path / "blank.png")
    job = Job(picture=tmp_path / "blank.png", output=tmp_path / "out.png")
    found = ask(QUESTION, settings=settings, job=job).answer
    assert found.unsupported == ()
    assert found.choice
    assert found.choice.model == first_that_runs(settings, None)
    said = "\n".join(short(found))
    assert "In short: nothing is predicted for this picture: " in said
    assert why in said
    assert f"So the question chose {found.choice.model}." in said
    assert "predicted to measure" not in found.markdown


@pytest.mark.usefixtures("without_running")
def test_pixel_art_is_said_to_be_why_nearest_was_chosen(settings: Settings, tmp_path: Path) -> None:
    colours = np.array([[20, 20, 40], [200, 60, 60], [240, 220, 120], [60, 140, 80], [250, 250, 250]], np.uint8)
    y, x = np.mgrid[0:16, 0:16]
    drawn = colours[((x - 8) ** 2 + (y - 8) ** 2 < 40) * 1 + (abs(x - 8) < 3) * 1 + (y > 10) * 2]
    Pillow.fromarray(np.kron(drawn, np.ones((4, 4, 1), np.uint8))).save(tmp_path / "sprite.png")
    found = ask(QUESTION, settings=settings, job=Job(picture=tmp_path / "sprite.png", output=tmp_path / "o.png")).answer
    assert found.choice
    assert found.choice.model == "nearest"
    assert any(text.startswith("In short: the picture looks like pixel art: ") for text in short(found))
    assert "In short: nearest made the result by repeating every pixel and makes nothing up." in short(found)
    assert not any("makes up least" in text or "is made up:" in text for text in short(found))
    assert found.unsupported == ()


def test_a_provided_brief_gets_no_prediction(settings: Settings, picture: Path, tmp_path: Path) -> None:
    from apercu.records import Brief, BriefEntry

    brief = Brief(question=QUESTION, models=(BriefEntry(name="Bicubic"),))
    found = scientist.answer(brief, settings=settings, job=Job(picture=picture, output=tmp_path / "out.png")).answer
    assert found.choice is None
    assert "predicted" not in found.markdown
