"""Whether a question's word for blur is about damage, or only about a picture that is too small.

A picture that is soft because it has few pixels is what enlarging is for; a network that undoes damage would repair
what is not broken. "It gets fuzzy on the big screen" and "a blurry image became detailed when enlarged" say the former.
"""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[.!?;。!?]")


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


_BLUR = _any(
    r"blur\w*|fuzzy|soft|mushy|out[- ]of[- ]focus|unsharp|unscharf\w*|verschwommen\w*|matschig\w*|floue?s?|borros\w*",
    r"흐릿\w*|뿌옇\w*|ぼや\w*|ボケ\w*|ぼけ\w*|模糊|糊",
)
_GROWN = _any(
    r"enlarg\w*|zoom\w*|full[- ]?screen|(?:big|large|new|retina|4k) (?:\w+ )?(?:screen|display)s?|retina|stretch\w*",
    r"scal\w+|bigger|larger|blow\w*|blew|magnif\w*",
    r"upscal\w*|on (?:the|my|a|our) (?:tv|projector|wall|billboard|monitor|beamer)|print(?:ed|s|ing)?\b|doubl\w*",
    r"en grand|plein écran|agrand\w*|ampli\w*|pantalla completa|vergrö\w*|hochskal\w*|vollbild|groß(?:em|en)?\b",
    r"확대\w*|키우\w*|전체 ?화면|拡大\w*|引き伸ば\w*|大画面|全画面|放大|变大|全屏",
)
_SMALL = _any(
    r"tiny|small|little|low[- ]?res\w*|thumbnail|miniature|stamp\w*|klein\w*|winzig\w*|petite?s?|pequeñ\w*",
    r"작은|小さ\w*|小图|缩略图|小",
)
_BECOMES = r"\b(?:gets?|goes|going|becomes?|turns?|looks?|everything|wird|devient|se ve|queda|c'est)\b"
_TURNED = _any(
    r"became|become\w*|turn\w*|look\w*|came out|comes out|felt|feels|got|ended up|was|were|is suddenly|appeared",
    r"restor\w*|还原|变",
)
_SHARP = _any(
    r"crisp\w*|sharp\w*|clear\w*|detail\w*|vivid\w*|precise\w*|clean\w*|realis\w*|real|pristine|defined|scharf|klar",
    r"net|nette|nítid\w*|细节|清晰|선명\w*|鮮明\w*",
)
_IS_SOFTNESS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_BECOMES}.{{0,25}}{_BLUR}[^,，]{{0,40}}{_GROWN}",
        rf"{_GROWN}.{{0,40}}{_BECOMES}.{{0,25}}{_BLUR}",
        rf"(?:확대\w*|키우\w*|拡大すると|引き伸ばすと|放大(?:后|之后|就|以后)?|一放大).{{0,10}}{_BLUR}",
        rf"{_BLUR}.{{0,70}}\b{_TURNED}\b.{{0,40}}{_SHARP}",
        rf"{_BLUR},? (?:(?:and|but|et|y|und) )?{_SMALL}|{_SMALL},? (?:(?:and|but|et|y|und) )?{_BLUR}",
        rf"{_BLUR}的?{_SMALL}",
        rf"\bbeim (?:groß|vergr|hoch|zoom|aufziehen)\w*.{{0,30}}{_BLUR}",
        rf"\b(?:bilinear|bicubic|paint|photoshop|resiz\w+|scaling)\b.{{0,30}}\bmakes? \w+ (?:look )?{_BLUR}",
    )
)

_KEPT_GRAIN = re.compile(
    r"\b(?:keep\w*|kept|preserv\w*|retain\w*|maintain\w*|authentic|lov\w*|like) (?:\w+ ){0,3}?grain\b"
    r"|\bgrain\b.{0,20}\b(?:authentic|stays?|remains?|survives?|intact|kept|preserved|must stay|should stay)\b"
    r"|\b(?:do not|don['’]t|never|without|no need to|not) (?:touch|remov|chang|clean|filter|smooth|denois|fix|alter|"
    r"kill)\w*(?: (?:the|its|any|my|out|up|away|that|this|film))* (?:noise|grain)\b"
    r"(?! (?:well|properly|enough|completely|fully|entirely|at all))"
    r"|\b(?:leave|leaving|keep|keeping) (?:the |its |all |all the )?(?:film )?(?:noise|grain)\b"
    r"(?! (?:low|down|out|away|at bay|minimal|free|behind|level|under))"
    r"|\b(?:noise|grain) (?:should|must|can|may|is to|has to|needs to) (?:be )?(?:left|kept|stay|remain|preserved)\b"
    r"(?! (?:out|low|away|minimal|down))"
    r"|\bgrain (?:is|was) (?:all |just |an? |an? \w+ )?(?:part of|intend\w+|intention\w*|deliberate\w*|on purpose|"
    r"wanted|meant|fine|welcome|the charm|the point)\b"
    r"|\b(?:do not|don['’]t|never|without|no) (?:mess(?:ing)? with|destroy\w*|los\w+|ruin\w*|harm\w*|kill\w*)"
    r"(?: (?:the|its|my|this|that|film|any))* grain\b"
    r"|\b(?:lass|lasst|lassen sie|behalte) (?:das |die )?(?:rauschen|korn|körnung)\b"
    r"|\b(?:rauschen|korn|körnung)(?: \w+)? (?:lassen|erhalten|behalten|bleiben|drin|gehören? dazu|gehörig|gewollt|"
    r"nicht (?:anfassen|entfernen|anrühren))\b"
    r"|\b(?:garde\w*|laisse\w*|respecte\w*|préserve\w*|"
    r"touche\w* pas|conserve\w*|sans (?:toucher|enlever)) (?:à |au |le )*(?:bruit|grain)\b"
    r"|\b(?:dej(?:a|ar|ando|e)|mant(?:én|ener|eniendo)|conserv(?:a|ar|ando|e)|respet(?:a|ar|ando|e)|"
    r"no (?:toques|quites|elimines)|sin (?:tocar|quitar)) (?:el )?(?:ruido|grano)\b"
    r"|(?:노이즈|그레인|입자감?)(?:는|은|를)?\s?(?:그대로|건드리지|남겨|없애지\s?(?:말|마|않)|제거하지\s?(?:말|마|않))"
    r"|(?:ノイズ|粒状感|粒子感?)(?:は|を)?(?:そのまま|残し|いじら|触ら|消さ|除去(?:せず|しな))"
    r"|(?:保留|不要(?:去掉?|动|碰|处理)|别(?:去掉?|动|碰|处理)|不(?:去掉?|动|碰|处理))(?:噪点|颗粒|噪声)"
    r"|(?:噪点|颗粒感?|噪声)(?:要|得)?(?:保留|留着|不要(?:动|去)|别(?:动|去)|不(?:动|去掉))",
    re.IGNORECASE,
)


def is_kept_grain(text: str) -> bool:
    """Whether the grain or noise that a question speaks of is to stay: then it is no damage."""
    return _KEPT_GRAIN.search(text) is not None


def is_softness(text: str, start: int) -> bool:
    """Whether the word for blur at `start` is about too few pixels; only its own sentence is looked at."""
    begins = max((match.end() for match in _SENTENCE.finditer(text, 0, start)), default=0)
    end = next((match.start() for match in _SENTENCE.finditer(text, start)), len(text))
    return any(pattern.search(text, begins, end) for pattern in _IS_SOFTNESS)
