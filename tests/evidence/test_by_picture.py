"""How a prediction deals out the places of the models that run anew."""

from __future__ import annotations

from typing import Literal

from apercu.evidence.by_picture import dealt_by_picture
from apercu.evidence.recommend import recommend_for
from apercu.evidence.suits import Part
from apercu.records import RecommendedModel, Task
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


def test_without_a_prediction_nothing_changes() -> None:
    task = Task(id="super_resolution", name="enlarging", factor=2)
    assert recommend_for(task, Settings(), predicted={}) == recommend_for(task, Settings())


def test_a_prediction_does_not_bring_back_what_was_ruled_out() -> None:
    task = Task(id="super_resolution", name="enlarging", factor=2, excluded=("LIIF",))
    found = recommend_for(task, Settings(), predicted={"liif-edsr": Part(1.0, "Best."), "bicubic": Part(0.0)})
    assert "liif-edsr" not in {model.id for model in found.models}
