"""What only the PostgreSQL backend of the paper index does: addresses, refusals, lost connections, the graph."""

import os
import signal
import subprocess
import sys
import textwrap
import traceback
from pathlib import Path

import pytest
from some_papers import PAPERS, paper

from apercu.errors import EvidenceError, InputError, MissingDependencyError
from apercu.papers import postgres_index, postgres_search, postgres_tables
from apercu.papers.base import Change, Filters
from apercu.papers.postgres import Address, is_dsn, read_dsn
from apercu.papers.postgres_index import open_postgres
from apercu.papers.postgres_rows import as_tsquery
from apercu.papers.sqlite_index import SqliteIndex


def ids(hits):
    return [hit.paper.id for hit in hits]


@pytest.fixture
def index(postgres_dsn, embedder):
    made = open_postgres(postgres_dsn, embedder)
    yield made
    made.close()


def told_to(index, *statements):
    """Somebody else's statements to the same database."""
    with index._link.transaction(""):
        for statement in statements:
            index._link.run(statement)


# --- addresses -------------------------------------------------------------------------------------------------------


def test_an_address_is_taken_apart(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "from outside")
    found = read_dsn(
        "postgresql://ann:a%40b%2F@db.example:6000/papers?schema=team_1&sslmode=verify-full&sslrootcert=c.pem"
    )
    assert found == Address("ann", "a@b/", "db.example", 6000, "papers", "team_1", "verify-full", "c.pem")
    assert read_dsn("postgres://ann@/?host=/run/pg") == Address(
        "ann", "from outside", "/run/pg", 5432, "ann", "apercu_papers", "prefer", None
    )
    assert is_dsn("PostgreSQL://x")
    assert not is_dsn("postgresql.db")
    assert not is_dsn("papers.db")


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://ann:sec/ret@host/db", "postgresql://ann:12/secret@host/db", "postgresql://ann:12?secret@host/db",
        "postgresql://ann:12#secret@host/db", "postgresql://ann:secret@host:port/db", "postgresql://:secret@host/db",
        "postgresql://ann:secret@host/db?sslmode=no", "postgresql://ann:secret@host/db?schema=a.b",
        "postgresql://ann:secret@host/db?x=1", "postgresql://ann:secret@host:99999/db", "postgresql://ann:secret@[host/db",
        "papers.db", "postgresql://ann:secret@host/a%00b", "postgresql://ann:secret@127.0.0.1:1/db",
        "postgresql://ann:secret@/db?host=/no/such/folder",
    ],
)  # fmt: skip
def test_an_address_that_is_wrong_is_one_line_without_the_password(dsn, embedder):
    with pytest.raises(InputError) as told:
        open_postgres(dsn, embedder)
    assert "\n" not in told.value.message
    assert told.value.hint
    chain = [told.value, told.value.__cause__]
    for secret in ("secret", "sec", "ret@"):
        assert not any(secret in str(error) for error in chain)


def test_without_the_driver_the_extra_is_named(monkeypatch, embedder):
    monkeypatch.setitem(sys.modules, "pg8000.native", None)
    with pytest.raises(MissingDependencyError, match="pg8000") as told:
        open_postgres("postgresql://ann@host/db", embedder)
    assert "apercu[postgres]" in told.value.hint


# --- refusals --------------------------------------------------------------------------------------------------------


def test_vectors_of_another_way_other_tables_and_a_later_format_are_refused(postgres_dsn, embedder):
    index = open_postgres(postgres_dsn, embedder)
    embedder.name = "other"
    with pytest.raises(InputError, match="made by hashing/64, not by other/64"):
        open_postgres(postgres_dsn, embedder)
    embedder.name = "hashing"
    told_to(index, "UPDATE about SET value = '9' WHERE name = 'format'")
    with pytest.raises(InputError, match="format 9, expected 1"):
        open_postgres(postgres_dsn, embedder)
    told_to(index, "DROP TABLE about")
    with pytest.raises(InputError, match="is no index of papers"):
        open_postgres(postgres_dsn, embedder)
    index.close()


def test_a_wrong_password_an_unknown_database_and_other_letters_are_refused(postgres, index, embedder):
    password = read_dsn(postgres).password
    with pytest.raises(InputError, match="password authentication failed") as told:
        open_postgres(postgres.replace(password, "wrong-word"), embedder)
    assert "wrong-word" not in str(told.value)
    with pytest.raises(InputError, match='database "nowhere" does not exist') as told:
        open_postgres(postgres.replace("/postgres?", "/nowhere?"), embedder)
    assert password not in "".join(traceback.format_exception(told.value))
    index._link.run("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    with pytest.raises(InputError, match="SQL_ASCII, expected UTF8"):
        open_postgres(postgres.replace("/postgres?", "/ascii?"), embedder)


def test_a_user_who_may_not_make_the_extension_is_told_who_can(postgres, index, embedder):
    index._link.run("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    index._link.run("CREATE DATABASE bare")
    address = read_dsn(postgres)
    with pytest.raises(InputError, match="has no pgvector") as told:
        open_postgres(f"postgresql://guest:guest@/bare?host={address.host}", embedder)
    assert "CREATE EXTENSION vector" in told.value.hint


def test_a_letter_that_the_server_cannot_keep_is_refused_and_nothing_changes(index):
    index.put(PAPERS)
    with pytest.raises(InputError, match=r"'n' holds the character U\+0000"):
        index.put([paper("new", "New"), paper("n", "x").model_copy(update={"title": "a\0b"})])
    assert index.count() == 4
    assert index.get("a\0b") is None
    assert index.delete(["a\0b", "\ud800"]) == 0


# --- searching -------------------------------------------------------------------------------------------------------


def test_accents_capitals_and_punctuation_do_not_hide_a_word(index):
    index.put(
        [*PAPERS, paper("p", "Découpage of image/video pairs", "See https://a.example/file.txt or super-resolution")]
    )
    for query in ("decoupage", "DÉCOUPAGE", "video", "file", "resolution super"):
        assert index.by_words(query) == ["p"], query
    assert index.by_words("' | image & !(\\ :*") == index.by_words("image")


@pytest.mark.parametrize("word", ["a'b", "a\\b", "a & !b", "x:*", "' | 'b", "\\'", "(a"])
def test_a_word_asks_for_itself_whatever_letters_it_has(index, word):
    with index._reading():
        [[nodes, held]] = index._link.run(
            "SELECT numnode(:asked::tsquery), array_to_tsvector(ARRAY[:word::text]) @@ :asked::tsquery",
            asked=as_tsquery(word), word=word,
        )  # fmt: skip
    assert (nodes, held) == (1, True)


def test_after_settling_a_rare_word_counts_more_than_common_ones(index):
    index.put([paper(f"c{i}", f"Deep network {i}", "A deep network for images.") for i in range(30)])
    index.put([paper("r", "Sepia", "It has no other of these.")])
    index.settle()
    assert index.by_words("deep network images sepia")[0] == "r"


def test_the_graph_finds_what_a_full_comparison_finds_and_filters_still_hold(index, monkeypatch):
    index.put([paper(f"p{i}", f"title number {i}", year=2000 + i % 20) for i in range(300)])
    before, filtered = index.by_meaning("number 7 title"), Filters(year_from=2007, year_to=2008)
    few = ids(index.search("number 7 title", limit=50, filters=filtered))
    monkeypatch.setattr(postgres_search, "COMPARED_UP_TO", 5)
    index.settle()
    with index._reading():
        index._link.run("SET LOCAL enable_seqscan = off")
        plan = index._link.run("EXPLAIN SELECT key FROM meanings ORDER BY meaning <=> " + f"'[{'1,' * 63}1]' LIMIT 5")
    assert "meanings_graph" in str(plan)
    assert index.by_meaning("number 7 title")[:5] == before[:5]
    assert set(ids(index.search("number 7 title", limit=50, filters=filtered))) == set(few)
    index.put([paper("late", "a word that nobody said before")])
    assert ids(index.search("nobody said before"))[0] == "late"
    assert index.doctor().problems == ()


def test_with_an_older_pgvector_whole_numbers_are_kept_and_found_alike(postgres_dsn, index, embedder, monkeypatch):
    monkeypatch.setattr(postgres_tables, "HALF_SINCE", (99, 0))
    monkeypatch.setattr(postgres_tables, "GRAPH_SINCE", (99, 0))
    older = open_postgres(f"{postgres_dsn}_older", embedder)
    for each in (index, older):
        each.put(PAPERS)
    assert older.by_meaning("enlarge a picture") == index.by_meaning("enlarge a picture")
    assert older.search("image", filters=Filters(categories=("cs",))) == index.search(
        "image", filters=Filters(categories=("cs",))
    )
    assert older.doctor().problems == ()
    older.close()


def test_both_backends_find_the_same_by_meaning(index, tmp_path, embedder):
    other = SqliteIndex(tmp_path / "papers.db", embedder)
    for each in (index, other):
        each.put(PAPERS)
    for query in ("enlarge a picture", "speech", "old grey film"):
        assert index.by_meaning(query) == other.by_meaning(query)
    other.close()


# --- health and company ----------------------------------------------------------------------------------------------


def test_the_doctor_names_a_lost_a_false_and_a_missing_half_and_mending_makes_them_again(index):
    index.put(PAPERS)
    told_to(
        index,
        "DELETE FROM meanings USING papers WHERE meanings.key = papers.key AND id = 'a'",
        "UPDATE meanings SET meaning = (SELECT meaning FROM meanings JOIN papers USING (key) WHERE id = 'c') "
        "FROM papers WHERE meanings.key = papers.key AND id = 'b'",
        "UPDATE papers SET kinds = '{}' WHERE id = 'c'",
        "ALTER TABLE papers ALTER COLUMN words DROP EXPRESSION",
        "UPDATE papers SET words = '' WHERE id = 'd'",
    )
    health = index.doctor()
    assert (health.papers, health.words, health.vectors) == (4, 3, 2)
    for text in (
        "words do not agree with the texts of 1 papers, the first is d",
        "no vector is there for 1 papers, the first is a",
        "vector of another text, the first is b",
        "categories of 1 papers, the first is c",
    ):
        assert any(text in problem for problem in health.problems), text
    assert index.mend().problems == ()
    assert ids(index.search("grey frames"))[0] == "d"
    index.put([paper("z", "Last of all")])
    assert index.by_words("last of all") == ["z"]


def test_two_connections_see_each_others_papers_and_no_half_of_a_change(index, postgres_dsn, embedder, monkeypatch):
    other = open_postgres(postgres_dsn, embedder)
    index.put(PAPERS[:2])
    assert ids(other.search("upscale"))[0] == "a"

    def look_then_go_on(self, papers):
        seen.append((other.count(), ids(other.search("speech"))))
        return written(self, papers)

    seen = []
    written = postgres_index.PostgresIndex._write
    monkeypatch.setattr(postgres_index.PostgresIndex, "_write", look_then_go_on)
    assert index.put(PAPERS[2:]) == Change(2, 0, 0)
    assert seen[0][0] == 2
    assert "c" not in seen[0][1]
    assert ids(other.search("speech"))[0] == "c"
    other.close()


def test_a_lost_connection_is_one_line_and_the_next_call_makes_a_new_one(index, postgres_dsn, embedder):
    index.put(PAPERS)
    other = open_postgres(postgres_dsn, embedder)
    [[process]] = other._link.run("SELECT pg_backend_pid()")
    told_to(index, f"SELECT pg_terminate_backend({process}, 10000)")
    with pytest.raises(EvidenceError) as told:
        other.count()
    assert "\n" not in told.value.message
    assert other.count() == 4
    assert ids(other.search("speech"))[0] == "c"
    other.close()


def test_what_the_server_refuses_later_is_one_line_and_does_not_stop_the_index(index):
    index.put(PAPERS)
    told_to(index, "ALTER TABLE terms RENAME TO gone")
    with pytest.raises(EvidenceError, match='relation "terms" does not exist') as told:
        index.search("image")
    assert "\n" not in told.value.message
    told_to(index, "ALTER TABLE gone RENAME TO terms")
    assert ids(index.search("speech"))[0] == "c"


def test_who_may_only_read_can_search(postgres, postgres_dsn, index, embedder):
    index.put(PAPERS)
    schema = read_dsn(postgres_dsn).schema
    told_to(
        index,
        "CREATE ROLE reader LOGIN PASSWORD 'reader'",
        f"GRANT USAGE ON SCHEMA {schema} TO reader",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader",
    )
    address = read_dsn(postgres)
    reader = open_postgres(f"postgresql://reader:reader@/postgres?host={address.host}&schema={schema}", embedder)
    assert ids(reader.search("speech"))[0] == "c"
    with pytest.raises(EvidenceError, match="permission denied"):
        reader.put([paper("n", "New")])
    assert reader.count() == 4
    reader.close()


@pytest.mark.slow
def test_a_kill_during_an_import_loses_no_committed_paper(index, postgres_dsn):
    program = textwrap.dedent(
        f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from some_papers import Hashing, paper
        from apercu.papers.postgres_index import open_postgres
        index = open_postgres(sys.argv[1], Hashing())
        for begin in range(0, 100_000, 20):
            index.put([paper(f"p{{i}}", f"Title {{i}}") for i in range(begin, begin + 20)])
            print(begin + 20, flush=True)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program, postgres_dsn], stdout=subprocess.PIPE, text=True)
    committed = 0
    for line in process.stdout:
        committed = int(line)
        if committed >= 100:
            os.kill(process.pid, signal.SIGKILL)
            break
    rest = process.stdout.read().split()
    process.stdout.close()
    process.wait()
    committed = int(rest[-1]) if rest else committed
    index.put([paper("after", "Something after the kill")])  # waits for what the killed one still had at work
    assert index.count() in (committed + 1, committed + 21)
    health = index.doctor()
    assert (health.problems, health.vectors) == ((), index.count())
    assert ids(index.search("after the kill"))[0] == "after"
