"""The sentences about what was read from the question: the task, how much larger, of what, and what matters."""

from __future__ import annotations

from collections.abc import Iterator

from apercu.answer.chosen import IN_SHORT
from apercu.answer.material import Draft, Material
from apercu.figures import number
from apercu.records import Plan, Task
from apercu.registry import model_cards
from apercu.tasks import TASK_WORDS, left_undone

_CONTENT = {
    "ui": "a user interface", "illustration": "an illustration", "anime": "anime or a cartoon",
    "photo": "a photograph", "text": "text", "pixel_art": "pixel art", "face": "a face",
}  # fmt: skip
_DAMAGE = {"blur": "blur", "noise": "noise", "jpeg": "compression damage", "scratches": "scratches"}
_WISH = {"fidelity": "that the picture stays true to itself", "crispness": "crisp detail", "speed": "speed"}
_ASKED = {"mechanism": "how this works", "tool": "which tool to take", "how_to": "how to do it"}


def task_read(material: Material, plan: Plan) -> Iterator[Draft]:
    """What the question says, and what the workflow makes of it."""
    task = material.task
    read = material.facets("task", task.id)
    name = material.line("reading", "task: ")
    if read:
        said = " and ".join(f"“{support.quote}”" for support in read[:2])
        yield f"The task is this: {task.name}. The question says {said}.", (name, *read[:2])
    else:
        yield (
            f"The task is this: {task.name}. The question holds no words by which Apercu knows a task on pictures.",
            (name, material.question()),
        )
    done = tuple(_growth_of_plan(material, plan)) if task.id == "super_resolution" or material.given else ()
    if task.id == "super_resolution":
        text, supports = _growth(material)
        yield (
            f"By the question {text[0].lower()}{text[1:]}" if done and material.given and _asked(task) else text,
            supports,
        )
    yield from done
    yield from _other_size(material)
    for kind, words, frame in (
        ("content", _CONTENT, "The picture seems to show {}, going by {}."),
        ("damage", _DAMAGE, "The question speaks of {} ({})."),
        ("wish", _WISH, "What matters to the person is {} ({})."),
        ("asked", _ASKED, "The question asks {} ({})."),
    ):
        facets = [facet for facet in task.facets if facet.kind == kind and facet.value in words]
        values = dict.fromkeys(facet.value for facet in facets)
        if facets:
            said = ", ".join(f"“{quote}”" for quote in dict.fromkeys(facet.quote for facet in facets))
            yield frame.format(" and ".join(words[value] for value in values), said), material.facets(kind)


def undone(material: Material, plan: Plan) -> Iterator[Draft]:
    """What the question asks for and the workflow does not do."""
    left = left_undone(material.task, plan)
    if left:
        read = [support for step in left for support in material.facets("task", step)]
        quotes = ", ".join(f"“{words}”" for words in dict.fromkeys(support.quote for support in read))
        words = " and ".join(TASK_WORDS[step] for step in left) + (f" ({quotes})" if quotes else "")
        also = "" if material.task.id in left else "also "
        yield (
            f"{IN_SHORT} the question {also}asks for {words}; the workflow does not do that.",
            (*read, material.quote("plan", material.texts["plan"])),
        )


def not_used(material: Material, plan: Plan) -> Iterator[Draft]:
    """The models that the question names and the workflow does not use."""
    cards = model_cards()
    used = [cards[model] for node in plan.nodes if (model := str(node.params.get("model", ""))) in cards]
    called = " ".join(f"{card.family} {card.id} {card.name}" for card in used).casefold()
    named = material.facets("limit", "named")
    if not plan.nodes or len(named) != len(material.task.named):
        return
    left = [words for family, words in zip(material.task.named, named, strict=True) if family.casefold() not in called]
    if left:
        quotes = " and ".join(f"“{words.quote}”" for words in left)
        whole = material.quote("plan", material.texts["plan"])
        yield f"{IN_SHORT} the question names {quotes}; the workflow does not use that.", (*left, whole)


def _other_size(material: Material) -> Iterator[Draft]:
    """Where the question names a factor and a size, and this picture does not come to that size by the factor."""
    task, run = material.task, material.run
    if run and task.size and _scale(task) and not material.given and run.size != task.size:
        became, named = (f"{size[1]} x {size[0]}" for size in (run.size, task.size))
        yield (
            f"By that factor this picture became {became} pixels and not {named}, which the question names too.",
            (material.line("run", "enlarged: "), material.line("reading", "size: ")),
        )


def _scale(task: Task) -> tuple[float, float] | None:
    """The factors (y, x) that the question names."""
    return task.scale or ((task.factor, task.factor) if task.factor else None)


def _asked(task: Task) -> bool:
    """Whether the question says how large the result is to be."""
    return bool(_scale(task) or task.size or task.width or task.height)


def _growth(material: Material) -> Draft:
    """How much larger the picture is to become."""
    task = material.task
    scale = _scale(task)
    if scale:
        y, x, many = number(scale[0]), number(scale[1]), number(scale[0] * scale[1])
        grows = f"{y} times on each side" if y == x else f"{x} times in width and {y} times in height"
        text = (
            f"The picture is to grow {grows}, so {many} new pixels stand where 1 stood; their colours have to be found."
        )
        return text, (material.line("reading", "factor: "), *material.facets("factor"))
    if task.size:
        text = f"The result is to have {task.size[1]} x {task.size[0]} pixels (width x height)."
        return text, (material.line("reading", "size: "), *material.facets("size"))
    if task.width or task.height:
        side = f"{task.width} pixels wide" if task.width else f"{task.height} pixels high"
        text = f"The result is to be {side}; how many times larger that is follows from the picture's own size."
        return text, (material.line("reading", "size: "), *material.facets("size"))
    if passed := task.impossible_factor:
        return f"“{passed}” was not taken for a factor: the picture is not to grow by that, or none can.", (
            *material.facets("factor"),
        )
    return "The question names no factor.", (material.line("reading", "factor: "),)


def _growth_of_plan(material: Material, plan: Plan) -> Iterator[Draft]:
    """What the workflow does where that is not what the question names."""
    task = material.task
    grown = [node for node in plan.nodes if node.op in ("enlarge", "resize")]
    node = next((node for node in grown if node.op == "resize"), grown[0] if grown else None)
    asked = _scale(task)
    if node is None or (asked and tuple(node.params.get("scale", ())) == asked):
        return
    if material.given:
        why = "was given beside the question" + (" and comes before what it names" if _asked(task) else "")
    elif asked or node.params.get("size"):
        return
    elif task.width or task.height:
        why = "is what Apercu shows as long as the size of the picture is not known"
    else:
        why = "is what Apercu takes where none is named"
    line = material.line("plan", f"{node.id}: ")
    grows = line.quote.rpartition("), ")[2].partition(" after ")[0]
    yield f"The workflow enlarges {grows}, which {why}.", (line,)
