"""What every index of papers does; each backend runs the same tests."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from some_papers import PAPERS, Hashing, paper

from apercu.errors import InputError
from apercu.papers.base import Change, Filters
from apercu.papers.postgres_index import open_postgres
from apercu.papers.sqlite_index import SqliteIndex
from apercu.records import IndexedPaper


@pytest.fixture(params=["sqlite", "postgres"])
def index(request, tmp_path, embedder):
    if request.param == "sqlite":
        made = SqliteIndex(tmp_path / "papers.db", embedder)
    else:
        made = open_postgres(request.getfixturevalue("postgres_dsn"), embedder)
    yield made
    made.close()


def ids(hits):
    return [hit.paper.id for hit in hits]


# --- changing --------------------------------------------------------------------------------------------------------


def test_papers_are_added_updated_and_left_alone(index):
    assert index.put(PAPERS) == Change(4, 0, 0)
    assert index.put([PAPERS[0], paper("b", "Remove snow"), paper("e", "New")]) == Change(1, 1, 1)
    assert index.count() == 5
    assert index.get("b") == paper("b", "Remove snow")
    assert index.get("zzz") is None
    assert ids(index.search("rain"))[:1] != ["b"] or index.search("rain")[0].by_words is None
    assert ids(index.search("snow"))[0] == "b"
    assert index.doctor().problems == ()


def test_of_papers_with_one_id_the_last_counts(index):
    assert index.put([paper("a", "First"), paper("a", "Second")]) == Change(1, 0, 0)
    assert index.get("a").title == "Second"


def test_every_field_comes_back_as_it_was(index):
    full = paper(
        "x/1 ü", "Ein Titel — 题 🎨", "Line\none", year=1999, arxiv="2012.09161", doi="10.1/x",
        links=("https://a.example/1", "https://b.example"), categories=("cs.CV",), source="BibTeX",
    )  # fmt: skip
    index.put([full])
    assert index.get("x/1 ü") == full


def test_what_is_deleted_is_found_no_longer(index):
    index.put(PAPERS)
    assert index.delete(["a", "a", "nobody"]) == 1
    assert index.count() == 3
    assert "a" not in ids(index.search("upscale an image by any factor"))
    assert index.doctor().problems == ()


def test_a_change_that_fails_halfway_leaves_everything_as_it_was(index, monkeypatch):
    index.put(PAPERS)
    monkeypatch.setattr(Hashing, "embed", lambda self, texts: (_ for _ in ()).throw(MemoryError("full")))
    with pytest.raises(MemoryError):
        index.put([paper("a", "Changed"), paper("n", "New")])
    monkeypatch.undo()
    assert index.count() == 4
    assert index.get("a") == PAPERS[0]
    assert index.doctor().problems == ()
    assert index.put([paper("n", "New")]) == Change(1, 0, 0)
    assert ids(index.search("new"))[0] == "n"


# --- searching -------------------------------------------------------------------------------------------------------


def test_a_paper_is_found_by_its_words_and_by_words_that_mean_the_same(index):
    index.put(PAPERS)
    first = index.search("upscaling images to arbitrary scales")[0]
    assert (first.paper.id, first.by_words) == ("a", 1)
    meant = index.search("enlarge, magnify photograph")[0]  # none of these words is in any paper
    assert (meant.paper.id, meant.by_words, meant.by_meaning) == ("a", None, 1)


def test_the_paper_of_a_name_comes_first_where_the_name_alone_is_typed(index):
    others = [paper(f"o{i}", f"FooNet, FooNet {i}", "FooNet.") for i in range(3)]
    index.put([*others, paper("foo", "FooNet: Larger pictures", "It enlarges with care, unlike all the rest.")])
    assert ids(index.search("foonet"))[0] == "foo"
    assert ids(index.search("FooNet 1"))[0] == "o1"


def test_the_best_come_first_and_no_more_than_asked_for(index):
    index.put(PAPERS)
    found = index.search("image", limit=2)
    assert len(found) == 2
    assert found[0].score >= found[1].score
    assert index.search("image", limit=0) == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(year_from=2021), {"b", "d"}),
        (Filters(year_to=2019), {"c"}),
        (Filters(year_from=2020, year_to=2020), {"a"}),
        (Filters(categories=("cs",)), {"a", "b", "c"}),
        (Filters(categories=("cs.CV",)), {"a", "b"}),
        (Filters(categories=("c",)), set()),
        (Filters(categories=("cs.CL", "eess.IV"), year_from=2020), {"b", "d"}),
    ],
)
def test_filters_admit_what_they_say(index, filters, expected):
    index.put(PAPERS)
    assert set(ids(index.search("image speech film", filters=filters))) == expected


@pytest.mark.parametrize(
    "query",
    [
        "", " ", "?", '"', "'; DROP TABLE papers; --", "AND OR NOT NEAR", "title:image*", "image^2", "(((", "-image",
        "image NEAR/2 any", "🎨", "تكبير الصور", "放大 图片", "\x00\x01", "a" * 10_000, "word " * 5_000,
        "%_\\", "\ud800",
    ],
)  # fmt: skip
def test_no_query_is_an_instruction_or_an_error(index, query):
    index.put(PAPERS)
    found = index.search(query)
    assert len(found) <= 4
    assert index.count() == 4
    assert index.doctor().problems == ()


def test_right_to_left_text_and_emoji_are_found(index):
    index.put([paper("r", "تكبير الصور الصغيرة"), paper("s", "Stickers 🎨 and more"), *PAPERS])
    assert ids(index.search("تكبير الصور"))[0] == "r"


def test_near_twins_wait_behind_the_others(index):
    twins = [paper(f"t{i}", "Sharpen a small drawing", "The same text.") for i in range(3)]
    index.put([*twins, *PAPERS, paper("o", "Sharpen something else", "Other words entirely here.")])
    found = ids(index.search("sharpen a small drawing", limit=8))
    assert found[0] == "t0"
    assert found.index("o") < found.index("t1")
    assert {"t1", "t2"} <= set(found)


# --- health ----------------------------------------------------------------------------------------------------------


def test_mending_takes_the_holes_out(index):
    index.put(PAPERS)
    index.delete(["b"])
    index.put([paper("c", "Changed")])
    assert index.doctor().holes == (2 if isinstance(index, SqliteIndex) else 0)
    health = index.mend()
    assert (health.papers, health.words, health.vectors, health.holes, health.problems) == (3, 3, 3, 0, ())
    assert ids(index.search("upscale"))[0] == "a"
    index.put([paper("z", "Last")])
    assert ids(index.search("last"))[0] == "z"


def test_a_paper_is_shown_without_what_an_earlier_version_let_in(index):
    plain = {"id": "old", "abstract": "", "year": None, "arxiv": None, "doi": None, "categories": (), "source": ""}
    index.put(
        [IndexedPaper.model_construct(title="Red \x1b[31m", links=("javascript:x", "https://a.example"), **plain)]
    )
    [hit] = index.search("red")
    assert (hit.paper.title, hit.paper.links) == ("Red  [31m", ("https://a.example",))


def test_ids_categories_and_years_that_no_paper_has_find_nothing(index):
    index.put(PAPERS)
    assert index.delete(["x\udcff"]) == 0
    assert index.get("x\udcff") is None
    assert index.search("image", filters=Filters(categories=("x\udcff",))) == []
    assert index.search("image", filters=Filters(year_from=10**30)) == []


# --- SQLite alone ----------------------------------------------------------------------------------------------------


def test_the_doctor_names_a_lost_a_false_and_a_missing_half(tmp_path, embedder):
    index = SqliteIndex(tmp_path / "papers.db", embedder)
    index.put(PAPERS)
    [vectors] = tmp_path.glob("*.vectors")
    good = vectors.read_bytes()
    vectors.write_bytes(good[:68] + bytes(68) + good[136:])
    assert any(
        "vector of another text, the first is b" in text for text in SqliteIndex(index.path, embedder).doctor().problems
    )
    vectors.write_bytes(good[:100])
    assert any("have no vector" in text for text in SqliteIndex(index.path, embedder).doctor().problems)
    index._store.database.execute("DELETE FROM words_docsize WHERE id = 2")
    damaged = SqliteIndex(index.path, embedder)
    assert any("words do not agree" in text for text in damaged.doctor().problems)
    assert damaged.mend().problems == ()
    assert ids(damaged.search("rain"))[0] == "b"


def test_an_index_made_with_other_vectors_another_database_and_no_database_are_refused(tmp_path, embedder):
    SqliteIndex(tmp_path / "papers.db", embedder).close()
    embedder.name = "other"
    with pytest.raises(InputError, match="made by hashing/64, not by other/64"):
        SqliteIndex(tmp_path / "papers.db", embedder)
    (tmp_path / "text.db").write_text("not a database, but long enough to look at " * 100)
    with pytest.raises(InputError, match=r"text\.db cannot be used as an index of papers"):
        SqliteIndex(tmp_path / "text.db", embedder)
    with pytest.raises(InputError, match="cannot be used as an index"):
        SqliteIndex(tmp_path / "no folder" / "papers.db", embedder)


def test_two_processes_see_each_others_papers(tmp_path, embedder):
    one, two = (SqliteIndex(tmp_path / "papers.db", embedder) for _ in range(2))
    one.put(PAPERS[:2])
    assert ids(two.search("upscale"))[0] == "a"
    two.put(PAPERS[2:])
    assert ids(one.search("speech"))[0] == "c"
    one.mend()
    assert ids(two.search("speech"))[0] == "c"


@pytest.mark.slow
def test_a_kill_during_an_import_loses_no_committed_paper(tmp_path, embedder):
    program = textwrap.dedent(
        f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from some_papers import Hashing, paper
        from apercu.papers.sqlite_index import SqliteIndex
        index = SqliteIndex(Path({str(tmp_path / "papers.db")!r}), Hashing())
        for begin in range(0, 100_000, 20):
            index.put([paper(f"p{{i}}", f"Title {{i}}") for i in range(begin, begin + 20)])
            print(begin + 20, flush=True)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    committed = 0
    for line in process.stdout:
        committed = int(line)
        if committed >= 200:
            os.kill(process.pid, signal.SIGKILL)
            break
    rest = process.stdout.read().split()
    process.stdout.close()
    process.wait()
    committed = int(rest[-1]) if rest else committed
    index = SqliteIndex(tmp_path / "papers.db", embedder)
    assert index.count() in (committed, committed + 20)
    health = index.doctor()
    assert (health.problems, health.vectors) == ((), index.count())
    index.put([paper("after", "Something after the kill")])
    assert ids(index.search("after the kill"))[0] == "after"
    assert index.doctor().problems == ()
