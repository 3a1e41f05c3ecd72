"""Find the phrases of a vocabulary in a text, word by word, with the place where each stands."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from apercu.question.words import NEVER_MISSPELT, OFTEN_MISSPELT, WordGroup

_WORD = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+(?:['’](?:[^\W_]|[\u0300-\u036f])+)*|[.?!;\n](?=\s|$)")
_SENTENCE_START = "^"
_PREFIX_LETTERS = 3
_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Token:
    """A word in lower case without accents, and where it stands. A sentence starts with the empty token `^`."""

    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase that was found: its group, its characters, and the place of its first token (-1 in unspaced scripts)."""

    group: WordGroup
    start: int
    end: int
    first: int


@dataclass(frozen=True, slots=True)
class _Element:
    """One word of a phrase: one of `words`, or one that starts as in `prefixes`, after at most `gap` other words."""

    words: frozenset[str]
    prefixes: tuple[str, ...]
    gap: int

    def accepts(self, key: str) -> bool:
        return key in self.words or (bool(self.prefixes) and key.startswith(self.prefixes))


@dataclass(frozen=True, slots=True)
class _Phrase:
    group: WordGroup
    elements: tuple[_Element, ...]


@dataclass(slots=True)
class Vocabulary:
    """Word groups, indexed by the first word of each phrase."""

    by_word: dict[str, list[_Phrase]] = field(default_factory=lambda: defaultdict(list))
    by_prefix: dict[str, list[_Phrase]] = field(default_factory=lambda: defaultdict(list))
    endings: list[tuple[str, WordGroup]] = field(default_factory=list)
    substrings: list[tuple[str, WordGroup]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    known_beginnings: set[str] = field(default_factory=set)


def index_vocabulary(groups: Iterable[WordGroup]) -> Vocabulary:
    """Prepare word groups for `find_matches`."""
    vocabulary = Vocabulary()
    for group in groups:
        for text in group.phrases:
            if text.startswith("*"):
                vocabulary.endings.append((text[1:], group))
            elif group.spaced:
                _add_phrase(vocabulary, _Phrase(group, tuple(_elements(text))))
            else:
                vocabulary.substrings.append((text, group))
    return vocabulary


def find_matches(text: str, tokens: tuple[Token, ...], vocabulary: Vocabulary) -> tuple[Match, ...]:
    """All phrases in the text, in the order of their first character; those inside an "ignore" phrase are left out.

    Of two phrases of one kind that start at the same word only the longest count.
    """
    found = [*_spaced_matches(tokens, vocabulary), *_substring_matches(text, vocabulary)]
    ignored = [(match.start, match.end) for match in found if match.group.kind == "ignore"]
    kept = [match for match in found if match.group.kind != "ignore" and not _is_inside(match, ignored)]
    longest: dict[tuple[str, str, int], int] = {}
    for match in kept:
        key = _rivals(match)
        longest[key] = max(longest.get(key, 0), match.end)
    return tuple(sorted((m for m in kept if m.end == longest[_rivals(m)]), key=lambda match: (match.start, -match.end)))


def tokenize(text: str, vocabulary: Vocabulary) -> tuple[Token, ...]:
    """Split a text into words and sentence starts; words that are likely misspelt get the key of the right word."""
    tokens = [Token(_SENTENCE_START, 0, 0)]
    for match in _WORD.finditer(text):
        if match.group() in ".?!;\n":
            tokens.append(Token(_SENTENCE_START, match.end(), match.end()))
        else:
            tokens.append(Token(_corrected(_plain(match.group()), vocabulary), match.start(), match.end()))
    return tuple(tokens)


def _elements(phrase: str) -> Iterator[_Element]:
    gap = 0
    for part in phrase.split():
        if part.startswith(".."):
            gap = int(part[2:])
            continue
        alternatives = part.split("|")
        yield _Element(
            words=frozenset(word for word in alternatives if not word.endswith("*")),
            prefixes=tuple(word[:-1] for word in alternatives if word.endswith("*")),
            gap=gap,
        )
        gap = 0


def _add_phrase(vocabulary: Vocabulary, phrase: _Phrase) -> None:
    first = phrase.elements[0]
    for word in first.words:
        vocabulary.by_word[word].append(phrase)
    for prefix in first.prefixes:
        vocabulary.by_prefix[prefix[:_PREFIX_LETTERS]].append(phrase)
    for element in phrase.elements:
        vocabulary.known |= element.words
        vocabulary.known_beginnings |= set(element.prefixes)


def _spaced_matches(tokens: tuple[Token, ...], vocabulary: Vocabulary) -> Iterator[Match]:
    for index, token in enumerate(tokens):
        candidates = [
            *vocabulary.by_word.get(token.key, ()),
            *vocabulary.by_prefix.get(token.key[:_PREFIX_LETTERS], ()),
        ]
        for phrase in dict.fromkeys(candidates):
            last = _last_token(tokens, index, phrase.elements)
            if last is not None:
                yield Match(phrase.group, token.start, tokens[last].end, index)
        for ending, group in vocabulary.endings:
            if token.key.endswith(ending):
                yield Match(group, token.start, token.end, index)


def _last_token(tokens: tuple[Token, ...], index: int, elements: tuple[_Element, ...]) -> int | None:
    """The position of the last token when the phrase stands at `index`; gaps never reach into another sentence."""
    if not elements[0].accepts(tokens[index].key):
        return None
    for element in elements[1:]:
        for position in range(index + 1, min(index + 2 + element.gap, len(tokens))):
            if element.accepts(tokens[position].key):
                index = position
                break
            if tokens[position].key == _SENTENCE_START:
                return None
        else:
            return None
    return index


def _substring_matches(text: str, vocabulary: Vocabulary) -> Iterator[Match]:
    if text.isascii():
        return
    for substring, group in vocabulary.substrings:
        start = text.find(substring)
        if start >= 0:
            yield Match(group, start, start + len(substring), -1)


def _is_inside(match: Match, spans: list[tuple[int, int]]) -> bool:
    return any(start <= match.start and match.end <= end for start, end in spans)


def _rivals(match: Match) -> tuple[str, str, int]:
    """Phrases for different tasks may share their first word; only what is asked is decided by the longest phrase."""
    value = "" if match.group.kind == "asked" else f"{match.group.value} {match.group.weight}"
    return match.group.kind, value, match.start


def _plain(word: str) -> str:
    folded = word.casefold().replace("’", "'").removesuffix("'s")
    if folded.isascii():
        return folded
    return "".join(c for c in unicodedata.normalize("NFD", folded) if not "\u0300" <= c <= "\u036f")


def _corrected(word: str, vocabulary: Vocabulary) -> str:
    if not 6 <= len(word) <= _LONGEST_WORD or not word.isascii() or word in vocabulary.known:
        return word
    if any(word[:length] in vocabulary.known_beginnings for length in range(3, len(word) + 1)):
        return word
    return _nearest(word)


@lru_cache(maxsize=4096)
def _nearest(word: str) -> str:
    if word in NEVER_MISSPELT or not word.isalpha():
        return word
    candidates = [right for right in OFTEN_MISSPELT if right[0] == word[0] and abs(len(right) - len(word)) <= 2]
    return next(iter(difflib.get_close_matches(word, candidates, n=1, cutoff=0.85)), word)
