"""The pictures of `labels.toml`, as a person might bring them: shrunk, cut, on some ground, some saved as JPEG."""

from __future__ import annotations

import fnmatch
import io
import json
import subprocess
import tarfile
import tomllib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import bundles
import numpy as np
import pages
import platformdirs
import pyvips
from numpy.typing import NDArray
from PIL import Image

from apercu.train.pictures import PictureSet, load_pictures
from apercu.train.recipe import AVATAR_CODE, Package, read_recipe
from apercu.train.sources import fetch, read_avatars, read_members

HERE = Path(__file__).parent
SIDES = (128, 192, 256, 320, 448)
LARGEST = 800
JPEG_SHARE, JPEG_QUALITIES = 0.3, (75, 85, 90, 95)
Picture = Image.Image


class Family(NamedTuple):
    """A block of `labels.toml`."""

    name: str
    style: str
    kind: str
    package: str
    paths: tuple[str, ...]
    excepted: tuple[str, ...]
    view: str
    take: int
    windows: int
    pages: int


class Labelled(NamedTuple):
    """One picture: `samples` are (H, W, 3) uint8."""

    id: str
    style: str
    family: str
    samples: NDArray[np.uint8]


def families() -> list[Family]:
    """What `labels.toml` says."""
    blocks = tomllib.loads((HERE / "labels.toml").read_text("utf-8"))["family"]
    return [
        Family(
            name=block["name"],
            style=block["style"],
            kind=block["from"],
            package=block["package"],
            paths=tuple(block.get("paths", ())),
            excepted=tuple(block.get("except", ())),
            view=block["view"],
            take=block["take"],
            windows=block.get("windows", 1),
            pages=block.get("pages", 1),
        )
        for block in blocks
    ]


def labelled_pictures(prepared: Path, cache: Path | None = None) -> Iterator[Labelled]:
    """All pictures, family by family; packages that the cache lacks are fetched.

    Args:
        prepared: the folder that `apercu.train prepare` made.
        cache: where packages lie; that of `prepare` by default.
    """
    there = load_pictures(prepared)
    packages = {package.name: package for package in read_recipe().packages}
    own = json.loads((HERE / "packages.json").read_text("utf-8"))
    packages |= {entry["name"]: Package.model_validate(entry) for entry in own}
    cache = cache or platformdirs.user_cache_path("apercu") / "training"
    for family in families():
        for name, content in _contents(family, there, packages, cache):
            for number in range(family.windows):
                id_ = f"{name}#{number}" if family.windows > 1 else name
                rng = np.random.default_rng(zlib.crc32(f"{family.name}:{id_}".encode()))
                samples = _as_brought(_view(content, family.view, rng), family, rng)
                yield Labelled(id_, family.style, family.name, np.ascontiguousarray(samples))


Content = Picture | bytes | list[Picture]
"""A picture, an SVG document, or the same drawing in several sizes."""


def _contents(
    family: Family, there: PictureSet, packages: dict[str, Package], cache: Path
) -> Iterator[tuple[str, Content]]:
    if family.kind == "prepared":
        every = {
            f"{picture.package}:{picture.path}": picture
            for picture in there.pictures
            if fnmatch.fnmatch(picture.package, family.package) and _wanted(picture.path, family)
        }
        for name in _taken(list(every), family):
            levels = [there.level(every[name], i) for i in range(len(every[name].levels))]
            yield name, [Image.fromarray(np.asarray(level)) for level in levels]
        return
    package = packages[family.package]
    archive = fetch(package, cache)
    if family.kind == "avatars":
        code = packages[AVATAR_CODE]
        seeds = [f"s{i}" for i in range(family.take)]
        drawn = read_avatars(archive, package, (fetch(code, cache), code), seeds)
        yield from ((f"{package.name}:{seed}", drawn[seed]) for seed in seeds)
        return
    if family.kind == "bundle":
        yield from _bundled(archive, package, family)
        return
    taken = _taken([name for name in _names(archive, package) if _wanted(name, family)], family)
    found = read_members(archive, package, taken)
    for name in taken:
        id_, content = f"{package.name}:{name}", found[name]
        if family.kind == "svg":
            yield id_, content
        elif family.kind == "files":
            yield id_, Image.open(io.BytesIO(content))
        else:
            make = pages.document if family.kind == "pdf" else pages.typeset
            yield from ((f"{id_}#{number}", page) for number, page in enumerate(make(content, family.pages)))


def _bundled(archive: Path, package: Package, family: Family) -> Iterator[tuple[str, Content]]:
    """Pictures in bundles: a pattern is that of the bundle, a colon, and that of the path in it."""
    inside = [pattern.split(":")[0] for pattern in family.paths]
    names = [name for name in _names(archive, package) if any(fnmatch.fnmatch(name, pattern) for pattern in inside)]
    found = {
        f"{name}:{path}": content
        for name, bundle in read_members(archive, package, names).items()
        for path, content in bundles.bundled(bundle).items()
    }
    for name in _taken([name for name in found if _wanted(name, family)], family):
        yield f"{package.name}:{name}", Image.open(io.BytesIO(found[name]))


def _wanted(path: str, family: Family) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in family.paths) and not any(
        fnmatch.fnmatch(path, pattern) for pattern in family.excepted
    )


def _taken(names: list[str], family: Family) -> list[str]:
    """The first in the order of a checksum: the same on every machine, and spread over folders."""
    if not names:
        raise SystemExit(f"{family.name}: no picture of {family.package} matches {family.paths[:2]}")
    return sorted(names, key=lambda name: zlib.crc32(name.encode()))[: family.take]


def _names(archive: Path, package: Package) -> list[str]:
    if package.kind == "npm":
        with tarfile.open(archive) as tar:
            return [member.name for member in tar if member.isfile()]
    listed = subprocess.run(["dpkg-deb", "-c", str(archive)], capture_output=True, check=True, text=True).stdout
    lines = [line.split(maxsplit=5) for line in listed.splitlines() if line.startswith("-")]
    return [parts[5].removeprefix("./") for parts in lines]


def _view(content: Content, view: str, rng: np.random.Generator) -> Picture:
    side = int(rng.choice(SIDES))
    if isinstance(content, bytes):
        drawn = pyvips.Image.thumbnail_buffer(content, side, height=side).numpy()
        content = Image.fromarray(drawn)
    elif isinstance(content, list):
        content = min(content, key=lambda picture: abs(max(picture.size) - side)) if content[1:] else content[0]
    picture = _trimmed(content)
    if view == "core":
        return _core(picture)
    if view == "small":
        return _small(picture, side, rng)
    if view == "sprite":
        return _repeated(picture, rng)
    if view == "window":
        window = int(rng.choice((48, 64, 96, 128)))
        return _repeated(_window(picture, window, window, rng), rng)
    if max(picture.size) > LARGEST:
        return _window(picture, int(rng.integers(380, 720)), int(rng.integers(320, 560)), rng)
    return picture


def _trimmed(picture: Picture) -> Picture:
    """Without the transparent border."""
    if picture.mode == "P" or "transparency" in picture.info or picture.mode in ("LA", "PA"):
        picture = picture.convert("RGBA")
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    box = picture.getchannel("A").getbbox()
    return picture.crop(box) if box else picture


def _core(picture: Picture) -> Picture:
    """The middle of a piece of a jigsaw puzzle, without its tabs."""
    width, height = picture.size
    return picture.crop((width * 9 // 40, height * 9 // 40, width * 31 // 40, height * 31 // 40))


def _small(picture: Picture, side: int, rng: np.random.Generator) -> Picture:
    if max(picture.size) <= side:
        return picture
    if rng.random() < 0.5:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        return picture
    picture.thumbnail((2 * side, 2 * side), Image.Resampling.LANCZOS)
    return _window(picture, side, side, rng)


def _window(picture: Picture, width: int, height: int, rng: np.random.Generator) -> Picture:
    """The busiest of six windows."""
    width, height = min(width, picture.width), min(height, picture.height)
    boxes = []
    for _ in range(6):
        left, top = int(rng.integers(picture.width - width + 1)), int(rng.integers(picture.height - height + 1))
        boxes.append((left, top, left + width, top + height))
    return max((picture.crop(box) for box in boxes), key=_business)


def _business(picture: Picture) -> float:
    plane = np.asarray(_on(picture, (255, 255, 255)).convert("L"), np.float32)
    return float(np.abs(np.diff(plane, axis=1)).mean()) if plane.shape[1] > 1 else 0.0


def _repeated(picture: Picture, rng: np.random.Generator) -> Picture:
    factors = [factor for factor in (1, 2, 3, 4, 8) if 32 <= factor * max(picture.size) <= 400] or [1]
    factor = int(rng.choice(factors))
    return picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)


def _on(picture: Picture, ground: tuple[int, int, int]) -> Picture:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", picture.size, (*ground, 255)), picture).convert("RGB")


def _as_brought(picture: Picture, family: Family, rng: np.random.Generator) -> NDArray[np.uint8]:
    """What is transparent lies on white, on black or on a colour; some pictures were saved as JPEG."""
    drawn, colour = rng.random(), tuple(int(value) for value in rng.integers(60, 240, 3))
    white = drawn < 0.65 or family.style == "ink"
    ground = (255, 255, 255) if white else (0, 0, 0) if drawn < 0.8 else (colour[0], colour[1], colour[2])
    picture = _on(picture, ground)
    if family.style != "pixel_art" and rng.random() < JPEG_SHARE:
        held = io.BytesIO()
        picture.save(held, "JPEG", quality=int(rng.choice(JPEG_QUALITIES)))
        picture = Image.open(held)
    return np.asarray(picture)
