"""The steps that a plan can be made of.

A function's annotations are its declaration: inputs, output and parameters of an op are read from them. The first
argument is the run that a step belongs to; the positional ones after it are its inputs, the keyword-only ones its
parameters.
"""

from __future__ import annotations

import inspect as introspection
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from apercu.errors import ModelError, OutOfMemoryError, RunError
from apercu.image import Image, check_output, file_sha256, read_image, shown_path, write_image
from apercu.image.colour import to_srgb as converted_to_srgb
from apercu.image.picture import quantised
from apercu.image.scratch import new_samples
from apercu.inspection.graphics import pixel_art
from apercu.inspection.looks import look
from apercu.measure.fidelity import measure_fidelity
from apercu.measure.project import TOLERANCE
from apercu.measure.project import project as project_onto_input
from apercu.plan.build import AUTO, native_scale
from apercu.plan.graph import OpSignature, ParamSpec, ParamType
from apercu.records import NEAREST, NO_MODEL, BranchMeasure, FidelityReport, Finding, Plan, Record, SelfTest
from apercu.registry import find_model, load_model, model_status, weights_digest
from apercu.resample import Kernel
from apercu.run.enlarge import Scale, Size, enlarge_image, resize_image, target_size
from apercu.run.manifest import Manifest, embedded
from apercu.run.memory import SMALLEST_TILE, final_size
from apercu.run.selftest import self_test
from apercu.run.transparency import as_seen, bleed
from apercu.settings import Settings

SQUARES = (
    f"{NEAREST} repeats every pixel as it is and makes nothing up; what is counted as added are the hard edges of its "
    "squares, which shrinking by interpolation does not determine"
)
_ROUNDING = 5e-5
"""A share below this is shown as 0."""
_ROWS_AT_ONCE = 256
_DECIDE = (
    "apercu", "numpy", "scipy", "onnxruntime", "pyvips", "pyvips-binary", "pillow", "pi-heif",
    "ncnn", "torch", "spandrel",
)  # fmt: skip


class Findings(Record):
    """What a look at the input shows.

    `colours` counts distinct colours in 8 bits, of CMYK without the black; `flat_share` is the share of pixels equal to
    their right neighbour; `notable` is what is worth a word. Of an animation the first frame is looked at.
    """

    size: Size
    channels: int
    bit_depth: int
    alpha: bool
    colour_profile: bool
    colours: int
    flat_share: float
    notable: tuple[Finding, ...] = ()


class SavedFile(Record):
    """A written picture."""

    path: str
    sha256: str


@dataclass
class Run:
    """What the steps of one run share: where from, where to, with which settings, and what they noted on the way.

    `node` and `inputs` are set by the executor before each step: its id, and the ids of the nodes that feed it.
    `tile_sizes` says how large the tiles of a node may be. `models` names the model that made a node's picture; a node
    whose picture no model has touched is not in it.
    """

    plan: Plan
    settings: Settings
    input: Path
    output: Path | None
    overwrite: bool = False
    progress: Callable[[str, float], None] = lambda node, share: None
    node: str = ""
    inputs: tuple[str, ...] = ()
    source: Image | None = None
    input_sha256: str = ""
    findings: tuple[Finding, ...] = ()
    self_test: SelfTest | None = None
    tile_sizes: dict[str, int] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    branches: list[BranchMeasure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def load(run: Run, *, to_srgb: bool = False) -> Image:
    """Read the picture, upright, with everything that belongs to it; on request its colours are converted to sRGB."""
    run.source = read_image(run.input, max_pixels=run.settings.max_input_pixels)
    run.input_sha256 = file_sha256(run.input)  # now: the output may replace this file
    run.warnings += [f"not carried over: {what}" for what in run.source.not_carried]
    if to_srgb:
        run.source, notes = converted_to_srgb(run.source)
        run.warnings += notes
    if run.output is not None:
        size = final_size(run.plan, run.source, run.settings)
        check_output(run.output, overwrite=run.overwrite, picture=run.source, size=size)
    return run.source


def inspect(run: Run, image: Image) -> Findings:
    """Look at the picture before anything is done to it."""
    still = next(image.each_frame())
    pixels = still.pixels
    height, width, channels = pixels.shape
    seen = np.zeros(256 ** min(channels, 3), bool)
    flat = 0
    for top in range(0, height, _ROWS_AT_ONCE):  # strips, so that a large picture costs no more than a small one
        samples = quantised(pixels[top : top + _ROWS_AT_ONCE, :, :3], np.dtype(np.uint8))
        flat += int((samples[:, 1:] == samples[:, :-1]).all(axis=2).sum())
        seen[samples.astype(np.uint32) @ (np.uint32(256) ** np.arange(samples.shape[2], dtype=np.uint32))] = True
    if channels < 4:
        run.findings = tuple(_followed(finding, run.plan) for finding in look(still.samples[:, :, :channels]).findings)
    return Findings(
        size=image.size,
        channels=channels,
        bit_depth=image.bit_depth,
        alpha=image.has_alpha,
        colour_profile=image.icc is not None,
        colours=int(seen.sum()),
        flat_share=round(flat / (height * (width - 1)), 4) if width > 1 else 1.0,
        notable=run.findings,
    )


def _followed(finding: Finding, plan: Plan) -> Finding:
    """A finding whose advice the plan follows already says so."""
    shrinking = next((node for node in plan.nodes if node.op == "shrink"), None)
    if finding.id == "enlarged" and shrinking:
        height, width = shrinking.params["size"]
        return finding.model_copy(update={"suggestion": f"It is shrunk to {width}x{height} first."})
    if finding.id == "pixel_art" and any(node.params.get("model") in (NEAREST, AUTO) for node in plan.nodes):
        return finding.model_copy(update={"suggestion": None})
    return finding


def enlarge(
    run: Run, image: Image, *, model: str, scale: Scale | None = None, size: Size | None = None, optional: bool = False
) -> Image:
    """Enlarge the picture with a model, by a factor per axis or to an exact size."""
    _warn_if_stretched(run, image.size, size)
    if model == AUTO:
        model = _chosen(run)
        native = native_scale(find_model(model, run.settings), scale or _ratio(size, image))
        scale, size = (scale, size) if native is None else ((native, native), None)
    target = target_size(image.size, scale=scale, target=size, settings=run.settings)
    run.models[run.node] = find_model(model, run.settings).id
    tile = run.tile_sizes.get(run.node, run.settings.tile_size)
    if tile < run.settings.tile_size:
        run.warnings.append(f"worked in tiles of {tile} instead of {run.settings.tile_size} pixels, to save memory")
    while True:
        enlarger = load_model(model, run.settings.model_copy(update={"tile_size": tile}))
        try:
            return enlarge_image(image, enlarger, target, progress=lambda share: run.progress(run.node, share))
        except OutOfMemoryError:
            if tile // 2 < SMALLEST_TILE:
                raise
            tile //= 2
            run.tile_sizes[run.node] = tile
            run.warnings.append(f"memory ran out: begun again in tiles of {tile} pixels")


def _is_pixel_art(image: Image) -> bool:
    still = next(image.each_frame())
    return still.channels < 4 and pixel_art(still.samples[:, :, : still.channels]).found


def _warn_if_stretched(run: Run, before: Size, after: Size | None) -> None:
    if after is not None and abs((after[0] * before[1]) / (after[1] * before[0]) - 1) > 0.01:
        run.warnings.append(
            f"{after[1]}x{after[0]} does not have the proportions of {before[1]}x{before[0]}: the picture is stretched"
        )


def _chosen(run: Run) -> str:
    if run.self_test is None:
        raise RunError(
            "the plan enlarges with the model that a self-test chose, but holds no selftest step before it",
            hint="Name a model, or put a selftest step before.",
        )
    return run.self_test.chosen


def _ratio(size: Size | None, image: Image) -> Scale:
    return (size[0] / image.size[0], size[1] / image.size[1]) if size else (1.0, 1.0)


def selftest(run: Run, image: Image, *, models: str, scale: Scale | None = None, size: Size | None = None) -> Image:
    """Try models on the picture, shrunk once more; hand it on as it is, and note which one did best."""
    target = target_size(image.size, scale=scale, target=size, settings=run.settings)
    names = [find_model(name, run.settings).id for name in models.split(",") if name.strip()]
    if NEAREST in names and any(_is_pixel_art(seen) for seen in (image, run.source or image)):
        reason = f"the picture looks like pixel art, and {NEAREST} keeps its squares; it was not shrunk for a trial"
        run.self_test = SelfTest(scale=_ratio(target, image), pieces=0, chosen=NEAREST, reason=reason)
        return image
    if not names:
        raise RunError("the selftest step names no model", hint='Name some, such as "models": "liif-edsr,bicubic".')
    run.self_test = self_test(
        image,
        names,
        _ratio(target, image),
        settings=run.settings,
        progress=lambda share: run.progress(run.node, share),
    )
    return image


def shrink(run: Run, image: Image, *, size: Size, kernel: Kernel = "bicubic") -> Image:
    """Bring a picture that was enlarged before back to its native size."""
    if size[0] > image.size[0] or size[1] > image.size[1] or min(size) < 1:
        raise RunError(
            f"the shrink step is to make {size[1]}x{size[0]} of {image.size[1]}x{image.size[0]}, which is not smaller",
            hint="Mend the size in the plan.",
        )
    return resize_image(image, size, kernel)


def resize(
    run: Run,
    lr: Image,
    sr: Image,
    *,
    scale: Scale | None = None,
    size: Size | None = None,
    kernel: Kernel = "bicubic",
) -> Image:
    """Bring an enlargement of `lr` to the factor or size that was asked for, by plain interpolation."""
    _warn_if_stretched(run, lr.size, size)
    target = target_size(lr.size, scale=scale, target=size, settings=run.settings)
    if run.inputs[1] in run.models:
        run.models[run.node] = run.models[run.inputs[1]]
    return sr if sr.size == target else resize_image(sr, target, kernel)


def apply(run: Run, image: Image, *, model: str, optional: bool = False) -> Image:
    """Let a model work on the picture at its size: inpainting, redrawing and the like."""
    card = find_model(model, run.settings)
    raise ModelError(
        f"{card.name} is described here but not run by this version", hint="Leave the step out, or mark it optional."
    )


def choose(run: Run, *candidates: Image, kernel: Kernel = "bicubic") -> Image:
    """Measure every candidate and take the first that is a sound enlargement."""
    if run.source is None:
        raise RunError("choose has no input picture to compare with", hint="Begin the plan with a load step.")
    taken, problems = None, []
    for node, image in zip(run.inputs, candidates, strict=True):
        report = measure_pictures(run.source, image, kernel)
        problems += [f"{node}: {line}" for line in report.sanity]
        chosen = taken is None and not report.sanity
        taken = image if chosen else taken
        model = run.models.get(node, NO_MODEL)
        run.branches.append(
            BranchMeasure(
                node=node, model=model, lr_psnr_db=report.lr_psnr_db, added_share=report.added_share, chosen=chosen
            )
        )
        if chosen and node in run.models:
            run.models[run.node] = model
    if taken is None:
        raise RunError(
            f"no candidate is a sound enlargement: {'; '.join(problems)}", hint="Nothing was saved. Try another model."
        )
    run.warnings += problems
    return taken


def project(run: Run, lr: Image, sr: Image, *, kernel: Kernel = "bicubic") -> Image:
    """Change the result so that shrinking it gives the input back."""
    samples = new_samples(sr.samples.shape, sr.samples.dtype)
    error = 0.0
    for frame, (small, large) in enumerate(zip(lr.each_frame(), sr.each_frame(), strict=True)):
        result = project_onto_input(bleed(small)[:], large.pixels[:], kernel=kernel, levels=2**sr.bit_depth - 1)
        rows = slice(frame * sr.size[0], (frame + 1) * sr.size[0])
        samples[rows, :, : sr.channels] = quantised(result.pixels, samples.dtype)
        error = max(error, result.max_abs_lr_error)
    if sr.has_alpha:
        samples[:, :, -1] = sr.samples[:, :, -1]
    if error > TOLERANCE:
        run.warnings.append(
            f"no result within 1/255 of the input everywhere was found; the largest difference is {error * 255:.2f}/255"
        )
    if sr.has_alpha:
        run.warnings.append("the projection holds for the colours; the transparency stays as it was enlarged")
    if run.inputs[1] in run.models:
        run.models[run.node] = run.models[run.inputs[1]]
    return replace(sr, samples=samples)


def measure(run: Run, lr: Image, sr: Image, *, kernel: Kernel = "bicubic") -> FidelityReport:
    """Measure what was kept and what was added, on the samples that will be saved."""
    report = measure_pictures(lr, sr, kernel)
    if run.models.get(run.inputs[1]) == NEAREST and report.added_share > _ROUNDING:
        run.warnings.append(SQUARES)
    if report.sanity:
        raise RunError(
            f"the result is not a sound enlargement: {'; '.join(report.sanity)}",
            hint="Nothing was saved. Try another model.",
        )
    return report


def save(
    run: Run, image: Image, report: FidelityReport, *, embed_manifest: bool = False, strip: bool = False
) -> SavedFile:
    """Write the picture once it has been measured; the suffix of the path names the format.

    `strip` leaves out EXIF, XMP and resolution; the colour profile stays, since without it the colours are others.
    """
    if run.output is None:
        raise RunError("the plan saves a picture, but no output was named", hint="Name one with -o out.png.")
    if strip:
        image = replace(image, exif=None, xmp=None, dpi=None)
    if embed_manifest:
        with_manifest = embedded(image, _manifest(run))
        if with_manifest is None:
            run.warnings.append("the manifest was not written into the picture: nothing can be added to its XMP packet")
        image = with_manifest or image
    run.warnings += write_image(image, run.output, overwrite=run.overwrite)
    return SavedFile(path=shown_path(run.output), sha256=file_sha256(run.output))


def _manifest(run: Run) -> Manifest:
    """The manifest inside a picture. It names no folders and no output: the same run gives the same bytes anywhere."""
    return Manifest(
        plan=run.plan,
        input=Path(shown_path(run.input)).name,
        input_sha256=run.input_sha256,
        output="",
        weights=weights_used(run.plan, run.settings, run.self_test),
        tile_sizes=run.tile_sizes,
        threads=run.settings.threads,
        versions=versions(),
    )


def weights_used(plan: Plan, settings: Settings, test: SelfTest | None) -> dict[str, str]:
    """The sha256 of the weights of every model of a plan that has some here."""
    names = [test.chosen] if test else []
    names += [node.params["model"] for node in plan.nodes if node.params.get("model", AUTO) != AUTO]
    cards = [find_model(name, settings) for name in names]
    found = {card.id: weights_digest(card, settings) for card in cards if model_status(card, settings) == "runs"}
    return {name: digest for name, digest in sorted(found.items()) if digest}


def versions() -> dict[str, str]:
    """The versions of what may decide the bytes of a result, as far as it is installed."""
    found = {}
    for name in _DECIDE:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def measure_pictures(lr: Image, sr: Image, kernel: Kernel) -> FidelityReport:
    """`measure_fidelity` of two pictures; the result holds the samples of its file already.

    Transparent pictures are measured as they look on a middle grey ground. Of an animation each frame is measured by
    itself, and the report is that of the worst: an unsound one if there is any, else the one that shrinks back worst.
    """
    reports = (
        measure_fidelity(as_seen(small), as_seen(large), kernel=kernel)
        for small, large in zip(lr.each_frame(), sr.each_frame(), strict=True)
    )
    return max(reports, key=lambda report: (bool(report.sanity), -report.lr_psnr_db))


# --- the table of ops -------------------------------------------------------------------------------------------------

Step = Callable[..., Any]

STEPS: dict[str, Step] = {
    step.__name__: step
    for step in (load, inspect, shrink, selftest, enlarge, resize, apply, choose, project, measure, save)
}

_TYPE_NAMES: dict[Any, str] = {Image: "image", Findings: "findings", FidelityReport: "report", SavedFile: "file"}
_PARAM_TYPES: dict[Any, ParamType] = {
    str: "str",
    bool: "bool",
    Scale | None: "scale",
    Size | None: "size",
    Size: "size",
    Kernel: "str",
}


@cache
def op_signatures() -> dict[str, OpSignature]:
    """The signature of every op, read from the annotations of its function."""
    return {name: _signature(name, step) for name, step in STEPS.items()}


@cache
def op_choices(name: str) -> dict[str, tuple[str, ...]]:
    """The parameters of an op that take one of a few words, with these words."""
    hints = get_type_hints(STEPS[name])
    return {param: get_args(hint) for param, hint in hints.items() if get_origin(hint) is Literal}


def _signature(name: str, step: Step) -> OpSignature:
    hints = get_type_hints(step)
    parameters = list(introspection.signature(step).parameters.values())[1:]
    inputs = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
    params = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    return OpSignature(
        name=name,
        ports=tuple(_TYPE_NAMES[hints[p.name]] for p in inputs),
        output=_TYPE_NAMES[hints["return"]],
        variadic=any(p.kind is p.VAR_POSITIONAL for p in inputs),
        params={p.name: ParamSpec(_PARAM_TYPES[hints[p.name]]) for p in params},
        required=frozenset(p.name for p in params if p.default is p.empty),
    )
