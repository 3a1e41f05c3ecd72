"""Short requests that say what is to be done and nothing else: "watermark remover", "去噪", "quitar niebla".

The learned reader sees too few words there to be sure, and in other languages than English often none that it knows. A
request is read here only where all of it is known (`short.toml`): after polite words and "how do I" at its ends are
taken away, what is left must be a step, or steps that are joined, from the first letter to the last. With one word more
the learned reader decides alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, cast

from apercu.question.learned import Reading, Span
from apercu.records import TaskId

LONGEST = 90
"""Longer questions say more than steps."""
MARGIN = 0.7
"""How sure a reading is that the learned reader does not share: fairly."""
SURE = 1.5
"""A margin from which the one task that the learned reader gives stands against another one."""
_MOST_STEPS = 4
_IN_ANY_ORDER = frozenset({"super_resolution", "denoise", "deblur", "restoration", "low_light"})
"""Repairs come before enlarging however they are told, which the learned reader knows."""
_LIST = re.compile(r"<(\w+)>")
_EDGE = r"[\s.,;:!?…\"'“”„«»()¿¡、。，！？；：「」~～-]*"
_EDGES = re.compile(_EDGE)
_HANGUL, _KANA, _HAN = (re.compile(f"[{letters}]") for letters in ("\uac00-\ud7af", "\u3040-\u30ff", "\u3400-\u9fff"))
_ENGLISH = re.compile(r"\b(?:the|my|this|from|how|what|is|it|of|and|with|you|for|i|please)\b", re.IGNORECASE)
"""Words that no other language has: where one stands, the others need not be looked at."""
_THINGS = r"(?P<things>\S(?:.{0,60}?\S)??)"
_Steps = list[tuple[TaskId, Span]]


@dataclass(frozen=True)
class _Language:
    """Patterns of one language; `short.toml` says what each is."""

    before: re.Pattern[str]
    after: re.Pattern[str]
    joins: re.Pattern[str]
    turns: re.Pattern[str]
    picture: re.Pattern[str]
    steps: tuple[tuple[str, TaskId, re.Pattern[str]], ...]
    removing: tuple[re.Pattern[str], ...]
    listed: Mapping[str, re.Pattern[str]]
    things: re.Pattern[str]


def with_short(text: str, reading: Reading, rest: str) -> Reading:
    """The reading of a question, or of the short request that it is, alone or without its limits (`rest`)."""
    steps = read_short(text) or (read_short(rest) if rest != text else ())
    tasks = tuple(task for task, _ in steps)
    same = set(tasks) == set(reading.tasks) and set(tasks) <= _IN_ANY_ORDER
    sure = reading.margin >= SURE and len(tasks) == len(reading.tasks) == 1
    if not tasks or same or sure or tasks == reading.tasks:
        return reading
    return replace(reading, tasks=tasks, quotes={task: (span,) for task, span in steps}, margin=MARGIN)


def read_short(text: str) -> tuple[tuple[TaskId, Span], ...]:
    """The steps of a short request in their order, with their places; none where a word of it is not known.

    Requests that only enlarge are left to the learned reader.
    """
    if len(text.strip()) > LONGEST:
        return ()
    for language in _languages_of(text):
        pictured = language.picture.search(text) is not None
        for stage, (begin, end) in enumerate(_stages(text, language)):
            kinds = {"clear", "pictured"} if pictured or not stage else {"clear"}
            steps = _whole(text, begin, end, language, kinds) or _joined(text, begin, end, language, kinds, _MOST_STEPS)
            if steps:
                return tuple(steps)
    return ()


def _whole(text: str, begin: int, end: int, language: _Language, kinds: set[str]) -> _Steps:
    """The step that is all of a part of a text; several where several things are to be removed."""
    begin, end = _trimmed(text, begin, end)
    for kind, task, pattern in language.steps:
        if kind in kinds and pattern.fullmatch(text, begin, end):
            return [(task, (begin, end))]
    listed = language.listed["pictured" if "pictured" in kinds else "clear"]
    for pattern in language.removing:
        match = pattern.fullmatch(text, begin, end)
        if match and listed.fullmatch(text, *match.span("things")):
            found: dict[str, Span] = {}
            for thing in language.things.finditer(text, *match.span("things")):
                found.setdefault(cast("str", thing.lastgroup), thing.span())
            return cast("_Steps", list(found.items()))
    return []


def _joined(text: str, begin: int, end: int, language: _Language, kinds: set[str], most: int) -> _Steps:
    """The steps of a part of a text, each of which is all of what stands between two words that join them."""
    kinds = {*kinds, "chained"}
    for join in language.joins.finditer(text, begin, end) if most > 1 else ():
        if first := _whole(text, begin, join.start(), language, kinds):
            rest = _whole(text, join.end(), end, language, kinds)
            rest = rest or _joined(text, join.end(), end, language, kinds, most - 1)
            turned = language.turns.fullmatch(join.group()) is not None
            steps: dict[TaskId, Span] = {}
            for task, span in (*rest, *first) if turned else (*first, *rest) if rest else ():
                steps.setdefault(task, span)
            if len(steps) > 1:
                return list(steps.items())
    return []


def _stages(text: str, language: _Language) -> Iterator[Span]:
    """Where a request stands with all that is around it, and with less and less of that."""
    begin, end = _trimmed(text, 0, len(text))
    while begin < end:
        yield begin, end
        before = language.before.match(text, begin, end)
        after = language.after.search(text, begin, end)
        if before is None and after is None:
            return
        if before and after:
            yield _trimmed(text, before.end(), end)
        begin, end = _trimmed(text, before.end() if before else begin, after.start() if after else end)


def _trimmed(text: str, begin: int, end: int) -> Span:
    """A part of a text without what is no letter at its ends; none is left where its ends have crossed."""
    if begin >= end:
        return end, end
    begin = cast("re.Match[str]", _EDGES.match(text, begin, end)).end()
    while end > begin and _EDGES.fullmatch(text, end - 1, end):
        end -= 1
    return begin, end


def _languages_of(text: str) -> Iterator[_Language]:
    if _HANGUL.search(text):
        names = ["korean"]
    elif _KANA.search(text):
        names = ["japanese"]
    elif _HAN.search(text):
        names = ["chinese", "japanese"]
    else:
        names = ["english"] if _ENGLISH.search(text) else ["english", "german", "french", "spanish"]
    return map(_language, names)


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files("apercu.question").joinpath("short.toml").read_text("utf-8"))


@cache
def _language(name: str) -> _Language:
    table: dict[str, Any] = _tables()[name]
    lists: dict[str, str] = {}
    for name, words in table["lists"].items():
        lists[name] = _either(words, lists)
    things = {
        kind: {task: _either(words, lists) for task, words in table.get(f"things_{kind}", {}).items()}
        for kind in ("clear", "pictured")
    }
    every = [(task, words) for kind in ("pictured", "clear") for task, words in things[kind].items()]
    listed = {}
    for kind, known in (("clear", list(things["clear"].items())), ("pictured", every)):
        thing = "(?:" + "|".join(words for _, words in known) + ")"
        listed[kind] = re.compile(f"{thing}(?:{lists['and']}{thing})*", re.IGNORECASE)
    removing = [_compiled(line, {**lists, "things": _THINGS}) for line in _lines(table["removing"])]
    steps = [
        (kind, cast("TaskId", task), _compiled(words, lists))
        for kind in ("clear", "pictured", "chained")
        for task, words in table.get(kind, {}).items()
    ]
    found = {task: "|".join(words for other, words in every if other == task) for task, _ in every}
    frames = table["frames"]
    return _Language(
        before=_compiled(frames["before"], lists),
        after=re.compile(f"{_EDGE}{_either(frames['after'], lists)}$", re.IGNORECASE),
        joins=_compiled(frames["joins"], lists),
        turns=_compiled(frames.get("turns", "(?!)"), lists),
        picture=_compiled("<pic>", lists),
        steps=tuple(steps),
        removing=tuple(removing),
        listed=listed,
        things=re.compile("|".join(f"(?P<{task}>{words})" for task, words in found.items()), re.IGNORECASE),
    )


def _either(words: str, lists: dict[str, str]) -> str:
    text = "|".join(_lines(words)).replace(" ?", r"\s*").replace(" ", r"\s+")
    return "(?:" + _LIST.sub(lambda match: lists[match.group(1)], text) + ")"


def _compiled(words: str, lists: dict[str, str]) -> re.Pattern[str]:
    return re.compile(_either(words, lists), re.IGNORECASE)


def _lines(words: str) -> list[str]:
    return [line for line in words.splitlines() if line]
