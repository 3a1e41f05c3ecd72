"""Tasks that a question joins to enlarging: "노이즈를 없애고 2배 확대", "denoise, colourise and enlarge it".

The learned reader knows few chains in Korean, Japanese and Chinese, and none of three. What another program did before
("after denoising in Lightroom") is no task any more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from apercu.question.learned import Span
from apercu.question.refusing import AMOUNT, GROWS
from apercu.records import TaskId


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_KO_DONE = r"(?:하고|해서|하여|한\s?(?:뒤|후|다음)|\s?후에?)"
_KO_GONE = (
    rf"[을를]?\s?(?:싹 |모두 |다 )?(?:제거{_KO_DONE}|(?:없애|지우|줄이|빼)고|(?:없애|지워|줄여)서|"
    r"(?:없앤|지운|줄인|뺀)\s?(?:뒤|후|다음))"
)
_JA_THEN = r"(?:て(?:から)?|た(?:後|あと)(?:に|で)?)"
_JA_GONE = rf"を?(?:除去し{_JA_THEN}|補正し{_JA_THEN}|消し{_JA_THEN}|(?:取っ|直し|減らし){_JA_THEN})"
_ZH_THEN = r"(?:之后|以后|后|並|并|再|然后|[，,]\s?(?:再|然后|并|接着))"
_STEPS: tuple[tuple[TaskId, str], ...] = (
    (
        "denoise",
        rf"(?:노이즈|잡음|그레인){_KO_GONE}|(?:ノイズ|粒子){_JA_GONE}|(?:去噪点?|降噪|去除噪[点声]){_ZH_THEN}",
    ),
    (
        "deblur",
        rf"(?:블러|흐림|흔들림){_KO_GONE}|(?:ぼけ|ボケ|ブレ|ピンボケ){_JA_GONE}|(?:去模糊|去除模糊){_ZH_THEN}",
    ),
    (
        "weather_removal",
        rf"(?:안개|빗방울|연무){_KO_GONE}|(?:霧|雨|かすみ){_JA_GONE}|去[雾雨霧]{_ZH_THEN}",
    ),
    (
        "restoration",
        rf"(?:흠집|스크래치|긁힘|긁힌 자국|얼룩|구김){_KO_GONE}|복[원구]{_KO_DONE}|(?:傷|汚れ|シミ){_JA_GONE}|"
        rf"(?:修復|復元)し{_JA_THEN}|修复(?:这张|我的)?(?:[老旧]?照片)?{_ZH_THEN}|去除?(?:划痕|折痕|污渍){_ZH_THEN}",
    ),
    (
        "inpainting",
        rf"(?:워터마크|사람|행인|자막|전선){_KO_GONE}|(?:透かし|通行人|人物?|電線){_JA_GONE}|"
        rf"去[除掉]?(?:水印|路人){_ZH_THEN}",
    ),
    (
        "segmentation",
        rf"배경{_KO_GONE}|누끼를?\s?(?:따고|딴 (?:뒤|후|다음))|背景{_JA_GONE}|背景を透過し{_JA_THEN}|"
        rf"(?:去[除掉]?背景|抠图){_ZH_THEN}",
    ),
    (
        "colorization",
        r"[컬칼]러로\s?(?:(?:바꾸|만들)고|변환하고|바꿔서|(?:바꾼|만든|변환한)\s?(?:뒤|후|다음))|"
        rf"색[을상]*\s?(?:(?:입히|칠하|넣)고|(?:입힌|칠한|넣은)\s?(?:뒤|후|다음))|(?:채색|컬러화){_KO_DONE}|"
        rf"カラー[に化]し{_JA_THEN}|色を(?:つけ|付け){_JA_THEN}|着色し{_JA_THEN}|[上着]色{_ZH_THEN}",
    ),
    (
        "low_light",
        rf"밝게\s?(?:하고|만들고|보정하고|한\s?(?:뒤|후|다음))|明るくし{_JA_THEN}|(?:提亮|调亮){_ZH_THEN}",
    ),
)
_UNSPACED = tuple((task, _compiled(pattern)) for task, pattern in _STEPS)
_VERBS: tuple[tuple[TaskId, str], ...] = (
    ("denoise", r"denois\w+|entrausch\w+|débruit\w+"),
    ("deblur", r"deblur\w*|sharpen\w*|schärf\w+|déflout\w+"),
    ("restoration", r"restor\w+|restaur\w+"),
    ("colorization", r"colou?ri[sz]e?\w*|kolorier\w+|color(?:ea|ear|iser|ise)\b"),
    ("low_light", r"brighten\w*|aufhell\w+"),
    ("weather_removal", r"dehaz\w+|derain\w*|defog\w*"),
)
_VERB = "(?:" + "|".join(words for _, words in _VERBS) + ")"
_AND = r"(?:,\s(?:and |und |et |y |then )?|\s(?:and|und|et|y|then|&)\s(?:then )?)"
_LIST = _compiled(rf"(?<!not )(?<!n't )\b(?P<verbs>{_VERB}(?:{_AND}{_VERB}){{1,4}}){_AND}(?:{GROWS})")
_GROWS_LATER = _compiled(rf"[^.!?。！？\n]{{0,40}}?(?:{GROWS}|{AMOUNT})")
_ELSEWHERE = _compiled(
    rf"\b(?:after|having|nach (?:dem|der)|après(?: avoir)?|después de|tras)\s(?P<verb>{_VERB})\s(?:(?:it|them"
    rf"|this|the \w+|my \w+)\s)?"
    r"(?:in|with|using|mit|dans|avec|en|con)\s(?:adobe |topaz )?"
    r"(?:lightroom|photoshop|topaz|gimp|capture one|dxo|darktable|affinity|camera raw|rawtherapee|luminar"
    r"|photolab|snapseed)"
)
_GROWN_BEFORE = _compiled(
    r"(?<=\w )(?:after|once|nachdem|après|después de|tras)\s(?:[\w'’]+\s){0,4}?(?:l['’]avoir |l['’])?"
    r"(?:enlarg\w*|upscal\w*|magnif\w*|bigger|larger|vergrößer\w*|hochskal\w*|agrandi\w*|ampliar\w*)\b[^,;:.!?]{0,30}[.!?\s]*$"
)
"""At the end of a question: "read the plate after enlarging it"."""


def with_joined(text: str, tasks: tuple[TaskId, ...]) -> tuple[tuple[TaskId, ...], Mapping[TaskId, tuple[Span, ...]]]:
    """The tasks of a question that enlarges, with those that it joins to enlarging, and where these are named."""
    if "super_resolution" not in tasks:
        return tasks, {}
    if (done := _ELSEWHERE.search(text)) and len(tasks) > 1:
        by_others = _task_of(done["verb"])
        tasks = tuple(task for task in tasks if task != by_others)
    if len(tasks) > 1 and _GROWN_BEFORE.search(text):
        tasks = ("super_resolution", *(task for task in tasks if task != "super_resolution"))
    places = _named(text)
    missing = [task for task in places if task not in tasks]
    if missing and set(tasks) <= {*places, "super_resolution"}:
        return (*places, "super_resolution"), {task: (places[task],) for task in missing}
    return tasks, {}


def _named(text: str) -> dict[TaskId, Span]:
    """The tasks that are named to be done before the picture grows, in their order."""
    found: dict[TaskId, Span] = {}
    for task, pattern in _UNSPACED if not text.isascii() else ():
        if (match := pattern.search(text)) and _GROWS_LATER.match(text, match.end()):
            found[task] = match.span()
    if verbs := _LIST.search(text):
        for word in re.finditer(_VERB, verbs["verbs"], re.IGNORECASE):
            begin, end = (verbs.start("verbs") + at for at in word.span())
            found.setdefault(_task_of(word.group()), (begin, end))
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _task_of(verb: str) -> TaskId:
    return next(task for task, words in _VERBS if re.fullmatch(words, verb, re.IGNORECASE))
