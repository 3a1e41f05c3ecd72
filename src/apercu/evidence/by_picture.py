"""How a prediction for the picture at hand changes the order of the models that run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apercu.evidence.suits import Part
from apercu.records import RecommendedModel


def dealt_by_picture(
    models: Sequence[RecommendedModel], predicted: Mapping[str, Part], *, keep_order: bool = False
) -> list[RecommendedModel]:
    """Models with what is predicted of them as a reason, those predicted in the order of the prediction.

    What the words of a question make likely, a look at the picture knows better. So the models that something is
    predicted of share out their places anew: the best keeps the highest score that one of them had, the others follow
    as far behind as they are predicted to be. Their place among all other models stays.

    Args:
        models: what is not ruled out, with the score that question and card give.
        predicted: points and a sentence for each model; none for a model that nothing is known of.
        keep_order: give reasons only, as where the question names the model that it wants.
    """
    known = [model for model in models if model.id in predicted and model.status == "runs"]
    if not known:
        return list(models)
    highest = max(model.score for model in known)
    best = max(predicted[model.id].score for model in known)
    dealt = []
    for model in models:
        if model in known:
            part = predicted[model.id]
            score = model.score if keep_order else round(highest - (best - part.score), 3)
            dealt.append(_with_reason(model, part).model_copy(update={"score": score}))
        else:
            dealt.append(model)
    return dealt


def _with_reason(model: RecommendedModel, part: Part) -> RecommendedModel:
    if not part.reason:
        return model
    side = "reasons_against" if part.score < 0 else "reasons_for"
    return model.model_copy(update={side: (part.reason, *getattr(model, side))})
