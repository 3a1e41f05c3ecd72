"""EXIF blocks: checked, turned upright, and moved into and out of TIFF files, whose own directory holds these tags.

The layout is that of TIFF 6.0 (section 2) and EXIF 2.32 (section 4.6): directories of 12-byte entries whose values
stand in the entry when they fit into 4 bytes and elsewhere in the block otherwise.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeAlias

PREFIX = b"Exif\0\0"
_ORIENTATION = 0x0112
_POINTERS = frozenset({0x8769, 0x8825, 0xA005})  # to the directories of EXIF, GPS and interoperability
_ITEM_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WORD_BYTES = {3: 2, 8: 2, 4: 4, 5: 4, 9: 4, 10: 4, 11: 4, 13: 4, 12: 8}
"""Bytes that change places between the two byte orders; types that are not here are single bytes."""
_OF_THE_PICTURE = frozenset(
    {0x010D, 0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x4746, 0x8298, *range(0x9C9B, 0x9CA0)}
)
"""Tags of a TIFF directory that speak of the picture and not of how it is stored: names, makers, dates, rights."""
_MOST_ENTRIES = 4096
_MOST_BYTES = 64 * 2**20
"""What the directories of a block may hold together."""


@dataclass(frozen=True)
class Entry:
    """The value of a tag in little-endian bytes; `kind` is the TIFF type."""

    kind: int
    count: int
    value: bytes


Directory: TypeAlias = "dict[int, Entry | Directory]"


class Block(Protocol):
    """Bytes, or a file mapped into memory."""

    def __len__(self) -> int:
        """Bytes."""
        ...

    def __getitem__(self, key: slice, /) -> bytes:
        """A piece."""
        ...


def directory_of(block: Block) -> Directory:
    """The first directory of a TIFF structure, with those that it points to.

    Entries that cannot be read are left out.

    Raises:
        ValueError: this is no such structure (BigTIFF is not either), or it holds more than any camera writes.
    """
    order, start = _order_and_start(block)
    return _Walk(block, order).directory(start, depth=0)


def _order_and_start(block: Block) -> tuple[str, int]:
    """The byte order of a TIFF structure as `struct` has it, and where its first directory begins."""
    order = {b"II": "<", b"MM": ">"}.get(block[0:2])
    if order is None or len(block) < 8 or struct.unpack(order + "H", block[2:4]) != (42,):
        raise ValueError("neither II*. nor MM.*")
    return order, struct.unpack(order + "I", block[4:8])[0]


def _entries(block: Block, order: str, start: int) -> Iterator[tuple[int, bytes]]:
    """Where each entry of a directory stands, and its 12 bytes."""
    head = block[start : start + 2]
    if len(head) < 2 or start < 8:
        raise ValueError("a directory lies outside the block")
    count = struct.unpack(order + "H", head)[0]
    if count > _MOST_ENTRIES:
        raise ValueError(f"a directory has {count:,} entries, more than {_MOST_ENTRIES:,}")
    for place in range(start + 2, start + 2 + 12 * count, 12):
        raw = block[place : place + 12]
        if len(raw) < 12:
            raise ValueError("a directory is cut short")
        yield place, raw


class _Walk:
    """A walk through the directories of a block.

    Values that overlap and directories that loop could make it endless: no directory is entered twice, and entries and
    bytes are counted over all of them.
    """

    def __init__(self, block: Block, order: str) -> None:
        self._block = block
        self._order = order
        self._seen: set[int] = set()
        self._entries_left = _MOST_ENTRIES
        self._bytes_left = min(_MOST_BYTES, len(block))  # values that do not overlap are shorter than their block

    def directory(self, start: int, *, depth: int) -> Directory:
        """A directory and those below it.

        Raises:
            ValueError: it is damaged, was entered before, or what may be read is used up.
        """
        if start in self._seen:
            raise ValueError("a directory leads back to itself")
        self._seen.add(start)
        entries: Directory = {}
        for _, raw in _entries(self._block, self._order, start):
            tag, kind, count, place = struct.unpack(self._order + "HHII", raw)
            self._entries_left -= 1
            if self._entries_left < 0:
                raise ValueError(f"its directories have more than {_MOST_ENTRIES:,} entries")
            if tag in _POINTERS:
                if depth < 2:
                    with suppress(ValueError):  # the tags around it are still good
                        entries[tag] = self.directory(place, depth=depth + 1)
                continue
            value = self._value(raw, place, _ITEM_BYTES.get(kind, 0) * count)
            if value:
                entries[tag] = Entry(kind, count, _little_endian(value, kind, self._order))
        return entries

    def _value(self, raw: bytes, place: int, size: int) -> bytes:
        """The value of an entry; empty where it has none or it lies outside the block."""
        if size <= 4:
            return raw[8 : 8 + size]
        if place + size > len(self._block):
            return b""
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise ValueError("its values are longer than they can be")
        return self._block[place : place + size]


def _little_endian(value: bytes, kind: int, order: str) -> bytes:
    step = _WORD_BYTES.get(kind, 1)
    if order == "<" or step == 1:
        return bytes(value)
    return b"".join(value[at : at + step][::-1] for at in range(0, len(value), step))


def serialised(directory: Mapping[int, Entry | Directory], start: int) -> bytes:
    """A directory with its values and the directories below it, little-endian, for the place `start` in its file."""
    offset = start + 2 + 12 * len(directory) + 4
    table, rest = [struct.pack("<H", len(directory))], bytearray()
    for tag, entry in sorted(directory.items()):
        if isinstance(entry, Entry):
            kind, count, value = entry.kind, entry.count, entry.value
            if len(value) <= 4:
                table.append(struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0"))
                continue
        else:
            kind, count, value = 4, 1, serialised(entry, offset + len(rest))
        table.append(struct.pack("<HHII", tag, kind, count, offset + len(rest)))
        rest += value + b"\0" * (len(value) % 2)
    return b"".join(table) + bytes(4) + bytes(rest)


def upright_exif(block: bytes) -> bytes | None:
    """The block with the orientation tag set to 1 ("upright"), otherwise unchanged; None for a damaged one."""
    start = len(PREFIX) if block.startswith(PREFIX) else 0
    turned = bytearray(block)
    try:
        order, first = _order_and_start(block[start:])
        for place, raw in _entries(block[start:], order, first):
            if raw[:4] == struct.pack(order + "HH", _ORIENTATION, 3):
                struct.pack_into(order + "H", turned, start + place + 8, 1)
    except ValueError:
        return None
    return bytes(turned)


def exif_of_tiff(file: Block) -> bytes | None:
    """The tags of a TIFF file that speak of the picture, as an EXIF block; None where there are none.

    Raises:
        ValueError: the file cannot be walked through.
    """
    found = {tag: entry for tag, entry in directory_of(file).items() if tag in _POINTERS or tag in _OF_THE_PICTURE}
    return PREFIX + b"II*\0\x08\0\0\0" + serialised(found, 8) if found else None


def add_to_tiff(file: BinaryIO, exif: bytes) -> None:
    """Give a little-endian TIFF file the tags of an EXIF block; tags of how the picture is stored stay the file's.

    Raises:
        ValueError: the file is a BigTIFF or big-endian, or one of the two cannot be walked through.
    """
    wanted = directory_of(exif.removeprefix(PREFIX))
    size = file.seek(0, 2)
    own = directory_of(_FileBlock(file, size))
    file.seek(0)
    if file.read(2) != b"II":
        raise ValueError("the file is big-endian")
    merged = own | {tag: entry for tag, entry in wanted.items() if tag in _POINTERS or tag in _OF_THE_PICTURE}
    start = size + size % 2
    tail = serialised(merged, start)
    if start + len(tail) >= 2**32:
        raise ValueError("the file would have more than 4 GB")
    file.seek(start)
    file.write(tail)
    file.seek(4)
    file.write(struct.pack("<I", start))


class _FileBlock:
    """A file seen as a block of bytes."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, key: slice) -> bytes:
        start, stop, _ = key.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))


def file_block(file: BinaryIO) -> Block:
    """A file seen as a block of bytes; reading moves its position."""
    return _FileBlock(file, file.seek(0, 2))
