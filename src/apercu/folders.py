"""Enlarge every picture of a folder, in processes of this machine or of a Ray cluster."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from apercu.errors import InputError, OutputError, ShapeError
from apercu.pictures import DEFAULT_MODEL, enlarge, enlarging_plan
from apercu.records import Record
from apercu.registry import find_model, load_model, weights_digest
from apercu.settings import Settings, available_threads

if TYPE_CHECKING:
    from apercu.run.batch import Batch, Tally
    from apercu.run.sources import Listing, Naming
    from apercu.run.tasks import Spread, Work


class Failure(Record):
    """A picture without a result, and why."""

    picture: str
    code: str
    message: str


class Enlargements(Record):
    """What `enlarge_folder` did.

    `pictures` are all that were found: `done` now, `kept` from an earlier run of the same batch, `failed`. `ignored`
    counts the other files. `failures` holds the first of them; `ledger` names the file that holds every one.
    """

    folder: str
    output: str
    model: str
    pictures: int
    done: int
    kept: int
    failed: int
    ignored: int
    seconds: float
    failures: tuple[Failure, ...]
    ledger: str
    warnings: tuple[str, ...] = ()


def enlarge_folder(
    folder: Path,
    out: Path,
    *,
    settings: Settings,
    model: str = DEFAULT_MODEL,
    scale: tuple[float, float] | None = None,
    size: tuple[int, int] | None = None,
    faithful: bool = False,
    overwrite: bool = False,
    format: str | None = None,
    recursive: bool = True,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    jobs: int | None = None,
    resume: bool = False,
    ray: str | None = None,
    progress: Callable[[Tally], None] = lambda tally: None,
) -> Enlargements:
    """Enlarge every picture below a folder; the results lie in the same way below another.

    The bytes of a result depend neither on the number of processes nor on where they run: each uses one thread. In a
    script, call this under `if __name__ == "__main__":`, since new processes import the script.

    Args:
        folder: where the pictures are.
        out: where the results go; made if missing. The ledger lies there, too.
        settings: limits, and where weights are; its number of threads is not used.
        model: id, name or alias of a model that runs here.
        scale: factors (y, x); or
        size: exact (height, width).
        faithful: change the results so that shrinking them gives the pictures back.
        overwrite: whether files may be replaced that this batch did not make, and a finished batch done again.
        format: suffix of the results without the dot; None keeps each picture's, or takes png where it cannot be
            written.
        recursive: whether to look into folders.
        include: patterns of which a picture's name or path must fit one, if there are any.
        exclude: patterns of which neither may fit any.
        jobs: processes; None for one for each processor.
        resume: go on with what the ledger holds: what is done, unchanged and still there is not done again.
        ray: address of a Ray cluster, or "local" to start one here; None for processes of this machine.
        progress: called with the running counts at the beginning and after every picture.

    Raises:
        InputError: the folders cannot be used so, there is no picture, or two would have the same result.
        OutputError: results cannot be written there, or there is a ledger and neither `resume` nor `overwrite`.
        ModelError, ShapeError: nothing could be enlarged with these parameters.
        RunError: the cluster cannot be used.
    """
    from apercu.run.batch import Batch, Tally, run_batch
    from apercu.run.ledger import LEDGER_NAME, Ledger, Parameters
    from apercu.run.memory import allowed_memory
    from apercu.run.tasks import Work

    started = time.perf_counter()
    # The workers share the memory, and each uses one thread, so that the bytes do not depend on their number.
    share = allowed_memory(settings) // max(1, jobs or available_threads())
    one_thread = settings.model_copy(update={"threads": 1, "max_memory": share})
    card_id = _check_parameters(model, scale=scale, size=size, faithful=faithful, settings=one_thread)
    folder, out = folder.absolute(), out.absolute()
    _check_folders(folder, out)
    naming = _naming(format, out)
    if not (resume or overwrite) and (out / LEDGER_NAME).exists():
        raise OutputError(
            f"{out} holds the ledger of an earlier batch",
            hint="Go on with it by --resume, or do everything again by --overwrite.",
        )
    listing = _listed(folder, out, naming, recursive=recursive, include=include, exclude=exclude)
    parameters = Parameters(
        model=card_id, weights_sha256=weights_digest(find_model(card_id, settings), settings), scale=scale, size=size,
        faithful=faithful, format=format, version=version("apercu"),
    )  # fmt: skip
    work = Work(
        partial(enlarge, settings=one_thread, model=card_id, scale=scale, size=size, faithful=faithful), folder, out
    )
    tally = Tally(total=len(listing.pictures))
    with _workers(work, jobs, ray) as spread:
        out.mkdir(parents=True, exist_ok=True)
        ledger = Ledger(out / LEDGER_NAME, parameters, resume=resume)
        try:
            batch = Batch(folder, out, naming, overwrite=overwrite)
            run_batch(listing.pictures, batch, ledger, spread, tally=tally, progress=progress)
        finally:
            ledger.close()
    return _summary(batch, card_id, tally, listing, ledger_path=ledger.path, changed=ledger.changed, started=started)


def _check_parameters(
    model: str,
    *,
    scale: tuple[float, float] | None,
    size: tuple[int, int] | None,
    faithful: bool,
    settings: Settings,
) -> str:
    """Refuse before the first picture what would be refused for every one; gives the model's id."""
    enlarging_plan(model, scale=scale, size=size, faithful=faithful, settings=settings)
    if scale is not None and max(scale) > settings.max_scale:
        raise ShapeError(
            f"factor {max(scale):g} is out of range, expected 1 to {settings.max_scale:g}",
            hint="Give a factor such as 2, 3.7 or 4.",
        )
    return load_model(model, settings).card.id


def _check_folders(folder: Path, out: Path) -> None:
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise InputError(
            f"{folder} {what}; expected a folder of pictures", hint="`apercu enlarge` takes a single picture."
        )
    if os.path.lexists(out) and not out.is_dir():
        raise OutputError(f"{out} is a file; expected a folder for the results", hint="Choose another name.")
    inside, outside = Path(os.path.realpath(folder)), Path(os.path.realpath(out))
    if inside == outside or outside in inside.parents:
        where = "the folder of the pictures itself" if inside == outside else "a folder around that of the pictures"
        raise OutputError(
            f"{out} is {where}: a result could take the place of a picture",
            hint="Choose another folder, for example one inside or beside that of the pictures.",
        )


def _naming(format_: str | None, out: Path) -> Naming:
    """How results are called. Whether a suffix can be written is asked of the writer, in a folder that is there."""
    from apercu.image import check_output
    from apercu.run.sources import Naming

    there = next(path for path in (out, *out.parents) if os.path.lexists(path))
    suffix = None if format_ is None else "." + format_.lower().removeprefix(".")
    check_output(there / f"result{suffix or '.png'}", overwrite=True)

    @cache
    def can_be_written(wanted: str) -> bool:
        try:
            check_output(there / f"result{wanted}", overwrite=True)
        except OutputError:
            return False
        return True

    return Naming(suffix, can_be_written)


def _listed(
    folder: Path, out: Path, naming: Naming, *, recursive: bool, include: Sequence[str], exclude: Sequence[str]
) -> Listing:
    from apercu.run.sources import list_pictures

    listing = list_pictures(folder, naming, leave_out=out, recursive=recursive, include=include, exclude=exclude)
    if not listing.pictures:
        others = "" if not listing.ignored else f" among {listing.ignored} files"
        raise InputError(
            f"there is no picture in {folder}{others}",
            hint="Pictures are known by their suffixes, such as .png or .jpg.",
        )
    return listing


@contextmanager
def _workers(work: Work, jobs: int | None, ray: str | None) -> Iterator[Spread]:
    if ray is None:
        from apercu.run.workers import in_processes

        yield lambda tasks, most: in_processes(work, tasks, most or jobs or available_threads())
        return
    from apercu.run.cluster import ray_cluster

    with ray_cluster(work, ray, jobs) as spread:
        yield spread


def _summary(
    batch: Batch,
    model: str,
    tally: Tally,
    listing: Listing,
    *,
    ledger_path: Path,
    changed: tuple[str, ...],
    started: float,
) -> Enlargements:
    from apercu.image import shown_path
    from apercu.run.ledger import LEDGER_NAME

    warnings = [f"the folder {shown_path(below)} could not be read: {why}" for below, why in listing.unreadable]
    if changed:
        warnings.append(f"another {', '.join(changed)} than before: what was finished was done again")
    if tally.warned:
        warnings.append(f"{tally.warned} result{'s' * (tally.warned != 1)} came with warnings: see {LEDGER_NAME}")
    return Enlargements(
        folder=shown_path(batch.folder),
        output=shown_path(batch.out),
        model=model,
        pictures=tally.total,
        done=tally.done,
        kept=tally.kept,
        failed=tally.failed,
        ignored=listing.ignored,
        seconds=round(time.perf_counter() - started, 4),
        failures=tuple(
            Failure(picture=shown_path(name), code=why.code, message=shown_path(why.message))
            for name, why in tally.failures
        ),
        ledger=shown_path(ledger_path),
        warnings=tuple(warnings),
    )
