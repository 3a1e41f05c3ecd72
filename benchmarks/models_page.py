"""A page of twelve crops, for the eye: truth, input, and what each model makes of it.

Which crops is a rule and not a choice. Row r shows the style number r mod 5 of (photo, drawn, cartoon, ui, vector) at
the factor number r mod 3 of (4, 3, 2). Even rows and vector drawings are clean; the n-th of the others meets the
damage number 2 n of the protocol "mixed damage". The picture is the next one of its style in the order of the sha256
of their ids, the crop its first (of a drawing the pair of 64 pixels). Shown are the most detailed 96 x 96 pixels, each
as 2 x 2; the decibels (PSNR over RGB) are those of the whole crop. Whose pictures they are stands in a file beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from apercu.train.damage import FIXED_DAMAGES, Pixels, shrink
from apercu.train.evaluate import (
    Candidate,
    Case,
    Crop,
    clean_cases,
    detailed_places,
    enlarge_case,
    score,
    validation_crops,
    vector_cases,
)
from apercu.train.pictures import PictureSet, Style

ROWS = 12
STYLES: tuple[Style, ...] = ("photo", "drawn", "cartoon", "ui", "vector")
FACTORS = (4, 3, 2)
AREA, ZOOM = 96, 2
TILE = AREA * ZOOM
GAP, LABEL, CAPTION, HEADER = 8, 128, 18, 26
INK, FAINT, PAPER = (30, 30, 30), (110, 110, 110), (255, 255, 255)


def draw_page(pictures: PictureSet, candidates: Mapping[str, Candidate], path: Path) -> None:
    """Write the page as a PNG, and a `.md` of the same name that shows it and says whose pictures these are.

    Rows whose style has no more pictures are left out.
    """
    rows = page_cases(pictures)
    columns = ["truth", "input", *candidates]
    page = Image.new(
        "RGB", (LABEL + len(columns) * (TILE + GAP), HEADER + len(rows) * (TILE + CAPTION + GAP) + GAP), PAPER
    )
    pen = ImageDraw.Draw(page)
    for i, column in enumerate(columns):
        pen.text((_left(i), 6), column, INK, ImageFont.load_default(14))
    for number, (style, case) in enumerate(rows):
        _draw_row(page, pen, HEADER + number * (TILE + CAPTION + GAP), style, case, list(candidates.values()))
    page.save(path, optimize=True)
    path.with_suffix(".md").write_text("\n".join(_told(pictures, rows, path.name)), encoding="utf-8")


def _told(pictures: PictureSet, rows: Sequence[tuple[Style, Case]], name: str) -> Iterator[str]:
    """The Markdown beside the page."""
    known = {picture.id: picture for picture in pictures.pictures}
    yield from (
        "# Twelve crops", "",
        f"![For each crop: truth, input, what each model makes of it, with PSNR over RGB]({name})", "",
        "Drawn by `benchmarks/models.py --page`, which takes pictures, crops and damage by a rule. None of these "
        "pictures was trained on. They are works of others, cut and shrunk here, each under its own licence:", "",
        "| row | style | factor | damage | picture | package | licence |", "|---|---|---|---|---|---|---|",
    )  # fmt: skip
    for number, (style, case) in enumerate(rows, 1):
        picture = known[case.picture]
        cells = (f"{number}", style, f"x{case.scale}", case.damage, f"`{picture.path}`", picture.package)
        yield f"| {' | '.join((*cells, picture.licence))} |"
    yield ""


def page_cases(pictures: PictureSet) -> list[tuple[Style, Case]]:
    """The crops of the page by its rule, each with its style."""
    waiting = {style: _in_order(pictures, style) for style in STYLES}
    rows: list[tuple[Style, Case]] = []
    damaged = 0
    for row in range(ROWS):
        style, scale = STYLES[row % len(STYLES)], FACTORS[row % len(FACTORS)]
        if not waiting[style]:
            continue
        picture = waiting[style].pop(0)
        if style == "vector":
            pairs = [case for case in vector_cases(pictures, scale) if case.picture == picture]
            rows.append((style, next((case for case in pairs if max(case.lr.shape) == 64), pairs[-1])))
        elif row % 2 == 0:
            rows.append((style, clean_cases([_first(pictures, style, picture)], scale)[0]))
        else:
            rows.append((style, _damaged(_first(pictures, style, picture), scale, 2 * damaged)))
            damaged += 1
    return rows


def _in_order(pictures: PictureSet, style: Style) -> list[str]:
    found = vector_cases(pictures, 2) if style == "vector" else validation_crops(pictures, style, at_most=1)
    return sorted({each.picture for each in found}, key=lambda id: sha256(id.encode()).hexdigest())


def _first(pictures: PictureSet, style: Style, picture: str) -> Crop:
    return next(crop for crop in validation_crops(pictures, style, at_most=1) if crop.picture == picture)


def _damaged(crop: Crop, scale: int, number: int) -> Case:
    name, damage = FIXED_DAMAGES[number % len(FIXED_DAMAGES)]
    height, width = crop.pixels.shape[:2]
    lr = shrink(crop.pixels, (height // scale, width // scale), damage, np.random.default_rng(1000 + number))
    return Case(crop.picture, scale, name, lr, crop.pixels)


def _left(column: int) -> int:
    return LABEL + column * (TILE + GAP)


def _draw_row(
    page: Image.Image, pen: ImageDraw.ImageDraw, top: int, style: Style, case: Case, candidates: Sequence[Candidate]
) -> None:
    for line, text in enumerate((style, f"x{case.scale}", case.damage)):
        pen.text((GAP, top + 20 * line), text, INK, ImageFont.load_default(14))
    shown = _shown(case.hr)
    repeated = case.lr.repeat(case.scale, axis=0).repeat(case.scale, axis=1)
    tiles = [(case.hr, ""), (repeated, f"{case.lr.shape[1]} x {case.lr.shape[0]} pixels")]
    for candidate in candidates:
        sr = enlarge_case(candidate, case)
        tiles.append((np.rint(sr * 255).astype(np.uint8), f"{score(sr, case).psnr:.2f} dB"))
    for column, (pixels, caption) in enumerate(tiles):
        page.paste(_tile(pixels[shown]), (_left(column), top))
        pen.text((_left(column), top + TILE + 1), caption, FAINT, ImageFont.load_default(12))


def _shown(hr: Pixels) -> tuple[slice, slice]:
    """The most detailed 96 x 96 pixels; they begin at a whole pixel of the input."""
    height, width = (min(AREA, side) for side in hr.shape[:2])
    top, left = next(iter(detailed_places(hr, (height, width), step=12)), (0, 0))
    return slice(top, top + height), slice(left, left + width)


def _tile(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1))
