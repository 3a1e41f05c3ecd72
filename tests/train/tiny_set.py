"""A few little made-up pictures as `prepare` writes them, and a network that learns them within seconds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from apercu.train.pictures import PictureIndex, PictureSet, ShardWriter, TrainingPicture, load_pictures, write_index


def blobs(height: int, width: int, seed: int = 0, channels: int = 3):
    """Smooth spots of about six pixels, strong contrast: (height, width, channels) uint8."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 6 + 1, width // 6 + 1, channels), np.uint8)
    mode = {3: "RGB", 4: "RGBA"}[channels]
    return np.array(Image.fromarray(small, mode).resize((width, height), Image.Resampling.BICUBIC))


def ramp(height: int, width: int):
    """Red grows by 3 with each column, green by 3 with each row: (height, width, 3) uint8, at most 85 pixels a side."""
    pixels = np.full((height, width, 3), 128)
    pixels[..., 0], pixels[..., 1] = 3 * np.arange(width), 3 * np.arange(height)[:, None]
    return pixels.astype(np.uint8)


def rendered_ramp(side: int):
    """Red grows from 0 to 255 with x and green with y, whatever the size."""
    pixels = np.full((side, side, 3), 128)
    grows = np.rint(255 * (np.arange(side) + 0.5) / side)
    pixels[..., 0], pixels[..., 1] = grows, grows[:, None]
    return pixels.astype(np.uint8)


def picture(pixels, *, style="photo", split="train", min_shrink=1.0):
    """One entry for `write_set`; `pixels` is an array, or {size: array} for a drawing."""
    levels = pixels if isinstance(pixels, dict) else {None: pixels}
    return levels, {"style": style, "split": split, "min_shrink": min_shrink}


def write_set(folder: Path, pictures) -> PictureSet:
    """Write and open a prepared set of `picture(...)` entries."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    with ShardWriter(folder) as writer:
        for i, (levels, about) in enumerate(pictures):
            places = tuple(writer.add(pixels, size) for size, pixels in levels.items())
            name = {"id": f"made-up:{i}", "package": "made-up", "path": f"{i}.png", "licence": "CC0-1.0"}
            entries.append(TrainingPicture(**name, **about, levels=places))
    digest = hashlib.sha256(repr(entries).encode()).hexdigest()
    write_index(folder, PictureIndex(format=1, recipe=digest, pictures=tuple(entries)))
    return load_pictures(folder)


def small_world(folder: Path) -> Path:
    """Three photographs and a drawing to train on, one of each to be judged by."""
    photos = [picture(blobs(72, 80, seed)) for seed in range(3)]
    sizes = (32, 48, 64, 96, 128)
    drawing = {size: np.array(Image.fromarray(blobs(128, 128, 7)).resize((size, size))) for size in sizes}
    held = [
        picture(blobs(48, 48, 9), split="val"),
        picture(dict(drawing), style="vector", split="val"),
    ]
    write_set(folder, [*photos, picture(drawing, style="vector"), *held])
    return folder


TINY = """
network = "{network}"
steps = {steps}
batch = 2
lr = 1e-3
warmup = 2
bf16 = {bf16}
seed = {seed}
validate_every = {validate_every}

[mix]
side = 8
sample_q = 16

[mix.styles]
photo = 0.7
vector = 0.3

[mix.damaged]
photo = 0.5
"""


def tiny_toml(*, network="liif-fast", steps=6, bf16=False, seed=1, validate_every=3) -> str:
    """A training of seconds."""
    return TINY.format(network=network, steps=steps, bf16=str(bf16).lower(), seed=seed, validate_every=validate_every)
