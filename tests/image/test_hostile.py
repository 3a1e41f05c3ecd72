"""Damaged files of every kind give a picture or a refusal, in processes of their own so that a crash is seen."""

import sys
from collections import Counter
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
def test_500_damaged_files_are_read_or_refused(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import fuzz
    from workers import supervised

    cases = [(2, number, "") for number in range(500)]
    outcomes = list(supervised(fuzz.read, cases, limit=fuzz.SECONDS, batch=250))
    assert len(outcomes) == 500
    kinds = Counter(outcome.words for outcome in outcomes)
    assert set(kinds) == {"read", "refused"}, kinds
    assert kinds["read"] > 50
    assert "fuzz" in sys.modules


def test_a_crash_and_a_hang_are_named(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import os
    import time

    from workers import supervised

    crash = list(supervised(os._exit, [9], limit=5, processes=1))
    assert crash[0].words == "crash, exit status 9"
    hang = list(supervised(time.sleep, [60], limit=0.2, processes=1))
    assert hang[0].words == "hang"
