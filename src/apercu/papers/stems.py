"""Words by the stems under which SQLite's FTS5 keeps them: FTS5 itself is asked, in a database in memory."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

TOKENIZE = "porter unicode61 remove_diacritics 2"
MOST_WORDS = 64
"""Different words of a query that are looked at."""
MOST_KEPT = 50_000
"""Words whose stems are remembered."""
_WORD = re.compile(r"\w+")
_ASCII = bytes(ord(chr(code).lower()) if _WORD.match(chr(code)) else ord(" ") for code in range(128)).ljust(256, b" ")


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in their order."""
    if text.isascii():  # the same words, in a third of the time
        return text.encode().translate(_ASCII).decode().split()
    return _WORD.findall(text.casefold())


class Stems:
    """Stems of words, remembered between searches."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._database.execute(f"CREATE VIRTUAL TABLE text USING fts5(word, tokenize='{TOKENIZE}')")
        self._database.execute("CREATE VIRTUAL TABLE stems USING fts5vocab(text, 'instance')")
        self._kept: dict[str, tuple[str, ...]] = {}

    def of(self, text: str) -> dict[str, str]:
        """Stem -> a word of the text that has it, in the order of the text."""
        words = list(dict.fromkeys(words_of(text)))[:MOST_WORDS]
        stems = self.of_words(words)
        return {stem: word for word in reversed(words) for stem in stems[word]}

    def of_words(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The stems of each word: mostly one, two of a word with an underscore, none of a sign that is no word."""
        asked = list(dict.fromkeys(words))
        new = [word for word in asked if word not in self._kept]
        if len(self._kept) + len(new) > MOST_KEPT:
            self._kept, new = {}, asked
        if new:
            found: dict[int, list[str]] = {}
            self._database.execute("BEGIN")  # without, every word would be a transaction of its own
            try:
                self._database.executemany("INSERT INTO text (rowid, word) VALUES (?, ?)", enumerate(new))
                for stem, row in self._database.execute("SELECT term, doc FROM stems"):
                    found.setdefault(row, []).append(stem)
            finally:
                self._database.execute("ROLLBACK")
            self._kept |= {word: tuple(found.get(row, ())) for row, word in enumerate(new)}
        return {word: self._kept[word] for word in asked}

    def close(self) -> None:
        """Let go of the database in memory."""
        self._database.close()
