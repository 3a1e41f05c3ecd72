"""Many pictures, each once, whatever happens to some of them or to the processes that do them."""

import json
import multiprocessing
import os
import signal
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from apercu.errors import RunError
from apercu.image import Image, write_image
from apercu.pictures import enlarge
from apercu.run.batch import SHOWN_FAILURES, Batch, Tally, run_batch, sweep
from apercu.run.ledger import Ledger, Parameters
from apercu.run.tasks import Failed, Task, Work
from apercu.run.workers import in_processes
from apercu.settings import Settings

PARAMETERS = Parameters(
    model="bicubic", weights_sha256=None, scale=(2, 2), size=None, faithful=False, format=None, version="1"
)
ENLARGE = partial(enlarge, settings=Settings(threads=1), model="bicubic", scale=(2.0, 2.0))


def tried(picture, output, *, overwrite, fatal, times, when):
    """`enlarge`, but the process is killed at a picture, before or after it, the first so many times."""
    with open(output.parents[1] / "tried", "a") as file:
        file.write(picture.name + "\n")
    count = Counter((output.parents[1] / "tried").read_text().split())[fatal]
    dies = picture.name == fatal and count <= times
    if dies and when == "before":
        (output.parent / f".{output.name}.0123456789ab.part").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    done = ENLARGE(picture, output, overwrite=overwrite)
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)
    return done


def named(task):
    """A work that gives back what it was asked, and who did it."""
    return Failed(str(os.getpid()), task.picture)


class EndsAtOnce:
    """A work that ends the process in which it is unpacked."""

    def __reduce__(self):
        return os._exit, (3,)


def raises(picture, output, *, overwrite, error):
    raise error


@pytest.fixture
def folder(tmp_path):
    """A folder with six small pictures."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    y, x = np.mgrid[0:8, 0:8].astype(np.float32) / 7
    for number in range(6):
        pixels = np.stack([x, y, np.full_like(x, number / 6)], axis=2)
        write_image(Image.of(pixels), tmp_path / "in" / f"{number}.png")
    return tmp_path


def batch_of(folder, work=ENLARGE, *, jobs=2, overwrite=False, resume=True, parameters=PARAMETERS):
    """Run all pictures; the tally and the lines of the ledger."""
    pictures = sorted(path.name for path in (folder / "in").iterdir())
    ledger = Ledger(folder / "out" / "ledger.jsonl", parameters, resume=resume)
    tally = Tally(len(pictures))
    whole = Work(work, folder / "in", folder / "out")
    try:
        run_batch(
            pictures,
            Batch(folder / "in", folder / "out", str, overwrite=overwrite),
            ledger,
            lambda tasks, most: in_processes(whole, tasks, most or jobs),
            tally=tally,
            progress=lambda tally: None,
        )
    finally:
        ledger.close()
    return tally, [json.loads(line) for line in ledger.path.read_text().splitlines()]


def results(folder):
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir() if path.name != "ledger.jsonl"}


def test_one_process_or_three_give_the_bytes_of_a_single_call(folder):
    batch_of(folder, jobs=3)
    several = results(folder)
    batch_of(folder, jobs=1, resume=False, overwrite=True)
    for name, written in several.items():
        ENLARGE(folder / "in" / name, folder / "alone.png", overwrite=True)
        assert written == (folder / "alone.png").read_bytes() == (folder / "out" / name).read_bytes()
    assert len(several) == 6


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_picture_whose_process_dies_once_is_done_again_and_nothing_is_left_lying(when, folder):
    batch_of(folder)
    expected = results(folder)
    tally, lines = batch_of(folder, partial(tried, fatal="2.png", times=1, when=when), resume=False, overwrite=True)
    assert (tally.done, tally.failed) == (6, 0)
    assert results(folder) == expected
    assert Counter((folder / "tried").read_text().split())["2.png"] == 2
    assert lines[-1]["done"] == "2.png"  # last of all, when there is nobody to share the memory with


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL there")
def test_a_picture_on_which_every_process_dies_fails_and_the_others_are_done(folder):
    tally, lines = batch_of(folder, partial(tried, fatal="2.png", times=9, when="before"))
    assert (tally.done, tally.failed) == (5, 1)
    (name, why) = tally.failures[0]
    assert name == "2.png"
    assert why.message.startswith("the process died on this picture, twice")
    assert lines[-1]["failed"] == "2.png"
    assert Counter((folder / "tried").read_text().split()) == {f"{n}.png": 1 + (n == 2) for n in range(6)}
    assert sorted(results(folder)) == ["0.png", "1.png", "3.png", "4.png", "5.png"]
    again, lines = batch_of(folder)
    assert (again.done, again.kept, again.failed) == (1, 5, 0)


@pytest.mark.parametrize("error", [ValueError("odd"), MemoryError(), OSError(5, "broken"), RecursionError("deep")])
def test_an_error_of_any_kind_is_that_picture_s_alone(error, folder):
    tally, lines = batch_of(folder, partial(raises, error=error))
    assert (tally.done, tally.failed) == (0, 6)
    assert len([line for line in lines if "failed" in line]) == 6
    assert not [line for line in lines if "failed" in line and "the process died" in line["message"]]


def test_only_the_first_failures_are_held_in_memory():
    tally = Tally(100)
    for number in range(100):
        tally.add(str(number), Failed("image", "broken"))
    assert (tally.failed, len(tally.failures)) == (100, SHOWN_FAILURES)


def test_tasks_are_taken_only_when_a_process_is_free():
    taken = []

    def tasks():
        for number in range(30):
            taken.append(number)
            yield Task(str(number), "", False, False)

    workers = set()
    for count, (task, outcome) in enumerate(in_processes(named, tasks(), 2), 1):
        assert len(taken) <= count + 2
        assert outcome.message == task.picture
        workers.add(outcome.code)
    assert (len(taken), count, len(workers)) == (30, 30, 2)


def test_processes_end_when_nobody_wants_more():
    running = in_processes(named, iter([Task(str(number), "", False, False) for number in range(9)]), 2)
    next(running)
    assert len(multiprocessing.active_children()) == 2
    running.close()
    assert multiprocessing.active_children() == []


def test_processes_that_cannot_begin_are_not_started_for_ever():
    tasks = iter([Task(str(number), "", False, False) for number in range(99)])
    with pytest.raises(RunError, match="worker processes ended before they could begin, the last with 3"):
        list(in_processes(EndsAtOnce(), tasks, 1))
    assert multiprocessing.active_children() == []


def test_only_what_has_changed_is_done_again(folder):
    batch_of(folder)
    before = results(folder)
    (folder / "in" / "0.png").write_bytes((folder / "in" / "1.png").read_bytes())
    (folder / "out" / "2.png").unlink()
    (folder / "out" / "3.png").write_bytes(b"cut short")
    os.utime(folder / "in" / "4.png")  # the bytes decide, not the time
    tally, lines = batch_of(folder)
    assert (tally.done, tally.kept) == (3, 3)
    assert sorted(line["done"] for line in lines[-6:] if "done" in line) == ["0.png", "2.png", "3.png"]
    after = results(folder)
    assert after["0.png"] == after["1.png"] == before["1.png"]
    assert {name: after[name] for name in ("2.png", "3.png")} == {name: before[name] for name in ("2.png", "3.png")}


def test_other_parameters_do_everything_again(folder):
    batch_of(folder)
    tally, _ = batch_of(folder, parameters=PARAMETERS.model_copy(update={"faithful": True}))
    assert (tally.done, tally.kept) == (6, 0)


def test_a_file_of_somebody_else_is_kept_and_one_of_this_batch_is_replaced(folder):
    theirs, ours = folder / "out" / "1.png", folder / "out" / "2.png"
    theirs.write_bytes(b"a drawing")
    ours.write_bytes(b"half")
    ledger = Ledger(folder / "out" / "ledger.jsonl", PARAMETERS, resume=True)
    ledger.begin(Task("2.png", "2.png", False, False))  # as after a kill between this line and the next
    ledger.close()
    (folder / "out" / ".2.png.0123456789ab.part").write_bytes(b"half")
    (folder / "out" / ".2.png.mine.part").write_bytes(b"not ours")
    tally, _ = batch_of(folder)
    assert (tally.done, tally.failed) == (5, 1)
    assert tally.failures[0][0] == "1.png"
    assert theirs.read_bytes() == b"a drawing"
    assert ours.read_bytes() != b"half"
    assert sorted(path.name for path in (folder / "out").glob(".*")) == [".2.png.mine.part"]
    again, _ = batch_of(folder)  # a failure does not make the file ours
    assert (again.failed, theirs.read_bytes()) == (1, b"a drawing")
    anew, _ = batch_of(folder, overwrite=True)
    assert (anew.done, anew.failed) == (1, 0)
    assert theirs.read_bytes() != b"a drawing"


def test_our_result_stays_ours_when_its_picture_breaks_and_is_mended(folder):
    good = (folder / "in" / "0.png").read_bytes()
    batch_of(folder)
    (folder / "in" / "0.png").write_bytes(b"broken")
    broken, _ = batch_of(folder)
    assert (broken.failed, broken.kept) == (1, 5)
    (folder / "in" / "0.png").write_bytes(good)
    mended, _ = batch_of(folder)
    assert (mended.done, mended.failed) == (1, 0)


def test_sweeping_passes_over_folders_that_are_not_there(tmp_path):
    sweep(tmp_path, ["none/a.png"])
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_ends_the_processes_and_leaves_the_ledger_whole(folder):
    def interrupt(tally):
        if tally.done == 2:
            raise KeyboardInterrupt

    ledger = Ledger(folder / "out" / "ledger.jsonl", PARAMETERS, resume=True)
    work = Work(ENLARGE, folder / "in", folder / "out")
    tally = Tally(6)
    with pytest.raises(KeyboardInterrupt):
        run_batch(
            [f"{number}.png" for number in range(6)],
            Batch(folder / "in", folder / "out", str, overwrite=False),
            ledger,
            lambda tasks, most: in_processes(work, tasks, most or 2),
            tally=tally,
            progress=interrupt,
        )
    ledger.close()
    assert multiprocessing.active_children() == []
    assert not list(Path(folder / "out").glob(".*"))
    again, _ = batch_of(folder)
    assert (again.kept, again.done) == (2, 4)
