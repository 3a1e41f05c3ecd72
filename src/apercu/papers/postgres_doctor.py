"""Whether both halves of an index in PostgreSQL agree: what is wrong with them, inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from apercu.papers.base import Health
from apercu.papers.embed import Embedder
from apercu.papers.postgres import Link
from apercu.papers.postgres_rows import COLUMNS, kinds_of, meanings, numbers_of, stored


class Faults(NamedTuple):
    """Ids of papers without a vector, with that of another text, and with other categories than the filters see."""

    missing: list[str]
    differing: list[str]
    kinds: list[str]


def examined(link: Link, type: str, embedder: Embedder) -> Health:
    """Whether both halves hold every paper and agree.

    Args:
        link: to the server.
        type: of the vectors.
        embedder: how texts become vectors.
    """
    problems = []
    words = wrong_words(link)
    if words:
        problems.append(f"the words do not agree with the texts of {_some(words)}")
    missing, differing, kinds = wrong_meanings(link, type, embedder)
    if missing:
        problems.append(f"no vector is there for {_some(missing)}")
    if differing:
        problems.append(f"{len(differing)} papers have the vector of another text, the first is {differing[0]}")
    if kinds:
        problems.append(f"filters by category do not see the categories of {_some(kinds)}")
    count = int(link.run("SELECT count(*) FROM papers")[0][0])
    return Health(
        papers=count, words=count - len(words), vectors=count - len(missing) - len(differing), holes=0,
        problems=tuple(problems),
    )  # fmt: skip


def wrong_words(link: Link) -> list[str]:
    """Ids of papers whose words are not those of their texts; the server derives them again."""
    found = link.run("SELECT id FROM papers WHERE words IS DISTINCT FROM words_of(title, abstract) ORDER BY key")
    return [id for (id,) in found]


def wrong_meanings(link: Link, type: str, embedder: Embedder) -> Faults:
    """What is wrong with the vectors and categories; each vector is made again."""
    faults = Faults([], [], [])
    last = 0
    while rows := link.run(
        f"SELECT key, {COLUMNS}, kinds, meanings.key, {type}_send(meaning) FROM papers "
        "LEFT JOIN meanings USING (key) WHERE papers.key > :last::bigint ORDER BY papers.key LIMIT 512",
        last=last,
    ):  # fmt: skip
        found = [stored(row[:10]) for row in rows]
        made = meanings(embedder, [each.paper for each in found])
        for (_, paper), again, (*_, held_kinds, held, sent) in zip(found, made, rows, strict=True):
            if held is None:
                faults.missing.append(paper.id)
            elif not _alike(sent, again, type):
                faults.differing.append(paper.id)
            if held_kinds != kinds_of(paper):
                faults.kinds.append(paper.id)
        last = found[-1].key
    return faults


def _alike(sent: bytes | None, made: NDArray[np.int8], type: str) -> bool:
    """Equal up to the last bits of another processor's sums."""
    if sent is None or not made.any():
        return sent is None and not made.any()
    return bool(np.abs(numbers_of(sent, type) - made).max() <= 2)


def _some(ids: Sequence[str]) -> str:
    return f"{len(ids)} papers, the first is {ids[0]}"
