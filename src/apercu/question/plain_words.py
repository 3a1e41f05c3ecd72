"""Names of models that are words, too ("hat", "bark"): whether one of them is meant as the word."""

from __future__ import annotations

import re
from collections.abc import Collection

_NEAR = 120
"""How many characters around a name are looked at."""
_SENTENCE_BEFORE, _SENTENCE_AFTER = re.compile(r"[^.!?;\n]*$"), re.compile(r"[^.!?;\n]*")
_SHOUTED = re.compile(r"(?<![^\W\d_])[^\W\d_]{2,}(?![^\W\d_])")
_FEWEST_SHOUTED = 2
_OF_NAME = re.compile(
    r"-(?:large|small|medium|base|tiny|turbo|based|style|like|type|v?\d|modell?|tdt|ctc|rnnt)|"
    r"(?:'s|’s)?(?![-\w'’])(?!\s+[a-z])|"
    r"(?:'s|’s)?\s+(?:or|vs|versus|and|und|oder|ou|et|y|o|for|für|pour|para|is|isn['’]t|ist|est|es|was|war|can|can['’]t|kann|"
    r"puede|peut|does|doesn['’]t|won['’]t|from|von|by|on|auf|mit|with|runs?|läuft|works?|needs?|braucht|seems|gives|makes|"
    r"writes|transcri\w+|mishears|hallucinat\w+|handles|speaks|sounds|reads|models?|modell|large|small|medium|tiny|base|"
    r"turbo|v\d|too|has|hat|keeps|would|should|could|will|if|please|bitte)\b",
    re.IGNORECASE,
)
"""What stands after a name that begins a sentence where it is that of a model: "Whisper or ...", "Whisper large"."""


def is_plain_word(text: str, match: re.Match[str], sure: Collection[str]) -> bool:
    """Whether a name that is a word is one here: in a sentence of capitals, or where one begins ("Bark texture").

    Args:
        text: the question.
        match: where the name stands.
        sure: names that are no words, in small letters: beside one of them it is a name ("HAT OR SWINIR").
    """
    before = _SENTENCE_BEFORE.search(text, max(0, match.start() - _NEAR), match.start())
    after = _SENTENCE_AFTER.match(text, match.end(), match.end() + _NEAR)
    around_it = f"{before.group() if before else ''} {after.group() if after else ''}"
    if match.group().isupper():
        words = _SHOUTED.findall(around_it)
        if any(word.casefold() in sure for word in words):
            return False
        return len(words) >= _FEWEST_SHOUTED and all(map(str.isupper, words))
    begins = not (before and before.group().strip(" \t\"'“„«([¿¡"))
    hyphened = text[match.end() : match.end() + 1] == "-"
    return match.group().istitle() and (begins or hyphened) and not _OF_NAME.match(text, match.end())
