"""Read a question in plain words: the task, how much larger, of what, with which damage and wish, and what is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast, get_args

from apercu.encoder.transformer import refusal_score
from apercu.errors import QuestionError
from apercu.question.clauses import without_clauses
from apercu.question.details import NEGATION_REACH, is_denied, quoted, read_details, without_repeats
from apercu.question.factor import Enlargement, only_shrinks, read_enlargement, without_refused
from apercu.question.joined import with_joined
from apercu.question.kinds import kind_of_model
from apercu.question.learned import Reading, is_strange, read_tasks
from apercu.question.limits import read_limits
from apercu.question.match import Match, Token, Vocabulary, find_matches, index_vocabulary, tokenize
from apercu.question.named import with_named, without_what_names_say
from apercu.question.sensed import with_sensed
from apercu.question.short import with_short
from apercu.question.unfit import without_unfit
from apercu.question.words import NEGATIONS, TASK_NAMES, load_vocabulary
from apercu.records import Asked, Content, Damage, Facet, Task, TaskId, Wish

MAX_CHARACTERS = 20_000
_NEEDED_SCORE = 2
_FACTOR_SCORE = 4
_VERB_WEIGHT = 5
_REPAIRS = frozenset({"deblur", "denoise", "restoration", "low_light"})
_DONE = frozenset({
    "after", "already", "been", "once", "was", "bereits", "nach", "schon", "nicht", "après", "déjà", "pas", "después",
    "tras", "ya",
})  # fmt: skip
_ONLY = frozenset({"just", "only", "nur", "bloß", "seulement", "juste", "solo", "solamente"})
_FEW_WORDS = 4
_UNSURE = 1.0
"""A reading by less is looked at again without the limits."""
_SURE, _REST_WORDS = 1.4, 3
"""A reading of what is left of a question counts by this, where as many words are left."""
_PIXELS = re.compile(
    r"\d{3,}\s?(?:px|pixe?l|píxel|像素|ピクセル|픽셀)|(?<![a-z0-9])(?:a[0-4]|[48]k)(?![a-z0-9])", re.IGNORECASE
)
"""A size that is to be reached, though the picture's own is not known."""
_CONDITIONS = frozenset({"commercial", "open", "no_gpu", "runs_here"})
_LONGEST_LINE = 1_000_000
_LIKE_ASCII = str.maketrans("\u0130\u0131\u017f\u212a", "IisK")
"""Letters that `re.IGNORECASE` takes for ASCII ones, though `str.lower` does not ("SWİNİR", "a thırd")."""
_Found = tuple[tuple[Token, ...], tuple[Match, ...], Enlargement]


def read_question(text: str) -> Task:
    """Read what a question is about. Where nothing is recognised the task is "other".

    Every finding stands in `facets` with the words it was read from.

    Raises:
        QuestionError: the text is empty, has no letters, holds a lone surrogate, or is longer than `MAX_CHARACTERS`.
    """
    _check_question(text)
    written, text = text, text.translate(_LIKE_ASCII)
    found = _found(text)
    tokens, matches, _ = found
    limits = read_limits(text, refusal_score)
    shrunk = without_refused(text)
    asked = without_unfit(shrunk)
    reading, wanted = _asked_reading(asked, found if asked == text else _found(asked), is_rest=asked != shrunk)
    reading = with_named(asked, reading, limits.excluded)
    if len(reading.tasks) == 1 and set(reading.tasks) <= _REPAIRS and wanted:
        # "Upscale a JPEG full of blocks": what is to be enlarged is damaged, and enlarging it is what is asked.
        reading = Reading(("super_resolution",), {"super_resolution": ()})
    joined, places = with_joined(asked, reading.tasks)
    reading = replace(reading, tasks=joined, quotes={**reading.quotes, **places})
    if asked == text:
        places_of_limits = [(facet.start, facet.end) for facet in limits.facets if facet.value in _CONDITIONS]
        reading = with_short(text, reading, without_clauses(text, places_of_limits) if places_of_limits else text)
    if "super_resolution" in reading.tasks and only_shrinks(text):
        reading = replace(reading, tasks=tuple(step for step in reading.tasks if step != "super_resolution"))
    elif reading.margin < _UNSURE and asked == text and _names_no_task(matches) and only_shrinks(text):
        reading = Reading((), {}, reading.margin)
    task = _main(reading.tasks)
    enlarges = "super_resolution" in reading.tasks or "video" in reading.tasks
    enlargement = read_enlargement(text, enlarging=True) if enlarges else Enlargement()
    if reading.tasks:
        limits = with_sensed(text, limits, here="super_resolution" in reading.tasks)
    facets = [
        *(facet for step in reading.tasks for facet in _task_facets(text, step, matches, reading.quotes[step])),
        *enlargement.facets,
        *read_details(text, matches, tokens, reading, repairs=task in _REPAIRS),
        *limits.facets,
    ]
    facets = without_what_names_say(text, facets)
    if text != written:
        facets = [facet.model_copy(update={"quote": written[facet.start : facet.end]}) for facet in facets]
    return Task(
        id=task,
        name=TASK_NAMES[task],
        steps=reading.tasks,
        factor=enlargement.factor,
        scale=enlargement.scale,
        size=enlargement.size,
        width=enlargement.width,
        height=enlargement.height,
        content=cast("tuple[Content, ...]", _values(facets, "content", get_args(Content))),
        damage=cast("tuple[Damage, ...]", _values(facets, "damage", get_args(Damage))),
        wish=cast("tuple[Wish, ...]", _values(facets, "wish", get_args(Wish))),
        asked=cast("tuple[Asked, ...]", _values(facets, "asked", get_args(Asked))),
        licence=limits.licence,
        no_gpu=limits.no_gpu,
        runs_here=limits.runs_here,
        excluded=limits.excluded,
        excluded_kinds=limits.excluded_kinds,
        named=limits.named,
        margin=None if is_strange(text) else round(reading.margin, 3),
        facets=tuple(facets),
    )


def _asked_reading(text: str, found: _Found, *, is_rest: bool) -> tuple[Reading, bool]:
    """The tasks of a question in which `found` was found, and whether a word for enlarging asks for that.

    Of what is left of one (`is_rest`), tasks that the vocabulary knows no words for are taken only where they are sure,
    or a size is named.
    """
    tokens, matches, enlargement = found
    decided = _decide(matches, enlargement)
    reading = _reading(text, _findings(matches, enlargement, decided), decided)
    sure = reading.tasks not in ((), ("super_resolution",)) and reading.margin >= _SURE
    sure = sure and max(text) < "\u2fff" and len(text.split()) >= _REST_WORDS
    if is_rest and decided == "other" and _names_no_task(matches) and not sure:
        grown = read_enlargement(text, enlarging=True)
        sized = grown.factor or grown.scale or grown.size or grown.width or grown.height or _PIXELS.search(text)
        if not sized:
            return Reading((), {}), False
        return Reading(("super_resolution",), {"super_resolution": ()}, reading.margin), True
    return reading, any(_is_verb(match) and not _is_done_or_refused(match, tokens) for match in matches)


def _names_no_task(matches: Sequence[Match]) -> bool:
    return all(match.group.kind != "task" or match.group.value in ("super_resolution", "other") for match in matches)


def _reading(text: str, findings: list[str], decided: TaskId) -> Reading:
    """The tasks of a question; where they are unsure and it names limits, those that it has without them count.

    Most questions with limits are about enlarging, so that a licence alone speaks for it a little.
    """
    reading = read_tasks(text, findings, told=decided)
    if kind := _named_kind(text, findings, reading):
        return kind
    if reading.margin >= _UNSURE:
        return reading
    limits = with_sensed(text, read_limits(text), here=True).facets
    places = [(facet.start, facet.end) for facet in limits if facet.value in _CONDITIONS]
    if not places:
        return reading
    rest = without_clauses(text, places)
    told = _decide(*_found(rest)[1:])
    other = read_tasks(rest, findings_of(rest), told=told)
    return other if other.tasks and other.margin > min(reading.margin, _UNSURE / 2) else reading


def _named_kind(text: str, findings: Sequence[str], reading: Reading) -> Reading | None:
    """A task whose models are asked for by its name ("segmentation network"), where conditions hid it.

    Words of enlarging and sizes speak against it: a "segmentation mask" may be what is to grow.
    """
    kind = kind_of_model(text)
    enlarges = any(finding.startswith("group:task:super_resolution") for finding in findings)
    if kind is None or enlarges or "sized:000" not in findings or kind.value in reading.tasks:
        return None
    if reading.tasks != ("super_resolution",):
        conditions = any(facet.value in _CONDITIONS for facet in read_limits(text).facets)
        if not conditions or (reading.tasks and reading.margin >= _UNSURE):
            return None
    task = cast("TaskId", kind.value)
    return Reading((task,), {task: ((kind.start, kind.end),)}, _UNSURE / 2, reading.details)


def findings_of(text: str) -> list[str]:
    """What the vocabulary and the sizes say of a question, as features for the learned reader."""
    _, matches, enlargement = _found(text)
    return _findings(matches, enlargement, _decide(matches, enlargement))


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file of questions with their numbers, from 1; empty lines are passed over.

    Bytes that are not UTF-8 come as lone surrogates, for which `question_of_line` refuses the line.

    Raises:
        QuestionError: the file cannot be read, or is no plain file: a pipe might be waited for without end.
    """
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "a device or pipe"
            raise QuestionError(f"{path} is {what}; expected a file of questions", hint="Name a file of JSON lines.")
        with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ""), start=1):
                if len(line) == _LONGEST_LINE:
                    raise QuestionError(
                        f"line {number} of {path} has {_LONGEST_LINE:,} characters or more; expected a question",
                        hint="Give JSON lines.",
                    )
                if line.strip():
                    yield number, line
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise QuestionError(f"the questions {path} cannot be read: {reason}", hint="Check the path.") from error


def question_of_line(line: str) -> str:
    """The question of one line of a JSON-lines file, `{"question": "..."}`.

    Raises:
        QuestionError: the line is not of that form.
    """
    if at := re.search(r"[\udc80-\udcff]", line):
        raise QuestionError(
            f"the line is not UTF-8 text at character {at.start() + 1}; expected a question", hint="Save it as UTF-8."
        )
    try:
        question = json.loads(line)["question"]
    except (ValueError, KeyError, TypeError, RecursionError):
        question = None
    if not isinstance(question, str):
        hint = 'Write one object a line, such as {"question": "How do I double a photo?"}.'
        raise QuestionError(f"the line holds no question: {line.strip()[:60]!r}", hint=hint)
    return question


@cache
def _vocabulary() -> Vocabulary:
    return index_vocabulary(load_vocabulary())


def _check_question(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise QuestionError(
            f"the question has {len(text):,} characters; expected at most {MAX_CHARACTERS:,}",
            hint="Ask in a few sentences.",
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise QuestionError(
            "the question holds half a character (a lone surrogate); expected text", hint="Give it as UTF-8."
        )
    if not any(character.isalpha() for character in text):
        shown = repr(text.strip()[:40]) if text.strip() else "empty"
        raise QuestionError(
            f"the question is {shown}; expected a sentence with words", hint='Ask for example "enlarge this icon 3x".'
        )


def _enlargement(text: str, matches: Sequence[Match]) -> Enlargement:
    """What is said about the size; without a word for a picture or for enlarging, only a few words can be about it."""
    enlarging = any(map(_is_verb, matches))
    pictured = any(match.group.kind == "picture" for match in matches)
    if enlarging or pictured or len(text.split()) <= _FEW_WORDS:
        return read_enlargement(text, enlarging=enlarging)
    return Enlargement()


def _found(text: str) -> _Found:
    """The words of a question, what the vocabulary knows of them, and what they say about the size."""
    vocabulary = _vocabulary()
    tokens = tokenize(text, vocabulary)
    matches = tuple(match for match in find_matches(text, tokens, vocabulary) if not _is_denied_repair(match, tokens))
    return tokens, matches, _enlargement(text, matches)


def _findings(matches: Sequence[Match], enlargement: Enlargement, decided: TaskId) -> list[str]:
    sized = (enlargement.factor, enlargement.scale, enlargement.size)
    known = any(match.group.kind in ("picture", "content") for match in matches)
    grows = next((match.group.weight for match in matches if match.group.value == "super_resolution"), 0)
    return [
        f"known:{'01'[known]} grows:{grows} sized:{'01'[any(sized)]}",
        f"known:{'01'[known]} rules:{decided}",
        *(f"group:{match.group.kind}:{match.group.value}" for match in matches),
        *(f"group:{match.group.kind}:{match.group.value}:{match.group.weight}" for match in matches),
        f"rules:{decided}",
        f"sized:{''.join('01'[part is not None] for part in sized)}",
    ]


def _main(tasks: tuple[TaskId, ...]) -> TaskId:
    """Of several tasks the enlargement, which runs here; without one the last, which the others serve."""
    if "super_resolution" in tasks:
        return "super_resolution"
    return tasks[-1] if tasks else "other"


def _is_verb(match: Match) -> bool:
    """Whether it is a word for enlarging itself, such as "upscale"; "bigger" or "tiny" only speak for it."""
    return match.group.value == "super_resolution" and match.group.weight >= _VERB_WEIGHT


def _decide(matches: Sequence[Match], enlargement: Enlargement) -> TaskId:
    """The task with the highest score; each word group counts once. Enlarging a damaged picture is enlarging."""
    pictured = any(match.group.kind == "picture" for match in matches)
    scores: dict[str, int] = {}
    first: dict[str, int] = {}
    for group in dict.fromkeys(match.group for match in matches if match.group.kind == "task"):
        if pictured or not group.needs_picture:
            scores[group.value] = scores.get(group.value, 0) + group.weight
            places = [match.start for match in matches if match.group == group]
            first[group.value] = min(first.get(group.value, places[0]), places[0])
    sized = enlargement.factor or enlargement.scale or enlargement.size
    if sized:
        scores["super_resolution"] = scores.get("super_resolution", 0) + _FACTOR_SCORE
        first.setdefault("super_resolution", enlargement.facets[0].start)
    if sized or any(map(_is_verb, matches)):
        scores = {task: score for task, score in scores.items() if task not in _REPAIRS}
    best = max(scores, key=lambda task: (scores[task], -first[task]), default="other")
    return cast("TaskId", best) if scores.get(best, 0) >= _NEEDED_SCORE else "other"


def _task_facets(text: str, task: TaskId, matches: Sequence[Match], quotes: Sequence[tuple[int, int]]) -> list[Facet]:
    """Where the vocabulary names a task; where it does not, the words that spoke most for it."""
    found = [match for match in matches if match.group.kind == "task" and match.group.value == task]
    places = [(match.start, match.end) for match in found] or quotes
    return without_repeats([quoted(text, place, "task", task) for place in places])


def _is_denied_repair(match: Match, tokens: tuple[Token, ...]) -> bool:
    """Whether it is said not to be: "without blur" does not ask for a repair of blur."""
    return match.group.kind == "task" and match.group.value in _REPAIRS and is_denied(match, tokens)


def _is_done_or_refused(match: Match, tokens: tuple[Token, ...]) -> bool:
    """Whether a verb tells of what was done before, or is not to be done: "after upscaling", "don't enlarge"."""
    before = () if match.first < 0 else tokens[max(0, match.first - NEGATION_REACH) : match.first]
    if any(token.key in _ONLY for token in before[1:]):  # "don't just enlarge it, sharpen it, too"
        return False
    return any(token.key in _DONE or token.key in NEGATIONS or token.key.endswith("n't") for token in before)


def _values(facets: Sequence[Facet], kind: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The values of one kind, each once, in the order in which the question names them."""
    return tuple(dict.fromkeys(facet.value for facet in facets if facet.kind == kind and facet.value in allowed))
