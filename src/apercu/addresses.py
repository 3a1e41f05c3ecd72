"""What a foreign text may carry: its web addresses, byte for byte, and characters that must not reach a reader."""

from __future__ import annotations

import re

from apercu.records import CONTROLS, DIRECTIONS, BriefEntry

_STEERING_CHARACTERS = CONTROLS + DIRECTIONS
_URL_CHARACTERS = rf"[^\s<>\"`{{}}|\\^{_STEERING_CHARACTERS}]"
_URL = re.compile(rf"https?://(?!/){_URL_CHARACTERS}+", re.IGNORECASE)
_STEERING = re.compile(f"[{_STEERING_CHARACTERS}]")


def links(entry: BriefEntry) -> tuple[str, ...]:
    """The http and https addresses of the entry's paper and GitHub fields, in that order, byte for byte as given."""
    return tuple(dict.fromkeys(url for value in (entry.paper, entry.github) for url in _addresses(value or "")))


def not_links(entry: BriefEntry) -> tuple[str, ...]:
    """What the entry gives in its paper and GitHub fields that holds no address."""
    return tuple(value for value in (entry.paper, entry.github) if value is not None and not _addresses(value))


def _addresses(value: str) -> tuple[str, ...]:
    """A value that is one address, or the addresses that stand alone or in brackets among its words."""
    if is_url(value):
        return (value,)
    if "://" not in value:
        return ()
    words = (trimmed(word.lstrip("([<")).rstrip(">") for word in re.split(r"\s+|\]\(", value))
    return tuple(word for word in words if is_url(word))


def mentioned_links(entry: BriefEntry) -> tuple[str, ...]:
    r"""The addresses that stand inside the entry's summary and are not among `links(entry)`, each once, in order.

    Punctuation at the end of an address, and the braces of `\url{...}`, are not part of it.
    """
    known = links(entry)
    found = (trimmed(match.group()) for match in _URL.finditer(entry.summary or ""))
    return tuple(dict.fromkeys(url for url in found if is_url(url) and url not in known))


def is_url(value: str) -> bool:
    """Whether the whole value is one http or https address."""
    return _URL.fullmatch(value) is not None


def trimmed(url: str) -> str:
    """An address without the punctuation after it; a closing bracket stays when the address opened it."""
    end = len(url)
    unopened = {closing: url.count(closing) - url.count(opening) for opening, closing in ("()", "[]")}
    while end and (url[end - 1] in ".,;:!?…'*_~”’»" or unopened.get(url[end - 1], 0) > 0):
        if url[end - 1] in unopened:
            unopened[url[end - 1]] -= 1
        end -= 1
    return url[:end]


def without_steering(text: str, shown: str) -> str:
    """Text with `shown` in place of each character that steers a terminal or turns the direction of the text around it.

    These are the control characters, line breaks among them, and Unicode's marks, embeddings, overrides and isolates.
    """
    return _STEERING.sub(lambda _: shown, text)


def escaped(text: str, longest: int = 60) -> str:
    """Text of a foreign file as an error may quote it: what cannot be seen is written as an escape, the rest is cut.

    Args:
        text: anything; control characters, marks of direction, joiners and lone surrogates become escapes.
        longest: characters that are kept; an ellipsis stands for what is cut.
    """
    kept = text if len(text) <= longest else text[:longest] + "…"
    return "".join(seen if seen.isprintable() else seen.encode("unicode_escape").decode() for seen in kept)
