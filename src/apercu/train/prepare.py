"""Training pictures in one command: packages are fetched and checked, their pictures decoded and stored as pixels."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeAlias

import platformdirs

from apercu.errors import ImageError, InputError, OutputError
from apercu.train.attribution import TERMS, attribution, terms_name
from apercu.train.pictures import (
    FORMAT,
    LeftOut,
    PictureIndex,
    ShardWriter,
    TrainingPicture,
    load_pictures,
    write_index,
)
from apercu.train.pixels import ByteImage, decode_raster, render_drawing
from apercu.train.recipe import AVATAR_CODE, Package, Raster, Recipe, Vector, read_recipe
from apercu.train.sources import fetch, read_avatars, read_icons, read_members

Entry: TypeAlias = Raster | Vector
Decoded = tuple[float, Sequence[tuple[int | None, ByteImage]]]
"""`min_shrink`, and (size, pixels) of each level."""
ATTRIBUTION = "ATTRIBUTION.md"
WORKERS = 2
_AT_ONCE = 16
_SOFT = ("krank", "lomiri-")
"""Packages whose photographs are soft or strongly compressed."""


def prepare(
    folder: Path, *, cache: Path | None = None, report: Callable[[str], None], recipe: Recipe | None = None
) -> Path:
    """Make the training pictures; the same recipe gives the same bytes (with the same libvips and librsvg).

    Args:
        folder: is made; it appears only when all of it is there. One that is finished is left as it is.
        cache: where packages lie (`deb/`, `npm/`) and are put; a folder of the user's cache by default.
        report: is told one line per package.
        recipe: what to use; the recipe that comes with Apercu by default.

    Returns:
        `folder`, which holds `pictures.json`, `pixels-NN.bin`, `ATTRIBUTION.md` and `terms/`.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
        InputError: a package is not the recipe's, or lacks a file; a picture is not of the recipe's size.
        MissingDependencyError: `apt-get`, `npm`, `dpkg-deb` or `node` is needed and not installed.
        RunError: a package cannot be fetched or read.
        EvidenceError: the recipe is damaged.
    """
    recipe = recipe or read_recipe()
    if _finished(folder, recipe):
        report(f"{folder} already holds the pictures of this recipe")
        return folder
    cache = cache or platformdirs.user_cache_path("apercu") / "training"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
            half = Path(name) / "set"
            half.mkdir()
            _fill(half, recipe, cache, report)
            half.replace(folder)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error
    return folder


def _finished(folder: Path, recipe: Recipe) -> bool:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    try:
        if load_pictures(folder).index.recipe == recipe.sha256:
            return True
        why = "it holds the pictures of another recipe"
    except InputError as error:
        why = error.message
    raise OutputError(f"{folder} is not empty: {why}", hint="Remove it, or name another folder.")


def _fill(folder: Path, recipe: Recipe, cache: Path, report: Callable[[str], None]) -> None:
    packages = {package.name: package for package in recipe.packages}
    archives = {name: fetch(package, cache) for name, package in packages.items()}
    report(f"{len(archives)} packages are there and are those of the recipe")
    pictures: list[TrainingPicture] = []
    left_out: list[LeftOut] = []
    with ThreadPoolExecutor(WORKERS) as pool, ShardWriter(folder) as writer:
        for package in recipe.packages:
            if not (entries := recipe.entries(package)):
                continue
            contents = _contents(package, [entry.path for entry in entries], archives, packages)
            before = len(left_out)
            for entry, decoded in _decoded(pool, entries, contents):
                if isinstance(decoded, LeftOut):
                    left_out.append(decoded)
                else:
                    pictures.append(_stored(writer, entry, package, recipe, decoded))
            report(f"{package.name}: {len(entries)} pictures, {len(left_out) - before} of them left out")
    index = PictureIndex(format=FORMAT, recipe=recipe.sha256, pictures=tuple(pictures), left_out=tuple(left_out))
    write_index(folder, index)
    (folder / ATTRIBUTION).write_text(attribution(recipe, index), encoding="utf-8")
    _write_terms(folder / TERMS, recipe.packages, archives)


def _write_terms(folder: Path, packages: Sequence[Package], archives: dict[str, Path]) -> None:
    """Copy the file that names the authors and the licence out of each package."""
    folder.mkdir()
    for package in packages:
        text = read_members(archives[package.name], package, [package.terms])[package.terms]
        (folder / terms_name(package)).write_bytes(text)


def _contents(
    package: Package, paths: Sequence[str], archives: dict[str, Path], packages: dict[str, Package]
) -> dict[str, bytes]:
    archive = archives[package.name]
    if package.holds == "icons":
        return read_icons(archive, package, paths)
    if package.holds == "avatars":
        return read_avatars(archive, package, (archives[AVATAR_CODE], packages[AVATAR_CODE]), paths)
    return read_members(archive, package, paths)


def _decoded(
    pool: ThreadPoolExecutor, entries: Sequence[Entry], contents: dict[str, bytes]
) -> Iterator[tuple[Entry, Decoded | LeftOut]]:
    """Pictures in the order of the entries; only a few are in memory at a time."""
    for begin in range(0, len(entries), _AT_ONCE):
        some = entries[begin : begin + _AT_ONCE]
        yield from zip(some, pool.map(partial(_decode, contents=contents), some), strict=True)


def _decode(entry: Entry, *, contents: dict[str, bytes]) -> Decoded | LeftOut:
    data = contents[entry.path]
    if isinstance(entry, Raster):
        pixels, shrunk = decode_raster(data, entry.id, (entry.height, entry.width))
        return (1.0 if shrunk else _min_shrink(entry, data)), [(None, pixels)]
    try:
        return 1.0, list(render_drawing(data, entry.id).items())
    except ImageError as error:
        return LeftOut(id=entry.id, reason=error.message.removeprefix(f"{entry.id} is left out: "))


def _min_shrink(entry: Raster, data: bytes) -> float:
    if not data.startswith(b"\xff\xd8"):
        return 1.0
    return 2.0 if entry.package.startswith(_SOFT) else 1.5


def _stored(writer: ShardWriter, entry: Entry, package: Package, recipe: Recipe, decoded: Decoded) -> TrainingPicture:
    min_shrink, levels = decoded
    return TrainingPicture(
        id=entry.id,
        split=entry.split if isinstance(entry, Raster) else recipe.split(entry),
        style=entry.style if isinstance(entry, Raster) else "vector",
        package=package.name,
        path=entry.path,
        licence=package.licence,
        min_shrink=min_shrink,
        levels=tuple(writer.add(pixels, size) for size, pixels in levels),
    )
