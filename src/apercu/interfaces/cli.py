"""The command `apercu`. Each command reads its arguments, calls one function, and prints; the modules that compute are loaded only when needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from apercu import __version__
from apercu.interfaces.terminal import clean, print_json, progress_bar, read_scale, read_size, reported_errors, say, warn
from apercu.records import Kernel, Recommendation

if TYPE_CHECKING:
    from apercu.scientist import Job, Result

app = typer.Typer(
    help="An AI scientist for pictures that are made larger: it enlarges, measures what was kept and what was invented, and explains with sources.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(help="The catalogue: what runs here, what needs a file, which licence.", invoke_without_command=True)
app.add_typer(models_app, name="models")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Scale = Annotated[str | None, typer.Option(help="Factor, such as 3 or 3.7; or WIDTHxHEIGHT factors, such as 2x1.5.", metavar="FACTOR")]
Size = Annotated[str | None, typer.Option(help="Exact size WIDTHxHEIGHT, such as 1920x1080.", metavar="WxH")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
Faithful = Annotated[bool, typer.Option("--faithful", help="Change the result so that shrinking it gives the input back.")]
Image = Annotated[Path | None, typer.Option(help="A picture to run the workflow on.", metavar="FILE")]
Out = Annotated[Path | None, typer.Option(help="Folder for the report and the enlarged picture; made if missing.", metavar="FOLDER")]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the web browser.")]
ShrinkBy = Annotated[Kernel, typer.Option(help="How the result is shrunk for the comparison.")]


def main() -> None:
    """Entry point of the command."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    app()


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Options of the command itself."""
    if version:
        say(f"apercu {__version__}")
        raise typer.Exit


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="A question in plain words.")],
    image: Image = None,
    scale: Scale = None,
    size: Size = None,
    out: Out = None,
    faithful: Faithful = False,
    overwrite: Overwrite = False,
    open_report: Open = False,
    as_json: Json = False,
) -> None:
    """Answer a question: choose models and papers, explain with sources, and with --image run it and write a report."""
    with reported_errors(as_json=as_json):
        from apercu.question.read import read_question
        from apercu.scientist import ask as ask_scientist
        from apercu.settings import load_settings

        read_question(question)  # an empty question is refused before anything is made
        settings = load_settings()
        _answer_and_show(
            lambda job, progress: ask_scientist(question, settings=settings, job=job, progress=progress),
            image, scale, size, out, faithful=faithful, overwrite=overwrite, open_report=open_report, as_json=as_json,
        )  # fmt: skip


@app.command()
def answer(
    prompt: Annotated[Path, typer.Argument(help="A prompt file with a question, recommended models and related papers.")],
    image: Image = None,
    scale: Scale = None,
    size: Size = None,
    level: Annotated[Literal["prompt", "linked"], typer.Option(help="prompt: only the words in the file; linked: also our cards about the same items.")] = "linked",
    out: Out = None,
    faithful: Faithful = False,
    overwrite: Overwrite = False,
    open_report: Open = False,
    as_json: Json = False,
) -> None:
    """Answer a prompt file from the models and papers in it, and from nothing else."""
    with reported_errors(as_json=as_json):
        from apercu.question.prompt import read_prompt_file
        from apercu.scientist import answer as answer_brief
        from apercu.settings import load_settings

        brief = read_prompt_file(prompt)
        settings = load_settings()
        _answer_and_show(
            lambda job, progress: answer_brief(brief, settings=settings, level=level, job=job, progress=progress),
            image, scale, size, out, faithful=faithful, overwrite=overwrite, open_report=open_report, as_json=as_json,
        )  # fmt: skip


@app.command()
def enlarge(
    picture: Annotated[Path, typer.Argument(help="The picture to enlarge.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write; its suffix names the format. Default: beside the input.", metavar="FILE")] = None,
    scale: Scale = None,
    size: Size = None,
    model: Annotated[str, typer.Option(help="A model that runs here; see `apercu models`.")] = "liif-edsr",
    faithful: Faithful = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Enlarge a picture by any factor or to an exact size, and measure what was kept and what was added."""
    with reported_errors(as_json=as_json):
        from apercu.pictures import enlarge as enlarge_picture
        from apercu.settings import load_settings

        target = output or picture.with_name(f"{picture.stem}-large.png")
        with progress_bar(quiet=as_json) as progress:
            done = enlarge_picture(
                picture, target, settings=load_settings(), model=model, scale=read_scale(scale), size=read_size(size), faithful=faithful, overwrite=overwrite, progress=progress
            )  # fmt: skip
        if as_json:
            print_json(done)
            return
        for warning in done.warnings:
            warn(warning)
        report = done.run.fidelity
        say(f"{clean(done.output)}: {done.size[1]} x {done.size[0]} pixels by {done.model} in {done.seconds:.1f} s")
        say(f"  kept   {report.lr_psnr_db:.2f} dB between your picture and the result shrunk back ({report.kernel}); largest difference {report.max_abs_lr_error * 255:.1f} of 255")
        say(f"  added  {report.added_share:.2%} of the contrast energy is not determined by your picture")


@app.command()
def check(
    picture: Annotated[Path, typer.Argument(help="The small picture.")],
    enlarged: Annotated[Path, typer.Argument(help="The enlargement of it, made by any tool.")],
    kernel: ShrinkBy = "bicubic",
    added_map: Annotated[Path | None, typer.Option("--map", help="Write a picture of the added detail.", metavar="FILE")] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Audit an enlargement that any tool made: what it kept of the picture and what it added."""
    with reported_errors(as_json=as_json):
        from apercu.pictures import check as check_pictures
        from apercu.settings import load_settings

        found = check_pictures(picture, enlarged, settings=load_settings(), kernel=kernel, added_map=added_map, overwrite=overwrite)
        if as_json:
            print_json(found)
            return
        say(f"{clean(found.output)} is {found.scale[1]:g} x {found.scale[0]:g} times {clean(found.input)} (width x height)")
        say(f"  kept     {found.lr_psnr_db:.2f} dB when shrunk back by {found.kernel}; largest difference {found.max_abs_lr_error * 255:.1f} of 255")
        say(f"  added    {found.added_share:.2%} of the contrast energy, at most {found.added_max * 255:.1f} of 255 at one place")
        say(f"  changed  {found.changed_share:.2%} of the contrast energy contradicts the picture")
        for problem in found.sanity or ("none",):
            say(f"  problem  {problem}")
        if found.added_map:
            say(f"  map      {clean(found.added_map)}")


@app.command()
def recommend(
    question: Annotated[str | None, typer.Argument(help="A question in plain words.")] = None,
    form: Annotated[Literal["text", "prompt"], typer.Option("--format", help="prompt: write a prompt file of the kind that `apercu answer` reads.")] = "text",
    questions: Annotated[Path | None, typer.Option(help='JSON lines, one {"question": ...} a line; prints one JSON object a line.', metavar="FILE")] = None,
    as_json: Json = False,
) -> None:
    """Recommend models and papers for a question, with reasons for and against."""
    with reported_errors(as_json=as_json):
        from apercu.errors import QuestionError
        from apercu.evidence.recommend import brief_of
        from apercu.question.prompt import STANDARD_ASKED, write_prompt
        from apercu.question.read import read_question_lines
        from apercu.scientist import recommend as recommend_for_question
        from apercu.settings import load_settings

        settings = load_settings()
        if questions is not None:
            for line in read_question_lines(questions):
                say(recommend_for_question(line, settings=settings).model_dump_json(by_alias=True))
            return
        if question is None:
            raise QuestionError("no question was given", hint='Type one in quotes: apercu recommend "How do I enlarge an icon 3x?"')
        found = recommend_for_question(question, settings=settings)
        if form == "prompt":
            say(write_prompt(brief_of(question, found, STANDARD_ASKED)).rstrip("\n"))
        elif as_json:
            print_json(found)
        else:
            _show_recommendation(found)


@app.command()
def plan(
    question: Annotated[str, typer.Argument(help="A question in plain words.")],
    scale: Scale = None,
    size: Size = None,
    faithful: Faithful = False,
    form: Annotated[Literal["text", "mermaid", "svg", "json"], typer.Option("--format", help="How to draw the workflow.")] = "text",
    as_json: Json = False,
) -> None:
    """Show the workflow graph for a question; `--json` prints what `apercu run` takes."""
    with reported_errors(as_json=as_json):
        from apercu.plan.draw import draw_mermaid, draw_svg, draw_text, flow_shapes
        from apercu.plan.graph import plan_to_json
        from apercu.scientist import plan_question
        from apercu.settings import load_settings

        made = plan_question(question, settings=load_settings(), scale=read_scale(scale), size=read_size(size), faithful=faithful)
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


@app.command()
def run(
    plan_file: Annotated[Path, typer.Argument(help="A plan, as `apercu plan --json` prints it.", metavar="PLAN.json")],
    image: Annotated[Path, typer.Option(help="The picture to run it on.", metavar="FILE")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write.", metavar="FILE")] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Run a workflow graph on a picture."""
    with reported_errors(as_json=as_json):
        from apercu.run.execute import execute_plan
        from apercu.plan.graph import read_plan_file
        from apercu.settings import load_settings

        made = read_plan_file(plan_file)
        with progress_bar(quiet=as_json) as progress:
            record = execute_plan(made, image, output, settings=load_settings(), overwrite=overwrite, progress=progress).record
        if as_json:
            print_json(record)
            return
        for warning in record.warnings:
            warn(warning)
        for node in record.nodes:
            say(f"  {node.id:<16} {node.status:<8} {node.seconds:7.2f} s  {clean(node.output or node.note)}")


@models_app.callback()
def models(context: typer.Context, as_json: Json = False) -> None:
    """List the models: what runs here, what needs a file, which licence."""
    if context.invoked_subcommand:
        return
    with reported_errors(as_json=as_json):
        from apercu.registry import model_cards, model_status
        from apercu.settings import load_settings

        settings = load_settings()
        cards = {card: model_status(card, settings) for card in model_cards().values()}
        if as_json:
            listed = [card.model_dump(mode="json", exclude={"claims", "relations"}) | {"status": status} for card, status in cards.items()]
            say(json.dumps({"models": listed}, indent=2, ensure_ascii=False))
            return
        for card, status in cards.items():
            say(f"{card.id:<16} {status:<10}  {card.name}")
            say(f"{'':<16} {card.about}; licence {card.licence}")
            if status != "runs":
                say(f"{'':<16} needs {card.needs}")


@models_app.command("add")
def add_model(
    file: Annotated[Path, typer.Argument(help="A published checkpoint (.pth or .safetensors).", metavar="FILE")],
    as_json: Json = False,
) -> None:
    """Take in a file of weights: recognise it by its hash, read it without running anything in it, convert it, try it, keep it."""
    with reported_errors(as_json=as_json):
        from apercu.models.add import add_weights
        from apercu.settings import load_settings

        card = add_weights(file, load_settings())
        if as_json:
            say(json.dumps({"model": card.id, "name": card.name, "status": "runs", "licence": card.licence}))
        else:
            say(f"{card.name} runs now: apercu enlarge in.png -o out.png --scale 3 --model {card.id}")


# --- shared by the commands -----------------------------------------------------------------------------------------------------------


def _show_recommendation(found: Recommendation) -> None:
    say(f"Task: {found.task.name}")
    if found.abstained:
        say("No model in the catalogue does this, so none is recommended.")
    for model in found.models:
        say(f"\n{model.id} ({model.status}, score {model.score:g}): {model.name}")
        for sign, reasons in (("+", model.reasons_for), ("-", model.reasons_against)):
            for reason in reasons:
                say(f"  {sign} {reason}")
    if found.papers:
        say("\nPapers:")
    for paper in found.papers:
        say(f"  {paper.verdict:<12}  {paper.title} {paper.links[0] if paper.links else ''}")


def _answer_and_show(
    call: Callable[[Job | None, Callable[[str, float], None]], Result],
    image: Path | None,
    scale: str | None,
    size: str | None,
    out: Path | None,
    *,
    faithful: bool,
    overwrite: bool,
    open_report: bool,
    as_json: bool,
) -> None:
    """Answer, write the report if there is a picture or a folder for it, and print."""
    from apercu.errors import ShapeError
    from apercu.reporting import report_folder, write_report
    from apercu.scientist import Job

    factors, exact = read_scale(scale), read_size(size)
    if factors and exact:
        raise ShapeError("both --scale and --size were given, expected one of them", hint="Leave one out.")
    if image is None and (factors or exact or faithful):
        raise ShapeError("--scale, --size and --faithful need a picture, and none was given", hint="Add --image FILE.")
    wanted = out or (Path(f"apercu-{image.stem}") if image else None)
    with report_folder(wanted, exact_name=out is not None) as folder:
        job = None
        if image and folder:
            job = Job(picture=image, output=folder / "enlarged.png", scale=factors, size=exact, faithful=faithful, overwrite=overwrite)
        with progress_bar(quiet=as_json) as progress:
            result = call(job, progress)
        report = write_report(result, folder, overwrite=overwrite) if folder else None
    _show(result, report, as_json=as_json, open_report=open_report)


def _show(result: Result, report: Path | None, *, as_json: bool, open_report: bool) -> None:
    run = result.answer.run
    for warning in run.warnings if run else ():
        warn(warning)
    for dropped in result.answer.unsupported:
        warn(f"a sentence was left out because {dropped.why}: {dropped.text}")
    if as_json:
        print_json(result.answer)
    elif sys.stdout.isatty() and not report:
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(result.answer.markdown))
    elif not report:
        sys.stdout.write(result.answer.markdown)
    if report and not as_json:
        if run:
            say(f"{clean(str(run.output))}: {run.size[1]} x {run.size[0]} pixels by {run.model}")
            say(f"  kept   {run.fidelity.lr_psnr_db:.2f} dB between your picture and the result shrunk back ({run.fidelity.kernel})")
            say(f"  added  {run.fidelity.added_share:.2%} of the contrast energy is not determined by your picture")
        say(f"Report: {clean(str(report.resolve()))}")
    if report and open_report:
        import webbrowser

        webbrowser.open(report.resolve().as_uri())
