"""What an index of papers does, whichever way it keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from apercu.records import IndexedPaper, Record


class Filters(Record):
    """Which papers may be found: published in these years (both ends included), of one of these categories.

    A category also stands for those below it: "cs" for "cs.CV".
    """

    year_from: int | None = None
    year_to: int | None = None
    categories: tuple[str, ...] = ()


class Hit(Record):
    """A paper that was found.

    `score` orders the hits of one search and means nothing beside those of another. `by_words` and `by_meaning` are its
    ranks, from 1, in the two lists that were joined; None where a list did not hold it.
    """

    paper: IndexedPaper
    score: float
    by_words: int | None
    by_meaning: int | None


class Change(NamedTuple):
    """What became of papers that were handed in: how many were `added`, `updated`, or `same` as before."""

    added: int
    updated: int
    same: int


class Health(Record):
    """What `doctor` found: how many papers there are, and every problem in one line each; without any all is well.

    `words` and `vectors` count the papers that each half holds; `holes` are places of the vectors that no paper uses.
    """

    papers: int
    words: int
    vectors: int
    holes: int
    problems: tuple[str, ...] = ()


class PaperIndex(Protocol):
    """Papers by id, found by their words and by their meaning. A change is there as a whole or not at all."""

    def put(self, papers: Iterable[IndexedPaper]) -> Change:
        """Add papers, or replace those whose ids are there. All of them, or none."""

    def delete(self, ids: Sequence[str]) -> int:
        """Take papers out; returns how many were there."""

    def get(self, id: str) -> IndexedPaper | None:
        """One paper."""

    def count(self) -> int:
        """How many papers there are."""

    def search(self, query: str, *, limit: int = 10, filters: Filters | None = None) -> list[Hit]:
        """The papers that fit a question or some words best, the best first."""

    def lacks(self) -> str:
        """What of the index cannot be searched because it is lost, and what to do; empty where all is there."""

    def doctor(self) -> Health:
        """Whether both halves hold every paper and agree."""

    def mend(self) -> Health:
        """Make again whatever `doctor` complains of, and take the holes out."""

    def settle(self) -> None:
        """Count the words again: once after many papers have come, so that searches stay quick."""

    def close(self) -> None:
        """Let go of files and connections."""
