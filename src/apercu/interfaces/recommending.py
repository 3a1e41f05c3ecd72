"""`apercu recommend`: models and papers for one question, or for each of a file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from apercu.interfaces.options import Json, Prefer
from apercu.interfaces.showing import show_recommendation
from apercu.interfaces.terminal import clean, error_json, harmless_json, print_json, reported_errors, say, say_json
from apercu.records import Preference

if TYPE_CHECKING:
    from apercu.settings import Settings


def recommend(
    question: Annotated[str | None, typer.Argument(help="A question in plain words.")] = None,
    form: Annotated[
        Literal["text", "prompt"],
        typer.Option("--format", help="prompt: write a prompt file of the kind that `apercu answer` reads."),
    ] = "text",
    questions: Annotated[
        Path | None,
        typer.Option(help='JSON lines, one {"question": ...} a line; prints one JSON object a line.', metavar="FILE"),
    ] = None,
    image: Annotated[
        Path | None, typer.Option(help="The picture it is about: models are judged on what it shows.", metavar="FILE")
    ] = None,
    prefer: Prefer = None,
    source: Annotated[
        str | None,
        typer.Option("--catalogue", help="Recommend only from an imported catalogue of this name.", metavar="NAME"),
    ] = None,
    whole: Annotated[bool, typer.Option("--all", help="Show all models and papers, not the first few.")] = False,
    as_json: Json = False,
) -> None:
    """Recommend models and papers for a question, with reasons for and against."""
    with reported_errors(as_json=as_json):
        from apercu.errors import InputError, QuestionError
        from apercu.evidence.brief import brief_of
        from apercu.question.prompt import STANDARD_ASKED, write_prompt
        from apercu.scientist import recommend as recommend_for_question
        from apercu.settings import load_settings

        if (question is None) == (questions is None):
            raise QuestionError(
                "expected a question or a file of questions, got " + ("neither" if question is None else "both"),
                hint='Type one in quotes: `apercu recommend "How do I enlarge an icon 3x?"`.',
            )
        settings = load_settings()
        preferences = cast("list[Preference]", [chosen.value for chosen in prefer or ()])
        if questions is not None:
            if image is not None:
                raise InputError("a file of questions has no one picture, and --image was given", hint="Leave it out.")
            if form == "prompt":
                raise InputError(
                    "--questions prints JSON lines, and --format prompt was given", hint="Leave one of them out."
                )
            if status := _recommend_each(questions, settings, preferences, source):
                raise SystemExit(status)
            return
        found = recommend_for_question(
            question or "", settings=settings, picture=image, prefer=preferences, source=source
        )
        if form == "prompt":
            written = write_prompt(brief_of(question or "", found, STANDARD_ASKED)).replace("\t", " ")
            prompt = "\n".join(map(clean, written.split("\n")))  # titles of imported papers are anybody's text
            if as_json:
                say_json({"prompt": prompt})
            else:
                say(prompt.rstrip("\n"))
        elif as_json:
            print_json(found)
        else:
            show_recommendation(found, whole=whole)


def _recommend_each(questions: Path, settings: Settings, prefer: Sequence[Preference], source: str | None) -> int:
    """Print one object a line, in order; a line that cannot be used becomes an error object. Gives the exit code."""
    from apercu.errors import EXIT_CODES, QuestionError
    from apercu.question.read import numbered_lines, question_of_line
    from apercu.scientist import recommend as recommend_for_question

    status = 0
    for number, line in numbered_lines(questions):
        try:
            asked = question_of_line(line)
            found = recommend_for_question(asked, settings=settings, prefer=prefer, source=source)
            say(harmless_json(found.model_dump_json(by_alias=True)))
        except QuestionError as error:
            say(error_json(error.code, f"line {number}: {error.message}", error.hint))
            status = EXIT_CODES[QuestionError]
    sys.stdout.flush()
    return status
