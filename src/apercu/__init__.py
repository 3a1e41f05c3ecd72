"""Apercu: an AI scientist for pictures that are made larger.

The names below are found on first use, so that importing the package loads nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from apercu.catalogue import import_models
    from apercu.checking import check
    from apercu.errors import ApercuError
    from apercu.folders import enlarge_folder
    from apercu.papers.library import check_papers, delete_papers, import_papers, search_papers
    from apercu.pictures import enlarge
    from apercu.plan.build import build_plan
    from apercu.question.prompt import parse_prompt, read_prompt_file, write_prompt
    from apercu.question.read import read_question
    from apercu.registry import load_model, model_cards
    from apercu.reporting import write_report
    from apercu.run.execute import execute_plan
    from apercu.scientist import Job, ask, recommend
    from apercu.scientist import answer as answer_brief
    from apercu.settings import Settings, load_settings

_HOMES = {
    "ApercuError": "errors",
    "Job": "scientist",
    "Settings": "settings",
    "answer_brief": "scientist:answer",
    "ask": "scientist",
    "build_plan": "plan.build",
    "check": "checking",
    "check_papers": "papers.library",
    "delete_papers": "papers.library",
    "enlarge": "pictures",
    "enlarge_folder": "folders",
    "execute_plan": "run.execute",
    "import_models": "catalogue",
    "import_papers": "papers.library",
    "load_model": "registry",
    "load_settings": "settings",
    "model_cards": "registry",
    "parse_prompt": "question.prompt",
    "read_prompt_file": "question.prompt",
    "read_question": "question.read",
    "recommend": "scientist",
    "search_papers": "papers.library",
    "write_prompt": "question.prompt",
    "write_report": "reporting",
}
"""Public name -> its module, with ":name" where it has another name there: `apercu.answer` is a package of its own."""

__all__ = [
    "ApercuError",
    "Job",
    "Settings",
    "answer_brief",
    "ask",
    "build_plan",
    "check",
    "check_papers",
    "delete_papers",
    "enlarge",
    "enlarge_folder",
    "execute_plan",
    "import_models",
    "import_papers",
    "load_model",
    "load_settings",
    "model_cards",
    "parse_prompt",
    "read_prompt_file",
    "read_question",
    "recommend",
    "search_papers",
    "write_prompt",
    "write_report",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the types stand under TYPE_CHECKING
    if name in _HOMES:
        module, _, inside = _HOMES[name].partition(":")
        return getattr(import_module(f"apercu.{module}"), inside or name)
    raise AttributeError(f"module 'apercu' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
