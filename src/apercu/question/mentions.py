"""Which families of models, and kinds of network that stand for several, a text names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from apercu.catalogue import families, transformers
from apercu.question.plain_words import is_plain_word

Mention = tuple[tuple[str, ...], re.Match[str]]
"""The families of a name, and where it stands."""


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


KINDS = {
    "gan": _compiled(
        r"(?<![a-z])gans?(?![a-z])(?!-(?:inversion))|\badversarial(?:ly)?\b|적대적 생성|敵対的生成|对抗生成|生成对抗"
    ),
    "diffusion": _compiled(
        r"(?<![a-z])(?:latent |stable )?dif+us+i?on(?![a-z])|\bdiffusionsmodell\w*|\bdifusión\b|"
        r"디퓨전|확산\s?모델|拡散|扩散"
    ),
}
TRANSFORMERS = _compiled(
    r"\b(?:vision |swin |image )?transformers\b(?! (?:film|movie|toy|robot|comic|poster))|"
    r"\btransformer[- ](?:based|models?|networks?|architectures?|modelle?|netze?)\b|\btransformateurs? de vision\b|"
    r"트랜스포머|トランスフォーマー|变换器|Transformer(?=模型|网络|架构|ベース|モデル|기반|모델)"
)
_DRAWING = ("gan", "diffusion")
_GENERATIVE = _compiled(
    r"\bgenerativ(?:e|es|er|en|o|a|os|as)?\b(?! adversarial)|\bgénérati(?:f|ve)s?\b|"
    r"생성형|생성\s?(?:AI|모델)|生成(?:系|AI|モデル|型|式|模型)"
)
"""Networks that draw what they make up: those trained as a GAN and those of diffusion."""
SHORTEST_NAME = 3
WORDS = frozenset({
    "Bark", "BART", "BLIP", "BTC", "CLIT", "DAT", "DISCO", "FILM", "HAN", "HAT", "LaMa", "LTE", "MAT", "PAN",
    "Parakeet", "Promptist", "RIFE", "SAN", "SPAN", "Thera", "ViT", "Whisper",
})  # fmt: skip
"""Names that are words, too ("hat", "film"): they count as they are written."""
_OTHER_NAMES = {"R-ESRGAN": "Real-ESRGAN", "RealESR": "Real-ESRGAN", "CUGAN": "Real-CUGAN", "waifu2": "waifu2x"}
_DOTS_OF_I = str.maketrans("\u0130\u0131", "ii")
_PART_OF_NAME = re.compile(r"[-\s]|(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Z])|(?<=[A-Z])(?=GAN$)")


def family_mentions(text: str) -> Iterator[Mention]:
    """Families that a text names, and kinds of networks that stand for several, in the order of the text."""
    pattern, by_name = _names()
    taken: list[tuple[re.Match[str], tuple[str, ...]]] = [
        (match, (by_name[_plain(match.group())],))
        for match in pattern.finditer(text)
        if not (match.group() in WORDS and is_plain_word(text, match, _sure_names()))
    ]
    spans = [match.span() for match, _ in taken]
    for kinds, words in ((("gan",), KINDS["gan"]), (("diffusion",), KINDS["diffusion"]), (_DRAWING, _GENERATIVE)):
        names = tuple(family.family for family in families() if family.draws in kinds)
        taken += [
            (match, names)
            for match in words.finditer(text)
            if not any(begin < match.end() and match.start() < end for begin, end in spans)
        ]
    taken += [(match, transformers()) for match in TRANSFORMERS.finditer(text)]
    for match, names in sorted(taken, key=lambda item: item[0].start()):
        yield names, match


@cache
def _names() -> tuple[re.Pattern[str], dict[str, str]]:
    """Names and other names of families as a pattern; a hyphen, a space and nothing are alike between their parts."""
    own = {family.family: family.family for family in families() if len(family.family) >= SHORTEST_NAME}
    by_name = {**_OTHER_NAMES, **own}
    parts = []
    for name in sorted(by_name, key=len, reverse=True):
        part = r"[-\s]?".join(re.escape(part) for part in _PART_OF_NAME.split(name))
        parts.append(part if name in WORDS else f"(?i:{part})")
    letter = r"A-Za-z0-9_\u00c0-\u024f\u0300-\u036f"  # "carné" is no CARN, but "SwinIR은" and "SwinIR的" are SwinIR
    pattern = re.compile(rf"(?<![{letter}-])(?:{'|'.join(parts)})(?!(?!s\b)[{letter}])")
    return pattern, {_plain(name): family for name, family in by_name.items()}


@cache
def _sure_names() -> frozenset[str]:
    """Names as they are looked up, but for those that are words, too."""
    return frozenset(plain for plain, family in _names()[1].items() if family not in WORDS)


def _plain(name: str) -> str:
    """A name as it is looked up; letters that `re.IGNORECASE` takes for ASCII ones become those."""
    return re.sub(r"[-\s]", "", name).translate(_DOTS_OF_I).casefold()
