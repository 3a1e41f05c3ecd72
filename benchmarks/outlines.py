"""The outlines of transparent drawings: enlarged by the model, against the bicubic interpolation of most programs.

    python benchmarks/outlines.py PREPARED [MODEL ...]

`PREPARED` is the folder that `python -m apercu.train prepare` writes. The held-out vector drawings with a transparent
ground, rendered at 32, 48 and 64 pixels, are enlarged three times and compared with their rendering at that size: mean
PSNR of the alpha, and of the picture laid on middle grey, on which each model's colours stand once with its own alpha
and once with the bicubic one. `veil`: how many pixels that are clear in truth show by 1 of 255 or more.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apercu.image import Image
from apercu.registry import load_model
from apercu.run.enlarge import enlarge_image
from apercu.settings import load_settings
from apercu.train.pictures import PictureSet, load_pictures

SIZES, FACTOR = (32, 48, 64), 3
MODELS = ("bicubic", "lanczos", "liif-edsr", "liif-edsr-art", "liif-edsr-web", "liif-fast")
_CAP = 60.0


def pairs(pictures: PictureSet) -> Iterator[tuple[Image, Image]]:
    """Small and large renderings, (h, w, 4) and (3h, 3w, 4)."""
    for picture in pictures.pictures:
        levels = {level.size: number for number, level in enumerate(picture.levels)}
        if picture.split != "val" or picture.style != "vector" or picture.levels[0].channels != 4:
            continue
        for size in SIZES:
            if size in levels and size * FACTOR in levels:
                lr, hr = (
                    Image(np.ascontiguousarray(pictures.level(picture, levels[side])), has_alpha=True)
                    for side in (size, size * FACTOR)
                )
                if hr.size == (lr.size[0] * FACTOR, lr.size[1] * FACTOR) and hr.samples[:, :, 3].min() < 255:
                    yield lr, hr


def on_grey(image: Image) -> NDArray[np.float64]:
    """Colours laid on middle grey, 0 to 1."""
    samples = image.samples / 255
    return np.asarray(samples[:, :, :3] * samples[:, :, 3:] + 0.5 * (1 - samples[:, :, 3:]))


def psnr(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """In dB, at most 60."""
    return min(_CAP, -10 * float(np.log10(max(np.mean((a - b) ** 2), 1e-12))))


def main() -> None:
    """Print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prepared", type=Path)
    parser.add_argument("models", nargs="*", default=MODELS)
    given = parser.parse_args()
    settings = load_settings()
    cases = list(pairs(load_pictures(given.prepared)))
    print(f"{len(cases)} pairs\n")
    print("| model | alpha, dB | on grey, dB | on grey with bicubic alpha, dB | veil |\n|---|---|---|---|---|")
    plain = [enlarge_image(lr, load_model("bicubic", settings), hr.size) for lr, hr in cases]
    for name in given.models:
        model, rows = load_model(name, settings), []
        for (lr, hr), bicubic in zip(cases, plain, strict=True):
            sr = enlarge_image(lr, model, hr.size)
            mixed = replace(sr, samples=np.concatenate([sr.samples[:, :, :3], bicubic.samples[:, :, 3:]], axis=2))
            clear = hr.samples[:, :, 3] == 0
            rows.append((
                psnr(sr.samples[:, :, 3] / 255, hr.samples[:, :, 3] / 255),
                psnr(on_grey(sr), on_grey(hr)),
                psnr(on_grey(mixed), on_grey(hr)),
                float((sr.samples[:, :, 3][clear] > 0).mean()) if clear.any() else 0.0,
            ))  # fmt: skip
        alpha, own, other, veil = np.mean(rows, axis=0)
        print(f"| {name} | {alpha:.2f} | {own:.2f} | {other:.2f} | {veil:.1%} |", flush=True)


if __name__ == "__main__":
    main()
