"""The tables of an index of papers in a PostgreSQL database: made in a schema of their own, or checked."""

from __future__ import annotations

from typing import NamedTuple

from apercu.errors import EvidenceError, InputError
from apercu.papers.postgres import Link
from apercu.papers.rank import CANDIDATES

FORMAT = 1
GRAPH_SINCE = (0, 8)
"""The pgvector whose graph (HNSW) can go on searching until enough papers pass a filter."""
HALF_SINCE = (0, 7)
"""The pgvector that knows numbers of two bytes."""

_PUNCTUATION = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"
"""As it stands in SQL. It parts words: left in, "image/video" would be a file's name to PostgreSQL, and one word."""
_ELSEWHERE = "Import the papers again into a new one, with ?schema=NAME."


class Tables(NamedTuple):
    """The tables that a connection may use.

    `name` is how to call them to a person, `type` that of the vectors, `graph_filters` whether the graph goes on until
    enough papers pass a filter, and `first` are the statements that a connection begins with.
    """

    name: str
    schema: str
    type: str
    graph_filters: bool
    first: tuple[str, ...]


def prepare(link: Link, way: str, size: int) -> Tables:
    """Make the tables in a new schema; check those of one that is there.

    Args:
        link: to the server.
        way: how the vectors are made.
        size: numbers of a vector.

    Raises:
        InputError: the database is not UTF-8 or has no pgvector, or the schema holds something else, another format, or
            vectors that were made in another way.
    """
    schema = link.address.schema
    name = f"{link.address}, schema {schema}"
    with link.transaction("ISOLATION LEVEL READ COMMITTED"):
        # Of two that open a new index at the same time one waits until the other has made the tables.
        link.run("SELECT pg_advisory_xact_lock(hashtext('apercu papers'))")
        if (encoding := link.run("SHOW server_encoding")[0][0]) != "UTF8":
            hint = "Make a database with ENCODING 'UTF8'."
            raise InputError(f"{name} is written in {encoding}, expected UTF8", hint=hint)
        version, place = _pgvector(link, name)
        first = _first(schema, version, place)
        there = link.run(f"SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('{schema}')::oid")
        known = {table for (table,) in there}
        if known and not {"about", "papers", "meanings", "terms"} <= known:
            raise InputError(f"{name} is no index of papers", hint="Name another one with ?schema=NAME.")
        if not known:
            link.run(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for statement in first:
            link.run(statement)
        if not known:
            _make(link, "halfvec" if version >= HALF_SINCE else "vector", way, size)
        _check(link, name, way)
        # Made with an older pgvector the vectors stay as they were.
        return Tables(name, schema, noted(link, "type"), version >= GRAPH_SINCE, first)


def noted(link: Link, name: str) -> str:
    """What the index says about itself."""
    rows = link.run("SELECT value FROM about WHERE name = :name", name=name)
    if not rows:
        raise InputError(f"{link.address} does not say its {name}", hint=_ELSEWHERE)
    return str(rows[0][0])


def note(link: Link, name: str, value: str | int) -> None:
    """Have the index say something about itself."""
    link.run(
        "INSERT INTO about VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name=name, value=str(value),
    )  # fmt: skip


def make_words(link: Link) -> None:
    """Derive the words of all papers from their texts, and of each later one with it.

    A title's words have the label A, those of an abstract D. Accents are left out and punctuation parts words.
    """
    schema = link.address.schema
    link.run(
        f"""
        CREATE FUNCTION words_of(title text, abstract text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT setweight(to_tsvector('pg_catalog.english', {schema}.plain(title)), 'A')
                || setweight(to_tsvector('pg_catalog.english', {schema}.plain(abstract)), 'D') $$;
        ALTER TABLE papers ADD COLUMN words tsvector GENERATED ALWAYS AS (words_of(title, abstract)) STORED;
        ALTER TABLE papers ALTER COLUMN words SET STORAGE MAIN;
        CREATE INDEX papers_by_word ON papers USING gin (words);
        """
    )


def drop_words(link: Link) -> None:
    """Take the words of all papers away."""
    link.run("ALTER TABLE papers DROP COLUMN words; DROP FUNCTION words_of(text, text)")


def _make(link: Link, type: str, way: str, size: int) -> None:
    link.run(
        f"""
        CREATE TABLE about (name text PRIMARY KEY, value text NOT NULL);
        CREATE FUNCTION plain(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
            SELECT translate(normalize(regexp_replace(normalize(said, NFD), '[\\u0300-\\u036F]', '', 'g'), NFC),
                '{_PUNCTUATION}', repeat(' ', 32)) $$;
        CREATE TABLE papers (
            key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE, title text NOT NULL,
            abstract text NOT NULL, year integer, arxiv text, doi text, links text[] NOT NULL,
            categories text[] NOT NULL, source text NOT NULL, kinds text[] NOT NULL
        );
        CREATE INDEX papers_by_kind ON papers USING gin (kinds);
        CREATE INDEX papers_by_year ON papers (year);
        CREATE TABLE meanings (
            key bigint PRIMARY KEY REFERENCES papers ON DELETE CASCADE, meaning {type}({size})
        );
        CREATE TABLE terms (word text PRIMARY KEY, papers integer NOT NULL);
        """
    )
    make_words(link)
    for name, value in (("format", FORMAT), ("vectors", way), ("type", type), ("counted", 0)):
        note(link, name, value)


def _check(link: Link, name: str, way: str) -> None:
    if (format := noted(link, "format")) != str(FORMAT):
        raise InputError(f"{name} is an index of format {format}, expected {FORMAT}", hint=_ELSEWHERE)
    if (made := noted(link, "vectors")) != way:
        raise InputError(
            f"the vectors of {name} were made by {made}, not by {way}",
            hint="Open it with that way, or import the papers again into a new one, with ?schema=NAME.",
        )


def _pgvector(link: Link, name: str) -> tuple[tuple[int, int], str]:
    """Version and schema of pgvector; the extension is made if the server has it."""
    sql = (
        "SELECT extversion, quote_ident(nspname) FROM pg_extension "
        "JOIN pg_namespace ON extnamespace = pg_namespace.oid WHERE extname = 'vector'"
    )
    found = link.run(sql)
    if not found:
        try:
            link.run("CREATE EXTENSION vector")
        except EvidenceError as error:
            raise InputError(
                f"{name} has no pgvector ({error})",
                hint="Install pgvector on the server, then have its administrator run `CREATE EXTENSION vector`.",
            ) from error
        found = link.run(sql)
    version, place = found[0]
    major, minor = (int(part) for part in str(version).split(".")[:2])
    return (major, minor), str(place)


def _first(schema: str, version: tuple[int, int], place: str) -> tuple[str, ...]:
    """The server's compiler takes longer than these searches; the graph must name as many papers as are asked for."""
    found = [f"SET search_path = {schema}, {place}", "SET jit = off", f"SET hnsw.ef_search = {CANDIDATES}"]
    if version >= GRAPH_SINCE:
        found.append("SET hnsw.iterative_scan = strict_order")
    return tuple(found)
