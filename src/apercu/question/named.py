"""What the names of models in a question tell: what it is about, where its other words do not say.

"What is SwinIR?" holds no word for a task, but SwinIR has one. Reading text is called by its name, too: "which OCR?".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from apercu.catalogue import families
from apercu.question.learned import Reading, Span
from apercu.question.mentions import WORDS, family_mentions
from apercu.records import Facet, TaskId


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_UNSURE = 1.0
"""A reading by less gives way to a name that the question begins with or asks about."""
_BY_NAME = 0.5
"""How sure a task is that only a name tells."""
_OCR = _compiled(
    r"(?<![a-z0-9])ocr(?![a-z0-9])|\btexterkennung\w*|\bzeichenerkennung\w*|"
    r"\breconnaissance (?:optique )?de (?:caractères|texte)|"
    r"\breconocimiento (?:óptico )?de (?:caracteres|texto)|(?:문자|글자|텍스트) ?인식|文字認識|文字识别|文字辨識"
)
_NO_OCR = _compiled(
    r"(?:\b(?:no|not|without|isn['’]t|kein\w*|ohne|nicht|pas d[e'’]|sans|sin|tampoco)\W+(?:\w+\W+){0,2}|"
    r"不要|不用|无需|不需要|没有)$"
)
_WEAK = WORDS - {"LaMa", "Promptist", "RIFE", "ViT"}
"""Names that stand for other things, too (LTE of phones, a MAT file): one alone tells only where it is all there is."""
_SURE_KINDS = re.compile(r"GANs?|(?i:stable diffusion)")
_NETWORKS = _compiled(
    r"\b(?:models?|networks?|nets?|upscal\w+|modell\w*|netze?|modèles?|réseaux?|modelos?|redes)\b|"
    r"diffusionsmodell|모델|モデル|模型"
)
_BESIDE = 20
_ABOUT_WORDS = """
a an the is are was were be does do did has have had can could should would will may might i you me we my it its
what which who whom when where why how much many about of for from in on by with or and vs versus than then to so
better best worse good great fast faster slow slower quick old new big large heavy light accurate reliable free
open source commercially commercial work works working function functions operate built build trained made
published released written come comes differ differs different difference differences between compare compared
comparison explain tell say describe think recommend suggest choose pick use using used trust worth any there
paper papers model models network networks nets net architecture method algorithm author authors licence license
licensed parameters parameter weights size gpu cpu memory please just only still really also both either
was ist sind wie wer wann wo warum welche welcher welches welchen der die das den dem ein eine einen und oder als
besser beste schneller langsamer gut unterschied zwischen funktioniert arbeitet kann taugt erklär erkläre erklären
mir bitte hat von für lizenz modell netz gemacht entwickelt nehmen nutzen
qu est ce que qui quoi quel quelle quels quelles comment pourquoi quand où le la les l un une des de d et ou
mieux meilleur meilleure plus moins rapide fonctionne marche différence entre explique expliquez moi modèle réseau
licence choisir prendre sert
qué es son cuál cuáles quién cómo cuándo dónde por el los las un una unos y o u mejor peor más menos rápido
funciona hace sirve diferencia explica explícame modelo red licencia elegir usar para"""
"""Words of questions about a model, whatever it does."""
_ABOUT = frozenset(_ABOUT_WORDS.split())
_ABOUT_UNSPACED = _compiled(
    r"^(?:[\s?!.,:;、。，？！·]|是|什么|什麼|怎么|怎麼|如何|为什么|的|原理|工作|运作|哪个|哪個|更|好|比|和|与|还是|区别|差别|有|"
    r"请|解释|介绍|一下|吗|呢|会|能|用|模型|论文|"
    r"とは|何|なん|ですか|です|か|は|が|の|と|や|どう|どの|ように|いう|仕組み|しくみ|動|き|く|い|ます|て|教え|説明|して|ください|"
    r"どちら|どっち|良い|より|違い|論文|について|モデル|"
    r"은|는|이|가|을|를|와|과|랑|이랑|뭐|무엇|인가요|예요|에요|이에요|야|어떻게|작동|동작|하나요|해요|하는|한가요|"
    r"원리|설명|해|주세요|알려|차이|차이점|중|어느|게|더|좋아요|좋나요|빠른가요|논문|대해|모델|란|이란|의|왜)*$"
)
_WORD = re.compile(r"[^\W\d_]+")
_NOT_ABOUT_IT = _compiled(
    r"\b(?:poems?|haikus?|jokes?|songs?|lyrics|t-?shirts?|mugs?|tattoos?|share price|stock price|gcse|a-levels?|exams?|"
    r"tracebacks?|stack ?trace|segfaults?|python|docker|pip|conda|compil\w+|error messages?|(?:an?|this|my) error|"
    r"gedichte?|witze?|python-fehler|poèmes?|blagues?|poemas?|chistes?)\b|파이썬|에러|オックスフォード|报错|エラー|诗"
)
"""What no model of the catalogue does, whatever is named beside it."""
_EXPLAINS = _compiled(
    r"(?:^|[.!?]\s+)\W*(?:and |so |but |please |can you |could you |tell me )?(?:"
    r"explain\w*|how|why|what makes|erklär\w*|wie|warum|wieso|weshalb|expli\w+|comment|pourquoi|por qué|cómo)\b[^.!?]*$"
)
_PROMPT = _compiled(
    r"\b(?:improv\w*|rewrit\w*|optimi[sz]\w*|polish\w*|refin\w*|enhanc\w*|expand\w*|rephras\w*|fix|shorten|better) "
    r"(?:(?:my|a|an|the|this|these|our|short|simple|image|text) ){0,3}prompts?\b(?! ?[\"“:])|"
    r"\bprompts? (?:\w+ ){0,6}?(?:verbesser\w*|umschreib\w*|umformulier\w*|optimier\w*)\b|"
    r"\b(?:amélior\w*|reformul\w*|optimis\w*|mejor(?:ar|a|e)|reescrib\w*|optimiz\w*) "
    r"(?:(?:mon|mes|mi|mis|un|une|el|le|ce|este|los|les) )?prompts?\b|"
    r"프롬프트(?:를|을)?\s?(?:개선|다듬|고쳐|향상)|プロンプト(?:を|の)?(?:改善|書き直|磨)|(?:优化|改进|润色|改写)(?:我的|一下)?(?:提示词|prompt)"
)
"""Words that ask for a better prompt: the model that is named beside them only reads it."""
_FEW_WORDS = re.compile(r"s?\W{1,3}(?:[\w'’-]+\W+){0,2}$")


def with_named(text: str, reading: Reading, refused: Sequence[str]) -> Reading:
    """A reading with the task of the models that a question names, where it says none or an unsure one.

    Args:
        text: the question.
        reading: what its words were taken for.
        refused: families that it rules out.
    """
    if reading.tasks and reading.margin >= _UNSURE:
        return reading
    said = [mention for mention in family_mentions(text) if not set(mention[0]) <= set(refused)]
    said = [(names, match) for names, match in said if len(names) == 1 or _is_kind_of_network(text, match)]
    told: list[tuple[Span, Counter[TaskId]]] = [(match.span(), _tasks_of(names, match)) for names, match in said]
    told += [(span, Counter({"ocr": 1})) for span in _spans_of_ocr(text)]
    if not told or _NOT_ABOUT_IT.search(text):
        return reading
    if prompt := _PROMPT.search(text):
        return replace(reading, tasks=("text_to_text",), quotes={"text_to_text": (prompt.span(),)}, margin=_BY_NAME)
    spans = [span for span, _ in told]
    weak = len(said) == len(told) == 1 and said[0][1].group() in _WEAK
    if (weak or reading.tasks) and not _is_only_about(text, spans, whole=weak):
        return reading
    does = Counter(task for _, tasks in told for task in tasks)
    most = max(does.values())
    shared = [task for task in does if does[task] == most]
    if set(reading.tasks) & set(shared):
        return reading
    counts = sum((tasks for _, tasks in told), Counter[TaskId]())
    task = max(shared, key=lambda task: counts[task])
    quotes = tuple(span for span, tasks in told if task in tasks)
    return replace(reading, tasks=(task,), quotes={task: quotes}, margin=_BY_NAME)


def without_what_names_say(text: str, facets: Sequence[Facet]) -> list[Facet]:
    """Without a kind of picture that only a name of a model says beside another, or what is to be explained.

    "I love waifu2x, but for photos?" is about photos, and "how does ESRGAN hallucinate?" wishes nothing.
    """
    spans = [match.span() for _, match in family_mentions(text)]
    if not spans:
        return list(facets)
    by_words = {f.value for f in facets if f.kind == "content" and (f.start, f.end) not in spans}
    return [
        facet
        for facet in facets
        if not (facet.kind == "content" and by_words and facet.value not in by_words)
        and not (facet.value == "fidelity" and _is_explained(text, facet, spans))
    ]


def _is_explained(text: str, facet: Facet, spans: Sequence[Span]) -> bool:
    """Whether a verb such as "hallucinates" is what a named model does, and the question asks how or why."""
    return any(
        end <= facet.start and _FEW_WORDS.fullmatch(text, end, facet.start) and _EXPLAINS.search(text, 0, begin)
        for begin, end in spans
    )


def _spans_of_ocr(text: str) -> list[Span]:
    return [match.span() for match in _OCR.finditer(text) if not _NO_OCR.search(text, 0, match.start())]


def _is_kind_of_network(text: str, match: re.Match[str]) -> bool:
    """Whether networks are meant by a word for a kind of them: not by "diffusion in cells" or "GaN chargers"."""
    beside = text[max(0, match.start() - _BESIDE) : match.end() + _BESIDE]
    return bool(_SURE_KINDS.fullmatch(match.group()) or _NETWORKS.search(beside))


def _tasks_of(names: Sequence[str], match: re.Match[str]) -> Counter[TaskId]:
    """Tasks of families that a mention stands for, each by its number of variants.

    "Stable Diffusion" stands for a kind of network, but some families are called so.
    """
    if len(names) == 1:
        return _tasks().get(names[0], Counter())
    own = [name for name in names if name.casefold().startswith(match.group().casefold())]
    tasks = [_tasks().get(name, Counter()) for name in own or names]
    found = sum(tasks, Counter[TaskId]()) if own else Counter(does.most_common(1)[0][0] for does in tasks if does)
    return Counter({found.most_common(1)[0][0]: 1}) if found else found


@cache
def _tasks() -> dict[str, Counter[TaskId]]:
    return {family.family: Counter(variant.task for variant in family.variants) for family in families()}


def _is_only_about(text: str, spans: Sequence[Span], *, whole: bool) -> bool:
    """Whether what stands before the first name, or the whole question, holds only words that ask about a model."""
    rest = "".join(
        " " if any(begin <= at < end for begin, end in spans) else character
        for at, character in enumerate(text if whole else text[: spans[0][0]])
    )
    if any(character > "\u2fff" for character in rest):
        return _ABOUT_UNSPACED.match(rest) is not None
    return all(word.casefold() in _ABOUT for word in _WORD.findall(rest))
