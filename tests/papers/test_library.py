"""The index that the commands use, at the place that they name."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from apercu.errors import EvidenceError, InputError, OutputError
from apercu.papers.library import check_papers, delete_papers, import_papers, is_address, search_papers
from apercu.papers.sqlite_index import SqliteIndex
from apercu.settings import Settings

RECORDS = [
    {"arxiv_id": "2012.09161", "title": "Learning continuous image representation", "abstract": "Any factor.",
     "categories": ["cs.CV"]},
    {"arxiv_id": "1707.02921", "title": "Enhanced deep residual networks", "abstract": "Enlarging photographs.",
     "categories": ["cs.CV"]},
]  # fmt: skip


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, RECORDS)), encoding="utf-8")
    return path


def test_an_index_on_a_server_is_imported_into_searched_checked_and_changed_by_its_address(
    postgres_dsn: str, records: Path, tmp_path: Path
):
    settings = Settings(data_dir=tmp_path / "data")
    done = import_papers(records, settings=settings, index=postgres_dsn)
    assert (done.papers, done.files[0].added) == (2, 2)
    found = search_papers("enlarging photographs", settings=settings, index=postgres_dsn)
    assert found.papers[0].paper.arxiv == "1707.02921"
    assert not check_papers(settings=settings, index=postgres_dsn).problems
    assert delete_papers([found.papers[0].paper.id], settings=settings, index=postgres_dsn).papers == 1
    assert not (tmp_path / "data").exists()


def test_a_server_that_is_not_there_is_one_line_without_the_password(tmp_path: Path):
    with pytest.raises(InputError) as told:
        search_papers("x", settings=Settings(data_dir=tmp_path), index="postgresql://me:secret@127.0.0.1:9/papers")
    assert "\n" not in told.value.message
    assert "secret" not in f"{told.value} {told.value.hint}"


def test_an_import_whose_file_breaks_off_tells_what_of_all_files_is_in_the_index(records: Path, tmp_path: Path):
    broken, last = tmp_path / "broken.jsonl.gz", tmp_path / "last.jsonl"
    lines = [json.dumps({"arxiv_id": f"2001.{i:05}", "title": f"Title {i * 7919 % 10007}"}) for i in range(9000)]
    broken.write_bytes(gzip.compress("\n".join(["{", *lines]).encode())[:-2_000])
    last.write_text(json.dumps({"arxiv_id": "2002.00001", "title": "Last"}), encoding="utf-8")
    settings = Settings(data_dir=tmp_path / "data")
    with pytest.raises(
        InputError, match=r"broken\.jsonl\.gz cannot be read to its end .* breaks off after line"
    ) as told:
        import_papers(records, broken, last, settings=settings)
    assert "\n" not in told.value.message
    assert "records.jsonl: 0 added, 2 updated" in told.value.message
    assert "1 problem, the first on line 1" in told.value.message
    assert "last.jsonl: 1 added" in told.value.message
    with closing(sqlite3.connect(settings.data_dir / "papers.db")) as database:
        [[papers]] = database.execute("SELECT count(*) FROM papers")
        assert f"the index holds {papers:,} papers" in told.value.message
        assert papers > 4_000
        assert database.execute("SELECT count(*) FROM common").fetchone()[0]  # it was settled


def test_an_import_that_the_index_stops_or_a_person_says_what_came_in_before(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = Settings(data_dir=tmp_path / "data")
    for error in (EvidenceError("it is damaged", hint="Mend it."), KeyboardInterrupt()):
        put = SqliteIndex.put
        with monkeypatch.context() as patch:
            patch.setattr(
                SqliteIndex, "put", lambda self, papers, put=put, error=error: _stop_at_bib(put, self, papers, error)
            )
            (tmp_path / "second.bib").write_text("@misc{a, title = {Second}}", encoding="utf-8")
            with pytest.raises(type(error)) as told:
                import_papers(records, tmp_path / "second.bib", settings=settings)
        said = f"{told.value} {getattr(told.value, '__notes__', '')}"
        assert "what came in before is kept" in said
        assert "records.jsonl: " in said


def _stop_at_bib(put, index, papers, error):
    given = list(papers)
    if any(paper.id.startswith("bib:") for paper in given):
        raise error
    return put(index, given)


def test_a_question_that_is_not_utf_8_is_answered_and_can_be_written_as_json(tmp_path: Path):
    found = search_papers("image\udcff", settings=Settings(data_dir=tmp_path))
    assert json.loads(found.model_dump_json())["query"] == "image\ufffd"
    assert found.papers


def test_a_data_folder_that_cannot_be_made_is_told_with_its_name(records: Path, tmp_path: Path):
    with pytest.raises(OutputError, match=r"the folder .*records\.jsonl.* cannot be made"):
        import_papers(records, settings=Settings(data_dir=records / "below"))


@pytest.mark.parametrize("place", ["", "mysql://a/b", "postgress://a/b"])
def test_a_place_that_is_neither_a_file_nor_a_known_server_is_refused_and_makes_nothing(
    place: str, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError):
        import_papers(records, settings=Settings(data_dir=tmp_path / "data"), index=place)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("place", [None, "papers.db", Path("papers.db"), "a/b.db"])
def test_what_is_no_address_is_a_file(place: Path | str | None):
    assert not is_address(place)
