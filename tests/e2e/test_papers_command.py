"""`apercu papers`: search, import, delete and doctor, as somebody uses them in an empty folder."""

import json
import os
import signal
import sqlite3
import subprocess

import pytest
from shell import COMMAND, Shell, refuses

from apercu.errors import EXIT_CODES, EvidenceError, InputError

PAPERS = [
    {"arxiv_id": f"2901.{i:05}", "title": f"Zebra stripes number {i}", "abstract": "Striped.", "categories": ["cs.CV"]}
    for i in range(30)
]


def write(shell: Shell, *lines: object, name: str = "papers.jsonl") -> str:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (shell.work / name).write_text(text + "\n", "utf-8")
    return name


def told(shell: Shell, *arguments: str) -> dict:
    done = shell.call(*arguments, "--json")
    assert done.code == 0, done.out + done.err
    return json.loads(done.out)


def test_without_an_index_the_curated_papers_are_searched_and_nothing_is_written(shell: Shell) -> None:
    before = shell.files()
    found = told(shell, "papers", "search", "continuous picture by a local implicit image function")
    assert found["query"].startswith("continuous")
    assert found["papers"][0]["paper"]["arxiv"] == "2012.09161"
    shown = shell.call("papers", "search", "arbitrary-scale enlargement", "--limit", "3")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.count("https://") == 3
    assert shell.files() == before


def test_papers_are_imported_found_filtered_deleted_and_the_doctor_is_content(shell: Shell) -> None:
    done = told(shell, "papers", "import", write(shell, *PAPERS))
    assert (done["files"][0]["added"], done["files"][0]["problem_count"]) == (30, 0)
    assert done["papers"] > 330  # a new index begins with the curated papers
    first = told(shell, "papers", "search", "zebra stripes number 7")["papers"][0]
    assert first["paper"]["arxiv"] == "2901.00007"
    assert (
        told(shell, "papers", "search", "zebra", "--to", "2020", "--limit", "1")["papers"][0]["paper"]["year"] <= 2020
    )
    deleted = shell.call("papers", "delete", "arxiv:2901.00007", "arxiv:2901.00008", "bib:nobody").out
    assert "2 taken out" in deleted
    assert "Not in the index: bib:nobody" in deleted
    assert told(shell, "papers", "doctor")["papers"] == done["papers"] - 2
    assert "Both halves hold every paper and agree" in shell.call("papers", "doctor", "--mend").out


def test_bad_lines_are_told_with_their_numbers_and_the_others_come_in(shell: Shell) -> None:
    done = shell.call("papers", "import", write(shell, PAPERS[0], "{", '{"a": 1}', PAPERS[1]))
    assert done.code == 0
    assert "2 added" in done.out
    assert "papers.jsonl, line 2: no JSON" in done.err
    assert "papers.jsonl, line 3: of no known kind" in done.err


def test_an_import_of_which_nothing_could_be_read_fails_after_its_first_problems_are_told(shell: Shell) -> None:
    name = write(shell, *["{"] * 2_500)
    done = shell.call("papers", "import", name)
    assert done.code == EXIT_CODES[InputError]
    assert done.err.count(": no JSON") == 20
    assert "papers.jsonl: 2,480 more such lines" in done.err
    assert done.err.splitlines()[-1].startswith("error: no paper could be read; 2,500 records")
    as_json = shell.call("papers", "import", name, "--json")
    assert as_json.code == EXIT_CODES[InputError]
    assert len(json.loads(as_json.out)["files"][0]["problems"]) == 2_500
    assert shell.call("papers", "import", name, write(shell, PAPERS[0], name="good.jsonl")).code == 0
    assert shell.call("papers", "import", write(shell, name="empty.jsonl")).code == 0


def test_what_the_doctor_finds_sets_the_exit_code_and_mending_heals_it(shell: Shell) -> None:
    told(shell, "papers", "import", write(shell, *PAPERS))
    [vectors] = (shell.folder / "data").glob("papers.db.*.vectors")
    vectors.write_bytes(vectors.read_bytes()[:5_000])
    sick = shell.call("papers", "doctor")
    assert sick.code == EXIT_CODES[EvidenceError]
    assert "have no vector" in sick.err
    assert told(shell, "papers", "search", "zebra stripes")["papers"]  # the words still find them
    assert told(shell, "papers", "doctor", "--mend")["problems"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("search", " "), "the query is empty"),
        (("search", "x", "--from", "2025", "--to", "2020"), "no year is from 2025 on and not after 2020"),
        (("search", "x", "--index", "none.db"), "there is no index at none.db"),
        (("search", "x", "--index", "in.png"), "in.png cannot be used as an index of papers"),
        (("import", "none.jsonl"), "none.jsonl is not there"),
        (("import", "."), "is a folder"),
        (("import", "in.png"), "of no known kind"),
        (("doctor",), "there is no index at"),
        (("delete", "x"), "there is no index at"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    before = shell.files()
    refuses(shell, InputError, said, "papers", *arguments)
    assert shell.files() == before


def test_a_mistyped_command_is_named(shell: Shell) -> None:
    done = shell.call("papers", "serch", "x")
    assert done.code == EXIT_CODES[InputError]
    assert "serch" in done.err


@pytest.mark.parametrize("query", ["'; DROP TABLE papers; --", "title:x* NEAR(a b)", "🎨", "تكبير", '"', "a\x01b"])
def test_no_query_is_an_instruction(shell: Shell, query: str) -> None:
    assert len(told(shell, "papers", "search", query)["papers"]) <= 10


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_import_that_is_broken_off_keeps_what_it_kept_and_goes_on_when_it_is_begun_again(
    shell: Shell, number: signal.Signals
) -> None:
    pipe = shell.work / "slow.jsonl"
    write(shell, *[{"arxiv_id": f"2902.{i:05}", "title": f"Paper {i}"} for i in range(9_000)], name=pipe.name)
    process = subprocess.Popen(
        [*COMMAND, "papers", "import", pipe.name], cwd=shell.work, env=shell.env, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    index = shell.folder / "data" / "papers.db"
    while process.poll() is None and rows(index) < 2_000:
        pass
    os.kill(process.pid, number)
    _, error = process.communicate()
    if number == signal.SIGINT and process.returncode:
        assert process.returncode == 130
        assert "interrupted" in error
    kept = rows(index)
    assert kept >= 2_000
    health = told(shell, "papers", "doctor")
    assert (health["papers"], health["vectors"], health["problems"]) == (kept, kept, [])
    done = told(shell, "papers", "import", pipe.name)
    assert done["files"][0]["same"] >= 2_000 - 400 or done["files"][0]["added"] == 9_000
    assert told(shell, "papers", "doctor")["problems"] == []


def rows(path) -> int:
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM papers").fetchone()[0]
    except sqlite3.Error:
        return 0
