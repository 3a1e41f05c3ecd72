"""Read what a question forbids or demands of a model: its licence, no graphics card, nothing to fetch, families."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from apercu.catalogue import families
from apercu.records import Facet

Licence = Literal["open", "commercial"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What must hold of a model; families are names of the catalogue."""

    licence: Licence | None = None
    no_gpu: bool = False
    runs_here: bool = False
    excluded: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    facets: tuple[Facet, ...] = ()


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_NO_GPU = _compiled(
    r"\b(?:no|without(?: an?| my)?|lacks? an?|have(?:n't| not) got an?|don't have an?) (?:\w+ )?(?:gpus?|"
    r"graphics cards?|cuda|"
    r"nvidia)\b|\bcpu[ -]?only\b|\b(?:on|with|just|only|nothing but|pure) (?:an?|the|my|plain)? ?(?:old )?cpu\b|"
    r"\bcpu is (?:fine|"
    r"enough|all)|\braspberry pi\b|\bintegrated graphics\b|\bgpu[- ]less\b|\b(?:ohne|"
    r"keine) (?:eine? )?(?:grafikkarte|gpu)\b|"
    r"\bnur (?:cpu|prozessor)\b|\bsans (?:carte graphique|gpu)\b|\bsin (?:tarjeta gráfica|gráfica|gpu)\b|"
    r"그래픽\s?카드\s?(?:가\s?)?없|"
    r"gpu\s?(?:가\s?)?없|gpu(?:なし|がない|無し|を使わ)|グラボ(?:なし|がない|無し)|没有?(?:显卡|gpu)|无(?:显卡|"
    r"gpu)|不用(?:显卡|gpu)|只有cpu|纯cpu"
)
_RUNS_HERE = _compiled(
    r"\bruns? here\b|\bright away\b|\bout of the box\b|\bready to run\b|\bwithout (?:having to )?(?:download|"
    r"install|fetch)\w*|"
    r"\b(?:nothing|no) (?:more )?(?:to )?(?:download|install|fetch)\w*|\balready (?:installed|here|on board)\b|"
    r"\bbuilt[ -]?in\b|"
    r"\bcomes with (?:it|you|apercu)\b|\bohne (?:etwas )?(?:herunter\w*|zu installieren|installation)\b|"
    r"\bsans (?:rien )?"
    r"(?:télécharger|installer)\b|\bsin (?:descargar|instalar)\b|설치\s?없이|다운로드\s?없이|ダウンロード(?:なし|"
    r"せず)|インストール(?:なし|せず)|"
    r"(?:无需|不用)(?:下载|安装)"
)
_COMMERCIAL = _compiled(
    r"(?<!non-)(?<!non )(?<!nicht-)(?<!nicht )\b(?:commercial(?:ly|e|es|ement)?|kommerziell\w*|comercial\w*)\b|"
    r"\b(?:may|can|allows?|must allow|allowed to|legally) (?:\w+ ){0,2}?(?:sell\w*|selling)\b|"
    r"\bship (?:it )?(?:\w+ ){0,2}?(?:paid|product|app)|\bpaid (?:app|product|service)\b|\bclient work\b|상업|商用|商业"
)
_OPEN = _compiled(
    r"\bopen[- ]?sourced?\b|\bfree software\b|\bfoss\b|\bopen licen[cs]e\b|\bquelloffen\w*|\bfreie(?:r|s|"
    r"n)? (?:lizenz|software)\b|"
    r"\b(?:logiciel|modèle|licence|outil)s? libres?\b|\bcódigo abierto\b|\bsoftware libre\b|\bmodelo libre\b|"
    r"오픈\s?소스|オープンソース|开源"
)
_TOLERATED = _compiled(
    r"\b(?:accept|fine|okay|ok|allowed|no problem|doesn't matter|don't care|research[- ]only|non[- ]commercial)\b"
)
_NOT_BEFORE = _compiled(
    r"(?:\b(?:no|not|never|without|avoid\w*|anything but|everything but|except|other than|instead of|besides|"
    r"apart from|"
    r"don't (?:suggest|recommend|want|use|give me)|do not (?:suggest|recommend|use)|sick of|tired of|rather than|"
    r"kein\w*|nicht|ohne|außer|statt|pas d[e']|sans|sauf|sin|excepto|menos|que no sea|no quiero)\s|除了|不要|不用)"
    r"(?:\S+\s){0,2}?\W*$"
)
_NOT_AFTER = _compiled(
    r"^\s?(?:는|은|을|를)?\s?(?:말고|제외|빼고)|^\s?(?:以外|じゃな|ではな|抜き|を除|は嫌)|^\s?(?:以外|之外|除外)"
)
_KINDS = {
    "gan": _compiled(r"\bgans?\b(?!-)|\badversarial\b"),
    "diffusion": _compiled(r"\b(?:latent |stable )?diffusion\b|디퓨전|拡散|扩散"),
}
_JOINED = _compiled(r"\s*(?:,|/|and|or|nor|und|oder|ni|et|ou|y|o|、|和)\s*")
_ITS_LIKE = _compiled(r"^\W*(?:or|and) (?:anything|something|others?|the)? ?(?:like (?:that|it|them)|similar|like)\b")
_SHORTEST_NAME, _WORD_LIKE = 3, 5


def read_limits(text: str) -> Limits:
    """What a question forbids or demands of a model; each finding with the words that it was read from."""
    facets: list[Facet] = []
    no_gpu, runs_here = (_first(text, pattern, value, facets) for pattern, value in _SIMPLE)
    licence: Licence | None = None
    for pattern, value in ((_COMMERCIAL, "commercial"), (_OPEN, "open")):
        if licence is None and (match := pattern.search(text)) and not _tolerates(text, match):
            licence = "commercial" if value == "commercial" else "open"
            facets.append(_facet(text, value, match))
    excluded: list[str] = []
    named: list[str] = []
    for names, match in _family_mentions(text):
        denied = _NOT_BEFORE.search(text, 0, match.start()) or _NOT_AFTER.search(text[match.end() :])
        if denied or (excluded and _goes_on(text, facets, match)):
            excluded += names
            if _ITS_LIKE.search(text[match.end() :]):
                excluded += [family.family for family in families() if family.draws in _drawn_by(names)]
            facets.append(_facet(text, "not", match))
        elif len(names) == 1:
            named += names
            facets.append(_facet(text, "named", match))
    return Limits(
        licence, no_gpu, runs_here, tuple(dict.fromkeys(excluded)), tuple(dict.fromkeys(named)), tuple(facets)
    )


_SIMPLE = ((_NO_GPU, "no_gpu"), (_RUNS_HERE, "runs_here"))


def _first(text: str, pattern: re.Pattern[str], value: str, facets: list[Facet]) -> bool:
    match = pattern.search(text)
    if match:
        facets.append(_facet(text, value, match))
    return match is not None


def _tolerates(text: str, match: re.Match[str]) -> bool:
    """Whether the words about a licence say that anything goes, as in "research-only is fine"."""
    around = text[max(0, match.start() - 30) : match.end() + 12]
    return match.group().lower().startswith("commercial") is False and bool(_TOLERATED.search(around))


def _goes_on(text: str, facets: list[Facet], match: re.Match[str]) -> bool:
    """Whether a name goes on a row of refused ones: "no SwinIR and no HAT", "neither GANs nor diffusion"."""
    last = next((facet for facet in reversed(facets) if facet.value == "not"), None)
    return last is not None and _JOINED.fullmatch(text, last.end, match.start()) is not None


def _drawn_by(names: tuple[str, ...]) -> set[str]:
    return {family.draws for family in families() if family.family in names and family.draws != "mean"}


def _family_mentions(text: str) -> Iterator[tuple[tuple[str, ...], re.Match[str]]]:
    """Families that a text names, and kinds of networks that stand for several, in the order of the text."""
    pattern, by_name = _names()
    taken: list[tuple[re.Match[str], tuple[str, ...]]] = [
        (match, (by_name[_plain(match.group())],)) for match in pattern.finditer(text)
    ]
    spans = [match.span() for match, _ in taken]
    for kind, words in _KINDS.items():
        names = tuple(family.family for family in families() if family.draws == kind)
        taken += [
            (match, names)
            for match in words.finditer(text)
            if not any(begin < match.end() and match.start() < end for begin, end in spans)
        ]
    for match, names in sorted(taken, key=lambda item: item[0].start()):
        yield names, match


@cache
def _names() -> tuple[re.Pattern[str], dict[str, str]]:
    """Names of families as a pattern; a hyphen, a space and nothing are alike."""
    names = sorted({family.family for family in families() if len(family.family) >= _SHORTEST_NAME}, key=len)
    parts = []
    for name in reversed(names):
        part = r"[-\s]?".join(re.escape(part) for part in re.split(r"[-\s]", name))
        # Short names are words, too ("hat", "film"): they count as they are written.
        parts.append(part if len(name) <= _WORD_LIKE else f"(?i:{part})")
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?!\w)"), {_plain(name): name for name in names}


def _plain(name: str) -> str:
    return re.sub(r"[-\s]", "", name).lower()


def _facet(text: str, value: str, match: re.Match[str]) -> Facet:
    return Facet(kind="limit", value=value, start=match.start(), end=match.end(), quote=match.group())
