"""Pictures made for these tests, each (H, W, C)."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def scene(height, width, channels=3, seed=0):
    """Detail of all sizes, down to single pixels, as a sharp small picture has."""
    rng = np.random.default_rng(seed)
    layers = [gaussian_filter(rng.normal(0, 1, (height, width)), sigma) * sigma for sigma in (0.6, 2, 6)]
    mixed = np.stack([np.roll(sum(layers), shift, axis=0) for shift in range(channels)], axis=2)
    return np.clip(np.rint(128 + 40 * mixed), 0, 255).astype(np.uint8)


def enlarged(small, size, kernel):
    """By Pillow, in 8 bits; `size` is (height, width)."""
    bands = [np.asarray(Image.fromarray(band).resize(size[::-1], FILTERS[kernel])) for band in np.moveaxis(small, 2, 0)]
    return np.stack(bands, axis=2)


def photograph(height=200, width=240):
    rng = np.random.default_rng(3)
    layers = [gaussian_filter(rng.normal(0, 1, (height, width, 3)), (sigma, sigma, 0)) * sigma for sigma in (1, 4, 12)]
    return np.clip(np.rint(128 + 30 * sum(layers)), 0, 255).astype(np.uint8)


def as_jpeg(samples, quality, **options):
    held = io.BytesIO()
    Image.fromarray(samples.squeeze()).save(held, "JPEG", quality=quality, **options)
    decoded = np.asarray(Image.open(held))
    return decoded if decoded.ndim == 3 else decoded[:, :, None]


def shapes(side=240):
    """(240, 240, 3) float64: Even areas with sharp borders, levels from 60 to 190."""
    y, x = np.mgrid[0:side, 0:side]
    discs = [(y - a) ** 2 + (x - b) ** 2 < c**2 for a, b, c in ((60, 70, 40), (150, 160, 60), (180, 50, 30))]
    values = np.select(discs, [190, 60, 160], 110)
    return np.repeat(values[:, :, None], 3, axis=2).astype(np.float64)


def rounded(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def sprite(side=32, colours=12, seed=0):
    """A small drawing: rectangles and discs in a few colours, mirrored, with single pixels."""
    rng = np.random.default_rng(seed)
    canvas = Image.new("L", (side, side))
    draw = ImageDraw.Draw(canvas)
    for colour in range(1, colours):
        x, y = rng.integers(0, side, 2).tolist()
        (draw.ellipse if colour % 2 else draw.rectangle)((x, y, x + side // 4, y + side // 5), fill=colour)
    drawn = np.asarray(canvas).copy()
    drawn[:, side // 2 :] = drawn[:, : side // 2][:, ::-1]
    drawn[side // 2 :, side // 2 - 2 : side // 2 + 2] = np.arange(side - side // 2)[:, None] // 2 % colours
    return rng.permutation(256)[: colours * 3].reshape(colours, 3).astype(np.uint8)[drawn]


def page(size, width=480, height=320):
    canvas = Image.new("RGB", (width, height), "white")
    font = ImageFont.load_default(size)
    for top in range(10, height - 10, round(size * 1.5)):
        ImageDraw.Draw(canvas).text((10, top), "A quick brown fox jumps over lazy dogs " * 3, fill="black", font=font)
    return np.asarray(canvas)
