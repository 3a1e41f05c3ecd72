"""How each model that runs here will measure on a picture, before any of them has run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from apercu.choice.inputs import picture_values, question_values, user_of
from apercu.choice.learned import Learned, MeasuredModel, kind_weights, load_learned, predict
from apercu.choice.near import why_far
from apercu.choice.seen import Seen, opaque_samples, see
from apercu.image import Image, read_image
from apercu.inspection.crops import Samples
from apercu.inspection.likeness import likenesses
from apercu.inspection.styles import name_style
from apercu.models.recognition import picture_features
from apercu.records import ModelCard, PredictedQuality, Prediction, StyleNamed, Task
from apercu.registry import model_cards, model_status, weights_digest
from apercu.settings import Settings

LEAST_FACTOR, MOST_FACTOR = 2.0, 4.0
"""Factors that were measured; others are taken for the nearest of them."""
DEFAULT_FACTOR = 2.0
_SAME_FACTOR = 0.005
LEAST_SIDE = 12
"""A picture with a shorter side shows too little."""
_TRACES, _NOISY = 0.4, 3.0
"""From where on compression and noise (of 255) are worth a word."""


def predict_quality(picture: Path | Image, task: Task, settings: Settings) -> Prediction:
    """Predict how each model that runs here will do on a picture.

    A model is predicted only if the weights that run are those that were measured, and nothing at all for a picture
    that is unlike those that were learned from (`apercu.choice.near`).

    Args:
        picture: a file, or a picture that was read. Of an animation the first frame is looked at; what is transparent
            is laid on grey.
        task: what was read from the question: the factor, the named kind of picture and damage, the wishes.
        settings: limits, where weights are.

    Raises:
        ImageError: the picture cannot be read.
        EvidenceError, WeightsError: a file that Apercu came with is damaged.
    """
    image = picture if isinstance(picture, Image) else read_image(picture, max_pixels=settings.max_input_pixels)
    asked = _factor(task, image.size)
    factor = min(max(asked, LEAST_FACTOR), MOST_FACTOR)
    cards = model_cards(settings).values()
    runs = [card for card in cards if card.task == "super_resolution" and model_status(card, settings) == "runs"]
    samples = opaque_samples(image)
    if samples is None or min(samples.shape[:2]) < LEAST_SIDE:
        why = "its colours are CMYK" if samples is None else f"it has a side of less than {LEAST_SIDE} pixels"
        return Prediction(shows=why, factor=factor, asked=asked, why_not=why)
    seen, learned = see(samples), load_learned()
    art = seen.looks.pixel_art
    if art.found:  # its squares were counted, which is surer than what it looks like
        return Prediction(shows=shown(seen), factor=factor, asked=asked, pixel_art=art.reason)
    if "pixel_art" in task.content:
        style, why = _style(samples, seen), "the question says so"
        return Prediction(shows=shown(seen), factor=factor, asked=asked, pixel_art=why, style=style)
    if why := why_far(learned, seen.style, seen.damage):
        return Prediction(shows=shown(seen), factor=factor, asked=asked, why_not=why)
    unknown = {card.id: why for card in runs if (why := _why_unknown(card, learned, settings))}
    inputs = {"question": question_values(task.content, task.damage, factor), **picture_values(seen)}
    user = user_of(task)
    made = dict(zip(learned.about.models, predict(learned, inputs, user).tolist(), strict=True))
    models = [
        _quality(card.id, learned.about.models[card.id], *made[card.id]) for card in runs if card.id not in unknown
    ]
    if user.speed:
        models = _formulas_by_decibels(models, {card.id for card in runs if card.family == "interpolation"})
    return Prediction(
        shows=shown(seen),
        factor=factor,
        asked=asked,
        models={model.model: model for model in sorted(models, key=lambda model: -model.liking)},
        unknown=unknown,
        weights={kind: round(weight, 3) for kind, weight in kind_weights(learned, user).items()},
        style=_style(samples, seen),
    )


def _style(samples: Samples, seen: Seen) -> StyleNamed:
    """The style in words, which nothing is chosen by."""
    return name_style(seen.traits.model_dump() | likenesses(picture_features(samples), seen.traits))


def sentences(prediction: Prediction) -> Mapping[str, str]:
    """What to say of each model that something is predicted for."""
    other = abs(prediction.asked - prediction.factor) > _SAME_FACTOR
    noted = (
        f"; of the measured factors x{prediction.factor:g} is the nearest to {prediction.asked:.4g}" if other else ""
    )
    return {
        id: f"On this picture ({prediction.shows}) it {prediction.said_of(id)}{noted}; "
        f"learned from {model.cases} measurements."
        for id, model in prediction.models.items()
    }


def _quality(id: str, measured: MeasuredModel, gain: float, edges: float, liking: float) -> PredictedQuality:
    spread = measured.spread_db
    if id == "bicubic":  # what all is held against
        gain = edges = spread = 0.0
    return PredictedQuality(
        model=id, gain_db=round(gain, 2), low_db=round(gain - spread, 2), high_db=round(gain + spread, 2),
        edges=round(edges, 3), liking=round(liking, 3), cases=measured.cases,
    )  # fmt: skip


def _formulas_by_decibels(models: list[PredictedQuality], formulas: Collection[str]) -> list[PredictedQuality]:
    """A formula takes next to no time, so weighing its time would put `nearest` before all that learned anything.

    Who wishes for speed wishes for a quick model. So a formula stands as far from the network that is liked best as
    its decibels do, and leads only where it is predicted to measure best.
    """
    networks = [model for model in models if model.model not in formulas]
    if not networks:
        return models
    best = max(networks, key=lambda model: model.liking)
    return [
        model.model_copy(update={"liking": round(best.liking - (best.gain_db - model.gain_db), 3)})
        if model.model in formulas
        else model
        for model in models
    ]


def _why_unknown(card: ModelCard, learned: Learned, settings: Settings) -> str:
    """Why nothing is predicted for a model that runs here; empty where something is."""
    measured = learned.about.models.get(card.id)
    if measured is None:
        return "Nothing is predicted for this picture: the model was not measured for it."
    if measured.weights != weights_digest(card, settings):
        return "Nothing is predicted for this picture: the weights that run are not those that were measured."
    return ""


def _factor(task: Task, size: tuple[int, int]) -> float:
    if task.scale:
        return max(task.scale)
    if task.factor:
        return task.factor
    if task.size:
        return max(wanted / own for wanted, own in zip(task.size, size, strict=True))
    if task.width or task.height:
        return task.width / size[1] if task.width else (task.height or size[0]) / size[0]
    return DEFAULT_FACTOR


def shown(seen: Seen) -> str:
    """What is worth a word: how even the picture is, and what happened to it."""
    looks = seen.looks
    words = [f"flat areas {seen.traits.flat_share:.2f}"]
    if looks.jpeg.quality is not None:
        words.append(f"JPEG quality {looks.jpeg.quality}")
    elif not looks.native.found and max(seen.damage["emptied_8"], seen.damage["emptied_4"]) > _TRACES:
        words.append("traces of compression")
    if looks.noise >= _NOISY:
        words.append(f"noise {looks.noise:.1f} of 255")
    if looks.native.found:
        words.append(f"enlarged {max(looks.native.scale):.1f} times before")
    return ", ".join(words)
