"""The prepared training pictures: raw pixels in a few large files, and `pictures.json`, which says where each one lies.

A picture is read through a memory map: nothing is decoded and little is held while a training runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from apercu.errors import InputError, ShapeError
from apercu.records import Record

ByteImage: TypeAlias = NDArray[np.uint8]
Style = Literal["photo", "drawn", "cartoon", "ui", "vector"]
FORMAT = 1
INDEX = "pictures.json"
SHARD_BYTES = 512 * 10**6


class PictureLevel(Record):
    """Where the pixels of one size lie: (height, width, channels) bytes at `offset` of the file number `shard`.

    `size` is the longest side at which a drawing was rendered, None for a picture of pixels.
    """

    size: int | None
    height: int = Field(gt=0)
    width: int = Field(gt=0)
    channels: Literal[3, 4]
    shard: int = Field(ge=0)
    offset: int = Field(ge=0)

    @property
    def end(self) -> int:
        """First byte after it."""
        return self.offset + self.height * self.width * self.channels


class TrainingPicture(Record):
    """One picture; a drawing has one level for each size, all others have one.

    `min_shrink` is the least factor by which it must be shrunk before its pixels are sharp and free of JPEG's marks.
    """

    id: str
    split: Literal["train", "val"]
    style: Style
    package: str
    path: str
    licence: str
    min_shrink: float = Field(ge=1)
    levels: tuple[PictureLevel, ...] = Field(min_length=1)


class LeftOut(Record):
    """A picture of the recipe that is not there, and why."""

    id: str
    reason: str


class PictureIndex(Record):
    """What `pictures.json` holds; `recipe` is the digest of the recipe that it was made from."""

    format: Literal[1]
    recipe: str
    pictures: tuple[TrainingPicture, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class PictureSet:
    """The prepared pictures and their pixels."""

    folder: Path
    index: PictureIndex
    shards: Sequence[ByteImage] = field(repr=False)

    @property
    def pictures(self) -> tuple[TrainingPicture, ...]:
        """All pictures, in the order of the recipe."""
        return self.index.pictures

    def level(self, picture: TrainingPicture, i: int = 0) -> ByteImage:
        """Pixels of a picture at one of its sizes.

        Args:
            picture: one of `pictures`.
            i: which of its levels.

        Returns:
            (H, W, C) uint8, sRGB, C = 3, or 4 with straight alpha; a read-only view of the file.

        Raises:
            ShapeError: the picture has no such level.
        """
        if not 0 <= i < len(picture.levels):
            raise ShapeError(f"{picture.id} has {len(picture.levels)} levels; there is no number {i}")
        level = picture.levels[i]
        pixels = self.shards[level.shard][level.offset : level.end]
        return pixels.reshape(level.height, level.width, level.channels)


class ShardWriter:
    """A context in which pixels are written one after the other.

    Args:
        folder: where the files go.
        limit: a new file is begun where one would become larger than this many bytes.
    """

    def __init__(self, folder: Path, *, limit: int = SHARD_BYTES) -> None:
        self._folder, self._limit = folder, limit
        self._shard, self._offset = -1, 0
        self._file: BinaryIO | None = None

    def add(self, pixels: ByteImage, size: int | None) -> PictureLevel:
        """Append (H, W, C) uint8 and say where it lies; `size` as in `PictureLevel`."""
        if self._file is None or self._offset + pixels.nbytes > self._limit:
            self._close()
            self._shard, self._offset = self._shard + 1, 0
            self._file = shard_path(self._folder, self._shard).open("wb")
        height, width, channels = pixels.shape
        level = PictureLevel(
            size=size, height=height, width=width, channels=channels, shard=self._shard, offset=self._offset
        )
        self._file.write(np.ascontiguousarray(pixels).data)
        self._offset = level.end
        return level

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def shard_path(folder: Path, number: int) -> Path:
    """The file number `number`."""
    return folder / f"pixels-{number:02d}.bin"


def write_index(folder: Path, index: PictureIndex) -> None:
    """Write `pictures.json`: one line for each picture."""
    head = index.model_dump(mode="json", include={"format", "recipe"})
    parts = {
        name: ",\n".join(json.dumps(entry.model_dump(mode="json")) for entry in entries)
        for name, entries in (("pictures", index.pictures), ("left_out", index.left_out))
    }
    lists = ", ".join(f'"{name}": [\n{text}\n]' for name, text in parts.items())
    (folder / INDEX).write_text(f"{json.dumps(head)[:-1]}, {lists}}}\n", encoding="utf-8")


def load_pictures(folder: Path) -> PictureSet:
    """Open what `prepare` wrote.

    Args:
        folder: holds `pictures.json` and the `pixels-NN.bin` beside it.

    Raises:
        InputError: the folder is not there, is of another format, or its files are shorter than they must be.
    """
    hint = "Make it with `python -m apercu.train prepare FOLDER`."
    try:
        text = (folder / INDEX).read_bytes()
    except OSError as error:
        raise InputError(f"{folder} holds no training pictures: {INDEX} cannot be read", hint=hint) from error
    try:
        index = PictureIndex.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{folder / INDEX} is not of format {FORMAT}: {place}: {first['msg']}", hint=hint) from error
    return PictureSet(folder=folder, index=index, shards=_open_shards(folder, index, hint))


def _open_shards(folder: Path, index: PictureIndex, hint: str) -> list[ByteImage]:
    ends: dict[int, int] = {}
    for picture in index.pictures:
        for level in picture.levels:
            ends[level.shard] = max(ends.get(level.shard, 0), level.end)
    shards: list[ByteImage] = []
    for number in range(max(ends, default=-1) + 1):
        path, end = shard_path(folder, number), ends.get(number, 0)
        size = path.stat().st_size if path.exists() else 0
        if size < end or size == 0:
            raise InputError(f"{path} has {size} bytes; {INDEX} expects {max(end, 1)} or more", hint=hint)
        shards.append(np.memmap(path, np.uint8, "r"))
    return shards
