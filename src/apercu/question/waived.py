"""Wishes that a question waives: "invent as you like" asks for no fidelity, "do not sharpen" for no crispness."""

from __future__ import annotations

import re

from apercu.records import Wish


def _compiled(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_INVENTS = (
    r"(?:invent\w*|hallucinat\w*|(?:mak\w+|made) (?:things|stuff|details?|something|bits|it|some) up|"
    r"(?:mak\w+|made)[- ]up|faithful\w*|fidelity|authentic\w*)"
)
_FINE = r"(?:fine|okay|ok|welcome|allowed|no problem|all right|alright|acceptable)"
_MAY_INVENT = _compiled(
    r"\b(?:do(?:es)?|would)(?: not|n['’]t) (?:really |much )?(?:care|mind|matter|bother me|worry me)"
    rf"(?: (?!but\b|must\b|not\b|as\b)[\w'’-]+){{0,6}}? {_INVENTS}",
    rf"\b(?:may|(?:is|are) allowed to|free to|welcome to|let it|(?:okay|ok|fine) (?:to|if \w+)|go ahead and|"
    rf"can happily) (?:gladly |also |even |happily |well )?{_INVENTS}",
    rf"\b{_INVENTS}(?: (?!not\b|no\b)\w+){{0,3}}? (?:as (?:you|it|much)|if (?:you|it|needed|necessary)|whatever|freely|"
    rf"all you)\b",
    rf"\b{_INVENTS}(?: \w+)? (?:is|are|would be) (?:totally |perfectly |quite )?{_FINE}\b",
    r"\b(?:darf|dürfen|kann|können) (?:\w+ ){0,3}?(?:ruhig|gerne?|auch|frei|meinetwegen) (?:\w+ ){0,3}?"
    r"(?:dazu|hinzu)?(?:erfinden|erfunden|dichten)",
    r"\b(?:egal|wurst|macht nichts|stört mich nicht|nicht schlimm)\b[^.!?]{0,30}\b(?:\w*erf[iu]nd\w*|\w*dichtet)",
    r"\berfinde\w* (?:ruhig|gerne?|was du willst|nach belieben|frei)\b",
    r"\b(?:peu importe|m['’]est égal|tant pis|pas grave|ne me (?:dérange|gêne) pas|m['’]en fiche)[^.!?]{0,30}"
    r"\binvent\w*",
    r"\b(?:peut|peux|pouvez) (?:librement |bien )?inventer|\binvente\w* (?:ce que|librement|à ta guise|comme tu)",
    r"\b(?:no (?:me )?(?:importa|molesta)|da igual|no pasa nada)\b[^.!?]{0,30}\binvent\w*",
    r"\b(?:puede[ns]?) inventar\w*|\binvent\w* (?:lo que|libremente|a tu gusto)",
    r"(?:지어내|만들어\s?내|창작해)(?:어도|도)\s?(?:돼|되|괜찮|상관\s?없|좋)",
    r"(?:捏造|創作|でっち上げ|作り出|描き足)(?:し|て)*(?:ても|も)(?:いい|良い|構|かまわ|大丈夫|OK|気にし)",
    r"(?:编造|虚构|脑补|自由发挥|捏造)[^，。]{0,6}?(?:没关系|可以|无所谓|也行|没事|不要紧)",
    r"(?:不介意|不在乎|无所谓|可以)[^，。]{0,6}?(?:编造|虚构|脑补|自由发挥|捏造)",
)
_MADE_UP = r"(?:invent\w*|hallucinat\w*|(?:mak\w+|made) (?:things|stuff|details?|something|bits|it|some) up|made[- ]up)"
_WHETHER = _compiled(
    r"(?:^|[.;:,]\s|\b(?:and|or|but)\s)(?:is|are|was|were|does|do|did|will|how much|"
    r"what (?:does|do|is|was|did))\b"
    rf"(?:(?!\bless|\bleast|\bfew)[^.!?;,]){{0,40}}?\b{_MADE_UP}\b"
    r"(?!\s(?:the )?(?:least|less|few\w*))[^.!;]{0,40}?\?",
)
"""It is asked whether anything is invented, which does not say that nothing may be."""
_NOT_SHARPENED = _compiled(
    r"\b(?<!could )(?<!can )(?:do not|don['’]t|never|without|no|not|avoid|skip)(?: (?:any|extra|additional|"
    r"artificial|more|want|need|to|it|"
    r"be|the|for)){0,4} (?:over-?)?sharpen(?:s|ed|ing)?\b(?! enough)",
    r"\b(?:nicht|ohne|kein\w*) (?:zu |nach|über)?(?:nach|über)?schärf(?:en|ung|t|st)\b",
    r"\b(?:ne|sans|pas) (?:\w+ ){0,2}?(?:accentu|affût)\w*",
    r"\b(?:no|sin) (?:\w+ )?(?:enfocar|enfoques?|enfoca[rn]?|afil\w+|agudi\w+)\b",
    r"(?:선명하게|샤픈|샤프닝)(?:은|는|을)?\s?(?:하지\s?(?:마|말|않)|없이|말고|금지)",
    r"シャープ(?:に|化|ネス)?(?:は|を|処理)*(?:しな|せず|不要|なし|かけな|かけず)",
    r"(?:不要|别|不用|无需|不)(?:再|做)?锐化",
)
_DENIES = _compiled(
    r"\b(?:no|not|nothing|never|nobody|none|kein\w*|nichts?|niemals|rien|aucune?|nada|ning[uú]n\w*)\b|n['’]t\b"
)
_NEAR = 120
"""How many characters before such words are looked at."""
_CLAUSE = re.compile(r"[.!?;:,]|\bbut\b|\baber\b", re.IGNORECASE)


def waived_wishes(text: str) -> list[tuple[Wish, int, int]]:
    """The wishes that a question says it does not have, with the places of the words; not "no model may invent"."""
    found: list[tuple[Wish, int, int]] = []
    for match in _MAY_INVENT.finditer(text):
        near = max(0, match.start() - _NEAR)
        begins = max((mark.end() for mark in _CLAUSE.finditer(text, near, match.start())), default=near)
        if not _DENIES.search(text, begins, match.start()):
            found.append(("fidelity", *match.span()))
    found += [
        ("fidelity", *match.span())
        for match in _WHETHER.finditer(text)
        if not _DENIES.search(match.group()) and "without" not in match.group().lower()
    ]
    found += [("crispness", *match.span()) for match in _NOT_SHARPENED.finditer(text)]
    return found
