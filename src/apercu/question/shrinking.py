"""Take out what a question says of smaller pictures and of enlarging that is refused: no factor may be read there.

"Shrink it 4x", "from 256 px to 64 px", "do not enlarge it 4x" and "not 3x but 4x" all name amounts by which nothing is
to grow. They are replaced by spaces, so that the places of all other words stay; the first of them is kept, to be said
not to be taken. What was shrunk before ("reduced to 64 px, bring it back") tells how the picture is now: its size
stays, and by how much it was shrunk counts only where that is to be undone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from apercu.question.falling import SIZE, falling
from apercu.question.refusing import (
    AMOUNT,
    CONTRAST,
    CORRECTION,
    DECIDED,
    ENOUGH,
    GROWS,
    NOW,
    REFUSED,
    REFUSED_CJK,
    SAID_AGAIN,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question without what is not wanted, and where the first amount stood that is not.

    `shrinks` says that smaller pictures are asked for or larger ones refused, `refuses` the latter alone, `leads` that
    it does so first of all, and `grows` that larger ones are asked for, too.
    """

    text: str
    passed: tuple[int, int] | None
    shrinks: bool
    grows: bool
    leads: bool
    refuses: bool


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_SHRINKS = (
    r"shrink(?!s)\w*|downscal(?:e|ing)\b|downsiz(?:e|ing)\b|downsampl(?:e|ing)\b|minify|halv(?:e|ing)\b|reduc(?:e|ing)\b|"
    r"(?:scal|siz|resiz)(?:e|ing)\s(?:(?:it|this|that|them|the|my|our|an?|photo|picture|image|icon|logo|\w+'s)\s){0,4}?down\b|zoom(?:ing)?\s(?:[\w']+\s){0,2}?out\b|"
    r"as small\b|smaller(?!\sthan\s(?:i|we|it|is|need|requ|nec|the (?:print|poster|frame|other)))|"
    r"half (?:the |its |my |of (?:the |its )?)(?:\w+\s)?(?:size|width|dimensions)|"
    r"half as (?:large|big|wide|tall)(?! again)|half[ -]size\b|"
    r"(?:a|one) (?:quarter|third|fifth|tenth) (?:of )?(?:its|the) (?:\w+ )?size\b|"
    r"halb so groß|halbier\w*|auf die hälfte|"
    r"moitié moins grand\w*|fois moins grand\w*|"
    r"a la mitad|la mitad del tamaño|到一半|一半大小|半分(?:に(?!も)|のサイズ|の大きさ)|절반으로|반으로|절반 크기|"
    r"verkleiner(?:e|n|ung)\b|kleiner\b(?! als (?:nötig|ich|es))|runterskal\w*|herunterskal\w*|"
    r"rédui(?:s|re|sez|sons|ction)\b|rétréci\w*|rapetiss\w*|plus petite?s?\b(?! que (?:néc|ce))|"
    r"reduc(?:ir|irl[ao]|el[ao]|ción)\b|redúcel[ao]s?\b|reduzca\w*|achi(?:ca|que|car)\w*|encog\w+|"
    r"más (?:pequeñ\w+|chic[ao]s?)(?! de lo)|"
    r"缩[到成]|缩小(?![了过後后的])|縮小(?!版|画像|され|した|済)|变小|小さく(?:し|す)|"
    r"축소(?!된|했|됐|되어|판)|줄여|줄이(?=[고면는기려자세지])|작게 (?:만|해|하)"
)
_SHRUNK = (
    r"shrank|shrunk\w*|shrinks|downscaled|downsized|downsampled|reduced|scaled down|sized down|"
    r"verkleinert\w*|réduite?s?\b|reducid\w+|reduj\w+|achicad\w+|encogid\w+|缩小[了过後后的]|縮小(?:版|画像|され|した|済)|"
    r"축소(?:된|했|됐|되어|판)|줄(?:였|어|인)"
)
_HITS = _compiled(
    rf"(?:(?<!\w)|(?<=[\u3040-\u9fff\uac00-\ud7af]))(?:(?P<shrinks>{_SHRINKS})|(?P<shrunk>{_SHRUNK})|(?P<grows>{GROWS}))"
)
_AMOUNTS = _compiled(AMOUNT)
_BOUNDARY = _compiled(
    r"[;!?\n，。、；！？:()]|[.,](?=\s|$)|\s[-–—]\s|\b(?:but|then|so|that|which|while|aber|sondern|dann|mais|puis|pero|sino|"
    r"luego)\b|但|然后|再|다음|하지만"
)
_BEFORE = _compiled(
    rf"(?:{AMOUNT})(?:\s?(?:as|much|um das|auf das|로|으로|만큼|に|だけ|by|the|to be|so|어치|정도|ほど))?\s?$"
)
_DENIED = _compiled(
    r"(?:\b(?:not|don['’]?t|never|without|no|nor|isn['’]t|nicht|ohne|ne|sans|sin|undo\w*|revers\w*|rückgängig|annul\w*|deshacer)"
    r"\s(?:[\w'’]+\s){0,3}|\b[nl]['’]|不要|别|別|勿|不)$"
)
_DENIED_AFTER = _compiled(
    r"(?:[\w'’]*\s){0,4}?(?:nicht\b(?!\snur)|pas\b)"
    r"|[^\s,.]{0,3}\s?(?:지 ?(?:마|말|않)|말고|しない|せず|するな|ないで|ずに)"
)
_IS = _compiled(
    r"\b(?:is|are|was|were|came|got|turned|became|become|arrived|been|has|had|gets?|looks?|'s|ist|sind|war|wurde|est|sont|"
    r"était|es|son|está|era)\s(?:[\w'’.]+\s){0,3}$"
)
_TO_BE = _compiled(
    r"\b(?:want\w*|needs?|like|have|must|should|shall|can|could|make|made|get|to|soll\w*|muss|doit|debe|quiero|mach\w*|kann\w*|möchte|rend\w*(?:-l[ae]s?)?|fais|ha[zg]\w*)\s"
    r"(?:[\w'’]+\s){0,4}$"
)
_OTHER_THING = _compiled(
    r"nois|grain|blur|artifact|artefact|jpeg|bruit|flou|grano|ruido|rausch|unschärf|haze|dust|scratch|highlight|contrast|"
    r"saturation|quality|ringing|glare|shadow|reflect|wrinkle|moir|number of|"
    r"노이즈|잡음|입자|흐림|흔들림|흠집|빗줄기|얼룩|주름|반사|그림자|"
    r"용량|ノイズ|ブレ|傷|シワ|噪|粒|\b(?:risk|cost|price|time\b|memory|ram|colou?rs|bags|network|model)"
)
_ANOTHER_MATTER = _compiled(
    rf"{_OTHER_THING.pattern}|\b(?:by hand|myself|manually|in photoshop|von hand|selbst|à la main|a mano)\b"
)
"""What is not to grow is no picture, or it is not to be done in that way: "without increasing the noise"."""
_UNDO = _compiled(
    r"\b(?:restor\w*|back|again|undo\w*|revers\w*|revert\w*|original\w*|before|as it was|wieder|zurück\w*|ursprüngl\w*|"
    r"rückgängig|alte größe|davor|à nouveau|d['’]origine|(?:rends|rendre)(?=[- ](?:lui|leur|sa|son|ses)\b)|remets|"
    r"première|de nuevo|otra vez|devuel\w*|recuper\w*)\b|"
    r"元に|元の|戻|再び|원래|다시|복원|돌려|되돌|恢复|还原|回去|原来(?!的[一二三四五六七八九十百]+分)|原大"
)
_TO_PAIR = _compiled(r"(?:\s(?:down|it|them))?\s(?P<to>to|auf|à|a)\s(?=\d+\s?[x×]\s?\d)")
_BOUND = _compiled(r"\s?(?:(?:down|by|to|it|them|about|auf|um|à|de|d'|en|a|con|full|some)\s?)*")
"""What may stand between "shrunk" and the amount that belongs to it: "reduced image 3x" names another one."""
_FROM = _compiled(rf"\b(?:from|von|de|desde)\s+{SIZE.format(1)}")
_ORDER = _compiled(
    r"\W*(?:\b(?:please|just|can|could|would|you|i|we|to|want|need|would|like|have|must|i['’]d|how|do|should|my|the|this|these|an?|it|"
    r"them|that|(?:make|scale|resize|bring|set|get)|down|so|photos?|pictures?|images?|icons?|logos?|files?|drawings?|scans?|"
    r"bitte|wie|kann|kannst|könnt\w*|ich|man|du|möchte|will|muss|mach\w*|mir|das|die|den|es|sie|ein|mein\w*|dies\w*|bild\w*|fotos?|"
    r"s['’]il (?:te|vous) plaît|comment|puis-je|je|veux|voudrais|faut|peux-tu|rend\w*|(?:rends|rendez)-l[ae]s?"
    r"|l[ae]|l['’]|les|une?|"
    r"cette|cet?|ma|mon|mes|por favor|cómo|como|puedo|quiero|necesito|hacer|ha[zg]l[ao]s?|haz|el|est[ae]"
    r"|imágen\w*|imagen)\b\W*"
    r"|[请請]|怎么|如何|[把将](?:照片|图片|这张图|图像))*"
)
"""What may stand before an order to shrink: polite words, "how do I", the picture itself."""
_TOO_BIG = _compiled(
    r"\b(?:(?:(?:is|are|'s|looks?|it['’]s) (?:(?:still|just|really|so|way|far|much) )?(?:too|very|so|quite"
    r"|huge\b|enormous\b|gigantic\b)|(?:way|far|much) too)"
    r"(?: (?:big|large|huge|heavy|wide|tall))?\b|zu (?:groß|gross|riesig|schwer|breit|hoch)\b|riesig\b"
    r"|trop (?:grand|gros|lourd|large)\w*|(?:demasiado|muy) (?:grand|pesad)\w*)"
    r"|너무 (?:커|크|큽|큰)|大きすぎ|太大|过大|太占"
)
_TOO_LARGE_FOR = _compiled(
    r"\b(?:photos?|pictures?|images?|pics?|files?|scans?|screenshots?|jpe?gs?|bild\w*|fotos?|datei\w*|"
    r"fichier|imagen|imágenes|archivos?)\s(?:(?:is|are|ist|sind|est|sont|es|son|still|just|way|far|much|viel|noch|leider|"
    r"beaucoup|bien)\s){0,3}(?:too (?:big|large|heavy|huge)|zu (?:groß|gross|schwer)|trop (?:grand|gros|lourd)\w*|"
    r"demasiado (?:grande|pesad)\w*)\s(?:for|to|für|um|zum|zur|pour|para)\b(?!\s(?:ich|mich|that|me to (?:print|"
    r"read|see))\b)"
    r"(?![^.;!?]{0,20}\b(?:gpu|vram|memory|ram|graphics|grafik\w*|speicher|mémoire|memoria|model\w*)\b)"
    r"|(?:사진|이미지|파일)\S{0,3}\s(?:너무 )?(?:커서|크다고)|(?:写真|画像|ファイル)が大きすぎて|(?:照片|图片|文件)太大"
)
_SMALL_FILE = _compiled(
    r"(?:\b(?:under|below|max\w*|at most|less than|smaller than|to|unter|höchstens|auf|moins de|sous|à|a|menos de|bajo|"
    r"máximo)\.?\s|压缩?[到成至]|控制在|压到)(?:\d{1,4}\s?(?:kb|ko|kilobytes?|k(?=以)|кб)|[0-5](?:[.,]\d+)?\s?(?:mb|mo|megabytes?))"
    r"(?![a-z])|\d{1,4}\s?(?:kb|mb)(?:\s?이하|\s?以[下内])"
)
_FINER = _compiled(
    r"resolution|quality|résolution|qualité|resoluci|calidad|auflösung|qualität|해상도|화질|解像度|画質|分辨率|画质|清晰"
)
_PRINTED = _compiled(r"\bprint\w*|poster|\bA[0-5]\b|druck\w*|imprim\w*|\bcm\b|dpi|인쇄|印刷|打印")
_LAST = _compiled(
    r"(?<=[\u3040-\u9fff\uac00-\ud7af])(?:(?:[して下さいくだ주세요해줘라니다으로吧]|\s){0,8}[.!?。！？]?"
    r"|(?:する|し)?(?:に|方法|たい|やり方)[^。.!！\n]{0,16}[.!?。！？]?|一[半倍][.。！]?)"
)
"""What may stand after an order in languages whose verbs come last."""
_ADJECTIVES = ("smaller", "kleiner", "plus petit", "más peq", "half size", "half-size")
_AND = _compiled(r"\s(?:and|und|et|y)(?=\s)")
_AND_KO = _compiled(r"(?:고|(?<=말고))\s")
"""Joins what is wanted instead: "확대하지 말고 노이즈만 제거해 줘"."""
_NEAR = 60


def what_is_wanted(text: str, *, undo: bool = False) -> Wanted:
    """A question without the amounts of shrinking and of enlarging that is refused.

    Args:
        text: the question, its numbers in digits.
        undo: whether shrinking that was done before is left in: by as much the picture may have to grow again.
    """
    words = _Words(
        text,
        list(_HITS.finditer(text)),
        [match.span() for match in _AMOUNTS.finditer(text)],
        [match.start() for match in _BOUNDARY.finditer(text)],
        [match.span() for match in _AND.finditer(text)],
    )
    spans, shrinks = _shrinking(words, undo=undo)
    refused = list(dict.fromkeys(_refused(words)))
    fallen = [] if undo else [match.span() for match in falling(text)]
    gone = bytearray(len(text) + 1)
    for start, end in (*spans, *refused, *fallen):
        gone[start:end] = b"\1" * (end - start)
    passed = min([*fallen, *(amount for amount in words.amounts if gone[amount[0]])], default=None)
    grows = any(hit["grows"] and not gone[hit.start()] and _is_wanted(text, hit) for hit in words.hits)
    leads = any(_leads(text, start, end) for start, end in (*spans, *refused))
    if not undo and not any(hit["grows"] for hit in words.hits) and _is_too_large(text):
        shrinks = leads = True
    rest = "".join(" " if gone[i] and c not in ".,;!?，。、" else c for i, c in enumerate(text)) if any(gone) else text
    return Wanted(rest, passed, shrinks or bool(refused or fallen), grows, leads, bool(refused))


def _leads(text: str, start: int, end: int) -> bool:
    """Whether nothing but an order stands before it, or beside it only that something is too big."""
    begins = _begin_of_clause(text, start)
    if _ORDER.fullmatch(text, 0, start) or _LAST.fullmatch(text, end):
        return True
    return bool(_TOO_BIG.search(text, max(0, begins - 3 * _NEAR), begins) and _ORDER.fullmatch(text, begins, start))


def _is_too_large(text: str) -> bool:
    """Whether a picture is too large for where it is to go, or its file is to be a small one."""
    small = _SMALL_FILE.search(text) and not _PRINTED.search(text) and not _FINER.search(text)
    return bool(_TOO_LARGE_FOR.search(text) or small)


def wants_undoing(text: str) -> bool:
    """Whether something is to become again as it was."""
    return _UNDO.search(text) is not None


@dataclass(frozen=True, slots=True)
class _Words:
    """A text, the words for smaller and larger in it, the places of amounts, of the ends of clauses and of "and"."""

    text: str
    hits: list[re.Match[str]]
    amounts: list[tuple[int, int]]
    boundaries: list[int]
    ands: list[tuple[int, int]]

    def end_of_clause(self, at: int) -> int:
        place = bisect_left(self.boundaries, at)
        return self.boundaries[place] if place < len(self.boundaries) else len(self.text)

    def joined(self, at: int, end: int) -> int:
        """Where the first "and" of `at` to `end` stands, or `end`."""
        place = bisect_left(self.ands, (at, at))
        return self.ands[place][0] if place < len(self.ands) and self.ands[place][1] < end else end


def _shrinking(words: _Words, *, undo: bool) -> tuple[list[tuple[int, int]], bool]:
    """Where words for smaller stand with what belongs to them, and whether a picture is to become smaller."""
    text, asked = words.text, False
    spans: list[tuple[int, int]] = []
    grows = len(text)
    for hit in reversed(words.hits):
        if hit["grows"]:
            grows = hit.start()
        if hit["grows"] or _is_refused(text, hit):
            continue
        begins = _begin_of_clause(text, hit.start())
        before = text[begins : hit.start()]
        ends = min(grows, words.end_of_clause(hit.end()))
        amount = _BEFORE.search(text, max(begins, hit.start() - _NEAR), hit.start())
        if _OTHER_THING.search(
            text, max(begins, hit.start() - 10), min(words.end_of_clause(hit.end()), hit.end() + 30)
        ):
            continue  # "reduce the noise and make it 4x bigger"
        if hit.group().lower().startswith(_ADJECTIVES) and not amount and not _TO_BE.search(before):
            continue  # "smaller icons look bad"
        ends = words.joined(hit.end(), ends)
        start = amount.start() if amount else hit.start()
        if (hit["shrunk"] or _IS.search(before)) and not _TO_BE.search(before):
            spans += _done(words, hit, start, ends, undo=undo)
            continue
        asked = True
        alone = hit.group().lower().startswith(_ADJECTIVES) and not text.startswith((" by ", " um ", " de "), hit.end())
        spans.append((start, hit.end() if alone else ends))
    return spans, asked


def _done(words: _Words, hit: re.Match[str], start: int, end: int, *, undo: bool) -> Iterator[tuple[int, int]]:
    """By how much something was shrunk before, and from what: to what it was shrunk stays, for it is so now."""
    text = words.text
    if target := _TO_PAIR.match(text, hit.end(), end):
        yield target.span("to")  # "reduced to 64x64" asks for no size
    if undo:
        return
    if start < hit.start():
        yield start, hit.end()
    active = hit.group().lower() in ("shrank", "shrinks")
    reach = min(end, hit.end() + _NEAR)
    for pattern in (_AMOUNTS, _FROM):
        for match in pattern.finditer(text, hit.end(), reach):
            if active or _BOUND.fullmatch(text, hit.end(), match.start()):
                yield match.span()


def _refused(words: _Words) -> Iterator[tuple[int, int]]:
    text = words.text
    for pattern in REFUSED:
        for match in pattern.finditer(text):
            ends = words.end_of_clause(match.end())
            if not _ANOTHER_MATTER.search(text, match.end(), min(ends, match.end() + _NEAR // 2)):
                yield match.start(), ends
    for match in REFUSED_CJK.finditer(text):
        if _OTHER_THING.search(text, max(0, match.start() - 8), match.start()):
            continue
        ends = words.end_of_clause(match.end())
        if (joined := _AND_KO.match(text, match.end())) and not _AMOUNTS.search(text, joined.end(), ends):
            ends = joined.end()
        another = any(hit["grows"] for hit in _HITS.finditer(text, match.end(), min(ends, match.end() + _NEAR)))
        yield _begin_of_clause(text, match.start()), match.end() if another else ends
    for match in CONTRAST.finditer(text):
        yield match.span()
    yield from _taken_back(text)


def _taken_back(text: str) -> Iterator[tuple[int, int]]:
    """Amounts before one that replaces them: "2x, no wait, 3x", "10x would be a dream, 2x is enough"."""
    for pattern in (CORRECTION, DECIDED, NOW, ENOUGH):
        for match in pattern.finditer(text):
            first = max(0, match.start() - 3 * _NEAR)
            yield from (amount.span() for amount in _AMOUNTS.finditer(text, first, match.start()))
    for match in SAID_AGAIN.finditer(text):
        yield max(0, match.start() - 3 * _NEAR), match.start()


def _is_refused(text: str, hit: re.Match[str]) -> bool:
    before = text[_begin_of_clause(text, hit.start()) : hit.start()]
    return bool(_DENIED.search(before) or _DENIED_AFTER.match(text, hit.end()))


def _is_wanted(text: str, hit: re.Match[str]) -> bool:
    """Whether it is to grow; "this enlarged photo" tells what was done."""
    if not re.fullmatch(
        r"(?:enlarg|upscal|upsampl|magnifi)ed|vergrößert\w+|agrandie?s?|ampliad\w+", hit.group().lower()
    ):
        return True
    return _TO_BE.search(text, max(0, hit.start() - _NEAR), hit.start()) is not None


def _begin_of_clause(text: str, at: int) -> int:
    first = max(0, at - 160)
    return max((match.end() for match in _BOUNDARY.finditer(text, first, at)), default=first)
