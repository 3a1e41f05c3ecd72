"""A SQLite index beside other processes, in folders that may not be written, damaged, and files that are none."""

import hashlib
import os
import shutil
import sqlite3
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from some_papers import PAPERS, Hashing, paper

from apercu.errors import EvidenceError, InputError, OutputError
from apercu.papers import sqlite_file
from apercu.papers.library import check_papers, import_papers, opened_for_change, own_index, search_papers
from apercu.papers.sqlite_file import MEND
from apercu.papers.sqlite_index import SqliteIndex
from apercu.settings import Settings


@pytest.fixture
def path(tmp_path, embedder):
    """An index of some papers that nobody has open."""
    index = SqliteIndex(tmp_path / "papers.db", embedder)
    index.put(PAPERS)
    index.settle()
    index.close()
    return index.path


@pytest.fixture
def of_own(tmp_path):
    """Settings, an index of the user's own with the curated papers, and a file of one record."""
    records = tmp_path / "one.jsonl"
    records.write_text('{"arxiv_id": "2012.09161", "title": "Learning continuous image representation"}\n')
    return Settings(data_dir=tmp_path / "data"), records


def told(statement, path):
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()


def files_of(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


# --- other processes -------------------------------------------------------------------------------------------------


def test_what_is_imported_after_somebody_mended_has_its_vectors(path, embedder):
    importing, mending = (SqliteIndex(path, embedder) for _ in range(2))
    importing.put([paper("e", "Before")])
    assert mending.mend().problems == ()
    importing.put([paper("f", "Afterwards")])
    health = mending.doctor()
    assert (health.problems, health.vectors) == ((), 6)
    assert [file.name for file in path.parent.glob("*.vectors")] == ["papers.db.1.vectors"]
    importing.close()
    mending.close()


def test_an_import_meanwhile_is_no_damage(path, embedder, monkeypatch):
    doctor, importing = (SqliteIndex(path, embedder) for _ in range(2))
    count = doctor._store.count

    def counted(*table):
        importing.put([paper(f"new{importing.count()}", "New")])
        return count(*table)

    monkeypatch.setattr(doctor._store, "count", counted)
    assert doctor.doctor().problems == ()
    doctor.close()
    importing.close()


def test_two_that_begin_an_index_at_once_both_can(tmp_path, embedder, monkeypatch):
    made = []
    monkeypatch.setattr("apercu.papers.sqlite_store.Store.make_tables", _slow_start(tmp_path, made))
    index = SqliteIndex(tmp_path / "papers.db", embedder)
    index.put(PAPERS)
    for thread in made:
        thread.join()
    assert index.doctor().problems == ()
    index.close()


def _slow_start(tmp_path, made):
    """Has another one begin the same index while the first one makes its tables."""
    from apercu.papers.sqlite_store import Store

    make_tables = Store.make_tables

    def slow(store):
        if not made:
            made.append(threading.Thread(target=lambda: SqliteIndex(tmp_path / "papers.db", Hashing()).close()))
            made[0].start()
        make_tables(store)

    return slow


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_an_index_that_somebody_holds_is_told_in_one_line(path, embedder, monkeypatch, lock):
    monkeypatch.setattr(sqlite_file, "PATIENCE", 0.01)
    index = SqliteIndex(path, embedder)
    with closing(sqlite3.connect(path)) as other:
        other.execute(lock)
        for change in (lambda: index.put([paper("e", "New")]), lambda: index.delete(["a"]), index.settle, index.mend):
            with pytest.raises(InputError, match="held by another process that writes") as said:
                change()
            assert "\n" not in said.value.message
            assert said.value.hint == "Try again when that process is done."
        assert index.search("upscale")
    index.put([paper("e", "New")])
    index.close()


def test_a_full_disk_is_told_in_one_line(path, embedder):
    index = SqliteIndex(path, embedder)
    index._store.database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(OutputError, match="the disk is full"):
        index.put([paper(f"n{i}", f"Title {i}", "Words " * 500) for i in range(200)])
    index.close()


# --- reading changes nothing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_somebody_elses_database_is_left_as_it_is(of_own, tmp_path, mode):
    settings, records = of_own
    folder = tmp_path / "theirs"
    folder.mkdir()
    told(f"PRAGMA journal_mode = {mode}", folder / "other.db")
    told("CREATE TABLE theirs (a)", folder / "other.db")
    before = files_of(folder)
    for use in (
        lambda: search_papers("x", settings=settings, index=folder / "other.db"),
        lambda: check_papers(settings=settings, index=folder / "other.db"),
        lambda: check_papers(settings=settings, index=folder / "other.db", mend=True),
        lambda: import_papers(records, settings=settings, index=folder / "other.db"),
    ):
        with pytest.raises(InputError, match="no index of papers"):
            use()
        assert files_of(folder) == before


def test_an_empty_file_is_no_index_until_papers_are_imported(of_own, tmp_path):
    settings, records = of_own
    empty = tmp_path / "empty.db"
    empty.touch()
    for ask in (
        lambda: search_papers("x", settings=settings, index=empty),
        lambda: check_papers(settings=settings, index=empty),
    ):
        with pytest.raises(InputError, match=r"there is no index at .*empty"):
            ask()
        assert empty.stat().st_size == 0
    assert import_papers(records, settings=settings, index=empty).papers > 300


def test_an_import_that_ended_before_the_first_papers_begins_with_the_curated_ones(of_own, tmp_path):
    settings, records = of_own
    with opened_for_change(tmp_path / "i.db", settings) as index:
        pass
    whole = import_papers(records, settings=settings, index=tmp_path / "i.db").papers
    SqliteIndex(tmp_path / "j.db", index._embedder).close()  # tables, and no papers
    assert import_papers(records, settings=settings, index=tmp_path / "j.db").papers == whole > 300


def test_an_empty_file_in_the_data_folder_does_not_take_the_curated_papers_away(of_own):
    settings, _ = of_own
    settings.data_dir.mkdir()
    (settings.data_dir / "papers.db").touch()
    assert own_index(settings) is None
    assert search_papers("super-resolution", settings=settings).papers


@pytest.fixture
def nobody(path, monkeypatch):
    """Somebody who may write neither the index nor its folder; a copy of the index in such a folder."""
    folder = Path(tempfile.mkdtemp())
    for file in path.parent.glob("papers.db*"):
        (folder / file.name).write_bytes(file.read_bytes())
        (folder / file.name).chmod(0o444)
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        shared = tempfile.mkdtemp()
        Path(shared).chmod(0o777)
        monkeypatch.setattr(tempfile, "tempdir", shared)
        os.seteuid(65534)
    yield folder / "papers.db"
    os.seteuid(user)
    folder.chmod(0o755)
    shutil.rmtree(folder)
    if user == 0:
        shutil.rmtree(shared)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")
def test_an_index_in_a_folder_that_may_not_be_written_is_searched_and_examined(nobody, embedder):
    index = SqliteIndex(nobody, embedder, change=False)
    assert index.search("upscale")[0].paper.id == "a"
    health = index.doctor()
    assert (health.problems, health.papers, health.words, health.vectors) == ((), 4, 4, 4)
    index.close()
    with pytest.raises(OutputError, match="may not be written"):
        SqliteIndex(nobody, embedder).put([paper("e", "New")])


# --- damage ----------------------------------------------------------------------------------------------------------

DAMAGE = {
    "generation": "UPDATE about SET value = 'x/../y' WHERE name = 'generation'",
    "places": "UPDATE about SET value = 'abc' WHERE name = 'places'",
    "negative places": "UPDATE about SET value = '-5' WHERE name = 'places'",
    "no places": "DELETE FROM about WHERE name = 'places'",
    "links": "UPDATE papers SET links = 'nojson' WHERE id = 'a'",
    "links of a number": "UPDATE papers SET links = '5' WHERE id = 'a'",
    "category": "UPDATE papers SET categories = '[5]' WHERE id = 'a'",
    "year": "UPDATE papers SET year = 'soon' WHERE id = 'a'",
    "title": "UPDATE papers SET title = x'ff00' WHERE id = 'a'",
    "place": "UPDATE papers SET place = -1 WHERE id = 'a'",
    "place of text": "UPDATE papers SET place = 'x' WHERE id = 'a'",
    "key": "UPDATE papers SET key = 900000000000 WHERE id = 'a'",
    "negative key": "UPDATE papers SET key = -3 WHERE id = 'a'",
    "common": "DROP TABLE common",
    "vocabulary": "DROP TABLE vocabulary",
    "words": "DROP TABLE words",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_index_is_told_in_one_line_and_mended(path, embedder, damage):
    told(DAMAGE[damage], path)
    index = SqliteIndex(path, embedder)
    for use in (
        lambda: index.search("upscale an image"), lambda: index.put([paper("b", "Changed")]),
        lambda: index.delete(["c"]), index.settle,
    ):  # fmt: skip
        _said(use)
    assert _said(index.doctor) or index.doctor().problems
    assert index.mend().problems == ()
    index.settle()
    assert index.search("upscale an image")[0].paper.id in ("a", "b")
    index.close()


@pytest.mark.parametrize(
    ("title", "read"),
    [("x'ff'", "\ufffd"), ("x'53686172ff70'", "Shar\ufffdp"), ("x'c3a4'", "ä"), ("x'ff00'", "\ufffd")],
)
def test_bytes_in_the_place_of_a_text_are_shown_as_the_text_that_they_are(path, embedder, title, read):
    told(f"UPDATE papers SET title = {title}, links = x'5b5d', source = x'61ff' WHERE id = 'a'", path)
    index = SqliteIndex(path, embedder)
    for _ in range(2):
        found = index.get("a")
        assert found.title == read
        index.mend()
    assert found.source.startswith("a")
    assert index.doctor().problems == ()
    index.close()


def _said(use):
    """Does something; what it says of a damaged index, if it does, is one line that tells what to do."""
    try:
        use()
    except EvidenceError as error:
        message, hint = error.message, error.hint
    else:
        return ""
    assert "\n" not in message
    assert "doctor --mend" in hint
    return message


@pytest.mark.parametrize("lost", ["all", "half", "a folder instead"])
def test_lost_vectors_are_told_and_made_again(path, embedder, lost):
    vectors = path.with_name("papers.db.0.vectors")
    if lost == "half":
        vectors.write_bytes(vectors.read_bytes()[:100])
    else:
        vectors.unlink()
    if lost == "a folder instead":
        vectors.mkdir()
    index = SqliteIndex(path, embedder)
    with pytest.raises(EvidenceError, match="vectors, expected 4"):
        index.put([paper("e", "New")])
    assert index.search("upscale")[0].by_words == 1
    assert "searched by words only" in index.lacks()
    assert any("have no vector" in problem for problem in index.doctor().problems)
    assert index.mend().problems == ()
    assert index.lacks() == ""
    assert index.search("upscale")[0].by_meaning
    index.close()


def test_bytes_that_were_overwritten_are_told_in_one_line(tmp_path, embedder):
    path = tmp_path / "papers.db"
    index = SqliteIndex(path, embedder)
    index.put([paper(f"p{i}", f"Title {i} of an image", "Words " * 50) for i in range(200)])
    index.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 4)
        file.write(b"\xff" * (size // 2))
    index = SqliteIndex(path, embedder)
    said = [_said(use) for use in (lambda: index.search("image"), index.doctor, index.mend)]
    assert any(said)
    assert "new file" in MEND
    index.close()
