"""The sentences about why the model was taken: what was predicted for the picture, and what else counted."""

from __future__ import annotations

from collections.abc import Iterator

from apercu.answer.material import Draft, Material
from apercu.records import Choice, Prediction, Support

IN_SHORT = "In short:"
CHOICE = "choice"
"""The text that these sentences rest on (`texts.choice_text`)."""
_SAME_FACTOR = 0.01


def how_chosen(material: Material) -> Iterator[Draft]:
    """What a look at the picture did for the choice, in one or two sentences."""
    choice = material.choice
    if choice is None or choice.prediction is None:
        return
    found = choice.prediction
    taken = material.line(CHOICE, "taken: ")
    noted, more = _noted(material, choice, found)
    if found.pixel_art:
        line = material.line(CHOICE, "pixel art: ")
        text = f"the picture looks like pixel art: {found.pixel_art}. {choice.model} was chosen."
    elif found.why_not:
        line = material.line(CHOICE, "nothing is predicted for this picture: ")
        text = f"nothing is predicted for this picture: {found.why_not}. So the question chose {choice.model}."
    elif choice.model in found.models:
        yield from _by_prediction(material, choice, found)
        return
    elif choice.model in found.unknown:
        line = material.line(CHOICE, "not predicted: ")
        text = f"the question chose {choice.model}. {found.unknown[choice.model]}"
    else:
        return
    yield f"{IN_SHORT} {text}{noted}", (line, taken, *more)


def _by_prediction(material: Material, choice: Choice, found: Prediction) -> Iterator[Draft]:
    by, shown = f"the learned prediction from traits of the picture ({found.shows})", material.line(CHOICE, "traits ")
    first, words = next(iter(found.models)), f"{choice.model} {found.said_of(choice.model)}."
    noted, more = _noted(material, choice, found)
    own = (_said(material, found, choice.model), *more)
    if first == choice.model:
        yield f"{IN_SHORT} {by} chose the model: {words}{noted}", (shown, *own)
        return
    other = f"{first} {found.said_of(first)}."
    yield f"{IN_SHORT} {by} puts another model first: {other}", (shown, _said(material, found, first))
    yield f"{IN_SHORT} chosen all the same, {words}{noted}", own


def _noted(material: Material, choice: Choice, found: Prediction) -> tuple[str, tuple[Support, ...]]:
    """Where the run is not what was predicted for: another model worked, or the factor is another one."""
    run = material.run
    if run is None:
        return "", ()
    noted = f" In this run {run.model} worked in place of {choice.model}." if run.model != choice.model else ""
    if choice.model in found.models and abs(max(run.scale) - found.factor) > _SAME_FACTOR * found.factor:
        noted += f" Of the factors that were measured x{found.factor:g} is the nearest to that of this run."
    return noted, (material.line("run", "enlarged: "),) * bool(noted)


def _said(material: Material, found: Prediction, model: str) -> Support:
    return material.quote(CHOICE, f"{model} {found.said_of(model)}")


def what_else_counted(material: Material) -> Iterator[Draft]:
    """Preferences, past choices, and which of two contradicting figures counts."""
    choice = material.choice
    if choice is None:
        return
    for reason in choice.because:
        lines = material.line(CHOICE, f"because: {reason}"), material.line(CHOICE, "taken: ")
        yield f"{IN_SHORT} why {choice.model}? {reason}", lines


def not_measured(material: Material) -> Iterator[Draft]:
    """That the run can neither bear out nor refute what was predicted."""
    choice, run = material.choice, material.run
    found = choice.prediction if choice else None
    if choice and found and run and choice.model in found.models:
        yield (
            "Whether the predicted decibels come true, this run does not say: they count against the true large "
            "picture, which is not there, and the measured ones against the small one, so the two cannot be compared.",
            (_said(material, found, choice.model), material.line("run", "kept: ")),
        )
