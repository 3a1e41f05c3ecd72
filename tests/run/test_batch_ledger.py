"""The ledger of a batch: what it holds survives any kind of end."""

import json
import os
import sys

import pytest

from apercu.errors import OutputError
from apercu.run.ledger import LEDGER_NAME, Ledger, Parameters
from apercu.run.tasks import Failed, Finished, Task

PARAMETERS = Parameters(
    model="bicubic", weights_sha256=None, scale=(2, 2), size=None, faithful=False, format=None, version="1"
)
DONE = Finished(size=3, mtime_ns=5, input_sha256="a" * 64, sha256="b" * 64, seconds=0.5, warnings=("dull",))
ODD = [os.fsdecode(b"\xff.png"), "new\nline.png", "-dash.png", 'quote".png', "\u202e.png", "sub/日本.png"]


def task(picture, *, ours=False):
    return Task(picture, picture, replace=ours, ours=ours)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def opened(path):
    """Opens the ledger and closes what was open before."""
    ledgers = []

    def reopen(parameters=PARAMETERS, *, resume=True):
        for ledger in ledgers:
            ledger.close()
        ledgers.append(Ledger(path, parameters, resume=resume))
        return ledgers[-1]

    yield reopen
    for ledger in ledgers:
        ledger.close()


def test_what_was_written_is_read_again_whatever_the_names(opened):
    ledger = opened()
    for name in ODD:
        ledger.begin(task(name))
        ledger.end(task(name), DONE)
    again = opened()
    for name in ODD:
        assert again.counts(name)
        line = again.last(name)
        assert (line["done"], line["output"], line["sha256"], line["warnings"]) == (name, name, "b" * 64, ["dull"])
    assert again.last("other.png") is None
    assert not again.counts("other.png")


def test_a_ledger_cut_at_any_byte_is_read_up_to_its_last_whole_line(opened, path):
    ledger = opened()
    for name in ("a.png", "b.png"):
        ledger.begin(task(name))
        ledger.end(task(name), DONE if name == "a.png" else Failed("image", "broken"))
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        opened().close()
        path.write_bytes(whole[:length])
        kept = whole[: whole[:length].rfind(b"\n") + 1]
        about_a = [line for line in map(json.loads, kept.splitlines()) if "a.png" in line.values()]
        again = opened()
        assert again.last("a.png") == (about_a[-1] if about_a else None)
        again.begin(task("c.png"))
        assert all(json.loads(line) for line in path.read_bytes().splitlines())
        assert path.read_bytes().startswith(kept)


def test_what_has_begun_and_not_ended_is_known(opened):
    ledger = opened()
    for name in ("a.png", "b.png", "c.png"):
        ledger.begin(task(name))
    ledger.end(task("a.png"), DONE)
    ledger.end(task("b.png"), Failed("image", "broken"))
    assert opened().unfinished == {"c.png": "c.png"}


def test_lines_about_other_parameters_do_not_count_but_the_names_stay_taken(opened):
    opened().end(task("a.png"), DONE)
    again = opened(PARAMETERS.model_copy(update={"scale": (3.0, 3.0), "faithful": True}))
    assert again.changed == ("scale", "faithful")
    assert not again.counts("a.png")
    assert again.last("a.png")["output"] == "a.png"
    assert opened(PARAMETERS.model_copy(update={"scale": (3.0, 3.0), "faithful": True})).changed == ()


def test_a_batch_that_begins_anew_trusts_no_older_line(opened):
    opened().end(task("a.png"), DONE)
    anew = opened(resume=False)
    assert anew.changed == ()
    assert not anew.counts("a.png")
    anew.end(task("b.png"), DONE)
    again = opened()
    assert (again.counts("a.png"), again.counts("b.png")) == (False, True)


def test_a_failure_says_whether_a_file_of_that_name_is_ours(opened):
    ledger = opened()
    ledger.end(task("a.png", ours=True), Failed("image", "broken"))
    ledger.end(task("b.png"), Failed("output", "exists already"))
    assert (ledger.last("a.png")["ours"], ledger.last("b.png")["ours"]) == (True, False)


@pytest.mark.parametrize(
    "damage", [b"{\n", b"[1]\n", b"not a ledger\n", b'{"done":\n', b"\xff\n", b"{}\n", b'{"apercu_batch":2}\n', b"\n"]
)
def test_a_damaged_line_is_refused_with_its_number(damage, opened, path):
    opened().close()
    good = path.read_bytes()
    path.write_bytes(good + damage + good)
    with pytest.raises(OutputError, match=r"line 2 of .* is damaged") as told:
        opened()
    assert "Take that line out" in told.value.hint
    assert path.read_bytes() == good + damage + good


def test_some_other_file_of_that_name_is_refused_and_kept(opened, path):
    path.write_text('{"begin": "a.png"}\n')
    with pytest.raises(OutputError, match="line 1 "):
        opened()
    assert path.read_text() == '{"begin": "a.png"}\n'


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such lock there")
def test_two_batches_cannot_write_one_ledger(opened, path):
    opened()
    with pytest.raises(OutputError, match="another batch is at work"):
        Ledger(path, PARAMETERS, resume=True)


def test_a_ledger_that_cannot_be_opened_is_an_error_of_the_output(tmp_path):
    with pytest.raises(OutputError, match="cannot be opened: No such file"):
        Ledger(tmp_path / "none" / "ledger.jsonl", PARAMETERS, resume=True)


@pytest.mark.parametrize(
    "line",
    [
        {"done": "a.png"},
        {"done": "a.png", "output": "a.png"},
        {"begin": "a.png", "output": 5},
        {"begin": "a.png", "output": "/elsewhere/v.png"},
        {"begin": "a.png", "output": "../v.png"},
        {"begin": "a.png", "done": "a.png", "output": "a.png"},
    ],
)
def test_a_line_that_says_too_little_or_names_another_folder_is_damaged(tmp_path, line):
    header = {"apercu_batch": 1, "parameters": PARAMETERS.model_dump(mode="json")}
    (tmp_path / LEDGER_NAME).write_text(json.dumps(header) + "\n" + json.dumps(line) + "\n")
    with pytest.raises(OutputError, match=r"line 2 of .* is damaged"):
        Ledger(tmp_path / LEDGER_NAME, PARAMETERS, resume=True)


def test_somebody_elses_file_is_never_cut_as_a_torn_line(tmp_path):
    (tmp_path / LEDGER_NAME).write_text("hello world")
    with pytest.raises(OutputError, match=r"line 1 of .* is damaged"):
        Ledger(tmp_path / LEDGER_NAME, PARAMETERS, resume=True)
    assert (tmp_path / LEDGER_NAME).read_text() == "hello world"
