"""The few cases by which a training is watched; the published figures use all of them (`benchmarks/models.py`)."""

from __future__ import annotations

from apercu.train.evaluate import Case, clean_cases, mixed_cases, validation_crops, vector_cases
from apercu.train.pictures import PictureSet, Style

STYLES: tuple[Style, ...] = ("photo", "drawn", "cartoon", "ui")
SCALE = 3
FEW = 12


def validation_cases(pictures: PictureSet, *, few: bool) -> list[tuple[str, list[Case]]]:
    """Groups of cases at x3: each style clean and damaged, and rendered drawings.

    Args:
        pictures: the prepared pictures.
        few: 12 cases of each group, evenly spread, instead of all.
    """
    groups: list[tuple[str, list[Case]]] = []
    for style in STYLES:
        crops = validation_crops(pictures, style)
        groups += [(style, clean_cases(crops, SCALE)), (f"{style}, damaged", mixed_cases(crops, SCALE))]
    groups.append(("vector", vector_cases(pictures, SCALE)))
    return [(name, spread(cases) if few else cases) for name, cases in groups if cases]


def spread(cases: list[Case]) -> list[Case]:
    """At most 12 of the cases, at even distances."""
    return [cases[i * len(cases) // FEW] for i in range(FEW)] if len(cases) > FEW else cases
