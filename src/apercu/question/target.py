"""Read an exact size in pixels that the result is to have: "to 1920x1080", "auf 1080x1350 Pixel", "放大到1920×1080"."""

from __future__ import annotations

import re
from dataclasses import dataclass

SIDE_LIMITS = (16, 100_000)
PIXELS = r"[ ]?(?:px|pixels?|pixeln|p[ií]xeles)\b"
TIMES = r"[x×✕✖]"
_BETWEEN = rf"(?:{TIMES}|[ ]{TIMES}[ ]|[ ]by[ ])"
NAMED_HEIGHTS = {
    "full hd": 1080, "full-hd": 1080, "fullhd": 1080, "fhd": 1080, "풀hd": 1080, "풀 hd": 1080, "フルhd": 1080,
    "全高清": 1080, "qhd": 1440, "wqhd": 1440, "4k": 2160, "uhd": 2160, "ultra hd": 2160, "8k": 4320,
    "720p": 720, "1080p": 1080, "1440p": 1440, "2160p": 2160, "4320p": 4320,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A size in pixels: where the words for it begin, and where the numbers stand."""

    height: int
    width: int
    begins: int
    start: int
    end: int


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def pair_of_pixels(number: int) -> str:
    """A size: "1920x1080", "1920 × 1080 px" or "1920 by 1080" as groups w and h; not the start of "1x1x1"."""
    return (
        rf"(?<![\w.])(?P<w{number}>\d{{1,6}})(?:{PIXELS})?{_BETWEEN}"
        rf"(?P<h{number}>\d{{1,6}})(?![\d.]*{TIMES}?\w)(?:{PIXELS})?"
    )


_SIZE_WORDS = r"(?:taille|tamaño|résolution|resolución|formato?|dimensions?|dimensión|dimensiones)"
_WANTED_WORDS = (
    r"une?|una|el|l[ae]|m[oa]n?|mi|est[ae]|cette|que|qu['’](?:il|elle)|il|elle|sea|soit|quede|ait|mida|d['’]une?|"
    r"(?:l['’])?image|photo\w*|logo\w*|fichier|version|versión|sortie|affiche|poster|póster|cartel|imagen|foto\w*|"
    r"archivo|salida|resultado|nuev[ao]|nouvelle|final\w*"
)
"""What may stand between "I want" and "of 800x600": "I want to enlarge a photo of 800x600" says what there is."""
_TARGET = _compiled(
    r"\b(?:to|into|as|be|make (?:it|this|the \w+|my \w+)|need(?: it| this)?|want(?: it| this)?|size(?: of)?|output|"
    r"export(?:ed)? at|=|an?(?= \S+ version)|auf|"
    r"(?:output|final|target|resulting|result|end|new|desired|wanted|required) (?:size|resolution|dimensions?|format)|"
    r"(?:need|want|must|should|make|get|render|output|export|deliver|print)\b[^.;!?\d]{0,40}? (?:at|in)|"
    r"(?:agrand|pass|redimension|export|veux|voudr|faut|besoin|ampl|escal|aument|quier|necesit)\w*[^.;!?\d]{0,40}? "
    rf"(?:à|a|en|vers|hasta)(?: (?:une?|la|el) {_SIZE_WORDS}(?: \w+)? de)?|"
    rf"(?:veux|voudrais|faut|besoin|quiero|quisiera|necesito)(?: (?:{_WANTED_WORDS}|{_SIZE_WORDS})){{1,5}} de"
    rf"(?! (?:\d+ ?[x×] ?\d+)(?:{PIXELS})? (?:más|plus|al|à|a|en|x|\d|agrand|ampli))|"
    r"(?:must|should|has to|needs? to|have to|doit|devra|fasse|tiene que|debe|soll\w*|muss)(?: [^\W\d]+){0,2}|"
    r"(?:ziel|zielgröße|taille finale|tamaño final) (?:ist|sind|est|es|von|de)|"
    r"(?:to|so(?: that)? it|(?:must|should|will|has to|needs to)) (?:completely |exactly )?(?:fills?|fits?|"
    r"covers?|matche?s?) "
    r"(?:my|the|our|an?) (?:[\w-]+ ){0,2}?(?:monitor|screen|display|desktop|tv|wallpaper)(?: of| at| with|,|:)?|"
    r"damit (?:es|sie|er) (?:[\w-]+ ){1,2}(?:bildschirm|monitor|desktop) (?:genau )?(?:füllt|ausfüllt|"
    r"passt)(?: mit|,)?|"
    r"in(?= \d+ ?[x×] ?\d+ (?:px |pixeln? )?(?:ausgeb|speicher|exportier|umrechn)))"
    rf"(?: (?:exactly|about|be|a|an|at|at least|in|of|is|are|der|die|genau|exactement)){{0,2}}"
    rf"\s*:?\s*\(?{pair_of_pixels(1)}"
)
_CJK_PAIR = r"(?<![a-z0-9.])(?P<w{0}>\d{{1,6}})\s?[x×✕*]\s?(?P<h{0}>\d{{1,6}})(?:\s?px)?(?![a-z0-9.])"
_CJK_TARGET = _compiled(
    rf"{_CJK_PAIR.format(1)}\s?(?:크기|사이즈|해상도|サイズ|大|ピクセル|픽셀|像素|の大きさ|px)?"
    r"(?:으로|로|까지|に|へ|まで|が必要|가 필요|이 필요)"
    rf"|(?:到|成|为|至|要)\s?{_CJK_PAIR.format(2)}"
)
_IN_PIXELS = _compiled(rf"{PIXELS}$")
LENGTH = _compiled(r"[\s-]?(?:inch(?:es)?|in(?=[.,;!?)]|$)|cm|mm|zoll|feet|foot|ft|pouces?|pulgadas?|[\"″”])(?![a-z])")
"""What is measured in inches or centimetres is no number of pixels."""
_NAME = (
    r"(?<![A-Za-z0-9.,])(?P<name>full[ -]?hd|fhd|풀 ?hd|フルhd|全高清|w?qhd|ultra hd|uhd|[48]k(?: uhd)?|"
    r"(?:720|1080|1440|2160|4320)p)(?![A-Za-z0-9]|[- ]?(?:monitors?|tvs?|screens?|displays?|projector|camera|kamera|"
    r"bildschirm\w*|fernseh\w*|beamer|écran|télé\w*|pantalla|televis\w*)\b(?! (?:size|resolution|format|quality)))"
)
_TO = r"auf|à|en|vers|jusqu['’]à|hasta"
_NAMED_TARGETS = tuple(
    _compiled(pattern)
    for pattern in (
        rf"\b(?:to|into|in|at|as|{_TO})\s+{_NAME}",
        rf"\b(?:{_TO}|a)\s(?:(?:eine?|une|la)\s)?(?:auflösung|résolution|qualité|resolución|calidad)\s(?:von\s|de\s)?{_NAME}",
        r"\b(?:ampl[ií]\w*|sub[ieaí]\w*|pas[aeo]\w*|llev\w+|conv[ie]\w+|(?:re)?escal\w+|aument\w+|agrand\w+|fotos?|"
        rf"im[aá]gen(?:es)?|captura|fondo)\s+a\s+{_NAME}",
        rf"{_NAME}\s?(?:해상도|크기|사이즈|화질|급)?(?:으로|로|까지)\s?(?:\S{{1,6}}\s){{0,2}}?(?:업스케일|업샘플|확대|키[우워울]|"
        r"늘[리려]|변환|만들|만든|바꾸|바꿔|올[리려]|높[이여]|크게|출력|뽑|해\s?(?:줘|주)|하고 싶|[.!?]?$)",
        rf"{_NAME}\s?(?:解像度|サイズ|画質|相当)?(?:に|へ|まで|で)(?:拡大|アップスケール|アップコンバート|引き|大き|変換|高解像|"
        r"し(?:たい|て)|する(?:に|方)|上げ|出力|[。！？]?$)",
        r"(?:[放扩拓升提变转做拉改增调弄超]|采样)\S{0,4}?[到成至为]\s?" + _NAME,
    )
)
_MADE_SO = _compiled(
    r"(?:\b(?:took|taken|shot|filmed|recorded|captured|scanned|next|compared|close|similar|pris\w*|filmé\w*|tourn\w*|"
    r"enregistr\w*|vidéo|tomad\w*|grab\w*|hech\w*|sacad\w*|vídeo|gedreht|gefilmt|aufgenommen)"
    r"\s(?:[\w'’]+\s){0,2}|拍\S{0,4})$"
)
_SEEN_SO = _compiled(
    r"\b(?:looks?|looked|watch\w*|stream(?:s|ed)?|play(?:s|ed|ing)?|views?|viewed|shown|seen|see|is|are|was|were|has|have|"
    r"got|j['’]ai|est|sont|écran|tengo|est[aá]n?|ve|veo|sieht|schau\w*|läuft|wirk\w*|habe|hat|ist|sind)\s(?:[\w'’]+\s){0,2}$"
)
_WANTED = _compiled(
    r"\b(?:want|wanna|would like|['’]d like|need|make|must|should|so (?:that )?(?:i|it|we)|möchte|will|soll\w*|muss|"
    r"veux|voudrais|doit|quiero|quisiera|debe)\b"
)
_IS_SO = _compiled(
    r"[^.,;!?\d]{0,24}\b(?:gefilmt|gedreht|aufgenommen|fotografiert|geschossen|gescannt|sieht|wirkt|schaue?n?)\b|"
    r"\s?vor(?=\s?(?:[,.;!?]|$|und\b|aber\b))|\s?(?:으?로\s?)?(?:찍|촬영|녹화)"
)
"""Words before or after a name of a size by which it is that of what there is: "shot in 4K", "in 4K gefilmt"."""
_TOWARDS = _compiled(r"(?:to|into|auf|vers|jusqu['’]à|hasta)\b")
_BESIDE = 40
_LARGER_NAME = _compiled(rf"{_NAME}(?:\W+\w+){{0,3}}\W*$")


def target_size(text: str) -> Target | None:
    """The size that a question asks for; one without a word that asks for it is the size of the picture as it is."""
    if (pair := _TARGET.search(text)) and not LENGTH.match(text, pair.end()):
        height, width = int(pair["h1"]), int(pair["w1"])
        if is_size(height, width, low=1 if _IN_PIXELS.search(pair.group()) else SIDE_LIMITS[0]):
            return Target(height, width, pair.start(), pair.start("w1"), pair.end())
    if not text.isascii() and (pair := _CJK_TARGET.search(text)):
        n = 1 if pair["w1"] else 2
        height, width = int(pair[f"h{n}"]), int(pair[f"w{n}"])
        if is_size(height, width):
            return Target(height, width, pair.start(), pair.start(f"w{n}"), pair.end())
    return _named_target(text)


def _is_how_it_is(text: str, begins: int, named: re.Match[str]) -> bool:
    """Whether what stands before a name of a size says that the picture has it: "shot in 4K", not "to see it in 4K"."""
    made = _MADE_SO.search(text, begins, named.start())
    if _TOWARDS.match(named.group()):
        return made is not None and made.group().lower().startswith(("next", "compared", "close", "similar"))
    seen = _SEEN_SO.search(text, begins, named.start())
    return bool(made) or (seen is not None and not _WANTED.search(text, begins, seen.end()))


def _named_target(text: str) -> Target | None:
    """A size that a name stands for, as wide as a screen is: "to 4K", "auf Full HD", "4Kに拡大"."""
    for pattern in _NAMED_TARGETS:
        for named in pattern.finditer(text):
            begins = max(0, named.start() - _BESIDE)
            height = _height_of(named)
            larger = _LARGER_NAME.search(text, begins, named.start())
            if (
                not _is_how_it_is(text, begins, named)
                and not _IS_SO.match(text, named.end("name"))
                and not (larger and _height_of(larger) > height)
            ):
                return Target(height, height * 16 // 9, named.start(), *named.span("name"))
    return None


def _height_of(named: re.Match[str]) -> int:
    return NAMED_HEIGHTS[named["name"].lower().removesuffix(" uhd")]


def is_size(height: int, width: int, *, low: int = SIDE_LIMITS[0]) -> bool:
    """Whether both sides are sides that a picture may have."""
    high = SIDE_LIMITS[1]
    return low <= height <= high and low <= width <= high
