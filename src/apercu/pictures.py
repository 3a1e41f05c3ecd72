"""Enlarge one picture, or repeat what a manifest holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from apercu.errors import ModelError, OutputError, ShapeError
from apercu.plan.build import AUTO, build_auto_plan, build_plan
from apercu.records import Enlargement, ModelCard, Plan, RunRecord
from apercu.registry import find_model, model_cards, model_status
from apercu.settings import Settings

if TYPE_CHECKING:
    from apercu.run.execute import Progress

DEFAULT_MODEL = "liif-edsr"
QUICK_MODEL = "liif-fast"
LITTLE_MEMORY = 4 * 2**30
"""Free bytes below which a machine counts as weak."""


def default_model(settings: Settings, *, by_memory: bool = True) -> tuple[str, str | None]:
    """The model to take where none was named, and why where it is the quick one: a machine may be too weak for more.

    Args:
        settings: one thread counts as weak, also where the user asked for no more.
        by_memory: whether little free memory counts, too; a batch that is gone on with must not meet another model.
    """
    from apercu.run.memory import available_memory

    if settings.threads == 1:
        return QUICK_MODEL, f"{QUICK_MODEL} is taken, since there is one processor thread; --model names another"
    free = available_memory() if by_memory else LITTLE_MEMORY
    if free < LITTLE_MEMORY:
        why = f"only {free / 1e9:.1f} GB of memory are free"
        return QUICK_MODEL, f"{QUICK_MODEL} is taken, since {why}; --model names another"
    return DEFAULT_MODEL, None


def enlarge(
    picture: Path | str,
    output: Path | str,
    *,
    settings: Settings,
    model: str = DEFAULT_MODEL,
    scale: float | tuple[float, float] | None = None,
    size: tuple[int, int] | None = None,
    faithful: bool = False,
    shrink_first: bool = False,
    manifest: bool = False,
    embed_manifest: bool = False,
    strip: bool = False,
    to_srgb: bool = False,
    overwrite: bool = False,
    progress: Progress = lambda node, share: None,
) -> Enlargement:
    """Enlarge a picture with one model, measure the result and write it.

    Args:
        picture: file to read.
        output: file to write; its suffix names the format.
        settings: limits, threads, where weights are.
        model: id, name or alias of a model that runs here.
        scale: a factor, or factors (y, x); or
        size: exact (height, width).
        faithful: change the result so that shrinking it gives the input back.
        shrink_first: if the picture was enlarged before, shrink it to its native size and enlarge from there.
        manifest: write beside the output what is needed to repeat the run, see `apercu.run.manifest`; where there is
            no more room for it, a warning says so.
        embed_manifest: write that into the picture's XMP packet.
        strip: leave out EXIF, XMP and resolution; the colour profile stays.
        to_srgb: convert the colours to sRGB before anything else is done.
        overwrite: whether `output` and its manifest may be replaced.
        progress: called with a step's name and its finished share.

    Raises:
        ApercuError: one of its classes says what cannot be used; nothing is written then.
    """
    from apercu.image import check_output, shown_path
    from apercu.image.files import open_picture
    from apercu.run.execute import execute_plan
    from apercu.run.manifest import check_manifest_path, manifest_of, manifest_path, write_manifest

    picture, output = Path(picture), Path(output)
    scale = (scale, scale) if isinstance(scale, int | float) else scale
    with open_picture(picture):  # what is wrong with the input is said first
        check_output(output, overwrite=overwrite)
    if manifest:
        check_manifest_path(output, overwrite=overwrite)
    in_place = output.exists() and picture.exists() and output.samefile(picture)
    native = None
    if shrink_first:
        size = _size_wanted(picture, scale, size, settings)
        scale, native = None, _native_size(picture, settings)
    plan = enlarging_plan(model, scale=scale, size=size, faithful=faithful, settings=settings, native=native)
    plan = _with_params(plan, load={"to_srgb": to_srgb}, save={"strip": strip, "embed_manifest": embed_manifest})
    run = execute_plan(
        plan,
        picture,
        output,
        settings=settings,
        overwrite=overwrite,
        progress=progress,
    ).record
    if manifest:
        try:
            write_manifest(manifest_of(run, output.parent), manifest_path(output))
            run = run.model_copy(update={"manifest": shown_path(manifest_path(output))})
        except OutputError as error:  # a full disk, mostly: the picture is whole, and may have taken an hour
            note = f"the picture was written without its manifest, so the run cannot be repeated: {error.message}"
            run = run.model_copy(update={"warnings": (*run.warnings, note)})
    if run.manifest and in_place:
        note = "the result replaced the picture, so the manifest cannot repeat the run unless you keep a copy"
        run = run.model_copy(update={"warnings": (*run.warnings, note)})
    if shrink_first and native is None:
        note = "nothing was shrunk first: the picture does not seem to have been enlarged before"
        run = run.model_copy(update={"warnings": (*run.warnings, note)})
    return Enlargement(
        input=run.input,
        output=str(run.output),
        model=run.model,
        scale=run.scale,
        size=run.size,
        seconds=run.seconds,
        lr_psnr_db=run.fidelity.lr_psnr_db,
        added_share=run.fidelity.added_share,
        sha256=str(run.output_sha256),
        warnings=run.warnings,
        run=run,
    )


def repeat(
    manifest_file: Path,
    *,
    settings: Settings,
    picture: Path | None = None,
    output: Path | None = None,
    overwrite: bool = False,
    progress: Progress = lambda node, share: None,
) -> RunRecord:
    """Run again what a manifest holds, and say in a warning where the result is not the same, byte for byte.

    Args:
        manifest_file: a manifest, or a picture that holds one.
        settings: limits and where weights are; the threads are those of the first run.
        picture: the original, where it is not at the place that the manifest names.
        output: file to write; without it the one that the manifest names.
        overwrite: whether `output` may be replaced.
        progress: called with a step's name and its finished share.

    Raises:
        InputError: there is no manifest, or the picture is not the one it is about.
        ApercuError: as `execute_plan`.
    """
    from apercu.run.execute import execute_plan
    from apercu.run.manifest import check_input, differences, read_manifest

    manifest = read_manifest(manifest_file)
    source = picture or manifest_file.parent / manifest.input
    check_input(manifest, source)
    record = execute_plan(
        manifest.plan,
        source,
        # Only the name: a manifest from elsewhere must not say into which folder to write.
        output or (manifest_file.with_name(Path(manifest.output).name) if manifest.output else manifest_file),
        settings=settings.model_copy(update={"threads": manifest.threads}),
        overwrite=overwrite,
        progress=progress,
        tile_sizes=manifest.tile_sizes,
    )
    run = record.record
    notes = differences(manifest, run.versions, run.weights)
    if manifest.output_sha256 and run.output_sha256 != manifest.output_sha256:
        notes.insert(0, "the result is not the same, byte for byte, as the one of the manifest")
    return run.model_copy(update={"warnings": (*run.warnings, *notes)})


def _with_params(plan: Plan, **wanted: dict[str, bool]) -> Plan:
    """The plan with switches turned on in the steps of the ops that are named; the ones that are off leave no trace."""
    switched = {op: {name: True for name, on in params.items() if on} for op, params in wanted.items()}
    nodes = (
        node.model_copy(update={"params": node.params | switched[node.op]}) if switched.get(node.op) else node
        for node in plan.nodes
    )
    return Plan(nodes=tuple(nodes))


def enlarging_plan(
    model: str,
    *,
    scale: tuple[float, float] | None,
    size: tuple[int, int] | None,
    faithful: bool,
    settings: Settings,
    native: tuple[int, int] | None = None,
) -> Plan:
    """The plan of `enlarge`: one model, no fallback; or, for `auto`, a self-test of all that run here."""
    if model.strip().casefold() == AUTO:
        return build_auto_plan(candidates(settings), scale=scale, size=size, faithful=faithful, native=native)
    card = find_model(model, settings)
    if card.task != "super_resolution":
        made_for = card.task.replace("_", " ")
        hint = "`apercu models` lists the models that do."
        raise ModelError(f"{card.name} does not enlarge pictures, it was made for {made_for}", hint=hint)
    if scale is None and size is None:
        raise ShapeError("neither a factor nor a size was given", hint="Give --scale 3 or --size 1920x1080.")
    return build_plan([card], scale=scale, size=size, baseline=False, faithful=faithful, required=True, native=native)


def _size_wanted(
    picture: Path, scale: tuple[float, float] | None, size: tuple[int, int] | None, settings: Settings
) -> tuple[int, int]:
    """The exact size that a factor means for a picture: once it is shrunk, the factor alone would say too little."""
    from apercu.image import read_image
    from apercu.run.enlarge import target_size

    return target_size(
        read_image(picture, max_pixels=settings.max_input_pixels).size, scale=scale, target=size, settings=settings
    )


def _native_size(picture: Path, settings: Settings) -> tuple[int, int] | None:
    """The (height, width) that a picture had before it was enlarged; None where it was not, or not that one can see."""
    from apercu.image import read_image
    from apercu.inspection.resolution import native_resolution

    still = next(read_image(picture, max_pixels=settings.max_input_pixels).each_frame())
    if still.space == "cmyk":
        return None
    found = native_resolution(still.samples[:, :, : still.channels])
    return found.size if found.found else None


def candidates(settings: Settings) -> list[ModelCard]:
    """Every model that enlarges and runs here, the ones that add learned detail first."""
    cards = [
        card
        for card in model_cards(settings).values()
        if card.task == "super_resolution" and model_status(card, settings) == "runs"
    ]
    return sorted(cards, key=lambda card: card.family == "interpolation")
