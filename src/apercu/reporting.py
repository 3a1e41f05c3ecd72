"""Write an answer as a folder of files: the HTML report, Markdown, JSON and the plan."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from apercu.answer.report import ReportPictures, render_html
from apercu.errors import OutputError
from apercu.plan.draw import draw_svg
from apercu.plan.graph import plan_to_json
from apercu.records import Answer, Node
from apercu.registry import model_cards
from apercu.scientist import Result, shapes_of

if TYPE_CHECKING:
    from apercu.image import Image
    from apercu.run.execute import Executed

SHOWN_PIXELS = 4_000_000
"""A report shows pictures up to this many pixels whole; larger ones are reduced, and the report says so."""
REPORT_NAME = "report.html"
PICTURE_NAME = "enlarged.png"
FILE_NAMES = (REPORT_NAME, "answer.md", "answer.json", "plan.json")


@contextmanager
def report_folder(
    wanted: Path | None, *, exact_name: bool, with_picture: bool = False, overwrite: bool = False
) -> Iterator[Path | None]:
    """Make the folder of a report. If the work fails or is interrupted, a folder that was made here is taken away.

    Args:
        wanted: the folder; None gives None.
        exact_name: take this very folder, also when it exists; otherwise the first of wanted, wanted-2, wanted-3, ...
            that is free.
        with_picture: whether an enlarged picture will be written into it, too.
        overwrite: whether the files of an earlier report may be replaced.

    Raises:
        OutputError: the folder above is missing or may not be written to, a file has that name, or it holds a report.
    """
    if wanted is None:
        yield None
        return
    if exact_name:
        names = (PICTURE_NAME, *FILE_NAMES) if with_picture else FILE_NAMES
        _refuse_files_that_exist(wanted, names, overwrite=overwrite)
    folder, is_new = _made(wanted, exact_name=exact_name)
    try:
        yield folder
    except BaseException:
        if is_new:
            _take_away(folder)
        raise


def _made(wanted: Path, *, exact_name: bool) -> tuple[Path, bool]:
    """The folder, and whether it is new. Only the one of several processes that makes a folder may call it its own."""
    number, folder = 2, wanted
    while True:
        try:
            folder.mkdir()
        except OSError as error:
            if exact_name and isinstance(error, FileExistsError) and folder.is_dir():
                return folder, False
            if exact_name or not isinstance(error, FileExistsError):
                raise OutputError(
                    f"the folder {folder} cannot be made ({error.strerror})", hint="Name another folder with --out."
                ) from error
            folder, number = wanted.with_name(f"{wanted.name}-{number}"), number + 1
        else:
            return folder, True


def _take_away(folder: Path) -> None:
    """Remove a folder that was made here with what was written into it, unless somebody else put a file there."""
    for name in (PICTURE_NAME, *FILE_NAMES):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def write_report(result: Result, folder: Path, *, overwrite: bool = False) -> Path:
    """Write report.html, answer.md, answer.json and plan.json into a folder that exists.

    Returns:
        The path of the report.

    Raises:
        OutputError: one of the files exists and `overwrite` is False, or cannot be written.
    """
    files = {
        REPORT_NAME: html_of(result),
        "answer.md": result.answer.markdown,
        "answer.json": result.answer.model_dump_json(indent=2, by_alias=True) + "\n",
        "plan.json": plan_to_json(result.answer.plan),
    }
    _refuse_files_that_exist(folder, FILE_NAMES, overwrite=overwrite)
    for name, text in files.items():
        _write(folder / name, text)
    return folder / REPORT_NAME


def _refuse_files_that_exist(folder: Path, names: Sequence[str], *, overwrite: bool) -> None:
    for name in names:
        if not overwrite and os.path.lexists(folder / name):
            hint = "Add --overwrite, or name another folder with --out."
            raise OutputError(f"{folder / name} exists already", hint=hint)


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        with partial.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(partial, path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror})", hint="Name another folder with --out."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def html_of(result: Result) -> str:
    """The report as one HTML document."""
    answer, executed = result.answer, result.executed
    drawn = ""
    if answer.plan.nodes:
        shapes = shapes_of(answer.plan, executed)
        status = {node.id: node.status for node in executed.record.nodes} if executed else {}
        drawn = draw_svg(answer.plan, shapes, status=status)
    pictures = pictures_of(executed) if executed else ReportPictures()
    return render_html(answer, pictures, plan_svg=drawn, licences=_licences(answer))


def _licences(answer: Answer) -> dict[str, str]:
    cards = model_cards()

    def used(node: Node) -> str:
        return str(node.params.get("model", ""))

    return {cards[name].name: cards[name].licence for node in answer.plan.nodes if (name := used(node)) in cards}


def pictures_of(executed: Executed) -> ReportPictures:
    """The pictures that a report shows, reduced when they are large."""
    from apercu.image import encode_png
    from apercu.measure.heatmap import heatmap_legend
    from apercu.run.mapping import drawn_map

    before, after = next(executed.before.each_frame()), next(executed.after.each_frame())
    share = min(1.0, math.sqrt(SHOWN_PIXELS / (after.size[0] * after.size[1])))
    share_before = min(1.0, math.sqrt(SHOWN_PIXELS / (before.size[0] * before.size[1])))
    added = drawn_map(before, after, executed.record.fidelity.kernel)
    return ReportPictures(
        before=encode_png(_reduced(before, share_before)),
        after=encode_png(_reduced(after, share)),
        added=encode_png(_reduced(added, share)),
        shown_scale=share,
        legend=heatmap_legend(),
    )


def _reduced(image: Image, share: float) -> Image:
    from dataclasses import replace

    import numpy as np

    from apercu.image import Pixels
    from apercu.image.picture import quantised
    from apercu.resample import resize_strips

    if share == 1.0:
        return image
    size = (max(1, round(image.size[0] * share)), max(1, round(image.size[1] * share)))
    samples = np.empty((*size, image.samples.shape[2]), image.samples.dtype)
    for rows, strip in resize_strips(Pixels(image.samples), size, "box"):
        samples[rows] = quantised(strip, samples.dtype)
    return replace(image, samples=samples)
