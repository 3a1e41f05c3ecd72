"""How a prediction deals out the places of the models that run anew."""

from __future__ import annotations

from typing import Literal

import pytest

from apercu.evidence import recommend as recommending
from apercu.evidence.by_picture import choice_of, dealt_by_picture, told_which_counts
from apercu.evidence.measured import Figure, Gain
from apercu.evidence.recommend import recommend_for
from apercu.evidence.suits import Part
from apercu.records import PredictedQuality, Prediction, Recommendation, RecommendedModel, Task
from apercu.settings import Settings


def model(id: str, score: float, status: Literal["runs", "described"] = "runs") -> RecommendedModel:
    return RecommendedModel(
        id=id, name=id, family=id, task="super_resolution", factors="any", status=status, score=score,
        reasons_for=("It was made for enlarging.",),
    )  # fmt: skip


def scores(models: list[RecommendedModel]) -> dict[str, float]:
    return {model.id: model.score for model in models}


def test_the_best_predicted_takes_the_highest_place_and_the_others_follow_as_far_behind() -> None:
    models = [model("a", 1.3), model("b", 0.9), model("c", 1.0)]
    dealt = dealt_by_picture(models, {"a": Part(0.1, "A."), "b": Part(0.4, "B."), "c": Part(-0.2, "C.")})
    assert scores(dealt) == {"a": 1.0, "b": 1.3, "c": 0.7}


def test_models_that_nothing_is_predicted_of_and_described_ones_keep_their_place() -> None:
    models = [model("a", 1.3), model("b", 0.9), model("new", 1.1), model("far", 1.2, "described")]
    dealt = dealt_by_picture(models, {"a": Part(0.0), "b": Part(0.4), "far": Part(9.0)})
    assert scores(dealt) == {"a": 0.9, "b": 1.3, "new": 1.1, "far": 1.2}


def test_a_gain_speaks_for_a_model_and_a_loss_against_it() -> None:
    gains, loses = dealt_by_picture([model("a", 1.0), model("b", 1.0)], {"a": Part(0.1, "A."), "b": Part(-0.1, "B.")})
    assert (gains.reasons_for[0], gains.reasons_against) == ("A.", ())
    assert (loses.reasons_for, loses.reasons_against) == (("It was made for enlarging.",), ("B.",))


def test_where_the_order_is_kept_only_the_reason_is_added() -> None:
    models = [model("a", 1.3), model("b", 0.9)]
    dealt = dealt_by_picture(models, {"a": Part(0.1, "A."), "b": Part(0.4, "B.")}, keep_order=True)
    assert scores(dealt) == scores(models)
    assert dealt[1].reasons_for[0] == "B."


# --- where the prediction and a measured mean contradict each other ---------------------------------------------------


def liif(id: str, score: float = 1.0) -> RecommendedModel:
    return model(id, score).model_copy(update={"family": "LIIF"})


def figure(id: str, mean: float) -> tuple[Figure, ...]:
    return (Figure(model=id, gain=Gain(mean, mean - 0.1, mean + 0.1), text=f"{mean:+} dB"),)


WEB_FIRST = {"web": Part(0.4, "Web."), "art": Part(0.1, "Art."), "base": Part(0.0, "Base.")}


def test_a_prediction_that_contradicts_the_mean_of_the_kind_says_which_counts_and_why() -> None:
    models = dealt_by_picture([liif("base"), liif("art"), liif("web")], WEB_FIRST)
    told = told_which_counts(models, WEB_FIRST, {"art": figure("art", 0.2), "web": figure("web", -0.6)})
    said = {model.id: model.because for model in told}
    assert said["web"] == (
        "The prediction counts before the mean over many pictures of the kind, by which art comes first: that mean "
        "does not know this picture.",
    )
    assert (said["art"], said["base"]) == ((), ())
    assert told[2].reasons_for[:2] == ("Web.", said["web"][0])


def test_a_recommendation_says_so_unless_the_order_is_not_by_decibels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recommending, "figures_for", lambda task: {"liif-edsr-art": figure("liif-edsr-art", 0.2)})
    predicted = {
        "liif-edsr-web": Part(0.4, "Web."),
        "liif-edsr-art": Part(0.1, "Art."),
        "liif-edsr": Part(0.0, "Base."),
    }
    task = Task(id="super_resolution", name="enlarging", factor=2, content=("illustration",))
    for more, times in ({}, 1), ({"wish": ("fidelity",)}, 1), ({"named": ("LIIF",)}, 0), ({"wish": ("speed",)}, 0):
        found = recommend_for(task.model_copy(update=more), Settings(), predicted=predicted)
        said = [reason for m in found.models for reason in m.reasons_for if "The prediction counts before" in reason]
        assert len(said) == times


def test_where_both_agree_or_nothing_was_measured_nothing_is_said() -> None:
    models = dealt_by_picture([liif("base"), liif("art"), liif("web")], WEB_FIRST)
    assert told_which_counts(models, WEB_FIRST, {"web": figure("web", 0.6)}) == models
    assert told_which_counts(models, WEB_FIRST, {}) == models
    silent = dict.fromkeys(WEB_FIRST, Part(0.0))  # pixel art: nothing is predicted of them
    assert told_which_counts(models, silent, {"art": figure("art", 0.2)}) == models


# --- the choice -------------------------------------------------------------------------------------------------------


def quality(id: str, gain: float) -> PredictedQuality:
    return PredictedQuality(model=id, gain_db=gain, low_db=-1, high_db=5, edges=0, liking=gain, cases=570)


def test_a_choice_holds_what_was_offered_in_its_order_and_what_else_counted() -> None:
    task = Task(id="super_resolution", name="enlarging", named=("b",))
    models = (model("b", 1.2).model_copy(update={"because": ("You prefer speed.",)}), model("a", 1.1))
    found = Recommendation(task=task, abstained=False, models=models)
    made = Prediction(
        shows="flat", factor=2, asked=2, models={id: quality(id, g) for id, g in (("out", 4), ("a", 3), ("b", 1))}
    )
    choice = choice_of(found, models[0], made)
    assert choice
    assert choice.prediction
    assert (choice.model, list(choice.prediction.models)) == ("b", ["a", "b"])
    assert choice.because == ("The question names it.", "You prefer speed.")
    assert choice_of(found, models[1], None) is None
    assert choice_of(found, None, made) is None


def test_without_a_prediction_nothing_changes() -> None:
    task = Task(id="super_resolution", name="enlarging", factor=2)
    assert recommend_for(task, Settings(), predicted={}) == recommend_for(task, Settings())


def test_a_prediction_does_not_bring_back_what_was_ruled_out() -> None:
    task = Task(id="super_resolution", name="enlarging", factor=2, excluded=("LIIF",))
    found = recommend_for(task, Settings(), predicted={"liif-edsr": Part(1.0, "Best."), "bicubic": Part(0.0)})
    assert "liif-edsr" not in {model.id for model in found.models}
