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
WORD = re.compile(r"\w+")


class Stems:
    """Stems of words, remembered between searches."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._database.execute(f"CREATE VIRTUAL TABLE text USING fts5(word, tokenize='{TOKENIZE}')")
        self._database.execute("CREATE VIRTUAL TABLE stems USING fts5vocab(text, 'instance')")
        self._kept: dict[str, tuple[str, ...]] = {}

    def of(self, text: str) -> dict[str, str]:
        """Stem -> a word of the text that has it, in the order of the text."""
        words = list(dict.fromkeys(WORD.findall(text.casefold())))[:MOST_WORDS]
        stems = self.of_words(words)
        return {stem: word for word in reversed(words) for stem in stems[word]}

    def of_words(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The stems of each word: mostly one, two of a word with an underscore, none of a sign that is no word."""
        asked = list(dict.fromkeys(words))
        new = [word for word in asked if word not in self._kept]
        if len(self._kept) + len(new) > MOST_KEPT:
            self._kept, new = {}, asked
        if new:
            self._database.execute("DELETE FROM text")
            self._database.executemany("INSERT INTO text (rowid, word) VALUES (?, ?)", enumerate(new))
            found: dict[int, list[str]] = {}
            for stem, row in self._database.execute("SELECT term, doc FROM stems"):
                found.setdefault(row, []).append(stem)
            self._kept |= {word: tuple(found.get(row, ())) for row, word in enumerate(new)}
        return {word: self._kept[word] for word in asked}

    def close(self) -> None:
        """Let go of the database in memory."""
        self._database.close()
