"""Files of pictures: opening them safely, naming them in messages, their hash."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from typing import Any, BinaryIO

from apercu.errors import ImageError


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path as text that can be printed and written: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


def file_sha256(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        ImageError: the file is missing or unreadable.
    """
    with open_picture(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def open_picture(path: str | os.PathLike[str]) -> Iterator[FileIO]:
    """Open a picture file for reading.

    Raises:
        ImageError: it is missing, empty, unreadable, or not a plain file.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
            raise ImageError(f"{path} is {kind}; expected a picture file", hint="Name one picture.")
        if status.st_size == 0:
            raise ImageError(f"{path} is empty (0 bytes); expected a picture file", hint="Copy or download it again.")
        # Without a buffer, since decoders move the position of the same descriptor.
        file = open(path, "rb", buffering=0)  # noqa: SIM115 -- closed below; errors inside it are not ours to translate
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist; expected a picture file", hint="Check the path.") from None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise ImageError(f"{path} cannot be opened: {cause}", hint="Check the name and the permissions.") from None
    with file:
        yield file


@contextmanager
def buffered(file: BinaryIO, size: int = 4096) -> Iterator[io.BufferedReader[Any]]:
    """A file without a buffer, read through one for a while; it stays open, and stands anywhere afterwards."""
    reader: io.BufferedReader[Any] = io.BufferedReader(file, size)
    try:
        yield reader
    finally:
        reader.detach()


def refuse_too_large(path: str | os.PathLike[str], size: tuple[int, int], frames: int, max_pixels: int) -> None:
    """Refuse a picture by its header, before anything is decoded.

    Args:
        path: for the message.
        size: (height, width) of a frame.
        frames: number of frames.
        max_pixels: frames x height x width that is read.

    Raises:
        ImageError: it has more pixels, or none.
    """
    if min(*size, frames) < 1:
        raise ImageError(f"{path} has {size[1]} x {size[0]} pixels", hint="Copy or download it again.")
    if frames * size[0] * size[1] > max_pixels:
        times = f" in each of {frames} frames" if frames > 1 else ""
        raise ImageError(
            f"{path} has {size[1]} x {size[0]} pixels{times}; at most {max_pixels} are read",
            hint="Crop or shrink it first.",
        )
