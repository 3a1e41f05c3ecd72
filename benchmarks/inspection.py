"""What `apercu.inspection` finds in pictures whose history is known, and what it wrongly finds in untouched ones.

Protocol, every seed fixed: see the line that each section prints first. Sets: Kodak (24), BSD100 (100), Set14 (14).
BSD100 comes from JPEG files, so that traces of JPEG in it may be real.
"""

from __future__ import annotations

import argparse
import io
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

import sets
from apercu.inspection.graphics import pixel_art, text_share
from apercu.inspection.jpeg import jpeg_traces
from apercu.inspection.looks import look
from apercu.inspection.resolution import native_resolution
from apercu.inspection.sharpness import blur_radius, noise_level

Picture = Image.Image
KERNELS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
ENLARGED = 200
SETS = ("Kodak", "BSD100", "Set14")


def samples_of(picture: Picture) -> NDArray[np.uint8]:
    """(H, W, 1 or 3) uint8."""
    values = np.asarray(picture)
    return values if values.ndim == 3 else values[:, :, None]


def as_jpeg(picture: Picture, quality: int) -> Picture:
    """Save by Pillow with its standard tables and 4:2:0, and read again."""
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=quality)
    return Image.open(held)


def _row(values: list[float]) -> str:
    """Least, median and largest."""
    return f"{min(values):.2f} / {np.median(values):.2f} / {max(values):.2f}"


def enlarged_pictures() -> list[tuple[Picture, str, float, str]]:
    """(picture, kernel, factor, how the small one was made): half are crops, half are whole pictures shrunk first."""
    rng = np.random.default_rng(2026)
    files = [path for name in SETS for path in sets.pictures(name)]
    made = []
    for index in range(ENLARGED):
        picture = Image.open(files[rng.integers(len(files))])
        kernel, factor, side = list(KERNELS)[index % 3], float(rng.uniform(2, 8)), int(rng.integers(320, 560))
        small = (max(int(side / factor), 40), max(int(side * 0.75 / factor), 40))
        how = "crop" if index % 2 else "shrunk"
        if how == "crop":
            left, top = rng.integers(picture.width - small[0] + 1), rng.integers(picture.height - small[1] + 1)
            picture = picture.crop((int(left), int(top), int(left) + small[0], int(top) + small[1]))
        else:
            picture = picture.resize(small, Image.Resampling.LANCZOS)
        size = (round(small[0] * factor), round(small[1] * factor))
        made.append((picture.resize(size, KERNELS[kernel]), kernel, factor, how))
    return made


def resolution() -> None:
    """How often the factor is found within 10 %, and how often one is found where there is none."""
    print(
        f"\nnative_resolution: {ENLARGED} pictures enlarged by Pillow, factor uniform in 2..8, seed 2026, within 10 %"
    )
    made = enlarged_pictures()
    for saved in (None, 90, 75):
        rows = []
        for picture, kernel, factor, how in made:
            seen = native_resolution(samples_of(as_jpeg(picture, saved) if saved else picture))
            near = seen.found and all(abs(scale / factor - 1) < 0.1 for scale in seen.scale)
            rows.append(({kernel, how}, near, near and seen.kernel == kernel, seen.found and not near))
        near, right, wrong = (np.mean([row[column] for row in rows]) for column in (1, 2, 3))
        parts = {name: np.mean([row[1] for row in rows if name in row[0]]) for name in (*KERNELS, "crop", "shrunk")}
        kind = f"JPEG {saved}" if saved else "lossless"
        print(f"  {kind:<9} found {near:.1%}, kernel too {right:.1%}, wrong {wrong:.1%}")
        print("           ", ", ".join(f"{name} {share:.0%}" for name, share in parts.items()))


def whole_factors() -> None:
    """The factors that people use most."""
    print("\nnative_resolution: Set14 shrunk by 4 (Lanczos), enlarged by Pillow; size found exactly")
    for factor in (2, 3, 4):
        told = []
        for kernel, method in KERNELS.items():
            counts = [0, 0]
            for path in sets.pictures("Set14"):
                picture = Image.open(path).convert("RGB")
                small = picture.resize((picture.width // 4, picture.height // 4), Image.Resampling.LANCZOS)
                large = small.resize((small.width * factor, small.height * factor), method)
                for index, saved in enumerate((large, as_jpeg(large, 75))):
                    counts[index] += native_resolution(samples_of(saved)).size == (small.height, small.width)
            told.append(f"{kernel} {counts[0]} of 14 (JPEG 75: {counts[1]})")
        print(f"  x{factor}: {', '.join(told)}")


def altered(picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
    """What a picture goes through that is no enlargement from 1.8 on."""
    soft = gaussian_filter(np.asarray(picture, np.float64), (2, 2, 0))
    left, top = int(rng.integers(picture.width - 99)), int(rng.integers(picture.height - 99))
    return {
        "untouched": picture,
        "JPEG 75": as_jpeg(picture, 75),
        "blurred by 2": Image.fromarray(np.rint(soft).astype(np.uint8)),
        "blurred by 2, JPEG 75": as_jpeg(Image.fromarray(np.rint(soft).astype(np.uint8)), 75),
        "blurred by 2, JPEG 40": as_jpeg(Image.fromarray(np.rint(soft).astype(np.uint8)), 40),
        "shrunk by 2": picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC),
        "crop of 100x100": picture.crop((left, top, left + 100, top + 100)),
    }


def false_alarms() -> None:
    """What is found in pictures that nobody enlarged or drew."""
    print("\nfalse alarms: found as enlarged | findings of `look` on untouched pictures (crops: seed 8)")
    rng = np.random.default_rng(8)
    for name in SETS:
        count: Counter[str] = Counter()
        findings: Counter[str] = Counter()
        files = sets.pictures(name)
        for path in files:
            picture = Image.open(path).convert("RGB")
            count.update(
                how for how, made in altered(picture, rng).items() if native_resolution(samples_of(made)).found
            )
            findings.update(finding.id for finding in look(samples_of(picture)).findings)
        print(f"  {name} of {len(files)}: {dict(count) or 'none'} | {dict(findings) or 'none'}")


def jpeg() -> None:
    """Quality read from the samples, and traces found in pictures that never were JPEGs."""
    print("\njpeg_traces: Kodak saved by Pillow (4:2:0); then cut to 397x295 from (3, 5)")
    pictures = [Image.open(path) for path in sets.pictures("Kodak")]
    for quality in (20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 98):
        saved = [as_jpeg(picture, quality) for picture in pictures]
        whole = [jpeg_traces(samples_of(picture)) for picture in saved]
        cut = [jpeg_traces(samples_of(picture.crop((3, 5, 400, 300)))) for picture in saved]
        errors = [abs(seen.quality - quality) for seen in whole if seen.quality]
        worst = max(errors, default=0)
        placed = sum(seen.quality is not None and seen.offset == (3, 5) for seen in cut)
        told = f"read in {len(errors)} of {len(whole)}, largest error {worst}; cut: {placed} of {len(cut)}"
        print(f"  quality {quality}: {told}")
    for name in SETS:
        seen = [jpeg_traces(samples_of(Image.open(path))) for path in sets.pictures(name)]
        qualities = Counter(one.quality for one in seen if one.found)
        print(
            f"  {name} as it is: found in {sum(one.found for one in seen)} of {len(seen)}, qualities {dict(qualities)}"
        )


def sharpness() -> None:
    """Noise and blur against what was added."""
    pictures = [np.asarray(Image.open(path)) for path in sets.pictures("Kodak")]
    rng = np.random.default_rng(9)
    print("\nnoise_level: Kodak + Gaussian noise, seed 9; least / median / largest reading, mean absolute error")
    for sigma in (0, 5, 10, 20):
        noisy = [np.clip(np.rint(picture + rng.normal(0, sigma, picture.shape)), 0, 255) for picture in pictures]
        read = [noise_level(picture.astype(np.uint8)) for picture in noisy]
        print(f"  sigma {sigma}: {_row(read)}, error {np.mean(np.abs(np.subtract(read, sigma))):.2f}")
    print("\nblur_radius: Kodak blurred by a Gaussian, rounded; least / median / largest reading, mean absolute error")
    for sigma in (0, 1, 2, 3):
        soft = [gaussian_filter(picture.astype(np.float64), (sigma, sigma, 0)) for picture in pictures]
        read = [blur_radius(np.rint(picture).astype(np.uint8)) for picture in soft]
        print(f"  sigma {sigma}: {_row(read)}, error {np.mean(np.abs(np.subtract(read, sigma))):.2f}")
    for name in ("BSD100", "Set14"):
        others = [samples_of(Image.open(path)) for path in sets.pictures(name)]
        print(f"  {name} as it is: noise {_row([noise_level(one) for one in others])}, ", end="")
        print(f"blur {_row([blur_radius(one) for one in others])}")


def sprite(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A square of 16 to 64 pixels with 3 to 32 colours: shapes, often mirrored or dithered, with single pixels."""
    side, colours = int(rng.choice([16, 24, 32, 48, 64])), int(rng.integers(3, 33))
    canvas = Image.new("L", (side, side))
    draw = ImageDraw.Draw(canvas)
    for colour in np.repeat(np.arange(1, colours), 2):
        (x, y), (w, h) = rng.integers(0, side, 2).tolist(), rng.integers(1, side // 3, 2).tolist()
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + w, y + h), fill=int(colour))
    drawn = np.asarray(canvas).copy()
    if rng.random() < 0.5:
        drawn[:, side // 2 :] = drawn[:, : side - side // 2][:, ::-1]
    if rng.random() < 0.5:
        drawn[(drawn == 1) & (np.indices(drawn.shape).sum(axis=0) % 2 == 0)] = 2
    single = rng.integers(0, side, (2, side * side // 40))
    drawn[single[0], single[1]] = rng.integers(0, colours, single.shape[1])
    return rng.integers(0, 256, (colours, 3)).astype(np.uint8)[drawn]


def graphics() -> None:
    """Pixel art that was drawn here, and photographs; the share of text."""
    rng = np.random.default_rng(10)
    print("\npixel_art: 300 sprites, 16..64 pixels, 3..32 colours, each pixel repeated 1..16 times, seed 10")
    hits = 0
    for _ in range(300):
        times = int(rng.choice([1, 1, 2, 3, 4, 8, 10, 16]))
        seen = pixel_art(sprite(rng).repeat(times, 0).repeat(times, 1))
        hits += seen.found and seen.scale == times
    print(f"  found with the right factor: {hits} of 300")
    for name in SETS:
        files = sets.pictures(name)
        found = sum(pixel_art(samples_of(Image.open(path))).found for path in files)
        shares = sorted((text_share(samples_of(Image.open(path))), path.stem) for path in files)
        told = ", ".join(f"{stem} {share:.3f}" for share, stem in shares[:-4:-1])
        print(f"  {name}: pixel art found in {found} of {len(files)}; largest text shares {told}")


def speed() -> None:
    """Median of 5 of `look`."""
    print("\nlook, seconds, median of 5")
    picture = Image.open(sets.pictures("Kodak")[0])
    rng = np.random.default_rng(11)
    large = samples_of(picture.resize((4000, 3000), Image.Resampling.BICUBIC))
    noisy = np.clip(np.rint(large + rng.normal(0, 5, large.shape)), 0, 255).astype(np.uint8)
    cases = {"512x512": samples_of(picture)[:512, :512], "4000x3000 enlarged": large, "4000x3000 with noise": noisy}
    for name, samples in cases.items():
        times = []
        for _ in range(5):
            started = time.perf_counter()
            look(samples)
            times.append(time.perf_counter() - started)
        print(f"  {name}: {np.median(times):.3f}")


def main() -> None:
    """Print every figure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=sets.ROOT, help="the folder that holds Kodak, BSD100 and Set14")
    sets.ROOT = options.parse_args().data
    for section in (resolution, whole_factors, false_alarms, jpeg, sharpness, graphics, speed):
        section()


if __name__ == "__main__":
    main()
