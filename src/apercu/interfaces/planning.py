"""`apercu plan` and `apercu run`: see a workflow graph, and run one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from apercu.interfaces.options import Faithful, Json, Output, Overwrite, Question, Scale, Size
from apercu.interfaces.showing import show_steps
from apercu.interfaces.terminal import SMALLER_PICTURE, one_of, print_json, progress_bar, reported_errors, say, tell


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
        from apercu.question.read import read_question
        from apercu.scientist import plan_question
        from apercu.settings import load_settings
        from apercu.tasks import TASK_WORDS, left_undone

        factors, exact = one_of(scale, size)
        made = plan_question(question, settings=load_settings(), scale=factors, size=exact, faithful=faithful)
        notes = flow_shapes(made)
        task = read_question(question)
        if left := left_undone(task, made):
            also = "" if task.id in left else "also "
            words = " and ".join(TASK_WORDS[step] for step in left)
            tell(f"the question {also}asks for {words}; the workflow does not do that.")
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
    with reported_errors(as_json=as_json, memory=SMALLER_PICTURE):
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
            else:
                made = read_plan_file(plan_file)
                if image is None:
                    hint = "Name one with --image picture.png."
                    raise InputError("no picture was named to run the plan on", hint=hint)
                record = execute_plan(
                    made, image, output, settings=load_settings(), overwrite=overwrite, progress=progress
                ).record
        if as_json:
            print_json(record)
        else:
            show_steps(record)
            if is_manifest(plan_file) and plan_file.suffix == ".json" and not record.warnings:
                say("Nothing differs from the first run: the versions, the weights and the result are the same.")
