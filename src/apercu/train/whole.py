"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from apercu.errors import OutputError


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` in the place of a file, as a whole or not at all.

    Raises:
        OutputError: it cannot be written; what was there before is there still.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"{path} cannot be written, {len(data)} bytes: {error.strerror or error}",
            hint="What was there before is untouched. Make room, or give another folder.",
        ) from error
