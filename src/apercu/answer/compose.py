"""Compose the sentences of an answer.

Each is built from the words that it rests on, so that it has its supports from the start; the gate checks them again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from apercu.answer.chosen import IN_SHORT, how_chosen, not_measured, what_else_counted
from apercu.answer.material import Draft, Material
from apercu.answer.texts import number, said
from apercu.records import NO_MODEL, Choice, Claim, Dossier, Part, Plan, RunRecord, Source, Support, Task, Verdict

VERDICT_WORDS: dict[Verdict, str] = {
    "direct": "direct",
    "transferable": "transferable",
    "off-topic": "off-topic",
    "unknown": "not enough information",
}

_MADE_UP_TO_SPEAK_OF = 0.001
_CONTENT = {
    "ui": "a user interface", "illustration": "an illustration", "anime": "anime or a cartoon",
    "photo": "a photograph", "text": "text", "pixel_art": "pixel art", "face": "a face",
}  # fmt: skip
_DAMAGE = {"blur": "blur", "noise": "noise", "jpeg": "compression damage", "scratches": "scratches"}
_WISH = {"fidelity": "that the picture stays true to itself", "crispness": "crisp detail", "speed": "speed"}
_ASKED = {"mechanism": "how this works", "tool": "which tool to take", "how_to": "how to do it"}

_SPOKEN_OF = {
    "ui": ("user interface", "ui image", "icons", "screenshot"),
    "illustration": ("illustration", "drawing", "painting", "hand-drawn", "drawn"),
    "anime": ("anime", "cartoon", "manga"),
    "pixel_art": ("pixel art", "sprite"),
}
"""Words by which a source would speak of a kind of picture."""

LONGEST_QUOTE = 400


def compose_claims(
    task: Task,
    dossier: Dossier,
    plan: Plan,
    run: RunRecord | None,
    texts: Mapping[str, str],
    choice: Choice | None = None,
) -> tuple[Claim, ...]:
    """The sentences of all parts, in the order in which they are read.

    Args:
        task: what was read from the question.
        dossier: the judged models and papers.
        plan: the workflow that is explained.
        run: what was run, or None.
        texts: every text that may be quoted, from `gather_texts`.
        choice: why Apercu took the model, or None.
    """
    material = Material(task, dossier, texts, run, choice)
    parts: tuple[tuple[Part, Iterable[Draft]], ...] = (
        ("task", (*_in_short(material), *how_chosen(material), *what_else_counted(material), *_task(material, plan))),
        ("workflow", _workflow(material, plan)),
        ("sources", _sources(material)),
        ("limits", _limits(material)),
    )
    claims = []
    for part, drafts in parts:
        for count, (text, supports) in enumerate(dict(drafts).items(), start=1):
            claims.append(Claim(id=f"{part}-{count}", part=part, text=text, supports=supports))
    return tuple(claims)


# --- part 1: the task -------------------------------------------------------------------------------------------------


def _in_short(material: Material) -> Iterator[Draft]:
    """What a person wants to know first about a run: who made the result, and how much of it is made up."""
    run = material.run
    if run is None or run.model == NO_MODEL:
        return
    share = f"{run.fidelity.added_share:.2%}"
    yield (
        f"{IN_SHORT} {run.model} made the result, and {share} of its contrast (counted as energy) is made up: "
        "the picture does not determine it.",
        (material.line("run", "enlarged: "), material.line("run", "added: ")),
    )
    least = min(run.branches, key=lambda branch: branch.added_share, default=None)
    if least and not least.chosen:
        yield (
            f"{IN_SHORT} the candidate that makes up least is {least.node}, with {least.added_share:.2%}.",
            (material.line("run", f"candidate {least.node}: "),),
        )
    wished = [facet for facet in material.task.facets if (facet.kind, facet.value) == ("wish", "fidelity")]
    if wished and run.fidelity.added_share >= _MADE_UP_TO_SPEAK_OF:
        yield (
            f"{IN_SHORT} nothing was to be made up, and this result does not keep to that wholly; plain interpolation "
            "makes up least and stays softer: take `apercu enlarge --model bicubic` where that counts most.",
            (
                Support(source="question", start=wished[0].start, end=wished[0].end, quote=wished[0].quote),
                material.line("run", "added: "),
            ),
        )


def _task(material: Material, plan: Plan) -> Iterator[Draft]:
    task = material.task
    read = material.facets("task")
    name = material.line("reading", "task: ")
    if read:
        said = " and ".join(f"“{support.quote}”" for support in read[:2])
        yield f"The task is this: {task.name}. The question says {said}.", (name, *read[:2])
    else:
        yield (
            f"The task is this: {task.name}. The question holds no words by which Apercu knows a task on pictures.",
            (name, material.question()),
        )
    if task.id == "super_resolution":
        yield _growth(material)
        yield from _growth_of_plan(material, plan)
    for kind, words, frame in (
        ("content", _CONTENT, "The picture shows {}, going by {}."),
        ("damage", _DAMAGE, "The question speaks of {} ({})."),
        ("wish", _WISH, "What matters to the person is {} ({})."),
        ("asked", _ASKED, "The question asks {} ({})."),
    ):
        facets = [facet for facet in task.facets if facet.kind == kind and facet.value in words]
        values = dict.fromkeys(facet.value for facet in facets)
        if facets:
            said = ", ".join(f"“{quote}”" for quote in dict.fromkeys(facet.quote for facet in facets))
            yield frame.format(" and ".join(words[value] for value in values), said), material.facets(kind)


def _growth(material: Material) -> Draft:
    """How much larger the picture is to become."""
    task = material.task
    scale = task.scale or ((task.factor, task.factor) if task.factor else None)
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
    """What the workflow does where the question names no factor or another one was given beside it."""
    task = material.task
    grown = [node for node in plan.nodes if node.op in ("enlarge", "resize")]
    node = next((node for node in grown if node.op == "resize"), grown[0] if grown else None)
    asked = task.scale or ((task.factor, task.factor) if task.factor else None)
    if (
        node is None
        or (asked and tuple(node.params.get("scale", ())) == asked)
        or (not asked and node.params.get("size"))
    ):
        return
    line = material.line("plan", f"{node.id}: ")
    grows = line.quote.rpartition("), ")[2].partition(" after ")[0]
    why = "was given beside the question" if asked else "is what Apercu takes where none is named"
    yield f"The workflow enlarges {grows}, which {why}.", (line,)


# --- part 2: the workflow ---------------------------------------------------------------------------------------------


def _workflow(material: Material, plan: Plan) -> Iterator[Draft]:
    models = [source for source in material.dossier.sources if source.kind == "model"]
    if not models:
        rest = "the workflow can only use plain interpolation" if plan.nodes else "there is no workflow to explain"
        yield f"No model is provided, so {rest}.", (material.question(),)
    for source in models:
        if material.card_claims(source):
            yield from material.claims_of(source, "step")
            yield from material.claims_of(source, "mechanism")
        else:
            yield from _inside(material, source)
    if plan.nodes:
        text = f"The workflow on a picture is {' → '.join(_stages(plan))}."
        yield text, (material.quote("plan", material.texts["plan"]),)
    if material.run:
        yield from _run(material, material.run)


def _inside(material: Material, source: Source) -> Iterator[Draft]:
    """How a model without a card works: its summary's first words, or that nothing is said."""
    first = _sentence(material.summary(source))
    if first:
        yield (
            f"Of how {source.name} works, its summary says: “{first}”",
            (
                material.entry(source),
                material.quote(source.id, first),
            ),
        )
        return
    gives = " and its links" if source.links else ""
    yield (
        f"How {source.name} works inside does not stand in the provided words; they give its name{gives}.",
        (material.entry(source),),
    )


def _stages(plan: Plan) -> Iterator[str]:
    """The steps from input to output; candidates that run side by side stand in braces.

    A step whose output no other takes (inspect) is left out: it leads nowhere, except for the one that saves.
    """
    taken = {source for node in plan.nodes for source in node.inputs}
    nodes = [node for node in plan.nodes if node.id in taken or node.op == "save"]
    enlargers = [node.id for node in nodes if node.op == "enlarge"]
    for node in nodes:
        if node.op != "enlarge":
            yield node.id
        elif node.id == enlargers[0]:
            yield "{" + " | ".join(enlargers) + "}" if len(enlargers) > 1 else node.id


def _run(material: Material, run: RunRecord) -> Iterator[Draft]:
    """What this very run did and measured."""
    enlarged = material.line("run", "enlarged: ")
    before, after = f"{run.input_size[1]} x {run.input_size[0]}", f"{run.size[1]} x {run.size[0]}"
    if run.model == NO_MODEL:
        yield f"In this run no model worked on the picture of {before} pixels; it was saved as it is.", (enlarged,)
    else:
        yield (
            f"In this run the picture of {before} pixels became {after} pixels with {run.model}, "
            f"in {run.seconds:.2f} seconds.",
            (enlarged,),
        )
    for node in run.nodes:
        if node.status == "skipped":
            yield f"The step {node.id} was skipped: {node.note}.", (material.line("run", f"skipped {node.id}: "),)
    if any(node.status == "skipped" and node.op == "enlarge" for node in run.nodes):
        yield f"In its place {run.model} enlarged the picture.", (enlarged,)
    for finding in run.findings:
        noticed = (material.line("run", f"noticed: {finding.text}"),)
        yield f"Before the picture was enlarged it was looked at: {said(finding)}", noticed
    yield from _measured(material, run)
    for warning in run.warnings:
        yield f"The run noted: {warning}.", (material.line("run", f"warning: {warning}"),)


def _measured(material: Material, run: RunRecord) -> Iterator[Draft]:
    report = run.fidelity
    yield (
        f"Shrunk back by {report.kernel}, the result agrees with the picture to {report.lr_psnr_db:.2f} dB (more is "
        f"closer); no pixel is further off than {report.max_abs_lr_error * 255:.2f} of 255.",
        (material.line("run", "kept: "),),
    )
    yield (
        f"{report.added_share:.2%} of the contrast in the result, counted as energy, was added: the picture does not "
        f"determine it. Typically (root mean square) that is {report.added_rms * 255:.2f} of 255 a pixel, at the "
        f"strongest place {report.added_max * 255:.2f}.",
        (material.line("run", "added: "),),
    )
    yield (
        f"{report.changed_share:.2%} of the contrast, counted the same way, contradicts the picture.",
        (material.line("run", "changed: "),),
    )
    for branch in run.branches:
        if branch.chosen and len(run.branches) > 1:
            yield (
                f"Of the candidates {branch.node} was taken as the first sound one, in the order of preference.",
                (material.line("run", f"candidate {branch.node}: "),),
            )
        if not branch.chosen:
            yield (
                f"For comparison, the candidate {branch.node} shrinks back to {branch.lr_psnr_db:.2f} dB and adds "
                f"{branch.added_share:.2%}.",
                (material.line("run", f"candidate {branch.node}: "),),
            )


# --- part 3: papers and tools -----------------------------------------------------------------------------------------


def _sources(material: Material) -> Iterator[Draft]:
    for source in material.dossier.sources:
        yield verdict_text(source), (material.entry(source), *source.supports)
    for source in material.dossier.sources:
        if source.kind == "paper" and source.verdict in ("direct", "transferable"):
            yield from list(material.claims_of(source, "mechanism", "step"))[:2]
            if not source.card:
                yield from _own_words(material, source)
        if source.kind == "model" and source.verdict == "direct":
            yield from material.claims_of(source, "result")


def verdict_text(source: Source) -> str:
    """The sentence that gives the verdict on a provided item."""
    return f"{source.name}: {VERDICT_WORDS[source.verdict]}. {source.reason}"


def _own_words(material: Material, source: Source) -> Iterator[Draft]:
    """The sentence of a summary that the verdict rests on, quoted."""
    sentence = _sentence(material.summary(source), with_words=source.supports[0].quote)
    if sentence:
        yield f"{source.name} says: “{sentence}”", (material.entry(source), material.quote(source.id, sentence))


def _sentence(summary: str, *, with_words: str = "") -> str:
    """The first sentence of a summary that holds some words and can be quoted whole, or nothing."""
    for sentence in re.split(r"(?<=[.!?])\s+", summary):
        if sentence and with_words in sentence and len(sentence) <= LONGEST_QUOTE:
            return "" if re.search(r"://|www\.|[“”]", sentence) else sentence
    return ""


# --- what the sources do not say --------------------------------------------------------------------------------------


def _limits(material: Material) -> Iterator[Draft]:
    models = [source for source in material.dossier.sources if source.kind == "model"]
    if models and not any(source.verdict == "direct" for source in models):
        yield (
            f"None of the provided models is made for this task: {material.task.name}.",
            (material.line("reading", "task: "), *_first_supports(models)),
        )
    papers = [source for source in material.dossier.sources if source.kind == "paper"]
    if papers and not any(source.verdict == "direct" for source in papers):
        yield "None of the related papers is about this task itself.", _first_supports(papers)
    for source in models:
        if "Paper: None" in material.texts[source.id].split("\n"):
            yield (
                f"The prompt gives no paper for {source.name}.",
                (material.entry(source), material.line(source.id, "Paper: None")),
            )
        if source.verdict in ("direct", "transferable"):
            yield from material.claims_of(source, "limit")
    yield from not_measured(material)
    yield from _unspoken(material)


def _first_supports(sources: Iterable[Source]) -> tuple[Support, ...]:
    return tuple(support for source in sources for support in source.supports[:1])


def _unspoken(material: Material) -> Iterator[Draft]:
    """Kinds of picture that the question speaks of and no provided text does."""
    provided = "\n".join(material.texts[source.id] for source in material.dossier.sources).casefold()
    for facet in material.task.facets:
        words = _SPOKEN_OF.get(facet.value, ()) if facet.kind == "content" else ()
        spoken = "|".join(re.escape(word) for word in (*words, facet.quote.casefold()))
        if words and not re.search(rf"\b(?:{spoken})", provided):
            yield (
                f"The question speaks of “{facet.quote}”; none of the provided texts does, so nothing can be quoted "
                "about it.",
                (Support(source="question", start=facet.start, end=facet.end, quote=facet.quote),),
            )
