"""The library that decodes and encodes pictures (libvips)."""

from __future__ import annotations

import logging
from typing import Any, TypeAlias

VipsImage: TypeAlias = Any  # pyvips carries no types

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def pyvips_module() -> Any:  # noqa: ANN401 -- an untyped module
    """The decoder library, with its chatter kept off standard error."""
    import pyvips

    if not logging.getLogger("pyvips").handlers:
        logging.getLogger("pyvips").addHandler(logging.NullHandler())
    return pyvips
