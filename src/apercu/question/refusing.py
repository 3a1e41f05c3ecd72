"""Amounts and words for growing in seven languages, and how they are refused: "don't enlarge it", "not 3x but 4x"."""

from __future__ import annotations

import re

from apercu.question.many_times import NUMERALS


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_WORDS = "|".join(sorted((word for word in NUMERALS if ord(word[0]) < 0x2000), key=len, reverse=True))
_CJK = r"[一二两兩三四五六七八九十]|두|세|네|다섯|여섯|일곱|여덟|아홉|열"
_MANY = r"twice|thrice|doubl\w*|tripl\w*|quadrupl\w*|doppelt|dreifach|doble|두배"
AMOUNT = (
    rf"(?:(?<![\w.,/])-?(?:\d[\d.,]*|\b(?:{_WORDS}))\s?-?(?:[x×✕](?![\w×])|times\b|fold\b|fach\w*|mal\b|fois\b|veces\b|%|"
    r"percent\b|per cent\b|prozent\b|pour cent\b|por ciento\b)"
    rf"|(?<![\d/])(?<!\d[.,])(?:\d[\d.,]*|{_CJK})\s?(?:[배倍]|%|퍼센트|パーセント)(?:\s?[半반])?|\b(?:{_MANY})\b"
    r"|(?<![\w.])[x×]\s?\d[\d.,]*(?![\w%])"
    r"|\b(?:by|factor(?: of)?|faktor|facteur(?: de)?|um|de)\s\d[\d.,]*(?![\d.,]*\s?\w))"
)
GROWS = (
    r"enlarg\w*|upscal\w*|upsampl\w*|upsiz\w*|magnif\w*|bl(?:ow|ew)\w*|zoom\w*|increas\w*|grow\w*|bigger|larger|wider|"
    r"taller|widen\w*|heighten\w*|expand\w*|(?:scal|siz|resiz)\w*\s(?:\w+\s){0,4}?up\b|"
    r"(?:twice|times|x) as (?:large|big)|"
    r"vergröß\w*|vergröss\w*|größer\w*|hochskal\w*|agr[aá]nd\w*|plus grand\w*|augment\w*|ampl[ií]\w*|aument\w*|"
    r"más grande\w*|확대|키[우워울]|크게|늘[리려]|업스케일|拡大|大きく|引き伸ば|アップスケール|放大|变大|扩大|增大|加大"
)
_NOT_MORE = r"(?!\s*(?:\w+\s){0,6}?(?:more than|over|beyond|above|too\b|mehr als|über|plus de|más de))"
_GROWS_HERE = rf"(?:{GROWS}|scal\w+|resiz\w+)"
REFUSED = tuple(
    _compiled(pattern)
    for pattern in (
        r"\b(?:do not|don['’]?t|never|not to|without|no need to|need not|must not|mustn['’]t|should not|shouldn['’]t|"
        r"shall not|not be|instead of|rather than)\s"
        r"(?:(?:want|need|like|wish|to|you|please|ever|it|this|that|them|the|my|be|have|get|make|making|see|being|any|"
        rf"photo|picture|image|icon|logo|drawing)\s){{0,6}}(?:{AMOUNT}\s(?:as\s)?)?{_GROWS_HERE}{_NOT_MORE}",
        rf"\bno\s(?:{AMOUNT}\s)?(?:enlarg|upscal|magnif)\w+{_NOT_MORE}",
        r"(?<!warum )\b(?:nicht|niemals|ohne|kein\w*)\s(?:(?:es|sie|das|dieses|die|bild|foto|zu|um|auf)\s){0,4}"
        rf"(?:{AMOUNT}\s)?(?:zu\s)?(?:vergröß\w*|größer\w*|hochskal\w*){_NOT_MORE}",
        rf"\b(?:vergröß\w*|mach\w*|skalier\w*)\s[^.;!?,]{{0,40}}?\bnicht(?=\s*(?:{AMOUNT})?(?:\sgrößer)?\s*(?:[.;!?,]|$))",
        r"\b(?:ne\s|n['’]|sans\s)(?:(?:veux|faut|dois|fais|faites|surtout|pas|le|la|les|plus)\s){0,4}(?:l['’])?"
        rf"(?:agrand\w*|augment\w*){_NOT_MORE}",
        rf"\bpas besoin d(?:e\s(?:l['’])?|['’])(?:agrand\w*|augment\w*){_NOT_MORE}",
        r"\b(?:no|sin|nunca)\s(?:(?:quiero|hay|que|lo|la|me|debes?|se|necesito|quieras)\s){0,4}"
        rf"(?:ampl[ií]\w*|agrand\w*|aument\w*){_NOT_MORE}",
    )
)
REFUSED_CJK = _compiled(
    r"(?:不要|不想|别|別|勿|不用|无需|不需要|不必|不)(?:再|[把将][^，。]{1,10}|给我)?(?:放大|变大|扩大|增大|加大)(?!超)"
    r"|(?<!以上に)(?:拡大|アップスケール|大きく)(?:しな|せず|するな|したくな|は不要|は要らな|はいらな)"
    r"|(?:확대|업스케일)(?:는|를)?\s?(?:하지|하진)\s?(?:마|말|않)|확대\s?(?:안|없이|말고|금지)|키우지\s?(?:마|말|않)|크게\s?하지\s?(?:마|말|않)"
    r"|(?<![가-힣])안\s?(?:키[우워]|확대)"
)
_TIMES = (
    rf"(?:(?<![\w.,/])(?:\d[\d.,]*|\b(?:{_WORDS}))\s?-?(?:[x×✕](?![\w×])|times\b|fold\b|fach\w*|mal\b|fois\b|veces\b)"
    rf"(?!\s(?:as (?:many|much|fast)|longer|faster|slower|more))"
    rf"|(?<![\d/])(?<!\d[.,])(?:\d[\d.,]*|{_CJK})\s?[배倍]|\b(?:doubl\w*|tripl\w*|quadrupl\w*)\b(?!\s(?:the|its) "
    r"(?:contrast|speed|price|colou?rs?|brightness))|(?<![\w.])[x×]\s?\d[\d.,]*(?![\w%]))"
)
"""An amount of times, and neither of per cent nor of "by 5"."""
CONTRAST = _compiled(
    r"\b(?:don['’]?t|do not|never|ne|no)\s(?P<d>doubl\w*|tripl\w*|quadrupl\w*|verdopp\w*|verdreifach\w*|duplique\w*)"
    r"|(?<!why )(?<!if )(?<!whether )(?<!pourquoi )(?<!warum )\b(?:not|nicht|pas|instead of|rather than|(?:an)?statt|"
    r"au lieu de|en vez de|"
    rf"en lugar de|minus)\s(?:by\s|um\s|auf\s|de\s|à\s|a\s|das\s)?(?P<n>{AMOUNT})"
    rf"|\bno\s(?P<q>{AMOUNT})(?=[^.;!?]{{0,40}}\bsino\b)"
    rf"|(?P<t>{AMOUNT})\s(?:is|would be|wäre|ist|est|es)\s(?:far\s|much\s|way\s)?"
    r"(?:too (?:much|big|large)|zu (?:viel|groß)|trop|"
    r"demasiado)\b"
    rf"|(?P<e>{_TIMES})(?:"
    r"\s(?:is|are|was|would be)(?:\s?n['’]t|\snot)\s(?:quite\s|really\s|nearly\s)?(?:enough|sufficient)"
    r"|\s(?:won['’]t|will not|wouldn['’]t|would not)\s(?:do|suffice)"
    r"|\s(?:is|are|was|ist|est|es)\s(?:still\s|far\s|noch\s)?"
    r"(?:too (?:little|small|few)|zu (?:wenig|klein)|trop peu|muy poco|poco)"
    r"|\s(?:reicht|reichen|genügt|genügen)\s(?:mir\s)?nicht|\sne suffi(?:t|sent) pas"
    r"|\sno (?:me\s)?(?:basta|alcanza|es suficiente)|(?:は|では|じゃ)?(?:足りな|不十分)"
    r"|(?:로는?|는|은)?\s?(?:부족|모자라|안 돼)|(?:还|都|是)?(?:不够|不足))"
    rf"|(?:不是|不要|别|並非|并非|负|負|マイナス\s?|마이너스\s?)(?P<m>{AMOUNT})"
    rf"|(?P<k>{AMOUNT})(?:가|이|로)?\s?(?:말고|아니라|아니고|대신|ではなく|じゃなく|でなく|の代わり)"
)
_TAKEN_BACK = (
    r"(?:oh |wait |sorry |pardon |ach |ah )?(?:no|nope|nein|non|いや|いえ|아니|不|不对)"
    r"(?:[,:;.、，]\s?|\s(?:wait|doch|warte|attends|espera)\b[,:;.、，–—-]?\s?)"
    r"|(?:i mean|or rather|make that|scratch that|ich meine|besser gesagt|vielmehr|je veux dire|"
    r"plutôt(?! qu)|quiero decir|digo|mejor dicho|corrijo|いや|訂正(?:します)?|아니(?![면고라])|정정|更正|说错了)"
    r"(?![a-zà-ÿ])[,:;、，]?\s?"
)
_PAUSE = (
    r"(?:hold on|hang on|wait|oops|whoops|sorry|pardon|typo|(?:on|upon) second thoughts?|actually|moment|halt|quatsch|"
    r"verzeihung|warte|attends|attendez|en fait|finalement|espera|perdón|perdona|en realidad|やっぱり?|待って|間違えた|"
    r"아니다|잠깐만?|等等|等一下|不对|哦不)(?![a-zà-ÿ])[,:;.、，!！…–—-]{0,3}\s?"
)
_FILLING = (
    r"(?:(?:i|we|it|that|this|should|be|mean|meant|make|rather|better|to|of|a|the|by|is|was|need|want|wanted|please|only|"
    r"just|it['’]s|let['’]s|do|go|with|ist|es|soll|sollte|sein|lieber|doch|mach|un|une|plutôt|il|faut|mejor|quiero|que|"
    r"sea|sean|hazlo|auf|um|à|de|por|no|nein|non)[\s,]+){0,5}"
)
CORRECTION = _compiled(
    rf"(?:[,;.…–—，、。!?-]\s?|\s)(?:(?:{_TAKEN_BACK})(?:{_PAUSE})?(?=(?:[^\s.;!?]+\s){{0,4}}?(?P<n>{AMOUNT}))"
    rf"|(?:{_PAUSE}){{1,2}}{_FILLING}(?=(?P<p>{_TIMES})))"
    rf"|[,;.…–—-]\s(?:correction|korrektur|corrección)\s?[:,]\s{_FILLING}(?=(?P<c>{_TIMES}))"
)
"""What takes back the amounts before it, followed by another amount: "2x, no wait, 3x"."""
SAID_AGAIN = _compiled(
    rf"(?:[,;.…–—，、。!?-]\s?|\s)(?:{_TAKEN_BACK}|{_PAUSE}){{1,3}}(?:[^\s.;!?]+\s){{0,3}}?"
    r"(?=(?:from|von|de|desde)\s\d+\s?(?:px|pixels?|x\s?\d+)?\s(?:to|auf|à|a|hasta)\s\d)"
)
"""The same before sizes that are told once more: "from 500 px to 1500 px. Sorry, typo: from 500 px to 2000 px"."""
NOW = _compiled(
    r"\b(?:now|this time) (?:i|we) (?:need|want|would like|['’]d like) (?:it |them |a |an |the |only |just )?"
    rf"(?P<n>{_TIMES})"
)
"""An amount that is wanted now: another one before it tells of earlier."""
DECIDED = _compiled(
    r"[?？]\s(?:(?:hm+|well|ok|okay|also|bon|bueno)[,.…]?\s)?"
    r"(?:i (?:think|guess|suppose)|(?:i['’]d|let['’]s|i) (?:say|take|go (?:with|for))|(?:probably|maybe|rather)|"
    r"ich (?:denke|glaube|nehme)|lieber|eher|je (?:pense|prends)|disons|plutôt|creo que|digamos|mejor)\s"
    rf"(?:(?:the|a|an|that|it['’]s|it|is|should|be|die|das|le|la|el)\s){{0,3}}(?P<n>{_TIMES})"
)
"""An amount that is chosen after a question about others: "2x or 3x? I think 3x"."""
_QUITE = r"(?:quite|really|more than|already|völlig|schon|bien|más que|largement)"
ENOUGH = _compiled(
    rf"(?:[,;.]|\b(?:but|aber|doch|mais|pero))\s(?P<n>{_TIMES})\s"
    rf"(?:(?:is|are|would be|will be|ist|wäre|est|es|serait|sería)\s(?:{_QUITE}\s)?"
    r"(?:enough|plenty|sufficient|all (?:i|we) need|genug|ausreichend|assez|suffisant|suficiente|bastante)\b|"
    r"(?:will|would) (?:do|suffice)\b|suffices\b|(?:genügt|reicht|suffit|suffira|basta|bastará)\b)"
    r"(?=\s*(?:$|[.;!]|for (?:this|my|the|our) (?:photo|picture|image|drawing|icon|logo)\b))"
    rf"|[，。]\s?(?P<z>{_TIMES})(?:就|已经|也)?(?:够了?|足够了?|就行|就好|即可)(?=[。！，]|$)"
)
"""An amount that is said to be enough: the others before it were too much."""
