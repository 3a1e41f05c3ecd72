"""Every error that Apercu raises on purpose, in one tree.

ApercuError
├── InputError              what the user gave cannot be used
│   ├── ImageError          a picture cannot be read, is too large, or is not a picture
│   ├── ShapeError          sizes, factors or array shapes do not fit each other
│   ├── QuestionError       the question is empty or cannot be read
│   ├── BriefError          a prompt file does not hold a question, models and papers
│   ├── CatalogueError      a team's file of models cannot be used (lists every problem)
│   └── OutputError         a result cannot be written where it was asked for
├── PlanError               a workflow graph is wrong (lists every problem)
├── ModelError              a model cannot be used
│   ├── UnknownModelError       no card has that name
│   ├── UnsupportedScaleError   the model does not do that factor
│   ├── WeightsError            the trained weights are missing, altered or not what they claim to be
│   └── MissingDependencyError  an extra is not installed
├── RunError                a workflow stopped while running
│   └── OutOfMemoryError        the machine's memory did not suffice
├── EvidenceError           a card or an index is damaged
└── CitationError           a sentence was about to leave the provided sources

A message says what happened with its values and what was expected; `hint` says what to do. `EXIT_CODES`, `HTTP_STATUS`
and `code` map every class for the command line, HTTP and MCP; a test walks the tree and fails where a class is missing.
"""

from __future__ import annotations

from collections.abc import Sequence


class ApercuError(Exception):
    """Base of all errors that are raised on purpose.

    Args:
        message: one line: what happened, with the values, and what was expected.
        hint: one line: what the user can do about it.
    """

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(ApercuError):
    """What the user gave cannot be used."""

    code = "input"


class ImageError(InputError):
    """A picture cannot be read, is too large, or is not a picture."""

    code = "image"


class ShapeError(InputError):
    """Sizes, factors or array shapes do not fit each other."""

    code = "shape"


class QuestionError(InputError):
    """The question is empty or cannot be read."""

    code = "question"


class BriefError(InputError):
    """A prompt file does not hold what a prompt must hold."""

    code = "brief"


class CatalogueError(InputError):
    """A team's file of models cannot be used.

    The message names the first problem only; `problems` holds all of them.

    Args:
        name: of the file.
        problems: everything that is wrong, each in one line.
        hint: what the user can do about it.
    """

    code = "catalogue"

    def __init__(self, name: str, problems: Sequence[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems):,} problems"
        self.summary = f"{name} has {count}, and nothing of it was imported"
        more = f"; and {len(problems) - 1:,} more" if len(problems) > 1 else ""
        super().__init__(
            f"{self.summary}: {problems[0]}{more}", hint=hint or "The forms and fields are in docs/catalogue.md."
        )


class OutputError(InputError):
    """A result cannot be written where it was asked for."""

    code = "output"


class PlanError(ApercuError):
    """A workflow graph is wrong.

    Args:
        problems: every problem found, one line each.
    """

    code = "plan"

    def __init__(self, problems: list[str], *, hint: str = "") -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"the plan has {count}: " + "; ".join(problems), hint=hint)


class ModelError(ApercuError):
    """A model cannot be used."""

    code = "model"


class UnknownModelError(ModelError):
    """No card has that name."""

    code = "unknown-model"


class UnsupportedScaleError(ModelError):
    """The model does not do that factor."""

    code = "unsupported-scale"


class WeightsError(ModelError):
    """Trained weights are missing, altered, or not what they claim to be."""

    code = "weights"


class MissingDependencyError(ModelError):
    """An optional part of Apercu is not installed."""

    code = "missing-dependency"


class RunError(ApercuError):
    """A workflow stopped while running."""

    code = "run"


class OutOfMemoryError(RunError):
    """The machine's memory did not suffice."""

    code = "out-of-memory"


class EvidenceError(ApercuError):
    """A card or an index is damaged."""

    code = "evidence"


class CitationError(ApercuError):
    """A sentence was about to leave the provided sources."""

    code = "citation"


EXIT_CODES: dict[type[ApercuError], int] = {
    ApercuError: 1,
    InputError: 2,
    ImageError: 3,
    ShapeError: 4,
    QuestionError: 5,
    BriefError: 6,
    CatalogueError: 8,
    OutputError: 7,
    PlanError: 10,
    ModelError: 20,
    UnknownModelError: 21,
    UnsupportedScaleError: 22,
    WeightsError: 23,
    MissingDependencyError: 24,
    RunError: 30,
    OutOfMemoryError: 31,
    EvidenceError: 40,
    CitationError: 41,
}
"""Exit code of the command line for each class (130 is kept for Ctrl-C)."""

HTTP_STATUS: dict[type[ApercuError], int] = {
    ApercuError: 500,
    InputError: 400,
    ImageError: 415,
    ShapeError: 422,
    QuestionError: 422,
    BriefError: 422,
    CatalogueError: 422,
    OutputError: 409,
    PlanError: 422,
    ModelError: 500,
    UnknownModelError: 404,
    UnsupportedScaleError: 422,
    WeightsError: 424,
    MissingDependencyError: 424,
    RunError: 500,
    OutOfMemoryError: 507,
    EvidenceError: 500,
    CitationError: 500,
}
"""HTTP status for each class."""
