"""How a clean crop becomes the small picture that a user brings: blurred, shrunk, noisy, of few colours, compressed.

The order is that of life: the lens blurs at high resolution, the picture is shrunk, then come noise, a palette and a
codec. Everything is 8 bits wide and goes through Pillow, as most small pictures did. A damage is a record; what is left
to chance (noise, the pixels that a palette is made of, where the blocks of a codec begin) comes from the generator
alone, so that equal generators give equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from apercu.errors import ShapeError

Pixels = NDArray[np.uint8]
ShrinkKernel = Literal["bicubic", "area", "bilinear", "lanczos", "nearest"]

_PILLOW = {
    "bicubic": Image.Resampling.BICUBIC,
    "area": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
}
_CODEC_BLOCK = 16
"""Side of the largest block of both codecs: JPEG's with 4:2:0, and WebP's macroblock."""
_BLUR_REACH = 3.0
"""Standard deviations after which the blur is cut."""
_PALETTE_SAMPLE = 1024


class Jpeg(NamedTuple):
    """A JPEG of Pillow's quality 1..95; colour at full size or at half of it."""

    quality: int
    chroma: Literal["4:4:4", "4:2:0"] = "4:2:0"


class Webp(NamedTuple):
    """A lossy WebP of quality 1..100; its colour is always at half size."""

    quality: int


class Palette(NamedTuple):
    """Few colours, by median cut; `dither` is Floyd and Steinberg's."""

    colours: int
    dither: bool = False


@dataclass(frozen=True)
class Damage:
    """What happened to a picture on its way to the user; as it stands here, nothing but Pillow's bicubic.

    `blur`: standard deviation of a Gaussian in pixels of the small picture, 0 for none. `noise`: standard deviation of
    Gaussian noise, independent for each value, in units of 0..255.
    """

    kernel: ShrinkKernel = "bicubic"
    blur: float = 0.0
    noise: float = 0.0
    palette: Palette | None = None
    codec: Jpeg | Webp | None = None


CLEAN = Damage()
"""Pillow's bicubic and nothing else: what papers measure."""

FIXED_DAMAGES: tuple[tuple[str, Damage], ...] = (
    ("jpeg-75", Damage(codec=Jpeg(75))),
    ("jpeg-40", Damage(codec=Jpeg(40))),
    ("webp-60", Damage(codec=Webp(60))),
    ("blur-0.6+jpeg-85", Damage(blur=0.6, codec=Jpeg(85))),
    ("area", Damage(kernel="area")),
    ("nearest", Damage(kernel="nearest")),
    ("palette-32", Damage(palette=Palette(32))),
    ("noise-4", Damage(noise=4.0)),
    ("bilinear+jpeg-60", Damage(kernel="bilinear", codec=Jpeg(60))),
    ("lanczos", Damage(kernel="lanczos")),
)
"""The protocol "mixed damage": crop i of a style meets number i mod 10, see `fixed_damage`."""


def fixed_damage(i: int) -> tuple[str, Damage, np.random.Generator]:
    """Name, damage and generator (seed 1000 + i) of crop `i` of a style under the protocol "mixed damage"."""
    name, damage = FIXED_DAMAGES[i % len(FIXED_DAMAGES)]
    return name, damage, np.random.default_rng(1000 + i)


# --- the training mix ------------------------------------------------------------------------------------------------

_CLEAN_SHARE = 0.43  # with the drawn ones that come out clean by chance, about 46 % of all
_AT_MOST = 2
_SHARES = {"blur": 0.25, "jpeg": 0.35, "webp": 0.10, "palette": 0.10, "noise": 0.12}


def draw_damage(rng: np.random.Generator) -> Damage:
    """A damage of the training mix.

    43 % are `CLEAN`. Of the others each has a kernel at random and, independently, blur of 0.2..1.0 in 25 %, JPEG of
    quality 30..95 in 35 % (half of them 4:2:0), else WebP of quality 30..95 in 10 %, a palette of 8..64 colours in 10 %
    (half of them dithered) and noise of 1..8 in 12 %; of more than two of them, two at random stay.

    Args:
        rng: the only source of chance.
    """
    if rng.random() < _CLEAN_SHARE:
        return CLEAN
    kernels: tuple[ShrinkKernel, ...] = ("bicubic", "area", "bilinear", "lanczos", "nearest")
    kernel = kernels[int(rng.integers(len(kernels)))]
    kinds = _draw_kinds(rng)
    return Damage(
        kernel,
        blur=float(rng.uniform(0.2, 1.0)) if "blur" in kinds else 0.0,
        noise=float(rng.uniform(1.0, 8.0)) if "noise" in kinds else 0.0,
        palette=Palette(int(rng.integers(8, 65)), bool(rng.random() < 0.5)) if "palette" in kinds else None,
        codec=_draw_codec(rng, kinds),
    )


def _draw_kinds(rng: np.random.Generator) -> list[str]:
    """At most two of blur, one codec, palette and noise."""
    codec = rng.random()
    kinds = [kind for kind in ("blur", "palette", "noise") if rng.random() < _SHARES[kind]]
    if codec < _SHARES["jpeg"]:
        kinds.append("jpeg")
    elif codec < _SHARES["jpeg"] + _SHARES["webp"]:
        kinds.append("webp")
    if len(kinds) > _AT_MOST:
        kinds = [kinds[i] for i in rng.choice(len(kinds), _AT_MOST, replace=False)]
    return kinds


def _draw_codec(rng: np.random.Generator, kinds: list[str]) -> Jpeg | Webp | None:
    if "jpeg" in kinds:
        return Jpeg(int(rng.integers(30, 96)), "4:2:0" if rng.random() < 0.5 else "4:4:4")
    return Webp(int(rng.integers(30, 96))) if "webp" in kinds else None


# --- doing it --------------------------------------------------------------------------------------------------------


def shrink(hr: Pixels, size: tuple[int, int], damage: Damage, rng: np.random.Generator) -> Pixels:
    """The small picture that `damage` leaves of a clean one.

    Args:
        hr: (H, W, 3) uint8 RGB.
        size: (h, w) of the result, at most (H, W); the factor may differ between the axes.
        damage: what happens; the blur is widened by the factor of each axis.
        rng: for noise, a palette and the place of a codec's blocks; untouched where there is none of them.

    Returns:
        (h, w, 3) uint8.

    Raises:
        ShapeError: `hr` is not (H, W, 3) uint8, or `size` is below 1 or larger than it.
    """
    _check(hr)
    if not (1 <= size[0] <= hr.shape[0] and 1 <= size[1] <= hr.shape[1]):
        raise ShapeError(f"cannot shrink {hr.shape[0]} x {hr.shape[1]} to {size[0]} x {size[1]}; expected 1 or more")
    if damage.blur:
        hr = _blurred(hr, (damage.blur * hr.shape[0] / size[0], damage.blur * hr.shape[1] / size[1]))
    lr = Image.fromarray(hr).resize((size[1], size[0]), _PILLOW[damage.kernel])
    return _after_shrinking(np.asarray(lr), damage, rng)


def apply_to_small(lr: Pixels, damage: Damage, rng: np.random.Generator) -> Pixels:
    """`damage` on a picture that is small already, as a drawing rendered at its size: all of it but the kernel.

    Args:
        lr: (h, w, 3) uint8 RGB.
        damage: what happens; its kernel is not used.
        rng: as for `shrink`.

    Returns:
        (h, w, 3) uint8, a new array unless nothing happens.

    Raises:
        ShapeError: `lr` is not (h, w, 3) uint8.
    """
    _check(lr)
    return _after_shrinking(_blurred(lr, (damage.blur, damage.blur)) if damage.blur else lr, damage, rng)


def _check(pixels: Pixels) -> None:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or 0 in pixels.shape:
        raise ShapeError(f"a damage was given {pixels.dtype} of the shape {pixels.shape}; expected uint8 (H, W, 3)")


def _after_shrinking(lr: Pixels, damage: Damage, rng: np.random.Generator) -> Pixels:
    if damage.noise:
        lr = _rounded(lr + rng.normal(0.0, damage.noise, lr.shape))
    if damage.palette:
        lr = _with_few_colours(lr, damage.palette, rng)
    return _coded(lr, damage.codec, rng) if damage.codec else lr


def _rounded(values: NDArray[np.floating]) -> Pixels:
    rounded: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded


def _blurred(pixels: Pixels, sigma: tuple[float, float]) -> Pixels:
    """Gaussian blur with one standard deviation (pixels) for the rows' axis and one for the columns'."""
    from scipy.ndimage import gaussian_filter1d

    values = pixels.astype(np.float32)
    for axis in (0, 1):
        values = gaussian_filter1d(values, sigma[axis], axis=axis, mode="nearest", truncate=_BLUR_REACH)
    return _rounded(values)


def _with_few_colours(lr: Pixels, palette: Palette, rng: np.random.Generator) -> Pixels:
    """Median cut of at most 1024 of the pixels, drawn by chance: of all of them it takes several times as long."""
    values = lr.reshape(-1, 3)
    if len(values) > _PALETTE_SAMPLE:
        values = values[np.sort(rng.integers(len(values), size=_PALETTE_SAMPLE))]
    colours = Image.fromarray(values[None]).quantize(palette.colours, method=Image.Quantize.MEDIANCUT)
    dither = Image.Dither.FLOYDSTEINBERG if palette.dither else Image.Dither.NONE
    return np.asarray(Image.fromarray(lr).quantize(palette=colours, dither=dither).convert("RGB"))


def _coded(lr: Pixels, codec: Jpeg | Webp, rng: np.random.Generator) -> Pixels:
    """Written and read again. A crop is a part of a larger picture, so that the codec's blocks begin anywhere in it."""
    top, left = (int(n) for n in rng.integers(_CODEC_BLOCK, size=2))
    padded = np.pad(lr, ((top, 0), (left, 0), (0, 0)), mode="edge")
    file = BytesIO()
    if isinstance(codec, Jpeg):
        Image.fromarray(padded).save(file, "JPEG", quality=codec.quality, subsampling=codec.chroma)
    else:
        Image.fromarray(padded).save(file, "WEBP", quality=codec.quality)
    with Image.open(file) as read:
        return np.asarray(read.convert("RGB"))[top:, left:]
