"""What a prediction for a picture means for a recommendation: points and a sentence for each model."""

from __future__ import annotations

from apercu.choice.predict import sentences
from apercu.evidence.suits import Part
from apercu.records import NEAREST, Prediction, Recommendation
from apercu.registry import model_cards

FOR_A_POINT = 0.1
"""What a decibel, or what a user likes as much, counts in a rank."""
MOST = 1.0
"""No model is further behind than this: some are predicted to lose ten decibels."""


def parts_of(prediction: Prediction) -> dict[str, Part]:
    """Points over bicubic and the sentence for each model; for pixel art, `nearest` before all others.

    None where nothing is predicted: the order stays.
    """
    if prediction.pixel_art:
        why = f"The picture looks like pixel art ({prediction.pixel_art}): it repeats every pixel as it is."
        others = dict.fromkeys(model_cards(), Part(0.0))
        return others | {NEAREST: Part(MOST, why)}
    said = sentences(prediction)
    plain = prediction.models["bicubic"].liking if "bicubic" in prediction.models else 0.0
    return {
        id: Part(max(-MOST, FOR_A_POINT * (model.liking - plain)), said[id]) for id, model in prediction.models.items()
    }


def with_unknown(recommendation: Recommendation, prediction: Prediction) -> Recommendation:
    """The recommendation, each model that nothing is predicted of saying why; once for all where nothing is of any."""
    if prediction.why_not:
        said = f"Nothing is predicted for this picture: {prediction.why_not}. So it does not change the order."
        return recommendation.model_copy(update={"not_predicted": said})
    models = tuple(
        model.model_copy(update={"reasons_against": (*model.reasons_against, prediction.unknown[model.id])})
        if model.id in prediction.unknown
        else model
        for model in recommendation.models
    )
    return recommendation.model_copy(update={"models": models})
