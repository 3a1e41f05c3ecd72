"""How results are printed for a person; with --json the commands print the records themselves."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apercu.answer.chosen import IN_SHORT
from apercu.evidence.conditions import what_is_left_out
from apercu.figures import share
from apercu.interfaces.terminal import clean, print_json, say, warn
from apercu.question.words import TASK_NAMES
from apercu.records import NO_MODEL, Answer, Check, Enlargement, ModelCard, Recommendation, RunRecord, SelfTest, Status

if TYPE_CHECKING:
    from apercu.catalogue import Entry
    from apercu.scientist import Result


def show_answer(result: Result, report: Path | None, *, as_json: bool, open_report: bool) -> None:
    """The answer itself, or what its run measured and where the report is."""
    run = result.answer.run
    for warning in run.warnings if run else ():
        warn(warning)
    for node in run.nodes if run else ():
        if node.status == "skipped":
            warn(f"{node.id} was skipped: {node.note}")
    for dropped in result.answer.unsupported:
        warn(f"a sentence was left out because {dropped.why}: {dropped.text}")
    if as_json:
        print_json(result.answer)
    elif report is None:
        _show_markdown(result.answer)
    else:
        if run:
            _show_findings(run)
            _show_run(run)
        for claim in result.answer.claims:
            if claim.text.startswith(IN_SHORT):
                say(claim.text)
        say(f"Report: {clean(str(report.resolve()))}")
    if report and open_report:
        import webbrowser

        webbrowser.open(report.resolve().as_uri())


def _show_markdown(answer: Answer) -> None:
    if not sys.stdout.isatty():
        sys.stdout.write(answer.markdown)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(answer.markdown))


def _show_run(run: RunRecord) -> None:
    worker = ", no model worked on it," if run.model == NO_MODEL else f" by {run.model}"
    say(f"{clean(str(run.output))}: {run.size[1]} x {run.size[0]} pixels{worker} in {run.seconds:.1f} s")
    say(
        f"  kept   {run.fidelity.lr_psnr_db:.2f} dB between your picture and the result shrunk back "
        f"({run.fidelity.kernel}); largest difference {run.fidelity.max_abs_lr_error * 255:.1f} of 255"
    )
    say(f"  added  {share(run.fidelity.added_share)} of the contrast energy is not determined by your picture")


def show_enlargement(done: Enlargement) -> None:
    """What was written, kept and added."""
    for warning in done.warnings:
        warn(warning)
    _show_findings(done.run)
    if done.run.self_test:
        _show_self_test(done.run.self_test)
    _show_run(done.run)


def _show_findings(run: RunRecord) -> None:
    """What was noticed in the picture, and what to do about it."""
    for finding in run.findings:
        say(f"note: {finding.text} {finding.suggestion or ''}".rstrip())


def _show_self_test(test: SelfTest) -> None:
    """The table of a self-test, and why one model was taken."""
    if test.trials:
        factors = f"{test.scale[1]:.3g} x {test.scale[0]:.3g}"
        say(f"Self-test on your own picture ({test.pieces} piece{'s' * (test.pieces > 1)}), a proxy:")
        saved = "" if test.jpeg_quality is None else f"saved as JPEG {test.jpeg_quality} as it seems to have been, "
        say(f"  shrunk {factors} times, {saved}enlarged back, compared (PSNR over all colours, more is closer)")
    for trial in test.trials:
        found = clean(trial.problem) or f"{trial.psnr_db:6.2f} dB  {trial.seconds:6.2f} s"
        say(f"  {'*' if trial.model == test.chosen else ' '} {trial.model:<24} {found}")
    say(f"  {test.reason}")


def show_steps(record: RunRecord) -> None:
    """One line for each step of a run."""
    for warning in record.warnings:
        warn(warning)
    _show_findings(record)
    for node in record.nodes:
        say(f"  {node.id:<16} {node.status:<8} {node.seconds:7.2f} s  {clean(node.output or node.note)}")


def show_check(found: Check) -> None:
    """The audit of an enlargement."""
    say(f"{clean(found.output)} is {found.scale[1]:g} x {found.scale[0]:g} times {clean(found.input)} (width x height)")
    say(
        f"  kept     {found.lr_psnr_db:.2f} dB when shrunk back by {found.kernel}; "
        f"largest difference {found.max_abs_lr_error * 255:.1f} of 255"
    )
    strongest = f"at most {found.added_max * 255:.1f} of 255 at one place"
    say(f"  added    {share(found.added_share)} of the contrast energy, {strongest}")
    say(f"  changed  {share(found.changed_share)} of the contrast energy contradicts the picture")
    for problem in found.sanity or ("none found",):
        say(f"  problem  {problem}")
    if found.added_map:
        say(f"  map      {clean(found.added_map)}")


_SCORE = (
    "The score adds up what the question, the card and, with a picture, the prediction say for and against a model; "
    "only differences count."
)
SHOWN = 6
"""Models, and papers, of a recommendation that are shown unless all are asked for."""


def show_recommendation(found: Recommendation, *, whole: bool) -> None:
    """Models with their reasons, then papers: the first few of both, or all."""
    say(f"Task: {found.task.name}{_how_large(found)}")
    if len(found.task.steps) > 1:
        say(f"Steps, in this order: {'; '.join(TASK_NAMES[step] for step in found.task.steps)}")
    if found.conditions:
        say(clean(f"What must hold of a model: {'; '.join(found.conditions)}."))
    if found.abstained:
        say(f"No model is recommended. {clean(found.why)}")
    elif left_out := what_is_left_out(found):
        say(clean(left_out))
    if found.sureness:
        say(found.sureness.text)
    if found.not_predicted:
        say(found.not_predicted)
    if found.against_runner_up:
        say(clean(found.against_runner_up))
    if found.style:
        from apercu.inspection.styles import style_words

        say(style_words(found.style))
    models, papers = (found.models, found.papers) if whole else (found.models[:SHOWN], found.papers[:SHOWN])
    if models:
        say(_SCORE)
    for model in models:
        say(f"\n{clean(model.id)} ({model.status}, score {model.score:g}): {clean(model.name)}")
        for sign, reasons in (("+", model.reasons_for), ("-", model.reasons_against)):
            for reason in reasons:
                say(f"  {sign} {clean(reason)}")
    if found.papers:
        say("\nPapers:")
    for paper in papers:
        say(clean(f"  {paper.verdict:<12}  {paper.title} {paper.links[0] if paper.links else ''}").rstrip())
        if paper.ruled_out:
            say(clean(f"  {'':<12}  - {paper.ruled_out}"))
    left = (len(found.models) - len(models), "models"), (len(found.papers) - len(papers), "papers")
    if more := " and ".join(f"{count} more {what}" for count, what in left if count):
        say(f"\n{more}: --all")


def _how_large(found: Recommendation) -> str:
    """What was understood of the size: factors are width x height; what follows from the picture is said so."""
    task, told = found.task, []
    if task.size:
        told.append(f"to {task.size[1]} x {task.size[0]} pixels")
    elif task.width or task.height:
        told.append(f"to {task.width} pixels in width" if task.width else f"to {task.height} pixels in height")
    if task.scale:
        told.append(f"{task.scale[1]:.4g} x {task.scale[0]:.4g} times (width x height)")
    elif task.factor:
        told.append(f"{task.factor:.4g} times")
    elif told and found.factor_on_picture:
        told.append(f"{found.factor_on_picture:.4g} times for this picture")
    return f", {', '.join(told)}" if told else ""


def show_models(cards: dict[ModelCard, Status]) -> None:
    """The catalogue."""
    width = max(len(card.id) for card in cards)
    for card, status in cards.items():
        say(clean(f"{card.id:<{width}} {status:<10}  {card.name}"))
        say(clean(f"{'':<{width}} {card.about}; licence {card.licence}"))
        if status != "runs":
            say(clean(f"{'':<{width}} needs {card.needs}"))


def show_entries(entries: Sequence[Entry]) -> None:
    """One line for each model of the catalogue, by task."""
    for task in dict.fromkeys(entry.task for entry in entries):
        say(f"\n{TASK_NAMES[task]}:")
        for entry in (entry for entry in entries if entry.task == task):
            name = entry.id if entry.id != entry.called else ""
            factors = entry.factors if entry.factors == "any" else "/".join(f"{factor:g}" for factor in entry.factors)
            source = entry.source and f"catalogue {entry.source}"
            facts = "  ".join(part for part in (name, factors and f"x{factors}", entry.licence, source) if part)
            say(f"  {clean(entry.called):<52} {entry.status:<10}  {clean(facts)}")
    say(f"\n{len(entries)} models; `apercu models show ID` tells all of one.")
    sources = Counter(entry.source for entry in entries if entry.source)
    if sources:
        brought = ", ".join(f"{source} ({count:,})" for source, count in sources.items())
        say(f"Imported catalogues: {brought}; `apercu models forget NAME` removes one.")


def show_entry(entry: Entry) -> None:
    """All that the catalogue holds about one model."""
    name = f" ({entry.id})" if entry.id != entry.called else ""
    say(f"{clean(entry.called + name)}: {clean(entry.about)}")
    factors = entry.factors if entry.factors == "any" else " or ".join(f"{factor:g}" for factor in entry.factors)
    facts = {
        "family": entry.family, "task": TASK_NAMES[entry.task], "factors": factors, "status": entry.status,
        "needs": entry.needs, "licence": entry.licence, "cost": entry.cost, "content": ", ".join(entry.content),
        "damage": ", ".join(entry.damage), "expects": entry.expects, "trained on": ", ".join(entry.trained_on),
        "inputs": entry.inputs, "outputs": entry.outputs, "catalogue": entry.source, "checked": entry.verified,
    }  # fmt: skip
    for name, text in facts.items():
        if text:
            say(f"  {name:<10} {clean(text)}")
    for link in entry.links:
        say(f"  {'link':<10} {clean(link)}")
    for note in entry.notes:
        say(f"  {note.kind:<10} {clean(note.text)}")
