"""Clauses of a question: what a picture shows is taken out, and whether what stands around some words refuses them.

"No GPU", "the GPU is broken" and "显卡坏了" say the same, and "a photo of my old laptop" says nothing of the machine
that the work is done on. So words for a thing (`limits.toml`) are one matter, and what is said of the thing another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

_PICTURE = (
    r"(?:photos?|photographs?|pictures?|pics?|images?|snapshots?|snaps?|scans?|screenshots?|shots?|drawings?|logos?|"
    r"sketch(?:es)?|posters?|paintings?|wallpapers?|stills?|icons?|sprites?|thumbnails?|"
    r"bild(?:er|es)?|fotos?|aufnahmen?|zeichnung(?:en)?|dessins?|imágen(?:es)?|imagen|dibujos?|capturas?)"
)
_OF = (
    r"(?:(?:is |are |was )?(?:of|showing|shows?|depicts?|depicting)\b|"
    r"(?:(?:zeigt|von|vom|montrant|mostrando|del?)\b|d['’]))"
)
_STOP = (
    r"(?:to|on|with|without|for|using|in|by|at|and|but|or|from|that|which|must|should|needs?|will|can|has to|have to|"
    r"is|are|no|not|auf|mit|ohne|für|und|soll|muss|sur|avec|sans|pour|et|doit|en|con|sin|para|y|debe|que|qui|"
    r"only|offline|open[- ]?sourced?|licen\w+|free|please|"
    r"commercial(?:ly)?(?= (?:use|usage|work|purposes?|licen|project))|cpus?[ -]only|"
    r"enlarge\w*|upscale\w*|bigger|larger|vergrößer\w*|agrandi\w*|ampli\w*|double\w*)"
)
_NAMES = rf"(?:\s?(?!{_STOP}\b|next to\b)[^\s\d,.;:!?()，。、]+){{1,6}}"
_TOLD = (
    r"(?:\s(?:that|who|where|which|with)(?:\s(?!(?:i|we|must|should|needs?|will|can|my|our|is|has)\b)[\w'’-]+){1,5})?"
)
_BESIDE = (
    r"(?:\s(?:next to|beside|behind|in front of|near|under|sitting at|at|holding|carrying|fixing|repairing|using)"
    r"(?:\s(?:a|an|the|his|her|their|its|our|my))?(?:\s(?!" + _STOP + r"\b)[\w'’-]+){1,3})?"
)
"""What is said of the thing that is shown, unless it is about the one who asks or about what must be."""
_TOOL = (
    r"[^、。,，.!?！？\s]{0,6}(?:软件|工具|模型|程序|应用|网络|算法|(?i:app)|ソフト|アプリ|ツール|モデル|プログラム)"
)
"""A tool for pictures, of which what stands before them is said: "离线的图片放大软件"."""
_SHOWN = (
    re.compile(rf"\b{_PICTURE}\s{_OF}(?P<what>{_NAMES}{_BESIDE}{_TOLD})", re.IGNORECASE),
    re.compile(
        r"\b(?:wallpaper|background|screen ?saver|advert|ad)s?\sfor"
        rf"(?P<what>(?! (?:\w+ )*(?:clients?|customers?|company|business|shop|store|firm)){_NAMES})",
        re.IGNORECASE,
    ),
    re.compile(rf"\b{_PICTURE}\s(?:shows?|depicts?|zeigt|montre|muestra)(?P<what>{_NAMES})", re.IGNORECASE),
    re.compile(rf"(?P<what>[^、。,，.!?！？\s]{{1,8}})の(?:写真|画像|絵|イラスト|スクショ)(?!{_TOOL})"),
    re.compile(
        rf"(?P<what>[^，。、,.!?！？\s放用把将要想能在上给我只没无]{{1,8}})的(?:照片|图片|图像|画|截图)(?!{_TOOL})"
    ),
)
_WRITTEN = re.compile(
    r"\b(?:says?|saying|reads?|reading|text|caption|titled?|slogan|words?|lettering|written)\s?:?\s"
    r"(?P<what>[\"“‘'][^\"”’']{1,60}[\"”’'])",
    re.IGNORECASE,
)
"""What is written in a picture is no demand either."""
_JA_VERB = re.compile(r"[をでがはに]")
_BOUNDARY = re.compile(
    r"[;!?:,\n，。、！？；：—–(){}\[\]]|\.(?=\s|$)|\s-\s|\b(?:but|aber|mais|pero|although|though|"
    r"(?:and|und|et|y|or|oder|ou) (?=(?:i|we|it|the|no|not|without|nothing|kein\w*|ohne|nicht|sans|pas|sin)\b))|"
    r"\s(?=(?:nor|noch|ni)\b)",
    re.IGNORECASE,
)
_FIVE_WORDS = re.compile(r"(?:[^\s]+\s+){0,5}[^\s]*$")
_AGREES = re.compile(r" (?:rien|nada|ning[uú]n\w*|aucune?|jamais|nunca)\b", re.IGNORECASE)
_FEW_LETTERS = 14
_LEAST_LETTERS = 8
_FAR = 160


def without_subjects(text: str) -> str:
    """A question with spaces in place of what its pictures show, so that the places of all other words stay."""
    for pattern in (*_SHOWN, _WRITTEN):
        for match in pattern.finditer(text):
            begin, end = match.span("what")
            if pattern is _SHOWN[3] and (verbs := list(_JA_VERB.finditer(text, begin, end))):
                begin = verbs[-1].end()
            text = text[:begin] + " " * (end - begin) + text[end:]
    return text


def around(text: str, start: int, end: int) -> tuple[str, str]:
    """What of its own clause stands before and after the words from `start` to `end`."""
    first, last = max(0, start - _FAR), min(len(text), end + _FAR)
    begins = max((match.end() for match in _BOUNDARY.finditer(text, first, start)), default=first)
    ends = next((match.start() for match in _BOUNDARY.finditer(text, end, last)), last)
    return text[begins:start], text[end:ends]


def without_clauses(text: str, places: Iterable[tuple[int, int]]) -> str:
    """A question with spaces in place of the clauses that hold some words; of the words alone where little is left."""
    whole = list(text)
    bare = list(text)
    for start, end in places:
        before, after = around(text, start, end)
        for at in range(start - len(before), end + len(after)):
            whole[at] = " "
        bare[start:end] = " " * (end - start)
    rest = "".join(whole)
    return rest if sum(map(str.isalpha, rest)) >= _LEAST_LETTERS else "".join(bare)


def refusals(text: str, start: int, end: int, patterns: Mapping[str, re.Pattern[str]]) -> int:
    """How many words of a clause refuse, miss or deny what stands from `start` to `end`: two of them affirm it again.

    Args:
        text: the question.
        start: where the words for the thing begin.
        end: where they end.
        patterns: "denies" (before a thing), "gone" (after it), "spares" (what makes a denial none: "not only"), and
            "denied_by" (after a thing in Chinese, Japanese and Korean).
    """
    before, after = around(text, start, end)
    near = _FIVE_WORDS.search(before)
    found = list(_counting(near.group() if near else before, patterns))
    if found and _AGREES.match(after):  # "nous ne vendons rien" refuses once
        return sum(found)
    found += [1] if patterns["gone"].match(after) or patterns["denied_by"].match(after[:_FEW_LETTERS]) else []
    return sum(found)


def _counting(before: str, patterns: Mapping[str, re.Pattern[str]]) -> Iterator[int]:
    for match in patterns["denies"].finditer(before):
        if not patterns["spares"].match(before[match.end() :]):
            yield 1
