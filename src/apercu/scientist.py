"""The path from a question or a prompt to an answer, read top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from apercu.addresses import links, mentioned_links
from apercu.answer.compose import compose_claims
from apercu.answer.gate import check_claims
from apercu.answer.material import gather_texts
from apercu.answer.render import render_markdown
from apercu.errors import InputError, QuestionError
from apercu.evidence.brief import brief_of, taken_of
from apercu.evidence.by_picture import choice_of
from apercu.evidence.cards import paper_cards
from apercu.evidence.fit import judge, model_card_of
from apercu.evidence.recommend import recommend_for
from apercu.evidence.related import related_papers
from apercu.imported import imported_catalogues
from apercu.plan.build import build_plan
from apercu.plan.draw import draw_text, flow_shapes
from apercu.question.limits import names_in
from apercu.question.prompt import STANDARD_ASKED
from apercu.question.read import read_question
from apercu.records import (
    Answer,
    Brief,
    Choice,
    Level,
    ModelCard,
    Plan,
    Prediction,
    Preference,
    Recommendation,
    Task,
)
from apercu.registry import find_model, model_cards, model_status, named_cards
from apercu.settings import Settings

if TYPE_CHECKING:
    from apercu.run.execute import Executed

Progress = Callable[[str, float], None]

DEFAULT_SCALE = 2.0
STAND_IN = "liif-edsr"
_NOT_PICTURES = frozenset({"text_to_text", "text_to_speech", "speech_to_text"})


@dataclass(frozen=True)
class Result:
    """An answer, and what was run for it: None when no picture was given."""

    answer: Answer
    executed: Executed | None = None


@dataclass(frozen=True)
class Job:
    """The picture that an answer is about: where it is, where the result goes, and how it is to be enlarged.

    `scale` (y, x) and `size` (height, width) come before what the question says.
    """

    picture: Path
    output: Path
    scale: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    faithful: bool = False
    overwrite: bool = False


def ask(
    question: str,
    *,
    settings: Settings,
    job: Job | None = None,
    prefer: Sequence[Preference] = (),
    progress: Progress | None = None,
) -> Result:
    """Answer a question in plain words: choose models and papers, then explain and, with a picture, run the workflow.

    With a picture that is to be enlarged, the model is chosen by a look at it, as `recommend` orders them for it.

    Args:
        question: in plain words.
        settings: limits, threads, where weights are.
        job: the picture to run on. Its factor or size is what is predicted for.
        prefer: what you prefer whatever the question says: fidelity, crispness, speed, licence.
        progress: called with a step's name and its finished share.

    Raises:
        QuestionError: the question is empty or too long, or names nothing that could be run on the picture.
        ApercuError: the picture cannot be used; nothing is written then.
    """
    prefer = _checked(prefer)
    asked = with_given_size(read_question(question), job)
    picture = job.picture if job else None
    found, prediction = _recommended(asked, settings, question=question, picture=picture, prefer=prefer)
    choice = choice_of(found, next(iter(taken_of(found)), None), prediction)
    brief = brief_of(question, found, STANDARD_ASKED)
    return answer(brief, settings=settings, level="open", job=job, choice=choice, progress=progress)


def recommend(
    question: str,
    *,
    settings: Settings,
    picture: Path | None = None,
    prefer: Sequence[Preference] = (),
    source: str | None = None,
) -> Recommendation:
    """Models and papers for a question, with reasons for and against.

    Args:
        question: in plain words.
        settings: limits, where weights, imported catalogues and the index of papers are.
        picture: the picture that the question is about. Where it is to be enlarged, each model that runs here says how
            it is predicted to measure on it, and the prediction orders them (`apercu.choice`).
        prefer: what you prefer whatever the question says: fidelity, crispness, speed, licence.
        source: the name of an imported catalogue, where only its models are to be recommended.

    Raises:
        QuestionError: the question is empty or too long.
        InputError: no catalogue of that name was imported.
        ApercuError: the picture cannot be read, or nothing can be predicted from it.
    """
    prefer = _checked(prefer)
    if source is not None and source not in (known := imported_catalogues(settings)):
        raise InputError(
            f"no imported catalogue is called {source!r}; there are {', '.join(known) or 'none'}",
            hint="`apercu models import FILE` imports one.",
        )
    task = read_question(question)
    return _recommended(task, settings, question=question, picture=picture, prefer=prefer, source=source)[0]


def _checked(prefer: Sequence[Preference]) -> tuple[Preference, ...]:
    """Preferences as they are known; one alone may be given as a string."""
    given = (prefer,) if isinstance(prefer, str) else tuple(prefer)
    if unknown := [preference for preference in given if preference not in get_args(Preference)]:
        raise InputError(
            f"{unknown[0]!r} is nothing that can be preferred, expected any of {', '.join(get_args(Preference))}",
            hint='Give a list such as ["fidelity"].',
        )
    return cast("tuple[Preference, ...]", given)


def _recommended(
    task: Task,
    settings: Settings,
    *,
    question: str,
    picture: Path | None,
    prefer: Sequence[Preference],
    source: str | None = None,
) -> tuple[Recommendation, Prediction | None]:
    """Models and papers for a task; where a picture is to be enlarged after a look at it, and what was predicted."""
    prediction, asked = None, asked_models(question, settings)
    if picture is None or task.id != "super_resolution":
        found = recommend_for(task, settings, question=question, prefer=prefer, source=source, asked=asked)
    else:
        from apercu.choice.advice import parts_of, with_unknown
        from apercu.choice.predict import predict_quality

        prediction = predict_quality(picture, task, settings)
        parts = parts_of(prediction)
        sized = task if task.factor or task.scale else task.model_copy(update={"factor": round(prediction.asked, 4)})
        found = recommend_for(
            sized if task.size or task.width or task.height else task,
            settings, question=question, prefer=prefer, source=source, predicted=parts, asked=asked,
        )  # fmt: skip
        found = with_unknown(found, prediction).model_copy(
            update={"task": task, "factor_on_picture": round(prediction.asked, 4), "style": prediction.style}
        )
    papers = () if found.abstained else related_papers(question, task, found.models, settings)
    return found.model_copy(update={"papers": papers}), prediction


def answer(
    brief: Brief,
    *,
    settings: Settings,
    level: Level = "linked",
    job: Job | None = None,
    choice: Choice | None = None,
    progress: Progress | None = None,
) -> Result:
    """Answer a brief from its own models and papers only; with a picture, run the very workflow that the answer shows.

    Args:
        brief: question, models and papers.
        settings: limits, threads, where weights are.
        level: "prompt" uses only the words in the brief; "linked" also our cards about the same items.
        job: the picture to run on.
        choice: why Apercu took the model of the brief, where `ask` chose it.
        progress: called with a step's name and its finished share.

    Raises:
        QuestionError: the question is empty or too long, or names nothing that could be run on the picture.
        ApercuError: the picture cannot be used; nothing is written then.
    """
    task = read_question(brief.question)
    dossier = judge(brief, task, level, settings)
    models = provided_models(brief, settings)
    plan = plan_for(task, models, level=level, settings=settings, job=job)
    executed = execute(plan, job, task, settings=settings, progress=progress) if job else None
    run = executed.record if executed else None
    status = {card.id: status_words(card, settings) for card in model_cards(settings).values()}
    texts = gather_texts(brief.question, task, dossier, plan, run, status=status, choice=choice)
    given = job is not None and bool(job.scale or job.size)
    unused = unused_models(brief, plan, settings)
    drafts = compose_claims(task, dossier, plan, run, texts, choice, given=given, level=level, unused=unused)
    claims, refused = check_claims(drafts, texts, provided_links=provided_links(brief), known_names=known_names())
    checked = Answer(
        question=brief.question, level=level, task=task, sources=dossier.sources, plan=plan,
        claims=claims, unsupported=refused, run=run, choice=choice, source_texts=texts,
    )  # fmt: skip
    markdown = render_markdown(checked, drawing=drawing_of(plan, executed))
    return Result(checked.model_copy(update={"markdown": markdown}), executed)


def plan_question(
    question: str,
    *,
    settings: Settings,
    scale: tuple[float, float] | None = None,
    size: tuple[int, int] | None = None,
    faithful: bool = False,
) -> Plan:
    """The workflow that `ask` would run for a question, but for what a look at a picture or a preference changes.

    Raises:
        QuestionError: the question is empty, or asks for nothing that a workflow on a picture could do.
        ShapeError: scale and size are both given or make no sense.
    """
    task = read_question(question)
    found = recommend_for(task, settings, question=question, asked=asked_models(question, settings))
    models = provided_models(brief_of(question, found, STANDARD_ASKED), settings)
    wanted = (scale, size) if scale or size else wanted_size(task, None)
    if not models and wanted == (None, None):
        raise _nothing_to_run(task)
    return build_plan(models, scale=wanted[0], size=wanted[1], faithful=faithful)


# --- the steps of the path --------------------------------------------------------------------------------------------


def asked_models(question: str, settings: Settings) -> dict[str, bool]:
    """The models whose id or name the question gives: True where it asks for one, False where it refuses it."""
    named = {
        card.id: names_in(question, (card.id, card.name)).values()
        for card in model_cards(settings).values()
        if card.family != "interpolation"
    }
    return {id: all(wanted) for id, wanted in named.items() if wanted}


def provided_models(brief: Brief, settings: Settings) -> tuple[ModelCard, ...]:
    """The cards of the brief's models, as far as there are any."""
    named = named_cards(settings)
    found = (model_card_of(entry, named) for entry in brief.models)
    return tuple({card.id: card for card in found if card}.values())


def unused_models(brief: Brief, plan: Plan, settings: Settings) -> tuple[str, ...]:
    """The brief's models that no step of a plan is by."""
    named, used = named_cards(settings), {node.params.get("model") for node in plan.nodes}
    cards = ((entry.name, model_card_of(entry, named)) for entry in brief.models)
    return tuple(dict.fromkeys(name for name, card in cards if name and (card is None or card.id not in used)))


def plan_for(task: Task, models: tuple[ModelCard, ...], *, level: Level, settings: Settings, job: Job | None) -> Plan:
    """The workflow for a task; empty where nothing is to grow and no provided model works on pictures.

    Where a picture is to be enlarged by a provided LIIF whose weights are not here, the other encoder of the same
    repository, whose weights come with Apercu, stands in (not at the level "prompt"); the answer says so.
    """
    scale, size = wanted_size(task, job)
    if job and not size and (task.width or task.height) and not job.scale:
        scale, size = None, whole_size(task, job.picture, settings)
    grows = scale is not None or size is not None
    if not grows and (task.id in _NOT_PICTURES or all(card.task == "super_resolution" for card in models)):
        return Plan(nodes=())
    liif_without_weights = any(card.family == "LIIF" and model_status(card, settings) != "runs" for card in models)
    if job and level != "prompt" and liif_without_weights:
        models = tuple(dict.fromkeys((*models, find_model(STAND_IN))))
    return build_plan(models, scale=scale, size=size, faithful=bool(job and job.faithful))


def with_given_size(task: Task, job: Job | None) -> Task:
    """The task with the factors or the size that are given with the picture in place of those in the question."""
    if job is None or not (job.scale or job.size):
        return task
    scale = (float(job.scale[0]), float(job.scale[1])) if job.scale else None
    given = {"factor": None, "scale": scale, "size": job.size, "width": None, "height": None}
    return task.model_copy(update=given)


def wanted_size(task: Task, job: Job | None) -> tuple[tuple[float, float] | None, tuple[int, int] | None]:
    """Factors (y, x) or exact size: given with the picture, else in the question, else twofold where it is to grow.

    A factor in the question comes before a size: "from 64x64 to 256x256" names both, and the picture at hand may have
    another size.
    """
    if job and (job.scale or job.size):
        return job.scale, job.size
    if task.scale:
        return task.scale, None
    if task.factor:
        return (task.factor, task.factor), None
    if task.size:
        return None, task.size
    return ((DEFAULT_SCALE, DEFAULT_SCALE), None) if task.id == "super_resolution" else (None, None)


def whole_size(task: Task, picture: Path, settings: Settings) -> tuple[int, int]:
    """(height, width) of the result where the question names one side; the other keeps the picture's proportions.

    Raises:
        ImageError: the picture cannot be read.
    """
    from apercu.image import read_image

    height, width = read_image(picture, max_pixels=settings.max_input_pixels).size
    if task.width:
        return max(1, round(height * task.width / width)), task.width
    wanted = task.height or height
    return wanted, max(1, round(width * wanted / height))


def execute(plan: Plan, job: Job, task: Task, *, settings: Settings, progress: Progress | None) -> Executed:
    """Run the plan on the job's picture. The modules that compute are loaded only now.

    Raises:
        QuestionError: the plan is empty.
        ApercuError: as `execute_plan`.
    """
    from apercu.run.execute import execute_plan

    if not plan.nodes:
        raise _nothing_to_run(task)
    return execute_plan(
        plan,
        job.picture,
        job.output,
        settings=settings,
        overwrite=job.overwrite,
        progress=progress or (lambda node, share: None),
    )


def _nothing_to_run(task: Task) -> QuestionError:
    return QuestionError(
        f"the question asks for nothing that can be run on a picture (read as: {task.name})",
        hint="Ask for an enlargement, for example “enlarge this icon 3x”; `apercu ask` without --image only explains.",
    )


def status_words(card: ModelCard, settings: Settings) -> str:
    """What is true of a model on this machine, in words."""
    return {
        "runs": "runs here",
        "needs-file": f"does not run here yet: it needs {card.needs}",
        "described": "described, not run by this version",
    }[model_status(card, settings)]


def provided_links(brief: Brief) -> frozenset[str]:
    """Every address that a brief provides, byte for byte."""
    return frozenset(
        link for entry in (*brief.models, *brief.papers) for link in (*links(entry), *mentioned_links(entry))
    )


def known_names() -> tuple[str, ...]:
    """Names of all models and papers that Apercu has cards for."""
    models = [
        name for card in model_cards().values() if card.family != "interpolation" for name in (card.name, *card.aliases)
    ]
    return (*models, *(name for paper in paper_cards().values() for name in (paper.short, paper.title)))


def drawing_of(plan: Plan, executed: Executed | None) -> str:
    """The workflow as text, with the sizes that flow through it."""
    return draw_text(plan, shapes_of(plan, executed)) if plan.nodes else ""


def shapes_of(plan: Plan, executed: Executed | None) -> dict[str, str]:
    """What flows through a workflow: the sizes of the picture that it ran on, or multiples of W and H without one."""
    if executed is None:
        return flow_shapes(plan)
    return flow_shapes(plan, executed.before.size, channels=executed.before.channels)
