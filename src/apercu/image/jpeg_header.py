"""What a JPEG says before its samples, where the decoder drops it without a word."""

from __future__ import annotations

import os
from typing import BinaryIO

from apercu.image.files import buffered

_APP2 = 0xE2
_NO_LENGTH = (0xD9, 0xDA)  # the end, and the samples
_PROFILE = b"ICC_PROFILE\0"
_MOST_SEGMENTS = 10_000


def holds_profile(file: BinaryIO) -> bool:
    """Whether any part of a colour profile stands before the samples (ICC.1:2022, annex B.4)."""
    with buffered(file) as reader:
        reader.seek(2)
        for _ in range(_MOST_SEGMENTS):
            head = reader.read(4)
            if len(head) < 4 or head[0] != 0xFF or head[1] in _NO_LENGTH:
                break
            length = int.from_bytes(head[2:], "big") - 2
            begin = reader.read(min(max(length, 0), len(_PROFILE)))
            if head[1] == _APP2 and begin == _PROFILE:
                return True
            reader.seek(length - len(begin), os.SEEK_CUR)
    return False
