"""What a question says of a picture beside its task: kinds of picture, damage, wishes, each with its words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from apercu.question.learned import Reading
from apercu.question.match import Match, Token
from apercu.question.softness import is_kept_grain, is_softness
from apercu.question.waived import waived_wishes
from apercu.question.words import NEGATIONS
from apercu.records import Facet, Wish

NEGATION_REACH = 3
"""Words before another one in which a denial of it is looked for."""
_WISH_OF_ABSENCE: dict[str, Wish] = {
    "blur": "crispness",
    "noise": "fidelity",
    "jpeg": "fidelity",
    "scratches": "fidelity",
}
_IS_NOT = frozenset({"not", "isn't", "aren't", "nicht", "kein", "keine", "keinen", "pas"})
_ARTICLES = frozenset({"a", "an", "any", "the", "un", "une", "d'un", "d'une", "ein", "eine"})
_SCREENSHOT = re.compile(r"screen|captur|スクリーン|スクショ|キャプチャ|캡처|캡쳐|스크린|截图", re.IGNORECASE)
_TEXTURES = re.compile(r"textur|텍스처|テクスチャ|贴图|材质", re.IGNORECASE)
_ON_PAPER = re.compile(
    r"small print (?:shops?|stores?|studios?|business\w*|compan\w+|house|firms?|runs?|orders?|sizes?|sales?|press|"
    r"works?|formats?|jobs?|makers?|labs?|on (?:\w+ )?(?:paper|canvas)|of (?:an?|the|my|our|this|her|his) (?:\w+ )?"
    r"(?:photo\w*|pictures?|paintings?|drawings?|images?|portraits?))\b",
    re.IGNORECASE,
)
_LARGE_PIXELS = re.compile(
    r"pixel|sprite|\b(?:8|16)[- ]?bit|retro|\bs?nes\b|game ?boy|arcade|tile|minecraft|blocky|도트|픽셀|ドット|像素",
    re.IGNORECASE,
)
_AI_MAKES_UP = re.compile(
    r"\b(?:no|without|zero|ohne|keine?n?|sans|pas d['’]|sin|nada de)[\s-]*"
    r"(?:(?:the|any|an|letting|having|dass|die|que|l['’])\s?){0,3}(?:ai|ki|ia|neural net(?:work)?s?)"
    r"['’s]{0,2}[\s-]{1,2}"
    r"(?:generated|guess\w*|hallucinat\w*|invent\w*|made[- ]up|mak\w+ (?:things|stuff|details?|it) up|nonsense|slop|"
    r"smear\w*|artefa[ck]t\w*|artifacts?|details?|(?:\w+ )?(?:dazu)?(?:erfind\w*|erfund\w*|dicht\w*)|[fp]h?antasie\w*|"
    r"(?:qui|que) invent\w+)"
    r"|(?:不要|别|不能|不想)(?:让)?AI(?:来|去)?(?:乱|瞎|胡|脑补|编|捏|凭空|虚构|猜)"
    r"|AI\S?\s?(?:지어내|꾸며내|만들어내)지\s?(?:않|말|못)|AI(?:に|が)(?:勝手に)?(?:描き足|作り出|捏造|でっち上げ)\S{0,4}(?:ない|たくな|ず)",
    re.IGNORECASE,
)
"""What AI makes up is not wanted, though AI may be."""


def read_details(
    text: str, matches: Sequence[Match], tokens: tuple[Token, ...], reading: Reading, *, repairs: bool
) -> list[Facet]:
    """Kinds of picture, damage and wishes that the vocabulary and the linear model find in a question.

    Args:
        text: the question.
        matches: what the vocabulary knows of it.
        tokens: its words.
        reading: what the linear model takes it for.
        repairs: whether a repair is asked for; a denied damage is a wish otherwise.
    """
    others = [match for match in matches if _is_other_kind(match, tokens)]
    found = _detail_facets(text, [match for match in matches if match not in others], tokens, repairs=repairs)
    waived = waived_wishes(text)
    found = [
        facet
        for facet in found
        if not any(
            (facet.kind, facet.value) == ("wish", wish) and facet.start < end and start < facet.end
            for wish, start, end in waived
        )
    ]
    known = {("content", match.group.value) for match in others} | {("wish", wish) for wish, _, _ in waived}
    made_up = _AI_MAKES_UP.search(text)
    if made_up and ("wish", "fidelity") not in (*known, *((facet.kind, facet.value) for facet in found)):
        found.append(quoted(text, made_up.span(), "wish", "fidelity"))
    found = _with_learned(text, found, reading, known)
    return _without_look_alikes(text, _without_softness(text, found))


def _detail_facets(text: str, matches: Sequence[Match], tokens: tuple[Token, ...], *, repairs: bool) -> list[Facet]:
    """Kind of picture, damage and wishes; "not so noisy" asks for a repair, or else that none be added."""
    facets = []
    for match in matches:
        kind, value = match.group.kind, match.group.value
        if kind == "damage" and not repairs and is_denied(match, tokens):
            kind, value = "wish", _WISH_OF_ABSENCE[value]
        if kind in ("content", "damage", "wish", "asked"):
            facets.append(_facet(text, match, kind, value))
    return without_repeats(facets)


def _with_learned(text: str, facets: list[Facet], reading: Reading, others: Collection[tuple[str, str]]) -> list[Facet]:
    """What the vocabulary found, and what the linear model finds beside it, but for what is said not to be so."""
    known = {(facet.kind, facet.value) for facet in facets} | set(others)
    denied = {wish for facet in facets for wish in [facet.value] if facet.kind == "wish"}
    found = [
        quoted(text, place, kind, value)
        for (kind, value), places in reading.details.items()
        if (kind, value) not in known and not (kind == "damage" and _WISH_OF_ABSENCE[value] in denied)
        for place in places[:1]
    ]
    return [*facets, *found]


def _without_look_alikes(text: str, facets: list[Facet]) -> list[Facet]:
    """A screenshot of an anime shows an anime and no interface; textures of a game are not made of large pixels.

    A small print shop has no small print.
    """
    facets = [facet for facet in facets if facet.value != "text" or not _ON_PAPER.match(text, facet.start)]
    if _TEXTURES.search(text) and not _LARGE_PIXELS.search(text):
        facets = [facet for facet in facets if facet.value != "pixel_art"]
    if not any(facet.value == "anime" for facet in facets):
        return facets
    return [facet for facet in facets if facet.value != "ui" or not _SCREENSHOT.search(facet.quote)]


def _without_softness(text: str, facets: list[Facet]) -> list[Facet]:
    """Without blur that is only softness from being small, and grain that is to stay."""
    kept = is_kept_grain(text)
    return [
        facet
        for facet in facets
        if facet.kind != "damage"
        or (not (facet.value == "blur" and is_softness(text, facet.start)) and not (facet.value == "noise" and kept))
    ]


def is_denied(match: Match, tokens: tuple[Token, ...]) -> bool:
    """Whether a denial stands among the few words before a phrase."""
    if match.first < 0:
        return False
    return any(token.key in NEGATIONS for token in tokens[max(0, match.first - NEGATION_REACH) : match.first])


def _is_other_kind(match: Match, tokens: tuple[Token, ...]) -> bool:
    """Whether a kind of picture is named as what it is not: "not a manga but a photo"."""
    if match.group.kind != "content" or match.first < 0:
        return False
    before = [token.key for token in tokens[max(0, match.first - 2) : match.first]]
    return bool(before) and (before[-1] in _IS_NOT or (before[-1] in _ARTICLES and before[0] in _IS_NOT))


def without_repeats(facets: list[Facet]) -> list[Facet]:
    """Without a facet that stands inside another one of the same kind and value."""
    kept: list[Facet] = []
    reach: dict[tuple[str, str], int] = {}
    for facet in facets:  # in the order of their start, the longest first
        key = (facet.kind, facet.value)
        if facet.end > reach.get(key, -1):
            kept.append(facet)
            reach[key] = facet.end
    return kept


def _facet(text: str, match: Match, kind: str, value: str) -> Facet:
    return quoted(text, (match.start, match.end), kind, value)


def quoted(text: str, place: tuple[int, int], kind: str, value: str) -> Facet:
    """A finding with the words that stand at `place`."""
    return Facet(kind=kind, value=value, start=place[0], end=place[1], quote=text[slice(*place)])
