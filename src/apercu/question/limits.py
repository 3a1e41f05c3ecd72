"""Read what a question forbids or demands of a model: its licence, no graphics card, nothing to fetch, families."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from apercu.catalogue import families
from apercu.question.clauses import around, refusals, without_subjects
from apercu.question.mentions import KINDS, SHORTEST_NAME, TRANSFORMERS, Mention, family_mentions
from apercu.records import Draws, Facet

Licence = Literal["commercial", "open"]
Refusal = Callable[[str, int, int], float]
"""Log odds that a text refuses what is named from one place to another."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What must hold of a model; families are names of the catalogue."""

    licence: Licence | None = None
    no_gpu: bool = False
    runs_here: bool = False
    excluded: tuple[str, ...] = ()
    excluded_kinds: tuple[Draws, ...] = ()
    named: tuple[str, ...] = ()
    facets: tuple[Facet, ...] = ()


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_LEARNED = (*(family.family for family in families()), "RealSR")
_JOINED = _compiled(
    r"\s*(?:,|/|and|or|nor|plus|und|oder|ni|et|ou|y|e|o|、|,|和|与|と|や|이?랑|하고|와|과)(?: (?:no|not|neither))?\s*"
)
_ITS_LIKE = _compiled(
    r"^\W*(?:or|and) (?:anything|something|others?|the)? ?(?:like (?:that|it|them)|similar|like)\b|"
    r"^\W*(?:or|and|nor) (?:(?:all )?(?:its|their|the|that|other) )?(?:whole )?"
    r"(?:cousins?|relatives|kin|siblings|family|friends|ilk|derivatives|variants|lot|kind|sort|others|successors?|"
    r"descendants|offspring|clones?)\b|"
    r"^s?[- ](?:styled?|type|like|based|famil(?:y|ies)|kind|variants?|lineage|derivatives?|descendants?|clones?|"
    r"sort)\b|^s\b|^s?,? of (?:any|whatever) (?:kind|sort)\b|"
    r"^s?,? (?:or|and|nor) (?:other|any) (?:models?|networks?|nets?|things?) "
    r"(?:like it|of (?:that|the|its) (?:kind|sort))\b|"
    r"^s?,? (?:and|or|nor) (?:no|any) (?:descendants?|derivatives?|variants?) of (?:it|them)\b|"
    r"^\W*(?:& co\b|und co\b|und ähnliche\w*|oder ähnliche\w*|y similares|o similares|et similaires|ou similaires|"
    r"und konsorten\b|et consorts\b|y compañía\b|这类|那类|一类|"
    r"et compagnie|같은|및 비슷한|や(?:その)?類似|などの?|之类|等等?)"
)
_ONLY = _compiled(r"\b(?:only|just|nur|seulement|solo|sólo)\s$")
_NON = _compiled(r"(?<!\w)non[- ]?$")
_WITHOUT = _compiled(r"\bwithout\s$")
_SURELY_REFUSED = 4.5
"""Log odds from which a model is taken for refused where no pattern finds a refusal, in text of plain Latin letters."""
_LIKED = _compiled(
    r"\b(?:only|use|used|using|with|take|try|again|back to|love|loves|like|likes|prefer|trust|happy|have|"
    r"mit|nur|avec|con|thanks to)\s(?:\w+\s)?$"
)
"""Words before a name by which it is asked for."""
_RIVAL_BEFORE = _compiled(
    r"\b(?:(?:better|faster|sharper|lighter|smaller|quicker|newer|stronger|cleaner|softer|gentler|(?:more|less) \w+|"
    r"besser|schneller|leichter|schärfer|mieux|meilleure?s?|plus \w+|moins \w+|mejor|más \w+|menos \w+) (?:\w+ ){0,2}?"
    r"(?:than|als|que)|(?:pictures?|images?|photos?|renders?|outputs?|results?|art\w*) (?:from|of|by)|from)\s$|比$"
)
_RIVAL_AFTER = _compiled(
    r"^(?:보다|より)|^[^.;!?]{0,60}[.;!?,][^.;!?]{0,24}?\b(?:what|anything|something|is there|which one|was|gibt es|"
    r"quoi|qué)\b[^.;!?]{0,24}?"
    r"\b(?:faster|better|lighter|quicker|sharper|newer|stronger|schneller\w*|besser\w*|mieux|mejor)\b"
)
"""A name that something else is to be better than, or that a picture comes from, does not ask for that model."""
_OUTRIGHT = _compiled(r"commerc|kommerz|comercial|gewerblich|licen|lizenz|^(?:상업|상용|商用|商业|営利|营利)")
_HOME = _compiled(r"house|home|haus|maison|casa|밖|外")
_MOST_MENTIONS = 8
_NEAR = 120
"""How many characters around a name are looked at."""
_NO_PLAIN_WORD = re.compile(r"[\d\s_-]|[a-z][A-Z]")


_FILLING = (
    r"(?:that|which|was|were|is|are|been|has|have|trained|based|made|built|done|drawn|with|on|by|as|using|uses?|an?|the|"
    r"of|any|all|kind|sort|type|form|from|models?|networks?|nets?|methods?|like|such|thing|things|stuff|to|do|relies|"
    r"relying|called|named|in|it|one|ones|please|old|whole|entire|usual|works?|working|runs|anything|everything|something)"
)
_NEAR_BEFORE = rf"(?:(?:(?!(?:but|aber|mais|pero)\b)[^\s,;:!?，。；：]+\s){{0,2}}?|(?:{_FILLING}\s){{0,8}})\W*$"
"""What may stand between a refusal and a name: "no such thing as SwinIR", "nothing that was trained with a GAN"."""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """The patterns of `limits.toml` by name."""
    table = tomllib.loads(files("apercu.question").joinpath("limits.toml").read_text("utf-8"))
    parts = {name: f"(?:{'|'.join(alternatives)})" for name, alternatives in table["parts"].items()}
    found = {f"near {name}": _compiled("|".join(things)) for name, things in table["near"].items()}
    for name, alternatives in table["found"].items():
        pattern = "|".join(alternatives)
        for part, text in parts.items():
            pattern = pattern.replace(f"${part}", text)
        found[name] = _compiled(f"(?:{pattern}){_NEAR_BEFORE}" if name == "before" else pattern)
    return found


def read_limits(text: str, refusal: Refusal | None = None) -> Limits:
    """What a question forbids or demands of a model; each finding with the words that it was read from.

    Args:
        text: the question.
        refusal: is asked beside the patterns how sure it is that a model that is named is refused.
    """
    facets: list[Facet] = []
    patterns = _patterns()
    said = what_is_meant(text)
    no_gpu, runs_here = (
        _first(said, patterns[value], value, facets) or _first_refused(said, value, facets)
        for value in ("no_gpu", "runs_here")
    )
    licence: Licence | None = None
    for value in get_args(Licence):
        if licence is None and (match := patterns[value].search(said)) and _is_demanded(said, match):
            licence = value
            facets.append(_facet(text, value, _plainest(said, patterns[value], match)))
        elif licence is None and _first_refused(said, value, facets):
            licence = value
    excluded: list[str] = []
    named: list[str] = []
    rivals: list[str] = []
    if _first(said, patterns["no_learning"], "no_learning", facets):
        excluded += _LEARNED
    for (names, match), denied in judged_mentions(text, refusal):
        if denied:
            excluded += names
            if KINDS["diffusion"].search(match.group()):  # "no latent diffusion" is said of them all
                excluded += [family.family for family in families() if family.draws == "diffusion"]
            if _ITS_LIKE.search(text[match.end() : match.end() + _NEAR]):
                excluded += [family.family for family in families() if family.draws in _drawn_by(names)]
            facets.append(_facet(text, "not", match))
        elif len(names) == 1 or KINDS["diffusion"].fullmatch(match.group()) or TRANSFORMERS.fullmatch(match.group()):
            (rivals if _is_rival(text, match) else named).extend(names)
            facets.append(_facet(text, "named", match))
    named += rivals if named else []  # "is HAT better than SwinIR?" is about both
    kinds: tuple[Draws, ...] = tuple(kind for kind, families_of in _kinds().items() if families_of <= set(excluded))
    facets = [facet.model_copy(update={"quote": text[facet.start : facet.end]}) for facet in facets]
    return Limits(
        licence, no_gpu, runs_here, tuple(dict.fromkeys(excluded)), kinds, tuple(dict.fromkeys(named)), tuple(facets)
    )


def _is_rival(text: str, match: re.Match[str]) -> bool:
    before, after = text[max(0, match.start() - _NEAR) : match.start()], text[match.end() : match.end() + _NEAR]
    return bool(_RIVAL_BEFORE.search(before) or _RIVAL_AFTER.search(after))


def what_is_meant(text: str) -> str:
    """A question with spaces in place of what a picture shows and of what only sounds like a limit."""
    return _patterns()["not_meant"].sub(lambda match: " " * len(match.group()), without_subjects(text))


def stays_here(text: str) -> Facet | None:
    """Words by which the picture must not go anywhere, or the work be done on the asker's own machine."""
    patterns, said = _patterns(), what_is_meant(text)
    unfit = patterns["unfit"].search(said)
    for match in patterns["private"].finditer(said):
        if unfit and patterns["unable"].search(said, max(0, match.start() - _NEAR // 3), match.end()):
            continue  # "I can't put it online, it is too small"
        if match.group().lower().endswith("cloud") and patterns["sky"].search(text):
            continue  # "a sunny day, no cloud"
        if _HOME.search(match.group()) and patterns["creature"].search(around(said, *match.span())[0]):
            continue  # "my cat must not leave the house"
        start, end = match.span()
        return Facet(kind="limit", value="runs_here", start=start, end=end, quote=text[start:end])
    return None


def is_spoken_of(text: str, limit: str) -> bool:
    """Whether a pattern knows words of the question for what a limit is about, demanded or not."""
    return any(_patterns()[name].search(text) for name in (limit, f"near {limit}"))


@cache
def _kinds() -> dict[Draws, set[str]]:
    """The families of each kind of network that can be ruled out as a whole."""
    return {kind: {family.family for family in families() if family.draws == kind} for kind in ("gan", "diffusion")}


def _first(text: str, pattern: re.Pattern[str], value: str, facets: list[Facet]) -> bool:
    match = pattern.search(text)
    if match:
        facets.append(_facet(text, value, match))
    return match is not None


def _first_refused(text: str, value: str, facets: list[Facet]) -> bool:
    """Whether a question refuses, misses or denies a thing that a limit is about, in whatever words."""
    patterns = _patterns()
    for match in patterns[f"near {value}"].finditer(text):
        if refusals(text, *match.span(), patterns) % 2:
            facets.append(_facet(text, value, match))
            return True
    return False


def _plainest(said: str, pattern: re.Pattern[str], first: re.Match[str]) -> re.Match[str]:
    """Of the words that speak of a licence those that say so outright, "可以商用" before "商品图"."""
    outright = (
        match
        for match in pattern.finditer(said)
        if _OUTRIGHT.search(match.group()) and said[max(0, match.start() - 1) : match.start()] not in ("비", "非")
    )
    return next((match for match in outright if _is_demanded(said, match)), first)


def _is_demanded(text: str, match: re.Match[str]) -> bool:
    """Whether the words about a licence demand it: not where anything goes, nor where it is said not to be needed."""
    if _tolerates(text, match):
        return False
    return bool(_patterns()["refusing"].search(match.group())) or not refusals(text, *match.span(), _patterns()) % 2


def _tolerates(text: str, match: re.Match[str]) -> bool:
    """Whether the words about a licence say that anything goes, as in "research-only is fine"."""
    if _ONLY.search(text, max(0, match.start() - 12), match.start()):  # "only permissive licences are allowed"
        return False
    around = text[max(0, match.start() - 30) : match.end() + 12]
    said = match.group().lower()
    refuses = said.startswith("commercial") or _patterns()["tolerated"].search(said)  # "no research-only licence"
    return not refuses and bool(_patterns()["tolerated"].search(around))


def judged_mentions(text: str, refusal: Refusal | None = None) -> list[tuple[Mention, bool]]:
    """Every mention of a family and whether it is refused: by words beside it, or in a row with one that is.

    A row is "no SwinIR and no HAT", "neither GANs nor diffusion", "SwinIR and HAT are out". Where the patterns find
    none, `refusal` may.
    """
    mentions = list(family_mentions(text))
    denied = [_is_denied(text, match) for _, match in mentions]
    if refusal and text.isascii() and len(mentions) <= _MOST_MENTIONS:
        denied = [
            said or (not _LIKED.search(text, 0, match.start()) and refusal(text, *match.span()) > _SURELY_REFUSED)
            for said, (_, match) in zip(denied, mentions, strict=True)
        ]
    joined = [
        _JOINED.fullmatch(text, one.end(), other.start()) is not None
        for (_, one), (_, other) in itertools.pairwise(mentions)
    ]
    for i in range(1, len(mentions)):
        denied[i] = denied[i] or (denied[i - 1] and joined[i - 1])
    for i in reversed(range(len(mentions) - 1)):
        denied[i] = denied[i] or (denied[i + 1] and joined[i])
    return list(zip(mentions, denied, strict=True))


def _is_denied(text: str, match: re.Match[str]) -> bool:
    """Whether the words around a name refuse it; in a question, what is said of it is no complaint."""
    patterns = _patterns()
    first, rest = max(0, match.start() - _NEAR), text[match.end() : match.end() + _NEAR]
    before = patterns["before"].search(text, first, match.start())
    if before and any(
        said.start() <= before.start() < said.end()
        for said in patterns["asserts"].finditer(text, first, match.end() + _NEAR)
    ):
        before = None
    if _is_praised(text[first : match.start()], rest, refused=before is not None):
        return False
    if before or patterns["after"].search(rest) or _NON.search(text, first, match.start()):
        return True
    sentence = max(text.rfind(mark, 0, match.start()) for mark in ".!?;:") + 1
    if patterns["asks"].match(text[sentence:]):
        return False
    if patterns["complains"].search(rest) or patterns["points_back"].search(rest):
        return True
    return _is_refused(text, match)


def _is_refused(text: str, match: re.Match[str]) -> bool:
    """Whether the clause of a name refuses it, in whatever words: "don't come back with ESRGAN", "ni de diffusion"."""
    patterns = _patterns()
    before, _ = around(text, *match.span())
    if patterns["asserts"].search(before):
        return False
    return bool(refusals(text, *match.span(), patterns) % 2)


def _is_praised(before: str, rest: str, *, refused: bool) -> bool:
    """Whether what looks like a refusal is none: "not only SwinIR", "why not SwinIR?", "without SwinIR I'd be lost"."""
    patterns = _patterns()
    if patterns["praising"].search(before):
        return True
    if _WITHOUT.search(before) and patterns["without_it"].search(rest):
        return True
    return not refused and bool(patterns["praised"].search(rest))


def _drawn_by(names: tuple[str, ...]) -> set[str]:
    return {family.draws for family in families() if family.family in names and family.draws != "mean"}


def names_in(text: str, names: Iterable[str]) -> dict[str, bool]:
    """Which of some names of models a question gives, in any spelling; True where it asks for it, False if it refuses.

    Only names that are no plain word count: with a digit, a space, a hyphen, or a capital inside.
    """
    found: dict[str, bool] = {}
    for name in names:
        parts = [re.escape(part) for part in re.split(r"[-_\s]+", name) if part]
        if len(name) < SHORTEST_NAME or not _NO_PLAIN_WORD.search(name) or not parts:
            continue
        match = _compiled(rf"(?<![\w-]){'[-_ ]?'.join(parts)}(?![\w-])").search(text)
        if match:
            found[name] = not _is_denied(text, match)
    return found


def _facet(text: str, value: str, match: re.Match[str]) -> Facet:
    return Facet(kind="limit", value=value, start=match.start(), end=match.end(), quote=match.group())
