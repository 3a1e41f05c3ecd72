"""The longest questions, of one thing said again and again, are read in a time that grows with their length."""

from __future__ import annotations

import time

import pytest

from apercu.question.read import read_question

LONGEST = 19_900
PARTS = [
    "twenty five ", "三十", "9 ", "1/2 ", "einund", "1 000 ", "열두", "shrink 4x ", "no, 3x, ",
    "1 x 1 x ", "1,111,", "2 mal ", "12 px 13 dpi ", "A3 A4 ", "half as ", "面積 二倍 ",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_long_rows_take_no_long_time(part: str) -> None:
    row = "enlarge " + part * LONGEST
    took = _seconds(row[:LONGEST])
    assert took < 5 or took < 3 * _seconds(row[: LONGEST // 2])  # the machine is slow, or the reading


def _seconds(question: str) -> float:
    """Processor time."""
    started = time.process_time()
    read_question(question)
    return time.process_time() - started
