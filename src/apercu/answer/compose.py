"""Compose the sentences of an answer. Each is built from the words it rests on, so that it has its supports from the start; the gate checks them again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from apercu.answer.texts import number, plan_text, reading_text, run_text
from apercu.records import CardClaim, Claim, Dossier, Part, Plan, RunRecord, Source, Support, Task, TaskId, Verdict

VERDICT_WORDS: dict[Verdict, str] = {"direct": "direct", "transferable": "transferable", "off-topic": "off-topic", "unknown": "not enough information"}

_CONTENT = {
    "ui": "a user interface", "illustration": "an illustration", "anime": "anime or a cartoon", "photo": "a photograph", "text": "text",
    "pixel_art": "pixel art", "face": "a face",
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

Draft = tuple[str, tuple[Support, ...]]


@dataclass(frozen=True)
class Material:
    """All that the sentences are made of."""

    task: Task
    dossier: Dossier
    texts: Mapping[str, str]
    run: RunRecord | None

    def quote(self, source: str, words: str) -> Support:
        """The first place of some words in a source."""
        start = self.texts[source].index(words)
        return Support(source=source, start=start, end=start + len(words), quote=words)

    def line(self, source: str, start: str) -> Support:
        """The line of a source that begins with `start`."""
        return self.quote(source, next(line for line in self.texts[source].split("\n") if line.startswith(start)))

    def claims_of(self, source: Source, *kinds: str) -> Iterator[tuple[CardClaim, Support]]:
        """The card claims of a source that are of some kinds, in the card's order."""
        for claim in self.dossier.claims.get(source.card or "", ()):
            if claim.kind in kinds and source.card:
                yield claim, self.quote(source.card, claim.text)


def gather_texts(question: str, task: Task, dossier: Dossier, plan: Plan, run: RunRecord | None, *, status: Mapping[str, str]) -> dict[str, str]:
    """Every text that this answer may quote, by source id."""
    texts = {"question": question, "reading": reading_text(task), **dossier.texts}
    if plan.nodes:
        texts["plan"] = plan_text(plan, status)
    if run:
        texts["run"] = run_text(run)
    return texts


def compose_claims(task: Task, dossier: Dossier, plan: Plan, run: RunRecord | None, texts: Mapping[str, str]) -> tuple[Claim, ...]:
    """The sentences of all parts, in the order in which they are read."""
    material = Material(task, dossier, texts, run)
    parts: tuple[tuple[Part, Iterable[Draft]], ...] = (
        ("task", _task(material)),
        ("workflow", _workflow(material, plan)),
        ("sources", _sources(material)),
        ("limits", _limits(material)),
    )
    claims = []
    for part, drafts in parts:
        for count, (text, supports) in enumerate(dict(drafts).items(), start=1):
            claims.append(Claim(id=f"{part}-{count}", part=part, text=text, supports=supports))
    return tuple(claims)


# --- part 1: the task -----------------------------------------------------------------------------------------------------------------


def _task(material: Material) -> Iterator[Draft]:
    task = material.task
    read = _facets(material, "task")
    said = " and ".join(f"“{support.quote}”" for support in read[:2])
    name = material.line("reading", "task: ")
    if read:
        yield f"The task is this: {task.name}. The question says {said}.", (name, *read[:2])
    else:
        yield f"The task is this: {task.name}. No words of a known picture task were found in the question.", (name, material.quote("question", material.texts["question"]))
    yield from _task_factor(material)
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
            yield frame.format(" and ".join(words[value] for value in values), said), _facets(material, kind)


def _task_factor(material: Material) -> Iterator[Draft]:
    task = material.task
    if task.id != "super_resolution":
        return
    scale = task.scale or ((task.factor, task.factor) if task.factor else None)
    if task.size:
        support = material.line("reading", "size: ")
        yield f"The result is to have {task.size[1]} x {task.size[0]} pixels (width x height).", (support, *_facets(material, "size"))
    elif scale:
        support = material.line("reading", "factor: ")
        many = number(scale[0] * scale[1])
        by = f"{number(scale[0])} times" if scale[0] == scale[1] else f"{number(scale[1])} times in width and {number(scale[0])} times in height"
        yield (
            f"The picture is to grow {by} on each side, so {many} new pixels stand where 1 stood; what lies between the known ones has to be worked out.",
            (support, *_facets(material, "factor")),
        ) if scale[0] == scale[1] else (f"The picture is to grow {by}, so {many} new pixels stand where 1 stood.", (support, *_facets(material, "factor")))
    else:
        yield "The question names no factor.", (material.line("reading", "factor: "),)


def _facets(material: Material, kind: str) -> tuple[Support, ...]:
    return tuple(Support(source="question", start=f.start, end=f.end, quote=f.quote) for f in material.task.facets if f.kind == kind)


# --- part 2: the workflow -------------------------------------------------------------------------------------------------------------


def _workflow(material: Material, plan: Plan) -> Iterator[Draft]:
    models = [source for source in material.dossier.sources if source.kind == "model"]
    if not models:
        yield "No model is provided, so the workflow can only use plain interpolation.", (material.quote("question", material.texts["question"]),)
    for source in models:
        claims = list(material.claims_of(source, "step")) + list(material.claims_of(source, "mechanism"))
        yield from ((claim.text, (support,)) for claim, support in claims)
        if not claims:
            entry = material.quote(source.id, material.texts[source.id].split("\n")[0])
            yield f"How {source.name} works inside does not stand in the provided words; they give its name and its links.", (entry,)
    if plan.nodes:
        chain = " → ".join(_stages(plan))
        yield f"The workflow on a picture is {chain}.", (material.quote("plan", material.texts["plan"]),)
    if material.run:
        yield from _run(material, material.run)


def _stages(plan: Plan) -> Iterator[str]:
    """The steps from input to output; candidates that run side by side stand in braces."""
    enlargers = [node.id for node in plan.nodes if node.op == "enlarge"]
    for node in plan.nodes:
        if node.op != "enlarge":
            yield node.id
        elif node.id == enlargers[0]:
            yield "{" + " | ".join(enlargers) + "}" if len(enlargers) > 1 else node.id


def _run(material: Material, run: RunRecord) -> Iterator[Draft]:
    """What this very run measured."""
    report = run.fidelity
    enlarged, kept, added, changed = (material.line("run", start) for start in ("enlarged: ", "kept: ", "added: ", "changed: "))
    yield (
        f"In this run the picture of {run.input_size[1]} x {run.input_size[0]} pixels became {run.size[1]} x {run.size[0]} pixels with {run.model} in {run.seconds:.2f} seconds.",
        (enlarged,),
    )
    yield (
        f"Shrunk back by {report.kernel}, the result agrees with the picture to {report.lr_psnr_db:.2f} dB; no pixel is further off than {report.max_abs_lr_error * 255:.2f} of 255.",
        (kept,),
    )
    yield (
        f"{report.added_share:.2%} of the contrast energy of the result was added: the picture does not determine it. "
        f"On average that is {report.added_rms * 255:.2f} of 255 a pixel, at the strongest place {report.added_max * 255:.2f}.",
        (added,),
    )
    yield f"{report.changed_share:.2%} of the contrast energy contradicts the picture.", (changed,)
    for node in run.nodes:
        if node.status == "skipped":
            yield f"The step {node.id} was skipped: {node.note}.", (material.line("run", f"skipped {node.id}: "),)
    for branch in run.branches:
        if not branch.chosen:
            yield (
                f"For comparison, the candidate {branch.node} shrinks back to {branch.lr_psnr_db:.2f} dB and adds {branch.added_share:.2%}.",
                (material.line("run", f"candidate {branch.node}: "),),
            )


# --- part 3: papers and tools ---------------------------------------------------------------------------------------------------------


def _sources(material: Material) -> Iterator[Draft]:
    for source in material.dossier.sources:
        entry = material.quote(source.id, f"Model: {source.name}")
        yield f"{source.name}: {VERDICT_WORDS[source.verdict]}. {source.reason}", (entry, *source.supports)
    for source in material.dossier.sources:
        if source.kind == "paper" and source.verdict in ("direct", "transferable"):
            for claim, support in list(material.claims_of(source, "mechanism", "step"))[:2]:
                yield claim.text, (support,)
            if not source.card:
                yield from _own_words(material, source)
        if source.kind == "model" and source.verdict == "direct":
            for claim, support in material.claims_of(source, "result"):
                yield claim.text, (support,)


def _own_words(material: Material, source: Source) -> Iterator[Draft]:
    """The sentence of a summary that the verdict rests on, quoted."""
    text = material.texts[source.id].partition("\nSummary: ")[2]
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        if source.supports[0].quote in sentence and len(sentence) <= LONGEST_QUOTE and not re.search(r"https?:|[“”]", sentence):
            yield f"{source.name} says: “{sentence}”", (material.quote(source.id, f"Model: {source.name}"), material.quote(source.id, sentence))
            return


# --- what the sources do not say ------------------------------------------------------------------------------------------------------


def _limits(material: Material) -> Iterator[Draft]:
    sources = material.dossier.sources
    models = [source for source in sources if source.kind == "model"]
    if models and not any(source.verdict == "direct" for source in models):
        yield f"None of the provided models is made for this task: {_task_words(material.task.id)}.", tuple(s for source in models for s in source.supports[:1])
    papers = [source for source in sources if source.kind == "paper"]
    if papers and not any(source.verdict == "direct" for source in papers):
        yield "None of the related papers is about this task itself.", tuple(support for source in papers for support in source.supports[:1])
    for source in models:
        text = material.texts[source.id]
        if "\nPaper: None" in text:
            yield f"The prompt gives no paper for {source.name}.", (material.quote(source.id, "Paper: None"),)
        if source.verdict in ("direct", "transferable"):
            yield from ((claim.text, (support,)) for claim, support in material.claims_of(source, "limit"))
    yield from _unspoken(material)


def _unspoken(material: Material) -> Iterator[Draft]:
    """Kinds of picture that the question speaks of and no provided text does."""
    provided = "\n".join(material.texts[source.id] for source in material.dossier.sources).casefold()
    for facet in material.task.facets:
        words = _SPOKEN_OF.get(facet.value, ()) if facet.kind == "content" else ()
        spoken = "|".join(re.escape(word) for word in (*words, facet.quote.casefold()))
        if words and not re.search(rf"\b(?:{spoken})", provided):
            support = Support(source="question", start=facet.start, end=facet.end, quote=facet.quote)
            yield f"The question speaks of “{facet.quote}”; none of the provided texts does, so nothing can be quoted about it.", (support,)


def _task_words(task: TaskId) -> str:
    return task.replace("_", " ").replace("super resolution", "enlarging a picture")
