"""A text as pieces of words from a fixed vocabulary, the way BERT's uncased models read it.

Lower case without accents; punctuation and Chinese characters stand alone; a word is cut from its start into the
longest pieces that the vocabulary holds, those that go on marked by "##".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

BEGIN, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_LONGEST_WORD = 100
_IDEOGRAPH = re.compile("([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff])")


def pieces(text: str, vocabulary: Mapping[str, int], longest: int) -> list[int]:
    """Numbers of the pieces of a text, between those of `BEGIN` and `END`; at most `longest` in all."""
    found = [vocabulary[BEGIN]]
    for word in _words(text):
        found += _cut(word, vocabulary)
        if len(found) >= longest:
            break
    return [*found[: longest - 1], vocabulary[END]]


def _words(text: str) -> Iterator[str]:
    spaced = _IDEOGRAPH.sub(r" \1 ", text)
    bare = "".join(c for c in unicodedata.normalize("NFD", spaced) if unicodedata.category(c) != "Mn").lower()
    for run in bare.split():
        word = ""
        for character in run:
            kind = unicodedata.category(character)
            if kind.startswith("C"):
                continue
            if kind.startswith("P") or (character.isascii() and not character.isalnum()):
                yield from (word, character) if word else (character,)
                word = ""
            else:
                word += character
        if word:
            yield word


def _cut(word: str, vocabulary: Mapping[str, int]) -> list[int]:
    if len(word) > _LONGEST_WORD:
        return [vocabulary[UNKNOWN]]
    found, start = [], 0
    while start < len(word):
        mark = "##" if start else ""
        end = next((end for end in range(len(word), start, -1) if mark + word[start:end] in vocabulary), None)
        if end is None:
            return [vocabulary[UNKNOWN]]
        found.append(vocabulary[mark + word[start:end]])
        start = end
    return found
