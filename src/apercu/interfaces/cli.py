"""The command `apercu`.

Each command reads its arguments, calls one function, and prints; the modules that compute are loaded only when needed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from apercu import __version__
from apercu.errors import EXIT_CODES, InputError, ShapeError
from apercu.interfaces import batching, models, papers, planning, recommending
from apercu.interfaces.options import (
    EmbedManifest,
    Faithful,
    GivenLevel,
    Image,
    Json,
    MaxMemory,
    Model,
    Open,
    Out,
    Output,
    Overwrite,
    Prefer,
    Question,
    Scale,
    ShrinkBy,
    ShrinkFirst,
    Size,
    Strip,
    ToSrgb,
    WithManifest,
)  # fmt: skip
from apercu.interfaces.showing import show_answer, show_check, show_enlargement
from apercu.interfaces.terminal import (
    INTERRUPTED,
    SMALLER_PICTURE,
    fail,
    one_of,
    print_json,
    progress_bar,
    reported_errors,
    say,
    tell,
    warn,
    write_all_of_it,
)

if TYPE_CHECKING:
    from apercu.records import Preference
    from apercu.scientist import Job, Result
    from apercu.settings import Settings

app = typer.Typer(
    help="An AI scientist for pictures that are made larger: it enlarges them, measures what was kept and what was "
    "invented, and explains with sources.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__bases__[0])
"""What typer raises for an unknown option, a missing argument and the like."""


def main() -> None:
    """Entry point of the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    write_all_of_it()
    try:
        raise SystemExit(app(standalone_mode=False) or 0)
    except (KeyboardInterrupt, typer.Abort):  # while the arguments were read: no command had begun
        raise SystemExit(INTERRUPTED) from None
    except UsageError as error:
        message = error.format_message().replace(": Value error, ", ": ")  # words of the library's own
        if not message:  # no command was named: typer has printed the help
            raise SystemExit(EXIT_CODES[InputError]) from None
        hint = "See `apercu --help`, or --help after a command."
        fail(InputError.code, message, hint, status=EXIT_CODES[InputError], as_json="--json" in sys.argv)


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", metavar="", help="Print the version and stop.")] = False,
) -> None:
    """Options of the command itself."""
    if version:
        say(f"apercu {__version__}")
        raise typer.Exit


@app.command()
def ask(
    question: Question,
    image: Image = None,
    scale: Scale = None,
    size: Size = None,
    prefer: Prefer = None,
    out: Out = None,
    faithful: Faithful = False,
    overwrite: Overwrite = False,
    open_report: Open = False,
    as_json: Json = False,
) -> None:
    """Answer a question: choose models and papers, explain with sources, and with --image run it and write a report."""
    with reported_errors(as_json=as_json, memory=SMALLER_PICTURE):
        from apercu.question.read import read_question
        from apercu.scientist import ask as ask_scientist
        from apercu.settings import load_settings

        read_question(question)  # an empty question is refused before anything is made
        settings = load_settings()
        preferences = cast("list[Preference]", [chosen.value for chosen in prefer or ()])
        _answer_and_show(
            lambda job, progress: ask_scientist(
                question, settings=settings, job=job, prefer=preferences, progress=progress
            ),
            image, scale, size, out, faithful=faithful, overwrite=overwrite, open_report=open_report, as_json=as_json,
        )  # fmt: skip


@app.command()
def answer(
    prompt: Annotated[
        Path, typer.Argument(help="A prompt file with a question, recommended models and related papers.")
    ],
    image: Image = None,
    scale: Scale = None,
    size: Size = None,
    level: GivenLevel = "linked",
    out: Out = None,
    faithful: Faithful = False,
    overwrite: Overwrite = False,
    open_report: Open = False,
    as_json: Json = False,
) -> None:
    """Answer a prompt file from the models and papers in it, and from nothing else."""
    with reported_errors(as_json=as_json, memory=SMALLER_PICTURE):
        from apercu.question.prompt import read_prompt_file
        from apercu.scientist import answer as answer_brief
        from apercu.settings import load_settings

        brief = read_prompt_file(prompt)
        settings = load_settings()
        _answer_and_show(
            lambda job, progress: answer_brief(brief, settings=settings, level=level, job=job, progress=progress),
            image, scale, size, out, faithful=faithful, overwrite=overwrite, open_report=open_report, as_json=as_json,
        )  # fmt: skip


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
    from apercu.reporting import PICTURE_NAME, report_folder, write_report
    from apercu.scientist import Job

    factors, exact = one_of(scale, size)
    if image is None and (factors or exact or faithful):
        raise ShapeError("--scale, --size and --faithful need a picture, and none was given", hint="Add --image FILE.")
    if open_report and image is None and out is None:
        raise InputError("--open needs a report, and none is written without --image or --out", hint="Add one of them.")
    wanted = out or (Path(f"apercu-{image.stem}") if image else None)
    with report_folder(
        wanted, exact_name=out is not None, with_picture=image is not None, overwrite=overwrite
    ) as folder:
        job = None
        if image and folder:
            job = Job(
                picture=image, output=folder / PICTURE_NAME, scale=factors, size=exact,
                faithful=faithful, overwrite=overwrite,
            )  # fmt: skip
        with progress_bar(quiet=as_json) as progress:
            result = call(job, progress)
        report = write_report(result, folder, overwrite=overwrite) if folder else None
    show_answer(result, report, as_json=as_json, open_report=open_report)


@app.command()
def enlarge(
    picture: Annotated[Path, typer.Argument(help="The picture to enlarge.")],
    output: Output = None,
    scale: Scale = None,
    size: Size = None,
    model: Model = None,
    preview: Annotated[
        bool, typer.Option("--preview", metavar="", help="Take the quick model, to see soon what the result is like.")
    ] = False,
    faithful: Faithful = False,
    shrink_first: ShrinkFirst = False,
    max_memory: MaxMemory = None,
    manifest: WithManifest = True,
    embed_manifest: EmbedManifest = False,
    strip: Strip = False,
    to_srgb: ToSrgb = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Enlarge a picture by any factor or to an exact size, and measure what was kept and what was added.

    Without -o the result is written beside the picture as NAME-large.png.
    """
    with reported_errors(as_json=as_json, memory=SMALLER_PICTURE):
        from apercu.evidence.prefer import record_choice
        from apercu.pictures import enlarge as enlarge_picture
        from apercu.registry import find_model
        from apercu.settings import load_settings

        settings = load_settings(max_memory=max_memory)
        factors, exact = one_of(scale, size)
        target = output or picture.parent / f"{picture.stem}-large.png"
        chosen = _chosen_model(model, settings, preview=preview)
        with progress_bar(quiet=as_json) as progress:
            done = enlarge_picture(
                picture, target, settings=settings, model=chosen, scale=factors, size=exact,
                faithful=faithful, shrink_first=shrink_first, manifest=manifest, embed_manifest=embed_manifest,
                strip=strip, to_srgb=to_srgb,
                overwrite=overwrite, progress=progress,
            )  # fmt: skip
        if model is not None and model.strip().lower() != "auto":
            problem = record_choice(find_model(model, settings).id, "super_resolution", settings)
            if problem:
                warn(problem)
        if as_json:
            print_json(done)
        else:
            show_enlargement(done)


def _chosen_model(model: str | None, settings: Settings, *, preview: bool) -> str:
    """The model that was named, the quick one for a preview, or the one that suits the machine; says why.

    Raises:
        InputError: a preview is asked for, and a model named.
    """
    from apercu.pictures import QUICK_MODEL, default_model

    if model is not None and preview:
        raise InputError("--preview takes the quick model, and --model names one", hint="Leave one of them out.")
    if model is not None:
        return model
    if preview:
        tell(f"this is a preview by {QUICK_MODEL}; without --preview the result comes slower and closer")
        return QUICK_MODEL
    chosen, why = default_model(settings)
    if why:
        tell(why)
    return chosen


@app.command()
def check(
    picture: Annotated[Path, typer.Argument(help="The small picture.")],
    enlarged: Annotated[Path, typer.Argument(help="The enlargement of it, made by any tool.")],
    kernel: ShrinkBy = "bicubic",
    added_map: Annotated[
        Path | None, typer.Option("--map", help="Write a picture of the added detail.", metavar="FILE")
    ] = None,
    overwrite: Overwrite = False,
    strict: Annotated[
        bool, typer.Option("--strict", metavar="", help="End with exit code 1 where a problem is found.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Audit an enlargement that any tool made: what it kept of the picture and what it added."""
    with reported_errors(as_json=as_json, memory=SMALLER_PICTURE):
        from apercu.checking import check as check_pictures
        from apercu.errors import EXIT_CODES, ApercuError
        from apercu.settings import load_settings

        found = check_pictures(
            picture, enlarged, settings=load_settings(), kernel=kernel, added_map=added_map, overwrite=overwrite
        )
        if as_json:
            print_json(found)
        else:
            show_check(found)
        if strict and found.sanity:
            raise SystemExit(EXIT_CODES[ApercuError])


app.command()(batching.batch)
app.command()(recommending.recommend)
app.command()(planning.plan)
app.command()(planning.run)
app.add_typer(models.models_app, name="models")
app.add_typer(papers.papers_app, name="papers")
