"""Qt's resource bundles (.rcc): which files lie in one, and what they hold."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_MAGIC, _COMPRESSED, _FOLDER, _ZSTD = b"qres", 1, 2, 4


def bundled(bundle: bytes) -> dict[str, bytes]:
    """The files of a bundle by their path in it.

    Nodes, names and contents are three tables of big-endian numbers, as Qt's tool `rcc` writes them (versions 1 to 3).

    Raises:
        ValueError: these bytes are no such bundle, or one that is compressed by zstd.
    """
    if bundle[:4] != _MAGIC:
        raise ValueError(f"a bundle begins with {_MAGIC!r}, not with {bundle[:4]!r}")
    version, nodes, contents, names = struct.unpack_from(">4I", bundle, 4)
    size = 14 if version == 1 else 22

    def files(number: int, folder: str) -> Iterator[tuple[str, bytes]]:
        name_at, flags, *_ = struct.unpack_from(">IH", bundle, nodes + size * number)
        name = _name(bundle, names + name_at) if number else ""
        path = f"{folder}/{name}" if folder else name
        if flags & _FOLDER:
            count, first = struct.unpack_from(">2I", bundle, nodes + size * number + 6)
            for child in range(first, first + count):
                yield from files(child, path)
            return
        (at,) = struct.unpack_from(">I", bundle, nodes + size * number + 10)
        yield path, _content(bundle, contents + at, flags)

    return dict(files(0, ""))


def _name(bundle: bytes, at: int) -> str:
    """Its length in UTF-16 units, a checksum, and the name."""
    (length,) = struct.unpack_from(">H", bundle, at)
    return bundle[at + 6 : at + 6 + 2 * length].decode("utf-16-be")


def _content(bundle: bytes, at: int, flags: int) -> bytes:
    (length,) = struct.unpack_from(">I", bundle, at)
    held = bundle[at + 4 : at + 4 + length]
    if flags & _ZSTD:
        raise ValueError("a file of this bundle is compressed by zstd, which is not read here")
    return zlib.decompress(held[4:]) if flags & _COMPRESSED else held
