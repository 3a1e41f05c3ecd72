"""Check an enlargement that any tool made against the picture that it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from apercu.errors import ShapeError
from apercu.records import Check, FidelityReport
from apercu.settings import Settings

if TYPE_CHECKING:
    from apercu.image import Image
    from apercu.resample import Kernel

LARGEST_CHANGE = 0.1
"""Share of contradicted contrast above which `check` doubts that the pictures belong together."""
_SPACES = {"grey": "grey", "rgb": "RGB", "cmyk": "CMYK"}
_MEASURED = {
    "scale", "kernel",
    "lr_psnr_db", "max_abs_lr_error", "added_share", "added_rms", "added_max", "changed_share",
}  # fmt: skip
"""What a check takes over from the measurement, under the same names."""


def check(
    before: Path | str,
    after: Path | str,
    *,
    settings: Settings,
    kernel: Kernel = "bicubic",
    added_map: Path | str | None = None,
    overwrite: bool = False,
) -> Check:
    """Measure what an enlargement kept and what it added, whichever tool made it.

    Args:
        before: the small picture.
        after: the enlarged one.
        settings: limits.
        kernel: how the result is shrunk for the comparison.
        added_map: where to write a picture of the added detail; None for no map.
        overwrite: whether `added_map` may be replaced.

    Raises:
        ShapeError: `after` is smaller than `before` on an axis, or has another number of frames.
        ImageError, OutputError: a file cannot be read or written.
    """
    from apercu.image import check_output, read_image, shown_path
    from apercu.run.ops import measure_pictures

    before, after, added_map = Path(before), Path(after), None if added_map is None else Path(added_map)
    if added_map is not None:
        check_output(added_map, overwrite=overwrite)
    lr = read_image(before, max_pixels=settings.max_input_pixels)
    sr = read_image(after, max_pixels=settings.max_output_pixels)
    if sr.size[0] < lr.size[0] or sr.size[1] < lr.size[1]:
        raise ShapeError(
            f"{after} ({sr.size[1]}x{sr.size[0]}) is smaller than {before} ({lr.size[1]}x{lr.size[0]}), "
            "expected an enlargement of it",
            hint="Name the small picture first and the enlarged one second.",
        )
    if lr.frames != sr.frames:
        raise ShapeError(
            f"{after} has {sr.frames} frames and {before} has {lr.frames}, expected as many",
            hint="Compare an animation with its own enlargement, or one frame with one.",
        )
    lr, sr = _alike(lr, sr)
    if lr.space != sr.space:
        raise ShapeError(
            f"{before} is {_SPACES[lr.space]} and {after} {_SPACES[sr.space]}, expected the same kind of colours",
            hint="Convert one of them first, for example with `apercu enlarge --scale 1 --model bicubic --to-srgb`.",
        )
    report = measure_pictures(lr, sr, kernel)
    if added_map is not None:
        _write_map(lr, sr, kernel, added_map, overwrite=overwrite)
    return Check(
        **report.model_dump(include=_MEASURED),
        sanity=(*report.sanity, *_doubts(lr, sr, report)),
        added_map=None if added_map is None else shown_path(added_map),
        input=shown_path(before),
        output=shown_path(after),
    )


def _doubts(lr: Image, sr: Image, report: FidelityReport) -> Iterator[str]:
    """What speaks against the one picture being an enlargement of the other at all, or a faithful one."""
    if lr.has_alpha != sr.has_alpha:
        yield f"the picture has {_alpha(lr)} transparency, the enlargement {_alpha(sr)}"
    y, x = report.scale
    if 0.01 < abs(y / x - 1) < 0.2:  # further apart it was meant to be so
        yield f"it is {x:.4g} times as wide and {y:.4g} times as high: stretched a little, or cropped"
    if report.changed_share > LARGEST_CHANGE:
        yield (
            f"{report.changed_share:.0%} of the contrast contradicts the picture: it may show something else, "
            "or be moved, cropped, turned or mirrored"
        )


def _alpha(image: Image) -> str:
    return "a" if image.has_alpha else "no"


def _alike(lr: Image, sr: Image) -> tuple[Image, Image]:
    """Both grey or both colour: a tool may have turned a grey picture into RGB."""
    if {lr.space, sr.space} != {"grey", "rgb"}:
        return lr, sr
    return _coloured(lr), _coloured(sr)


def _coloured(image: Image) -> Image:
    """A grey picture as R = G = B, which is the same picture; a view where that is possible."""
    from dataclasses import replace

    import numpy as np

    if image.space != "grey":
        return image
    if image.has_alpha:
        return replace(image, samples=np.take(image.samples, [0, 0, 0, 1], axis=2))
    return replace(image, samples=np.broadcast_to(image.samples, (*image.samples.shape[:2], 3)))


def _write_map(lr: Image, sr: Image, kernel: Kernel, path: Path, *, overwrite: bool) -> None:
    from apercu.image import write_image
    from apercu.run.mapping import drawn_map

    write_image(drawn_map(lr, sr, kernel), path, overwrite=overwrite)
