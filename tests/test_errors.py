"""Every error has its exit code, its HTTP status and a code of its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from apercu import errors
from apercu.errors import EXIT_CODES, HTTP_STATUS, ApercuError, PlanError


def classes(root: type[ApercuError] = ApercuError) -> Iterator[type[ApercuError]]:
    yield root
    for child in root.__subclasses__():
        yield from classes(child)


def test_every_error_is_in_both_tables_and_no_other() -> None:
    assert set(EXIT_CODES) == set(HTTP_STATUS) == set(classes())


def test_exit_codes_and_code_words_tell_the_errors_apart() -> None:
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
    assert len({error.code for error in classes()}) == len(EXIT_CODES)
    assert all(0 < code < 126 for code in EXIT_CODES.values())
    assert all(400 <= status < 600 for status in HTTP_STATUS.values())


def test_every_error_stands_in_the_tree_of_the_documentation() -> None:
    assert errors.__doc__
    for error in classes():
        assert error.__name__ in errors.__doc__
        assert error.__doc__


def test_a_plan_error_lists_every_problem_in_one_line() -> None:
    error = PlanError(["a is wrong", "b is wrong"], hint="mend them")
    assert str(error) == "the plan has 2 problems: a is wrong; b is wrong"
    assert error.problems == ("a is wrong", "b is wrong")
    assert str(PlanError(["a is wrong"])) == "the plan has 1 problem: a is wrong"


def hint_texts(tree: ast.Module) -> Iterator[str]:
    """The text of every hint that is written out in a module, an f-string's values as "X"."""
    named = {"hint"}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "hint":
            if isinstance(node.value, ast.Name):
                named.add(node.value.id)
            yield from literals(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id in named for to in node.targets):
            yield from literals(node.value)


def literals(value: ast.expr) -> Iterator[str]:
    match value:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in parts)
        case ast.IfExp(body=body, orelse=other):
            yield from (*literals(body), *literals(other))


def test_every_hint_is_one_sentence_with_a_capital_and_a_full_stop() -> None:
    root = Path(errors.__file__).parent
    hints = {text: path.name for path in root.rglob("*.py") for text in hint_texts(ast.parse(path.read_text("utf-8")))}
    assert len(hints) > 50
    assert [text for text in hints if not re.fullmatch(r"[A-Z`][^\n]*\.", text)] == []
