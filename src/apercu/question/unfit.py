"""Find what a question asks for that is no task here, though its words are those of one.

"Blur the faces", "add film grain" and "turn it black and white" undo what a task does, cropping, collages, borders and
vectors are none, contrast that is to rise by 20 % is no size, and "triple my followers" multiplies no picture. Only
orders count: "a cropped photo" tells how it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apercu.question.refusing import AMOUNT


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ORDER = (
    r"(?:^\W*|[.!?;,:]\s+|\b(?:please|then|and|to|can you|could you|how (?:do|can|could|should) (?:i|we|you)|let['’]s|"
    r"bitte|kannst du|peux-tu|puedes|quiero)\s)"
)
"""An order begins a clause, or follows polite words."""
_WORD = r"[\w'’&-]+\s"
_DET = r"(?:my|the|this|that|these|those|all|every|our|his|her|their|a|an|some|it|them)"
_THING = (
    r"(?:faces?|backgrounds?|plates?|people|persons?|passers-?by|rest|everything|names?|numbers?|eyes|children|kids|"
    r"strangers?|address\w*|logos?|surroundings)"
)
_ADDED = (
    r"(?:(?:film\s)?grain|noise|motion blur|blur|bokeh|vignett\w*|watermarks?)\b"
    r"(?![- ]?(?:reduc|remov|correct|fix|filter|away|clean|suppress|reject|repair|free))"
)
_NO_LINK = rf"(?:(?!and\b|to\b|remove|reduce|without|colou?r|detail|less\b|no\b){_WORD})"
_BLACK = r"(?:black[- ]?(?:and|&|n)[- ]?white|b\s?[&/]\s?w|monochrome|gr[ae]yscale)"
_GREY = r"schwarz[- /]?(?:und[- ])?(?:weiß|weiss)"
_NOUN = r"(?:photo|picture|image|scan|print|film|negative|portrait|drawing|logo|shot|bild|foto)"
_TAIL = (
    r"(?:\s(?!(?:and|und|et|y|e|then|dann|puis|luego|so|damit|before|after|for|to|pour|para|um|i|ich|je)\b)"
    r"[^\s.;!?,]+){0,6}"
)
"""What belongs to an order, up to the next one."""
_REST = r"(?:\s(?!and\b|then\b|so\b|at\b|before\b|after\b)[^\s.;!?,]+){0,8}"
_OPPOSITE = tuple(
    _compiled(pattern)
    for pattern in (
        rf"{_ORDER}(?:add|apply|put|insert|simulate|overlay)\w*\s{_NO_LINK}{{0,5}}?{_ADDED}",
        rf"{_ORDER}watermark\s{_DET}\b",
        rf"{_ORDER}(?:blur|pixelate|anonymi[sz]e)\s(?:out\s)?(?:{_DET}\s)?(?:{_WORD}){{0,2}}?{_THING}\b",
        r"\b(?:füge?n?|setze?n?)\s(?:[\w-]+\s){0,5}?(?:film)?(?:korn|rauschen|wasserzeichen|unschärfe)\s(?:[\w-]+\s){0,4}?"
        r"(?:hinzu|ein|ins?|auf|darüber)",
        r"\b(?:filmkorn|korn|rauschen|wasserzeichen)\s(?:[\w-]+\s){0,3}?(?:hinzufügen|einfügen|draufsetzen)",
        r"\b(?:hintergrund|gesicht\w*|kennzeichen|personen|leute)\s(?:[\w-]+\s){0,3}?"
        r"(?:unscharf|verschwommen)\s(?:machen|zeichnen|stellen)|\bverpixel[en]+\b|\bweichzeichnen\b",
        r"\b(?:ajout\w+|mett\w+|mets|rajout\w+)\s(?:[\w'’-]+\s){0,3}?(?:du|un|de|le)?\s?(?:filigrane|grain|bruit|flou)\b",
        r"\b(?:flouter|floute|floutez|pixelliser?|pixellisez)\b",
        r"\b(?:añad\w+|agreg\w+|pon|poner|ponle|ponga)\s(?:[\w-]+\s){0,3}?(?:marcas? de agua|grano|ruido|desenfoque)\b",
        r"\b(?:desenfocar?|difuminar?|pixelar?)\s(?:el|la|los|las|mis?|tod[ao]s)\b",
        r"(?:워터마크|그레인|필름 입자|노이즈)[를을]?\s?(?:좀 )?(?:넣|추가|입히|입혀|더하|더해)",
        r"(?:배경|얼굴|번호판)\S{0,2}\s(?:흐리게|블러)\s?(?:하|해|처리|만들)|모자이크\s?(?:처리|를?\s?넣|를?\s?씌)(?!된|되|가)",
        r"(?:透かし|ウォーターマーク|粒子|グレイン|フィルムノイズ)を?(?:入れ|追加|加え|付け|つけ|足し)",
        r"(?:背景|顔|ナンバー\w*|文字)[をだけ]{0,3}ぼか[しす](?!た)|モザイクを(?:か|入|付)",
        r"(?:加|添加|打)(?:上|点|一点|一个|个|些)?(?:胶片)?(?:水印|颗粒|噪点|马赛克)|虚化(?!的)|打码",
    )
)
_COLOURLESS = tuple(
    _compiled(pattern)
    for pattern in (
        rf"\b(?:convert|turn|chang|transform|switch)\w*\s(?:{_WORD}){{0,6}}?(?:to|into|in)\s{_BLACK}"
        rf"(?!\s(?:\w+\s)?{_NOUN})",
        rf"\b(?:make|turn)\s(?:it|this|that|these|them|{_DET}\s(?:{_WORD}){{0,2}}?{_NOUN}s?)\s(?:in(?:to)?\s)?{_BLACK}"
        rf"(?!\s(?:\w+\s)?{_NOUN})",
        rf"\b(?:wandl?e?|verwand\w+|konvertier\w*|mach\w*|umwandeln)\s(?:(?!von\b)[\w-]+\s){{0,6}}?(?:in|zu|ein|einem)\s{_GREY}"
        r"(?:bild|foto|aufnahme)?(?=\s*(?:um\b|umwandeln|machen|[.!?,]|$))",
        r"\b(?:convert|transform|pass|met)\w*\s(?:[\w'’-]+\s){0,6}?en noir et blanc(?=\s*(?:[.!?,]|$))",
        r"\b(?:convi|conver|pas|cambi|pon)\w*\s(?:[\w-]+\s){0,6}?[ae]n?\sblanco y negro(?=\s*(?:[.!?,]|$))",
        rf"{_ORDER}(?:gr[ae]yscale|desaturate)\s{_DET}\b(?!\s\w+\s(?:is|was)\b)",
        r"흑백으로\s?(?:바꿔|바꾸|변환|만들|전환)",
        r"(?:白黒|モノクロ)に(?:し|変換|変え)",
        r"(?:变成|转成|转为|转换成|改成|做成|变为)黑白(?!照|图|相)",
    )
)
_IN_COLOUR = _compiled(
    r"\b(?:in|into|full|to)\s(?:full\s|true\s)?colou?r|colou?ri[sz]|colou?rful|in farbe|farbig|bunt|kolorier"
    r"|en couleurs?\b|"
    r"colori[es]|colorea|컬러로|색을|カラーに|カラー化|彩色|上色|着色"
)
_TONE = r"(?:contrast\w*|saturation|vibrance|kontrast\w*|sättigung|farbsättigung|saturación)"
_LIGHT = r"(?:brightness|exposure|sharpness|helligkeit|luminosité|exposition|brillo|nitidez)"
_OF_IT = r"(?:\s(?:of|in|on|von|vom|des|der|de|du|del|la)(?:\s[^\W\d]+){1,3}?)?"
_MANY = r"(?:twice|thrice|doubl\w*|tripl\w*|verdopp\w*|verdreifach\w*|dupli\w*)"
_UP = r"(?:提高|提升|增加|增强|调高)"
_NO_GROWTH = r"(?!\s?(?:larger|bigger|upscal\w*|enlarg\w*|zoom\w*|größer|vergrößer\w*|hochskal\w*|agrand\w*|ampli\w*))"
_QUALIFIED = "".join(
    rf"(?<!\b{word} )"
    for word in ("and", "and the", "und", "with", "at", "high", "low", "good", "best", "max", "maximum", "same", "more")
)
"""Before what a picture has and keeps, or what grows together with its size: "at maximum sharpness by 3x"."""


def _toned(tone: str, far: str) -> tuple[re.Pattern[str], ...]:
    """By how much contrast or light is to rise, in the words of four languages and in those of three others."""
    return (
        _compiled(
            rf"\b(?:increas|rais|boost|enhanc|improv|adjust|turn up|pump|erhöh|steiger|augment|aument|sub[ie])\w*\s"
            rf"(?:(?!and\b|und\b|et\b|y\b){_WORD}){{0,3}}?{tone}{_OF_IT}\s?(?:by|um|auf|to|de|d['’]|en|un)?\s?{AMOUNT}"
            rf"{_NO_GROWTH}"
        ),
        _compiled(
            rf"\b{_QUALIFIED}{tone}{_OF_IT}\s(?:um|auf|by|de|un)\s{AMOUNT}{_NO_GROWTH}"
            r"(?:\s(?:erhöhen|steigern|anheben|up|higher))?"
        ),
        _compiled(rf"{AMOUNT}\s(?:more|mehr|plus de|de plus de|más|más de|the)\s{tone}\b"),
        _compiled(rf"\b{_MANY}\s(?:(?:the|le|la|el|den|die|my|its)\s){{0,2}}{tone}\b{_OF_IT}"),
        _compiled(rf"(?:{far}{_UP}|{_UP}{far})[了到]?\s?{AMOUNT}"),
        _compiled(rf"{far}[을를がをは]?\s?{AMOUNT}\s?(?:만큼|정도|ほど)?\s?(?:높|올[리려]|늘|上げ|アップ)"),
    )


_CONTRAST = _toned(_TONE, r"(?:对比度|饱和度|대비|채도|コントラスト|彩度)")
TONED = (*_CONTRAST, *_toned(_LIGHT, r"(?:亮度|明るさ|밝기)"))
_ON_IT = tuple(
    _compiled(pattern)
    for pattern in (
        rf"{_ORDER}(?!(?:give|write)\w*\s(?:{_WORD}){{0,3}}?captions?\b)(?:add|put|draw|place|give|write)\w*\s"
        rf"(?:(?!and\b|to\b|in\b|with\b|on\b|the\b(?!\s{_NOUN}))(?!(?:my|this|these|those)\sstickers?\b){_WORD}){{0,4}}?"
        r"(?:borders?|(?:an?|the)\s(?:\w+\s)?picture frame|frame around|a caption|a text|some text|a title|stickers?|"
        r"speech bubbles?|date stamp)(?=\W|$)"
        r"(?!(?:\s\S+){0,6}?\s(?:resolution|pixels?|larger|bigger|enlarg\w*|\d[\d.]*\s?(?:x|times)\b))"
        r"(?:\s(?!and\b|then\b|so\b|after\b|before\b)[^\s;!?,]+){0,8}",
        rf"{_ORDER}(?:add|put|place|write)\w*\s(?:an?\s|some\s|my\s|the\s)?text\s(?:on|over|onto|under)\b"
        r"(?:\s(?!and\b|then\b|so\b|after\b|before\b)[^\s;!?,]+){0,8}",
        r"\b(?:einen?|weißen|schwarzen)\s(?:[\w-]+\s){0,2}?(?:rahmen|rand)\s(?:[\w-]+\s){0,4}?(?:hinzu\w*|einfügen|ergänzen)",
        rf"\b(?:ajout\w+|mett\w+|rajout\w+)\s(?:un|une)\s(?:cadre|bordure|légende|texte|titre)\b{_TAIL}",
        rf"\b(?:añad\w+|agreg\w+|pon|poner|ponle)\s(?:un|una)\s(?:marco|borde|texto|título)\b{_TAIL}",
        r"(?:테두리|액자|글씨|텍스트)[를을]?\s?(?:넣|추가|씌우|두르)",
        r"(?:枠|フレーム|縁|文字|テキスト)を(?:付け|つけ|入れ|追加)",
        r"(?:加|添加)(?:上|一?个)?(?:白色|黑色)?(?:边框|相框|文字|字幕)",
        rf"(?:{_ORDER}|\bto\s)(?:stitch|merg|build|combin|join|assembl|blend)\w*\s(?:{_WORD}){{0,6}}?"
        r"panorama\w*\b(?:\s(?:from|out of|of|with)(?:\s(?!and\b|then\b)\S+){1,4})?",
        rf"(?:{_ORDER}|\bto\s)(?:make|creat)\w*\s(?:(?!bigger|larg|big|print|version|high|my|the|that|this|your|our){_WORD}){{0,4}}?panoramas?"
        r"(?:\s(?:from|out of|with|using)(?:\s(?!and\b|then\b)\S+){1,4}|(?=\W*$))",
        r"^\W*panoram\w*\s(?:from|out of|aus|à partir de|de|con)\s(?:\w+\s){0,2}?(?:shots?|photos?|pictures?|"
        r"images?|bilder\w*|"
        r"fotos|aufnahmen|imágenes)\b",
        r"\bpanorama\s(?:aus|von)\s(?:[\w-]+\s){1,3}?(?:erstellen|machen|zusammen\w+)|\b(?:zu einem|"
        r"ein) panorama\s(?:[\w-]+\s){0,4}?"
        r"(?:zusammen\w+|erstellen|machen)",
        rf"\b(?:créer|faire|assembler)\s(?:[\w'’-]+\s){{0,4}}?(?<!mon )panorama\b(?!\splus){_TAIL}|"
        rf"\b(?:crear|hacer|unir)\s(?:[\w-]+\s){{0,4}}?(?<!mi )panorámica\b(?!\smás){_TAIL}",
        r"파노라마(?:를|로)?\s?(?:만들|합치|합성)|パノラマ(?:を作|に(?:し|合成)|合成|写真を作)|[拼合]成(?:一张)?全景",
    )
)
"""What is put on a picture or around it, and pictures that are joined."""
_ALBUM = (
    r"(?:collage|slide ?show|photo ?book|photo album)s?\b(?!\s(?:pages?|photos?|pictures?|images?|captions?|covers?|"
    r"larger|bigger|sharper|less|\d))"
)
_SHAPED = tuple(
    _compiled(pattern)
    for pattern in (
        rf"{_ORDER}(?:crop|trim|rotate|flip|straighten)\s(?:{_DET}\s(?:(?!and\b|then\b){_WORD}){{0,2}}?)?(?:{_NOUN}s?|it|them)\b{_REST}",
        rf"{_ORDER}(?:make|create|build|assemble)\s(?:(?:me|us)\s)?(?:an?|some)\s(?:{_WORD}){{0,3}}?{_ALBUM}",
        rf"{_ORDER}(?:turn|arrange|put)\s(?:(?!and\b|to\b){_WORD}){{0,6}}?(?:into|in|as|to)\s(?:an?|some)\s(?:{_WORD}){{0,2}}?{_ALBUM}"
        r"(?=\W*$)",
        rf"{_ORDER}vectori[sz]\w*\b{_REST}|\b(?:convert|turn|export)\w*\s(?:{_WORD}){{0,6}}?(?:in)?to\s"
        r"(?:an?\s)?(?:vector|svg)\b(?:\s(?:file|format|graphic|image))?",
        r"\bschneide\s(?:[\w:-]+\s){1,6}?zu\b(?!\s\w)|\bzuschneiden\b|\bvektorisier(?:e|en|t)?\b(?:\s(?:das|mein|den)\s[\w-]+)?",
        r"\b(?:erstell\w*|mach\w*|bastel\w*)\s(?:[\w-]+\s){0,5}?(?:collage|diashow|fotobuch)\b",
        rf"\b(?:recadre[rz]?|vectorise[rz]?)\b{_TAIL}|\b(?:fai\w+|cré\w+)\s(?:[\w'’-]+\s){{0,4}}?(?:collage|diaporama)\b",
        r"(?<!\bel )(?<!\bun )\brecort(?:a|ar|e)\s(?:las?|una|mis?|estas?)\s(?:fotos?|imagen|imágenes|fotografías?)\b"
        rf"{_TAIL}|"
        rf"\bvectoriza[r]?\b{_TAIL}|\b(?:ha[zg]\w*|hacer|cre\w+)\s(?:[\w-]+\s){{0,4}}?collage\b",
        r"(?:정사각형|크기|비율|16:9)\S{0,3}\s?(?:에 맞게 )?(?:잘라|자르)|벡터(?:로|화)\s?(?:변환|바꿔|바꾸|해"
        r"|하)?|콜라주\S{0,2}\s?만들",
        r"トリミング(?:し|する|して)|ベクター(?:化|に変換|データに)|コラージュを?作",
        r"裁[剪切]成?|矢量化|转[成为]?矢量|[做制]作?\S{0,3}(?:拼图|拼贴)",
    )
)
_FIGURES = (
    r"(?:followers?|following|traffic|business|start-?up|compan(?:y|ies)|revenues?|income|sales|salar(?:y|ies)|wages?|"
    r"profits?|views|subscribers?|likes|customers?|audience|money|investments?|savings|turnover|productivity)"
)
_OF_SOMEONE = (
    r"(?:(?:my|our|your|his|her|their|the|a|website|web|site|instagram|youtube|tiktok|social|media|online|monthly|yearly|"
    r"annual|shop|store|email|number|amount|of)\s)"
)
_SHOWN = (
    r"(?=\s*(?:$|[.!?,;:]|\d|(?:by|in|with|without|using|through|over|per|fast\w*|quick\w*|this|next|and|online|two|"
    r"three|four|five|six|seven|eight|nine|ten|times|more)\b))"
)
"""Figures end there: "scale our business headshots" is about a picture."""
_PERSON = r"(?:i|me|you|him|her|us|them|he|she|we|they)"
_OTHER_AMOUNTS = tuple(
    _compiled(pattern)
    for pattern in (
        rf"\b(?:grow|increas|doubl|tripl|quadrupl|multipl|boost|scal)\w*\s{_OF_SOMEONE}{{0,5}}?{_FIGURES}\b{_SHOWN}",
        r"\bas (?:many|much) (?!\w+ as (?:possible|you)|pixels?|megapixels?|dots|points|lines|details?|px|mp\b|dpi|"
        r"resolution|as\b)\w+",
        rf"\b(?:is|am|are|was)\s(?:(?!not\b)\w+\s){{0,2}}?as (?:tall|big|large|old|heavy|strong|fast) as "
        rf"{_PERSON}(?=\s*(?:$|[.!?,;]))",
        r"\bso (?:groß|gross|alt|schwer|schnell|stark) wie (?:ich|du|er|sie|wir|ihr)(?=\s*(?:$|[.!?,;]))",
        r"\b(?:umsatz|gehalt|einkommen|gewinn|follower|reichweite|verkäufe|lohn)\s(?:\w+\s){0,3}?"
        r"(?:verdoppel\w*|verdreifach\w*|vervielfach\w*|steigern)",
        r"(?:월급|연봉|매출|수입|수익|사업|장사|회사|가게|매장|판매량|팔로워|구독자|조회수)[를을]?\s?\S{0,5}\s?배(?:로|나)?\s?(?:올리|늘리|늘려|키우|키워|증가|만들|불리)",
        r"(?:給料|月給|年収|売上|売り上げ|収入|利益|フォロワー|再生数|貯金)(?:数)?を[^。、]{0,4}倍",
        r"(?:粉丝|工资|月薪|收入|销售额|销量|业绩|营业额|流量|利润)[^，。图片]{0,3}(?:翻|增加|提高)",
        r"^\W*(?:what is |how much is )?(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten) (?:times|x) "
        r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)(?: is| equals| makes)?\W*$",
        r"^\W*(?:how (?:large|big|wide|high|tall|many pixels) (?:is|are|has|does)|wie (?:groß|gross|breit|hoch) ist|"
        r"quelle est la taille d['’e]|(?:qué|que) tamaño tiene)\s?(?:(?:an?|the|one|ein|eine|das|une?|la|una?) )?"
        r"(?:[\w'’-]+ )?(?:din|a[0-7]|4k|8k|full hd|hd|us letter|letter|postcard|postkarte|blatt"
        r"|sheet)\b[^?]{0,30}\W*$",
    )
)
_DENIED = _compiled(
    r"(?:\b(?:without|not|no|never|don['’]?t|ohne|nicht|kein\w*|sans|ne|pas|sin)\s(?:[\w'’]+\s){0,2}|不要|不想|别|別|勿|不|不用)$"
)
_DENIED_AFTER = _compiled(
    r"\S{0,3}\s?(?:지\s?(?:마|말|않)|말고|ないで|ずに|せず)|[^.;!?,]{0,20}\bnicht\b|\s?(?:pas|jamais)\b"
)
_AMOUNT = _compiled(AMOUNT)


def without_unfit(text: str) -> str:
    """A question with spaces in place of what is no task here; the text itself where nothing is."""
    colourless = () if _IN_COLOUR.search(text) else _COLOURLESS
    spans = [match.span() for match in _orders(text, (*_OPPOSITE, *colourless, *_SHAPED, *_ON_IT, *_CONTRAST))]
    amounts = [match.span() for pattern in _OTHER_AMOUNTS for match in pattern.finditer(text)]
    if amounts:
        spans += [*amounts, *(match.span() for match in _AMOUNT.finditer(text))]
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _orders(text: str, patterns: tuple[re.Pattern[str], ...]) -> Iterator[re.Match[str]]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            if not _DENIED.search(text, max(0, match.start() - 40), match.start()) and not _DENIED_AFTER.match(
                text, match.end()
            ):
                yield match
