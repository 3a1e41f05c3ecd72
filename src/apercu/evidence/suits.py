"""How an entry of the catalogue suits a task: what rules it out, and what of it speaks for and against it.

The sum of the parts is a rank, not a probability. Nothing here runs a model.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

from apercu.catalogue import Entry, families, transformers
from apercu.records import ConditionKind, Content, Draws, Task

_NOT_FREE = re.compile(
    r"(?:non|not|nicht)[-_ ]?(?:commercial|kommerziell)|(?<![a-z])NC(?![a-z])|research|academic|forschung"
    r"|(?:not |un)known|propriet|all rights reserved",
    re.IGNORECASE,
)
_FREE = re.compile(
    r"(?<![a-z])(?:mit|x11|apache|0?bsd|isc|cc-?0|cc[-_ ]?by|creative commons|[al]?gpl|gnu|mpl|mozilla|epl|eupl|zlib"
    r"|libpng|unlicen[cs]e|wtfpl|boost|artistic|openrail|creativeml|hpnd|ofl|public domain|gemeinfrei|domaine public"
    r"|dominio público)(?![a-z])",
    re.IGNORECASE,
)
"""A team writes its licences as it likes: one that is neither is not offered where a free one is asked for."""
_NOT_OPEN = re.compile(r"openrail", re.IGNORECASE)
_ALIKE: Mapping[Content, frozenset[Content]] = {
    "illustration": frozenset({"anime"}),
    "anime": frozenset({"illustration"}),
    "face": frozenset({"photo"}),
    "text": frozenset({"ui"}),
    "ui": frozenset({"text"}),
}
_OWN_CONTENT, _NEAR_CONTENT, _OTHER_CONTENT = 0.15, 0.05, -0.4
_SUITS_ONE_KIND, _SUITS_IN_PART = 0.25, 0.05
_NARROW: frozenset[Content] = frozenset({"face", "anime"})
_NOT_ITS_KIND = -0.6
_NOT_OF_PHOTOS = -0.25
_DRAWN: frozenset[Content] = frozenset({"anime", "illustration"})
_DAMAGE_MET, _DAMAGE_PARTLY, _DAMAGE_NEW, _DAMAGE_IDLE = 0.5, 0.25, -0.3, -0.3
_GUESSES = {"mean": 0.0, "gan": -0.3, "diffusion": -0.6}
_GUESSES_WHERE_NONE_MAY_BE = {"mean": 0.0, "gan": -0.65, "diffusion": -0.9}
"""Where nothing may be invented, that a network met the damage does not make up for it."""
_SPEED = {"low": 0.3, "medium": 0.0, "high": -0.4}
_FOR_A_TENTH, _SPEED_BOUNDS = 0.3, (-0.4, 0.85)
_MULTIPLY_ADDS_OF_BASE = 874_860
"""Of LIIF-EDSR for a pixel of the result (docs/models.md)."""
_OLD, _OLD_YEAR = -0.3, 2017
_NO_WEIGHTS, _NO_WEIGHTS_OF_MANY = -0.15, -0.4
_NO_LICENCE = -0.05
_NOISE_BY_FORMULA, _OTHER_NOISE = "Gaussian noise", -0.1
_PURPOSE_IN_WORDS = frozenset({"classification", "object_detection", "style_transfer"})
"""Tasks in which a model of one purpose is meant where a question's words are its own more than any other's."""
_HEAVY, _LIGHT = -0.02, 0.1
"""Of two that suit a task alike the lighter comes first."""
_SPECIAL = -0.7
NAMED, CALLED = 0.5, 1.4
"""What it counts for that a question names the kind of a network, or the family by its own name."""
_WORDS, _WORDS_OF_MANY = 0.5, 0.08
_WORD = re.compile(r"[a-z]{3,}")
_STEM = 6
_COMMON = """
the and for with that from this are how can what which into does have has not but its our their them then than you your
his her was will would could should picture pictures image images photo photos photograph make made model network
networks learn learned several each all any one two more most other such same only size from some want need please use
used using"""
_COMMON_STEMS = frozenset(word[:_STEM] for word in _COMMON.split())


NETWORKS: Mapping[Draws, str] = {"mean": "networks", "gan": "networks trained as a GAN", "diffusion": "diffusion"}
"""Kinds of network in words."""


class Part(NamedTuple):
    """A part of a rank, and the sentence that says why; an empty sentence where there is nothing to say."""

    score: float
    reason: str = ""


def ruled_out(entry: Entry, task: Task) -> str | None:
    """Why an entry must not be offered for a task, None where nothing stands against it."""
    found = against_a_condition(entry, task)
    return found[1] if found else None


def against_a_condition(entry: Entry, task: Task) -> tuple[ConditionKind, str] | None:
    """The condition of a question that an entry does not meet, and why; None where it meets all."""
    if entry.draws in task.excluded_kinds:
        return "network", f"the question rules out {NETWORKS[entry.draws]}"
    if entry.family in task.excluded:
        return "family", f"the question rules out {entry.family}"
    if task.licence and not is_free(entry, task.licence):
        return "licence", f"its licence is {entry.licence}{_of_licence(entry.licence)}"
    if task.runs_here and entry.status != "runs":
        return "runs_here", "it does not run here"
    if task.no_gpu and entry.cost == "high":
        return "no_gpu", "it is too heavy without a graphics card"
    return None


def is_free(entry: Entry, kind: Literal["open", "commercial"]) -> bool:
    """Whether an entry's licence allows to earn money with it and, for "open", puts no limit on its use."""
    return _is_free(entry.licence, kind)


@lru_cache(maxsize=4096)
def _is_free(licence: str, kind: Literal["open", "commercial"]) -> bool:
    if _NOT_FREE.search(licence) or not _FREE.search(licence):
        return False
    return kind == "commercial" or not _NOT_OPEN.search(licence)


def _of_licence(licence: str) -> str:
    """What is to be said of one that is not free enough, where its name does not say it."""
    if _NOT_FREE.search(licence):
        return ""
    return ", which restricts its use" if _FREE.search(licence) else ", which is none that is known here as free"


def parts(entry: Entry, task: Task, words: Mapping[str, float]) -> Iterator[Part]:
    """What of an entry that has no card of its own counts, one part after the other.

    Args:
        entry: an entry that does the task.
        task: the task.
        words: what `shared_words` found for all entries.
    """
    enlarges = task.id == "super_resolution"
    yield by_content(entry, task)
    yield by_damage(entry, task)
    yield by_guessing(entry, task)
    if task.id == "denoise" and _NOISE_BY_FORMULA in entry.expects and not _DRAWN & set(task.content):
        yield Part(_OTHER_NOISE, "It learned from noise made by formula; that of a camera is another.")
    if "speed" in task.wish:
        yield speed_part(entry, task)
    elif not enlarges and entry.cost == "high":
        yield Part(_HEAVY)
    if task.no_gpu and not enlarges and entry.cost == "low":
        yield Part(_LIGHT, "It is light.")
    suited = task.id != "style_transfer" and set(entry.content) & _NARROW & set(task.content)
    called = entry.family in called_families(task)
    meant = called or (task.id in _PURPOSE_IN_WORDS and words.get(entry.id) == 1.0)
    if entry.narrow and not suited and not meant:
        yield Part(_SPECIAL, "It serves one special purpose.")
    if entry.paper and entry.paper.year < _OLD_YEAR and "speed" not in task.wish:
        yield Part(_OLD, f"Its paper is of {entry.paper.year}; later networks do the same better.")
    if entry.weights is None and not entry.source:
        yield Part(_NO_WEIGHTS_OF_MANY if enlarges else _NO_WEIGHTS, "Official weights are not known here.")
    if "not known" in entry.licence:
        yield Part(_NO_LICENCE, "Its licence is not known.")
    if called or not entry.narrow:
        yield by_name(entry, task)
    # Of the many networks that enlarge, the words of a question tell little: facets of it are what counts.
    yield Part((_WORDS_OF_MANY if enlarges else _WORDS) * words.get(entry.id, 0.0))


def by_name(entry: Entry, task: Task) -> Part:
    """What it counts for that a question names a model: most where it calls it by the family's own name.

    Where nothing may be invented, a network that makes up detail is not put first by its name alone: people name it to
    say what they do not want, too.
    """
    if entry.family not in task.named:
        return Part(0.0)
    against = "fidelity" in task.wish and entry.draws != "mean"
    return Part(CALLED if entry.family in called_families(task) and not against else NAMED, "The question names it.")


def called_families(task: Task) -> frozenset[str]:
    """Families that a question calls by their own names, and not only by a kind of network ("diffusion")."""
    return frozenset(task.named) - _only_by_kind(task.named)


@lru_cache(maxsize=256)
def _only_by_kind(named: tuple[str, ...]) -> frozenset[str]:
    kinds = (frozenset(f.family for f in families() if f.draws == "diffusion"), frozenset(transformers()))
    return frozenset[str]().union(*(kind for kind in kinds if kind <= set(named)))


def speed_part(entry: Entry, task: Task) -> Part:
    """What an entry's speed counts for: a network without a clock is judged by its size, else by its class of cost.

    A network that works at the size of the small picture takes about one multiply-add for each of its parameters and
    each of that picture's pixels: parameters / factor^2 for a pixel of the result, whose factor is the one asked for:
    where a network enlarges more, its result is shrunk, which saves it nothing.
    """
    if task.id == "super_resolution" and entry.parameters and entry.factors and entry.factors != "any":
        asked = max(task.scale) if task.scale else task.factor
        adds = entry.parameters / (asked or max(entry.factors)) ** 2
        share = adds / _MULTIPLY_ADDS_OF_BASE
        low, high = _SPEED_BOUNDS
        score = round(max(low, min(high, -_FOR_A_TENTH * math.log10(share))), 3)
        return Part(score, f"It takes about {adds:,.0f} multiply-adds for a pixel of the result (LIIF-EDSR: 874,860).")
    quick = {"low": "It is light.", "medium": "It is of middling speed.", "high": "It is slow."}
    return Part(_SPEED[entry.cost], quick[entry.cost])


def by_content(entry: Entry, task: Task) -> Part:
    narrow = set(entry.content) <= _NARROW
    if entry.content and narrow and not set(entry.content) & set(task.content):
        return Part(_NOT_ITS_KIND, f"It learned from pictures of the kind {' and '.join(entry.content)} only.")
    if not task.content or not entry.content or (set(entry.content) == {"photo"} and "photo" in task.content):
        return Part(0.0)
    own = set(entry.content) & set(task.content)
    if own == {"illustration"} and "photo" in task.content and set(entry.content) <= _DRAWN:
        # A scanned snapshot is read as a photo and as something drawn: what learned from photos loses less of it.
        return Part(_NOT_OF_PHOTOS, f"It learned from pictures of the kind {' and '.join(entry.content)} only.")
    learned, asked = " and ".join(entry.content), " and ".join(task.content)
    if own:
        suits = 0.0
        if task.id in ("super_resolution", "restoration"):
            if len(task.content) > 1 and "anime" in own and set(entry.content) <= _DRAWN:
                suits = _SUITS_IN_PART
            elif set(entry.content) <= set(task.content):
                suits = _SUITS_ONE_KIND
        return Part(_OWN_CONTENT + suits, f"It learned from pictures of the kind {learned}.")
    if any(set(entry.content) & _ALIKE.get(kind, frozenset()) for kind in task.content):
        return Part(_NEAR_CONTENT, f"It learned from pictures of the kind {learned}, which is near to {asked}.")
    return Part(_OTHER_CONTENT, f"It learned from pictures of the kind {learned}, and the question is about {asked}.")


def by_damage(entry: Entry, task: Task) -> Part:
    """Whether an entry met the damage that a question names."""
    met = [damage for damage in task.damage if damage in entry.damage]
    if not task.damage:
        return Part(_DAMAGE_IDLE if entry.damage and task.id == "super_resolution" else 0.0)
    if len(met) == len(task.damage) and (len(entry.damage) > 1 or "jpeg" in met or task.id != "super_resolution"):
        return Part(_DAMAGE_MET, f"It was trained to undo {' and '.join(met)}.")
    if met:
        less = "made by formula" if len(met) == len(task.damage) else "not all that the question names"
        return Part(_DAMAGE_PARTLY, f"It was trained to undo {' and '.join(met)}, {less}.")
    return Part(_DAMAGE_NEW if task.id == "super_resolution" or entry.damage else 0.0)


def by_guessing(entry: Entry, task: Task) -> Part:
    """What it counts for that a network makes up likely detail, where nothing may be invented, letters above all."""
    draws = entry.draws
    if draws == "mean" or not ("fidelity" in task.wish or "text" in task.content):
        return Part(0.0)
    how = "was trained to please a discriminator" if draws == "gan" else "draws its detail by undoing noise"
    cost = (_GUESSES_WHERE_NONE_MAY_BE if "fidelity" in task.wish else _GUESSES)[draws]
    return Part(cost, f"It {how}, so it adds likely detail that was not there.")


# --- words ------------------------------------------------------------------------------------------------------------


_MEANS = tuple(
    (re.compile(said, re.IGNORECASE), meant)
    for said, meant in (
        (
            r"\bfps\b|frame rate|smooth|stutter|judder|choppy|slow(?:ed)?[- ]?(?:mo|down|this|it|the)|ruckel|saccad|"
            r"in-?between|play at \d+|zeitlupe|au ralenti|cámara lenta",
            "frame interpolation",
        ),
        (r"\b(?:mist|smog|hazy|misty|foggy|nebel|dunst|brume|brouillard|niebla|bruma)\w*|안개|霧|雾|霾", "haze hazy"),
        (r"\b(?:drizzle|rainy|raindrop|regen|pluie|pleu\w|lluvia|wet)\w*|빗|비가|비 |雨|水珠", "rain"),
        (r"\b(?:snowy|schnee|neige|flocon|nieve|nevad|copos|snow)\w*|눈송이|눈이|雪", "snow"),
        (
            r"\b(?:outline|cut[- ]?out|contour|freistell\w*|d[eé]tour\w*|recort\w*|background)\b|누끼|切り抜|抠",
            "background main object cut away striking",
        ),
        (
            r"\b(?:vhs|tape|camcorder|footage|upscal\w*|enlarg\w*|sharper|blurry|bigger|4k|hd|1080p|terrible)\b",
            "super-resolution restoration enlarges",
        ),
        (
            r"\b(?:rembrandt|monet|klimt|hokusai|picasso|van gogh|munch|kandinsky|style of|painted by|mosaic)\b",
            "arbitrary style picture painting transfer",
        ),
        (
            r"\biso\b|sensor|\b(?:phone|handy|téléphone|móvil|concert|konzert|concierto)\w*|폰|スマホ|手机",
            "phone sensor noise",
        ),
        (r"\b(?:hairs?|haare?n?|cheveux|pelos?|cabellos?)\b|머리카락|髪|头发|发丝", "hair fine edges"),
        (r"\b(?:road|street|kerb|curb|traffic|sidewalk|straße|rue|calle|carretera)s?\b|도로|거리|道路|街", "street"),
        (r"\b(?:clicks?|tap|klick\w*|cliqu\w*|clic)\b|클릭|クリック|点击", "promptable given point box"),
        (
            r"\b(?:sleeves?|dress(?:es)?|outfits?|garments?|cloth(?:es|ing)|kleid\w*|vêtements?|ropa)\b",
            "clothes dressed",
        ),
        (r"\b(?:nud(?:ity|es?)|nackt\w*|porn\w*|explicit|not safe for|nsfw)\b", "normal safe work"),
        (r"\b(?:japanese (?:cartoon|animation)|anime|manga|ghibli)\b|애니|アニメ|动漫", "anime"),
        (r"\b(?:shak\w*|shook|moved|verwackel\w*|bougée?s?|movid[ao]s?|smear\w*|panning)\b|흔들|ブレ|抖", "motion"),
        (r"\b(?:focus|unfocused|bokeh|mise au point|desenfocad[ao]s?)\b|초점|ピンボケ|ピント|失焦", "defocus focus"),
    )
)
"""Everyday words for what the catalogue calls otherwise."""


def shared_words(question: str, entries: Mapping[str, Entry]) -> dict[str, float]:
    """How much of what a question says each entry's own words say, from 0 to 1 of the best: rare words count more."""
    meant = " ".join(words for said, words in _MEANS if said.search(question))
    return shared_rarity(f"{question} {meant}", {id: _text(entry) for id, entry in entries.items()})


def shared_rarity(question: str, texts: Mapping[str, str], *, least: float = 0.0) -> dict[str, float]:
    """How much of what a question says each text says, from 0 to 1 of the best: rare words count more.

    Args:
        question: its text.
        texts: those that are compared, by id.
        least: the rarity (sum of ln(1 + texts / texts with the word)) that the best must have to count as 1.
    """
    asked = set(_stems(question))
    found_in = {id: asked & _stems_of(text) for id, text in texts.items()}
    stands_in = Counter(stem for found in found_in.values() for stem in found)
    rarity = {stem: math.log(1 + len(texts) / n) for stem, n in stands_in.items() if n < len(texts)}
    scores = {id: sum(rarity.get(stem, 0.0) for stem in found) for id, found in found_in.items()}
    best = max(least, *scores.values()) if scores else 0.0
    return {id: score / best for id, score in scores.items()} if best > 0 else {}


def _text(entry: Entry) -> str:
    return " ".join((entry.id.replace("-", " "), entry.family, entry.about, entry.expects, entry.inputs, entry.outputs))


@lru_cache(maxsize=4096)
def _stems_of(text: str) -> frozenset[str]:
    return frozenset(_stems(text))


def _stems(text: str) -> Iterator[str]:
    yield from (word[:_STEM] for word in _WORD.findall(text.lower()) if word[:_STEM] not in _COMMON_STEMS)
