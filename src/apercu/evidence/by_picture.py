"""How a prediction for the picture at hand changes the order of the models that run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apercu.evidence.conditions import what_is_left_out
from apercu.evidence.measured import Figure
from apercu.evidence.suits import Part
from apercu.records import Choice, Prediction, Recommendation, RecommendedModel


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


def told_which_counts(
    models: Sequence[RecommendedModel], predicted: Mapping[str, Part], figures: Mapping[str, Sequence[Figure]]
) -> list[RecommendedModel]:
    """Models, the LIIF that is predicted best saying so where another one is the best on average over such pictures.

    Args:
        models: with their reasons, in the order of the prediction (`dealt_by_picture`).
        predicted: points and a sentence for each model.
        figures: what was measured on many pictures of the kind that the question names, by id; the base has none.
    """
    known = [
        model
        for model in models
        if model.family == "LIIF" and model.status == "runs" and predicted.get(model.id, Part(0.0)).reason
    ]
    if not known or not any(figures.get(model.id) for model in known):
        return list(models)
    gains = {model.id: [figure.gain.mean for figure in figures.get(model.id, ())] or [0.0] for model in known}
    means = {id: sum(gain) / len(gain) for id, gain in gains.items()}
    first = max(known, key=lambda model: predicted[model.id].score)
    usual = max(known, key=lambda model: means[model.id])
    if means[first.id] == means[usual.id]:
        return list(models)
    said = (
        f"The prediction counts before the mean over many pictures of the kind, by which {usual.id} comes first: that "
        "mean does not know this picture."
    )
    told = _with_reason(first, predicted[first.id]._replace(reason=said), place=1)
    return [told.model_copy(update={"because": (said, *first.because)}) if m is first else m for m in models]


def choice_of(found: Recommendation, taken: RecommendedModel | None, prediction: Prediction | None) -> Choice | None:
    """Why a model of a recommendation is taken; None where nothing but the question decided, and it demands nothing."""
    if taken is None:
        return None
    named = ("The question names it.",) if taken.family in found.task.named else ()
    left_out = what_is_left_out(found, named=False)
    met = (*taken.as_asked, left_out) if left_out else taken.as_asked
    if prediction is None and not taken.because and not met:
        return None
    if prediction is not None:
        offered = {model.id for model in found.models}
        kept = {id: model for id, model in prediction.models.items() if id in offered}
        prediction = prediction.model_copy(update={"models": kept})
    return Choice(model=taken.id, prediction=prediction, because=(*named, *met, *taken.because))


def _with_reason(model: RecommendedModel, part: Part, place: int = 0) -> RecommendedModel:
    if not part.reason:
        return model
    side = "reasons_against" if part.score < 0 else "reasons_for"
    reasons = getattr(model, side)
    return model.model_copy(update={side: (*reasons[:place], part.reason, *reasons[place:])})
