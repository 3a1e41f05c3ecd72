"""Read by what portion of itself a picture is to grow: "by a third", "a quarter larger", "um die Hälfte"."""

from __future__ import annotations

import re
from collections.abc import Iterator

_GROWS = re.compile(
    r"\b(?:enlarg|upscal|magnif|blow|scal|zoom|resiz|increas|grow|larger|bigger|wider|taller|expand|stretch|vergröß|größer|wachs|agrand|grand|"
    r"augment|ampl[ií]|aument)\w*",
    re.IGNORECASE,
)
_PORTION = re.compile(
    r"\b(?:by|um|d['’]|de|en) ?(?:about |roughly )?(?:one |an? |ein |eine |die |une? |una |la )?"
    r"(?P<by>half|third|quarter|fifth|sixth|eighth|tenth|hälfte|drittel|viertel|fünftel|sechstel|achtel|zehntel|"
    r"moitié|tiers|quart|cinquième|sixième|huitième|dixième|mitad|tercio|cuarto|quinto|sexto|octavo|décimo)\b"
    r"(?! of an? (?:second|minute|inch|mm))"
    r"|\b(?:un|una) (?P<part>tercio|cuarto|quinto|sexto|octavo|décimo|mitad)\b"
    r"|\b(?P<more>half|third|quarter|fifth|sixth|eighth|tenth|hälfte|drittel|viertel|fünftel|zehntel|moitié|tiers|"
    r"quart|mitad|tercio|cuarto) (?:again )?"
    r"(?:bigger|larger|more|wider|taller|größer|plus grand\w*|de plus|más grande\w*|más)\b"
    r"|(?:放大|增大|扩大|加大|大)了?\s?(?P<parted>[二三四五])分之一"
    r"|(?P<nth>[2-5])\s?(?:분의\s?1|分の1|分之一)(?:만큼|だけ|ほど)?\s?(?:더|大|增|拡|크(?!기))",
    re.IGNORECASE,
)
_PARTS = {
    "half": 2, "hälf": 2, "moit": 2, "mita": 2, "thir": 3, "drit": 3, "tier": 3, "terc": 3, "quar": 4, "vier": 4,
    "cuar": 4, "fift": 5, "fünf": 5, "cinq": 5, "quin": 5,
    "sixt": 6, "sech": 6, "sixi": 6, "sext": 6, "eigh": 8, "acht": 8, "huit": 8, "octa": 8,
    "tent": 10, "zehn": 10, "dixi": 10, "déci": 10,
}  # fmt: skip
_BEFORE, _AFTER = 60, 20


def portions(text: str) -> Iterator[tuple[int, int, float]]:
    """The place of every portion that is to be added, and the portion: a third is 0.3333."""
    for match in _PORTION.finditer(text):
        by = match["by"] or match["part"]
        if by and not _GROWS.search(text, max(0, match.start() - _BEFORE), match.end() + _AFTER):
            continue
        parts = int(
            match["nth"] or "〇一二三四五".find(match["parted"] or "〇") or _PARTS[(by or match["more"]).lower()[:4]]
        )
        yield match.start(), match.end(), round(1 / parts, 4)
