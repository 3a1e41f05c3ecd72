"""Large arrays of samples live in a nameless file."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest

from apercu.errors import OutOfMemoryError
from apercu.image import scratch
from apercu.image.scratch import let_go, new_samples


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scratch folder of our own, and the limit low enough for small arrays."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(scratch.tempfile, "tempdir", None)
    monkeypatch.setattr(scratch, "IN_MEMORY_BYTES", 1000)
    return tmp_path


def resident_kilobytes() -> int:
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0])


def test_a_large_array_leaves_no_name_in_the_folder(folder):
    samples = new_samples((40, 50, 3), np.uint16)
    samples[:] = 7
    assert (samples == 7).all()
    assert list(folder.iterdir()) == []


def test_what_was_written_stays_when_its_pages_are_given_back(folder):
    samples = new_samples((64, 64, 3), np.uint8)
    samples[:] = np.arange(3, dtype=np.uint8)
    let_go(samples[10:20])
    assert (samples == np.arange(3, dtype=np.uint8)).all()


def test_pages_given_back_no_longer_count_as_memory_of_the_process(folder):
    samples = new_samples((4000, 4000, 3), np.uint8)
    samples[:] = 1
    filled = resident_kilobytes()
    let_go(samples)
    assert filled - resident_kilobytes() > 40_000  # of 48 MB


def test_an_array_in_memory_is_left_alone():
    samples = new_samples((4, 4, 3), np.uint8)
    samples[:] = 9
    let_go(samples)
    assert (samples == 9).all()


def test_the_file_goes_with_the_array(folder):
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    gc.collect()  # what earlier tests left
    before = count()
    samples = new_samples((40, 50, 3), np.uint16)
    del samples
    gc.collect()
    assert count() == before


def test_a_disk_without_room_is_said_in_one_line(folder):
    with pytest.raises(OutOfMemoryError, match=r"^9,536,743\.2 MB|samples cannot be had in") as caught:
        new_samples((10**5, 10**8), np.uint8)
    assert "\n" not in caught.value.message
    assert "TMPDIR" in caught.value.hint
