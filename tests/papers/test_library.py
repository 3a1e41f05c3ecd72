"""The index that the commands use, at the place that they name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apercu.errors import InputError
from apercu.papers.library import check_papers, delete_papers, import_papers, is_address, search_papers
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
