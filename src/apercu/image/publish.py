"""A file appears whole or not at all, and never in the place of another by surprise."""

from __future__ import annotations

import errno
import io
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from apercu.errors import OutputError
from apercu.image.encoder import pyvips_module

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_NAME_BYTES = 100


class _Whole(io.FileIO):
    """A file without a buffer, so that encoders may write to its descriptor in between, whose `write` writes all."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write everything, also where the system takes it piece by piece.

        Raises:
            OSError: it cannot, for example because the disk is full.
        """
        with memoryview(data).cast("B") as rest:
            done = 0
            while done < len(rest):
                done += super().write(rest[done:])
            return done


def hidden_prefix(name: str) -> str:
    """How the hidden names of a result begin: cut by bytes, in which file systems measure a name (at most 255)."""
    return f".{os.fsencode(name)[:_NAME_BYTES].decode(errors='ignore')}."


@contextmanager
def published(target: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A hidden file beside `target` that takes its name when the block ends well and vanishes when it does not."""
    hidden = target.with_name(f"{hidden_prefix(target.name)}{secrets.token_hex(6)}.part")
    try:
        with _Whole(hidden, "x+b") as file:
            yield file
            os.fsync(file.fileno())
        if overwrite:
            os.replace(hidden, target)
        else:
            _move_without_replacing(hidden, target)
    except FileExistsError:
        raise exists_already(target) from None
    except OSError as error:
        raise _not_written(target, error) from None
    except struct.error:  # a number of the file's header is too large for its field
        raise OutputError(
            f"{target} would be larger than its format can say (4 GB)", hint="Write .tif or .png instead."
        ) from None
    except pyvips_module().Error as error:
        cause = str(error).strip().splitlines()[-1]
        full = "unable to write to target" in cause
        raise OutputError(
            f"{target} cannot be written: {'the disk may be full' if full else cause}",
            hint="Check the disk, or write elsewhere." if full else "Write .png instead.",
        ) from None
    finally:
        with suppress(OSError):  # whatever went wrong above is what is to be said
            hidden.unlink(missing_ok=True)


def _not_written(target: Path, error: OSError) -> OutputError:
    """The error for a file that the system does not take, with what to do about that very reason."""
    if error.errno in (errno.ENOENT, errno.EPERM, errno.EACCES, errno.EROFS):  # the folder was there before the work
        reason = "nothing can be made in its folder" + ("" if error.errno == errno.ENOENT else f" ({error.strerror})")
        return OutputError(f"{target} cannot be written: {reason}", hint="Write to another folder.")
    full = error.errno == errno.ENOSPC
    hint = "Free some space on the disk, or write elsewhere." if full else "Check the disk, or write elsewhere."
    return OutputError(f"{target} cannot be written: {error.strerror or error}", hint=hint)


def _move_without_replacing(hidden: Path, target: Path) -> None:
    """Give the file its name unless somebody else took that name meanwhile: a plain rename would replace theirs."""
    try:
        os.link(hidden, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: take the name with an empty file, then replace our own
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        os.replace(hidden, target)


def exists_already(target: Path) -> OutputError:
    """The error for a file that may not be replaced."""
    return OutputError(
        f"{target} exists already and is not replaced", hint="Allow it with --overwrite, or write to another name."
    )
