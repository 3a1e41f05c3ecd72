"""Compose the sentences of an answer.

Each is built from the words that it rests on, so that it has its supports from the start; the gate checks them again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from apercu.answer.chosen import CHOICE, how_chosen, not_measured, what_else_counted
from apercu.answer.material import Draft, Material
from apercu.answer.short import in_short, is_flat
from apercu.answer.task import not_used, task_read, undone
from apercu.answer.texts import said
from apercu.figures import of_255, share
from apercu.records import (
    NO_MODEL,
    Choice,
    Claim,
    Dossier,
    Level,
    Part,
    Plan,
    RunRecord,
    Source,
    Support,
    Task,
    Verdict,
)

VERDICT_WORDS: dict[Verdict, str] = {
    "direct": "direct",
    "transferable": "transferable",
    "off-topic": "off-topic",
    "unknown": "not enough information",
}

_SPOKEN_OF = {
    "ui": ("user interface", "ui image", "icons", "screenshot"),
    "illustration": ("illustration", "drawing", "painting", "hand-drawn", "drawn"),
    "anime": ("anime", "cartoon", "manga"),
    "pixel_art": ("pixel art", "sprite"),
}
"""Words by which a source would speak of a kind of picture."""

_NOT_PROVIDED = frozenset({"question", "reading", "plan", "run", CHOICE})
"""Texts that are not about a model or a paper."""

LONGEST_QUOTE = 400


def compose_claims(
    task: Task,
    dossier: Dossier,
    plan: Plan,
    run: RunRecord | None,
    texts: Mapping[str, str],
    choice: Choice | None = None,
    *,
    given: bool = False,
    level: Level = "linked",
    unused: tuple[str, ...] = (),
) -> tuple[Claim, ...]:
    """The sentences of all parts, in the order in which they are read.

    Args:
        task: what was read from the question.
        dossier: the judged models and papers.
        plan: the workflow that is explained.
        run: what was run, or None.
        texts: every text that may be quoted, from `gather_texts`.
        choice: why Apercu took the model, or None.
        given: whether a factor or a size was given beside the question; the workflow then takes that.
        level: at "open" no prompt provided the models and papers.
        unused: the names of provided models that no step of the workflow is by.
    """
    material = Material(task, dossier, texts, run, choice, given, level, unused)
    parts: tuple[tuple[Part, Iterable[Draft]], ...] = (
        ("task", _task(material, plan)),
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


def _task(material: Material, plan: Plan) -> Iterator[Draft]:
    yield from in_short(material)
    yield from undone(material, plan)
    yield from not_used(material, plan)
    yield from how_chosen(material)
    yield from what_else_counted(material)
    yield from task_read(material, plan)


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
        whole = material.quote("plan", material.texts["plan"])
        yield text, (whole,)
        for source in models:
            if source.name in material.unused:
                text = f"No step of the workflow is by {source.name}: Apercu knows no way to run it."
                yield text, (material.entry(source), whole)
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
    """The steps from input to output; candidates that run side by side stand in braces, each with its own resize.

    A step whose output no other takes (inspect) is left out: it leads nowhere, except for the one that saves.
    """
    taken = {source for node in plan.nodes for source in node.inputs}
    nodes = [node for node in plan.nodes if node.id in taken or node.op == "save"]
    branches: dict[str, str] = {}
    for node in nodes:
        if node.op == "enlarge":
            branches[node.id] = node.id
        elif node.op == "resize" and (own := next((name for name in node.inputs if name in branches), None)):
            branches[own] += f" → {node.id}"
    inside = {name for branch in branches.values() for name in branch.split(" → ")}
    for node in nodes:
        if node.id not in inside:
            yield node.id
        elif node.id == next(iter(branches)):
            yield "{" + " | ".join(branches.values()) + "}" if len(branches) > 1 else branches[node.id]


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
    most = of_255(report.max_abs_lr_error).removeprefix("less than ")
    yield (
        f"Shrunk back by {report.kernel}, the result agrees with the picture to {report.lr_psnr_db:.2f} dB (more is "
        f"closer); no pixel is further off than {most} of 255.",
        (material.line("run", "kept: "),),
    )
    moved = f"{of_255(report.added_rms)} of 255 a pixel, at the strongest place {of_255(report.added_max)}"
    added = material.line("run", "added: ")
    if is_flat(report):
        yield (
            "The result has too little contrast to say what share of it was added; typically (root mean square) it is "
            f"{moved}.",
            (added,),
        )
    else:
        yield (
            f"{share(report.added_share)} of the contrast in the result, counted as energy, was added: the picture "
            f"does not determine it. Typically (root mean square) that is {moved}.",
            (added,),
        )
        yield (
            f"{share(report.changed_share)} of the contrast, counted the same way, contradicts the picture.",
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
                f"{share(branch.added_share)}.",
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
    if models and not any(source.names_task for source in models):
        yield (
            f"None of the provided models is {_known(models)}made for this task: {material.task.name}.",
            (material.line("reading", "task: "), *_first_supports(models)),
        )
    papers = [source for source in material.dossier.sources if source.kind == "paper"]
    if papers and not any(source.names_task for source in papers):
        yield f"None of the related papers is {_known(papers)}about this task itself.", _first_supports(papers)
    no_paper = "Apercu knows no paper" if material.level == "open" else "The prompt gives no paper"
    for source in models:
        if "Paper: None" in material.texts[source.id].split("\n"):
            yield (
                f"{no_paper} for {source.name}.",
                (material.entry(source), material.line(source.id, "Paper: None")),
            )
        if source.verdict in ("direct", "transferable"):
            yield from material.claims_of(source, "limit")
    yield from not_measured(material)
    yield from _unspoken(material)


def _known(sources: Iterable[Source]) -> str:
    """Of what is given by its name and links alone nobody knows what it is for."""
    return "known to be " if any(source.verdict == "unknown" for source in sources) else ""


def _first_supports(sources: Iterable[Source]) -> tuple[Support, ...]:
    return tuple(support for source in sources for support in source.supports[:1])


def _unspoken(material: Material) -> Iterator[Draft]:
    """Kinds of picture that the question speaks of and no text about the models and papers does, cards among them."""
    provided = "\n".join(text for id, text in material.texts.items() if id not in _NOT_PROVIDED).casefold()
    for facet in material.task.facets:
        words = _SPOKEN_OF.get(facet.value, ()) if facet.kind == "content" else ()
        spoken = "|".join(re.escape(word) for word in (*words, facet.quote.casefold()))
        if words and not re.search(rf"\b(?:{spoken})", provided):
            yield (
                f"The question speaks of “{facet.quote}”; none of the provided texts does, so nothing can be quoted "
                "about it.",
                (Support(source="question", start=facet.start, end=facet.end, quote=facet.quote),),
            )
