"""What is known about papers: one card (a TOML file under `cards/papers`) for each, found by its links or its title."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from apercu.records import Paper
from apercu.registry import read_cards

_ARXIV = re.compile(
    r"(?:https?://)?(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/"
    r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?/?(?:[?#].*)?",
    re.IGNORECASE | re.ASCII,
)
_GITHUB = re.compile(
    r"(?:https?://)?(?:www\.)?github\.com/(?P<owner>[\w-]+)/(?P<name>[\w.-]+?)(?:\.git)?(?:[/?#].*)?",
    re.IGNORECASE | re.ASCII,
)


@cache
def paper_cards() -> dict[str, Paper]:
    """The cards of all papers, by id (the arXiv number). Read once; treat the dictionary as read-only.

    Raises:
        EvidenceError: a card is damaged; the message names the file and the field.
    """
    return read_cards(files("apercu") / "cards" / "papers", Paper)


def find_paper(title: str, links: Iterable[str]) -> Paper | None:
    """The card of a paper that is known by a title and some addresses, or None.

    An arXiv number in a link decides alone, also when it is one we have no card for: the same repository or title may
    belong to a later paper. Without one the GitHub repository decides, and last the exact title, whatever its capitals
    and spacing.
    """
    addresses = tuple(links)
    numbers = [number for link in addresses if (number := arxiv_id(link))]
    if numbers:
        return next((paper for number in numbers if (paper := paper_cards().get(number))), None)
    names = [name for link in addresses if (name := repository(link))]
    by_repository = next((paper for name in names if (paper := _papers_by_repository().get(name))), None)
    return by_repository or _papers_by_title().get(_plain(title))


def arxiv_id(url: str) -> str | None:
    """The arXiv number in an address, without its version; None for other addresses.

    "http://arxiv.org/pdf/2502.16025v1.pdf" gives "2502.16025".
    """
    match = _ARXIV.fullmatch(url.strip())
    return match["id"].lower() if match else None


def repository(url: str) -> str | None:
    """The GitHub repository in an address as "owner/name" in lower case; None for other addresses."""
    match = _GITHUB.fullmatch(url.strip())
    return f"{match['owner']}/{match['name']}".lower() if match else None


@cache
def _papers_by_repository() -> dict[str, Paper]:
    return {name: paper for paper in paper_cards().values() for link in paper.links if (name := repository(link))}


@cache
def _papers_by_title() -> dict[str, Paper]:
    return {_plain(paper.title): paper for paper in paper_cards().values()}


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()
