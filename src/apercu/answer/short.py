"""What a person wants to know first about a run."""

from __future__ import annotations

from collections.abc import Iterator

from apercu.answer.chosen import IN_SHORT
from apercu.answer.material import Draft, Material
from apercu.figures import share
from apercu.records import NEAREST, NO_MODEL, FidelityReport, Support

_MADE_UP_TO_SPEAK_OF = 0.001


def is_flat(report: FidelityReport) -> bool:
    """Whether something was added and yet no share is counted, because the result has hardly any contrast."""
    return report.added_share == 0 < report.added_rms


def in_short(material: Material) -> Iterator[Draft]:
    """What a person wants to know first about a run: who made the result, and how much of it is made up."""
    run = material.run
    if run is None:
        yield from _what_to_take(material)
        return
    if run.model == NO_MODEL:
        return
    if is_flat(run.fidelity):
        yield (
            f"{IN_SHORT} {run.model} made the result, which has too little contrast to say what share of it is made "
            "up.",
            (material.line("run", "enlarged: "), material.line("run", "added: ")),
        )
        return
    if run.model == NEAREST:
        squares = [f"warning: {line}" for line in run.warnings if line.startswith(NEAREST)]
        edges = (
            f": the {share(run.fidelity.added_share)} of its contrast (counted as energy) that interpolation does not "
            "give are the edges of the repeated pixels"
        )
        yield (
            f"{IN_SHORT} {run.model} made the result by repeating every pixel and makes nothing up"
            f"{edges if squares else ''}.",
            tuple(material.line("run", line) for line in ("enlarged: ", "added: ", *squares)),
        )
        return
    added, made_up = run.fidelity.added_share, share(run.fidelity.added_share)
    yield (
        f"{IN_SHORT} {run.model} made the result, and {made_up} of its contrast (counted as energy) is made up: "
        "the picture does not determine it.",
        (material.line("run", "enlarged: "), material.line("run", "added: ")),
    )
    least = min(run.branches, key=lambda branch: branch.added_share, default=None)
    if least and not least.chosen and least.added_share < added and share(least.added_share) != made_up:
        yield (
            f"{IN_SHORT} the candidate that makes up least is {least.node}, with {share(least.added_share)}.",
            (material.line("run", f"candidate {least.node}: "),),
        )
    wished = [facet for facet in material.task.facets if (facet.kind, facet.value) == ("wish", "fidelity")]
    if wished and added >= _MADE_UP_TO_SPEAK_OF:
        plain = next((b for b in run.branches if b.model == "bicubic" and b.added_share < added), None)
        advice = (
            "; plain interpolation made up less of it and is softer: take `apercu enlarge --model bicubic` where that "
            "counts most."
        )
        yield (
            f"{IN_SHORT} the picture was to stay true to itself (“{wished[0].quote}”), and this result does not keep "
            f"to that wholly{advice if plain else '.'}",
            (
                Support(source="question", start=wished[0].start, end=wished[0].end, quote=wished[0].quote),
                material.line("run", "added: "),
                *((material.line("run", f"candidate {plain.node}: "),) if plain else ()),
            ),
        )


def _what_to_take(material: Material) -> Iterator[Draft]:
    """Without a picture, and where Apercu chose the model itself: which it is, and how to run it."""
    plan = material.texts.get("plan")
    models = [source for source in material.dossier.sources if source.kind == "model"]
    if material.level != "open" or not plan or not models or models[0].name in material.unused:
        return
    wished = [facet for facet in material.task.facets if (facet.kind, facet.value) == ("wish", "fidelity")]
    faithful = "; it is to stay true to itself, so add --faithful, which holds the result to your picture"
    yield (
        f"{IN_SHORT} Apercu takes {models[0].name} for this. Ask again with --image FILE to run it on your picture"
        f"{faithful if wished else ''}.",
        (
            material.entry(models[0]),
            material.quote("plan", plan),
            *(Support(source="question", start=f.start, end=f.end, quote=f.quote) for f in wished[:1]),
        ),
    )
