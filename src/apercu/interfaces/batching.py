"""The command `apercu batch`: many pictures enlarged with one call."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apercu.errors import EXIT_CODES, InputError, RunError
from apercu.interfaces.options import Faithful, Json, Overwrite, Scale, Size
from apercu.interfaces.terminal import (
    SMALLER_PICTURE,
    clean,
    end_interrupted,
    one_of,
    print_json,
    reported_errors,
    say,
    tell,
    warn,
)

if TYPE_CHECKING:
    from apercu.folders import Enlargements
    from apercu.run.batch import Tally

SOME_FAILED = EXIT_CODES[RunError]
"""Exit code of a batch that went to its end, but in which some pictures have no result."""


def batch(
    folder: Annotated[Path, typer.Argument(help="The folder of the pictures.", metavar="IN")],
    out: Annotated[
        Path | None,
        typer.Argument(help="The folder for the results; made if missing.", metavar="OUT", show_default=False),
    ] = None,
    out_option: Annotated[Path | None, typer.Option("-o", "--out", help="The same as OUT.", metavar="FOLDER")] = None,
    scale: Scale = None,
    size: Size = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="A model that runs here; see `apercu models`. By default liif-edsr, on a weak machine liif-fast.",
            show_default=False,
        ),
    ] = None,
    faithful: Faithful = False,
    form: Annotated[
        str | None,
        typer.Option("--format", help="Suffix of all results, such as png; else each keeps its own.", metavar="SUFFIX"),
    ] = None,
    no_recursion: Annotated[
        bool, typer.Option("--no-recursion", metavar="", help="Leave the folders inside IN out.")
    ] = False,
    include: Annotated[
        list[str] | None,
        typer.Option(help="Only pictures whose name or path fits, such as 'icon-*'; repeatable.", metavar="PATTERN"),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="No picture whose name or path fits; repeatable.", metavar="PATTERN")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Processes at work; else one for each processor.", min=1, max=1024, metavar="N")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", metavar="", help="Go on with a batch that was ended: nothing is done twice.")
    ] = False,
    ray: Annotated[
        str | None,
        typer.Option(help="Spread over the Ray cluster at ADDRESS; 'local' starts one.", metavar="ADDRESS"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Enlarge every picture of a folder: one bad picture does not stop the rest, and --resume goes on after any end."""
    with reported_errors(as_json=as_json, memory=SMALLER_PICTURE):
        from apercu.folders import enlarge_folder
        from apercu.pictures import default_model
        from apercu.settings import load_settings

        if (out is None) == (out_option is None):
            raise InputError(
                "expected one folder for the results, got " + ("none" if out is None else "two"),
                hint="Type `apercu batch pictures -o large --scale 2`.",
            )
        factors, exact = one_of(scale, size)
        settings = load_settings()
        if model is None:
            model, why = default_model(settings, by_memory=False)
            if why:
                tell(why)
        with _interruptible(overwrite=overwrite, as_json=as_json) as note, _batch_bar(quiet=as_json) as show:

            def progress(tally: Tally) -> None:
                note(tally)
                show(tally)

            done = enlarge_folder(
                folder, out or out_option or Path(), settings=settings, model=model, scale=factors, size=exact,
                faithful=faithful, overwrite=overwrite, format=form, recursive=not no_recursion,
                include=include or (), exclude=exclude or (), jobs=jobs, resume=resume, ray=ray, progress=progress,
            )  # fmt: skip
        if as_json:
            print_json(done)
        else:
            show_batch(done)
        sys.stdout.flush()
        if done.failed:
            raise SystemExit(SOME_FAILED)


def show_batch(done: Enlargements) -> None:
    """A summary, and what happened to the pictures that have no result."""
    for warning in done.warnings:
        warn(warning)
    speed = f", {done.done / done.seconds:.1f} a second" if done.done and done.seconds else ""
    say(f"{clean(done.output)}: {done.done} of {done.pictures} pictures by {done.model} in {done.seconds:.1f} s{speed}")
    for name, count, words in (
        ("kept", done.kept, "finished earlier and unchanged"),
        ("failed", done.failed, "without a result"),
        ("ignored", done.ignored, "other files"),
    ):
        if count:
            say(f"  {name:<8} {count} {words}")
    if done.failures:
        say()
        width = min(40, max(len(clean(failure.picture)) for failure in done.failures))
        for failure in done.failures:
            what = failure.message.removeprefix(f"{failure.picture} ")
            say(f"  {clean(failure.picture):<{width}}  {clean(what)}")
    if done.failed > len(done.failures):
        say(f"  and {done.failed - len(done.failures)} more: see {clean(done.ledger)}")


@contextmanager
def _interruptible(*, overwrite: bool, as_json: bool) -> Iterator[Callable[[Tally], None]]:
    """Let Ctrl-C say how far the batch is and how to go on with it."""
    latest: Tally | None = None

    def note(tally: Tally) -> None:
        nonlocal latest
        latest = tally

    try:
        yield note
    except KeyboardInterrupt:
        if latest is None:
            raise
        again = "--resume --overwrite" if overwrite else "--resume"
        finished = latest.done + latest.kept
        hint = f"Run the same command with {again}."
        end_interrupted(f"{finished} of {latest.total} done; go on with {again}", hint, as_json=as_json)


@contextmanager
def _batch_bar(*, quiet: bool) -> Iterator[Callable[[Tally], None]]:
    """A bar with counts and the time left, on standard error where a person is looking."""
    if quiet or not sys.stderr.isatty():
        yield lambda tally: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        pictures = bar.add_task("", total=None)

        def show(tally: Tally) -> None:
            bar.update(
                pictures,
                total=tally.total,
                completed=tally.done + tally.kept + tally.failed,
                description=f"{tally.failed} failed" if tally.failed else "",
            )

        yield show
