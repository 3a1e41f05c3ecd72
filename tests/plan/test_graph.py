"""A plan is checked as a whole, put in order, and written as JSON."""

import json
import re
from pathlib import Path

import pytest

from apercu.errors import InputError, PlanError
from apercu.plan.graph import OpSignature, ParamSpec, order, plan_from_json, plan_to_json, validate_plan
from apercu.records import Node, Plan
from apercu.run.ops import op_signatures

TEXT, SCALE, SIZE = ParamSpec("str"), ParamSpec("scale"), ParamSpec("size")
ENLARGE = {"model": TEXT, "scale": SCALE, "size": SIZE, "strength": ParamSpec("float"), "seed": ParamSpec("int")}
OPS = {
    op.name: op
    for op in (
        OpSignature("load", (), "image"),
        OpSignature("inspect", ("image",), "findings"),
        OpSignature("enlarge", ("image",), "image", params=ENLARGE, required=frozenset({"model"})),
        OpSignature("choose", ("image",), "image", variadic=True),
        OpSignature("measure", ("image", "image"), "report", params={"kernel": TEXT}),
        OpSignature("save", ("image",), "file", params={"path": TEXT, "overwrite": ParamSpec("bool")}),
    )
}
LOAD = Node(id="load", op="load")
SAVE = Node(id="save", op="save", inputs=("choose",))


def enlarge(key: str, **params: object) -> Node:
    return Node(id=key, op="enlarge", params={"model": key, **params}, inputs=("load",))


GOOD = Plan(
    nodes=(
        SAVE,
        Node(id="choose", op="choose", inputs=("liif", "bicubic")),
        LOAD,
        Node(id="inspect", op="inspect", inputs=("load",)),
        enlarge("bicubic", scale=[3, 2.5]),
        enlarge("liif", size=[10, 20]),
        Node(id="measure", op="measure", inputs=("load", "choose"), params={"kernel": "bicubic"}),
    )
)


def problems_of(*nodes: Node) -> tuple[str, ...]:
    with pytest.raises(PlanError) as caught:
        validate_plan(Plan(nodes=nodes), OPS)
    assert "\n" not in caught.value.message
    return caught.value.problems


def test_a_plan_in_series_and_parallel_with_a_merge_is_valid():
    validate_plan(GOOD, OPS)


def test_a_plan_that_saves_nothing_is_valid():
    validate_plan(Plan(nodes=(LOAD, Node(id="look", op="inspect", inputs=("load",)))), OPS)


def test_all_problems_are_listed_at_once():
    found = problems_of(
        LOAD,
        Node(id="a b", op="inspect", inputs=("load",)),
        Node(id="x", op="enlrge", inputs=("load",)),
        Node(id="y", op="enlarge", params={"modle": "m", "scale": [3, 0]}, inputs=("load",)),
        Node(id="z", op="measure", inputs=("load",)),
        Node(id="s", op="save", inputs=("look",)),
        Node(id="s", op="save", inputs=("nowhere",)),
        Node(id="look", op="inspect", inputs=("load",)),
    )
    assert found == (
        "node 'a b': expected an id of 1 to 64 letters, digits, - or _, the first no - or _",
        "node 's': 2 nodes have this id, expected one",
        "node 's': no node has the id of its input 'nowhere'",
        "node 'x': no op is named 'enlrge', did you mean 'enlarge'?",
        "node 'y': op enlarge has no parameter 'modle', did you mean 'model'?",
        "node 'y': scale is [3, 0], expected [y, x], two finite numbers above 0",
        "node 'y': op enlarge needs the parameter model",
        "node 'z': op measure got 1 inputs, expected 2",
        "node 's': input 1 takes image, but 'look' gives findings",
        "node 'y': nobody takes the image that it gives",
    )


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"scale": 3}, "[y, x]"),
        ({"scale": [3]}, "[y, x]"),
        ({"scale": [3, float("inf")]}, "[y, x]"),
        ({"scale": [10**400, 1]}, "[y, x]"),
        ({"scale": [True, 1]}, "[y, x]"),
        ({"scale": "33"}, "[y, x]"),
        ({"size": [1.5, 2]}, "[height, width]"),
        ({"size": [0, 2]}, "[height, width]"),
        ({"strength": float("nan")}, "a finite number"),
        ({"strength": False}, "a finite number"),
        ({"seed": 1.0}, "a whole number"),
        ({"seed": True}, "a whole number"),
        ({"model": 7}, "text"),
    ],
)
def test_a_parameter_of_another_type_says_what_was_expected(params, expected):
    (problem,) = problems_of(
        LOAD,
        Node(id="big", op="enlarge", params={"model": "m", **params}, inputs=("load",)),
        Node(id="save", op="save", inputs=("big",)),
    )
    assert problem.startswith(f"node 'big': {next(iter(params))} is ")
    assert f"expected {expected}" in problem


def test_each_cycle_is_named_with_its_members():
    found = problems_of(
        Node(id="a", op="choose", inputs=("b",)),
        Node(id="b", op="choose", inputs=("a",)),
        Node(id="c", op="choose", inputs=("c",)),
        Node(id="s", op="save", inputs=("a",)),
        Node(id="t", op="save", inputs=("c",)),
    )
    assert len(found) == 2
    assert all("these nodes wait for each other" in problem for problem in found)
    assert "'a' -> 'b'" in found[0]
    assert "'c' -> 'c'" in found[1]


def test_a_variadic_port_takes_many_inputs_but_not_none():
    one, two = enlarge("one"), enlarge("two")
    validate_plan(Plan(nodes=(LOAD, one, two, Node(id="choose", op="choose", inputs=("one", "two")), SAVE)), OPS)
    assert problems_of(Node(id="choose", op="choose"), SAVE) == (
        "node 'choose': op choose got 0 inputs, expected at least 1",
    )


def test_every_repeated_input_is_checked_against_the_last_port():
    look = Node(id="look", op="inspect", inputs=("load",))
    found = problems_of(LOAD, look, Node(id="choose", op="choose", inputs=("load", "look")), SAVE)
    assert found == ("node 'choose': input 2 takes image, but 'look' gives findings",)


def test_an_id_with_control_characters_stays_on_one_line():
    assert "\\n\\x1b" in problems_of(LOAD, Node(id="a\n\x1b[2J", op="inspect", inputs=("load",)))[0]


def test_an_empty_plan_and_a_huge_plan_are_refused():
    assert problems_of() == ("it has no nodes, expected at least one",)
    many = [Node(id=f"n{index}", op="inspect", inputs=("load",)) for index in range(500)]
    assert problems_of(LOAD, *many) == ("it has 501 nodes, expected at most 500",)


def test_order_puts_inputs_first_and_keeps_the_plans_own_order_among_equals():
    assert [node.id for node in order(GOOD)] == ["load", "inspect", "bicubic", "liif", "choose", "save", "measure"]


def test_order_of_a_cycle_is_an_error_that_names_it():
    with pytest.raises(PlanError, match=r"wait for each other: 'a' -> 'b' -> 'a'|'b' -> 'a' -> 'b'"):
        order(Plan(nodes=(Node(id="a", op="choose", inputs=("b",)), Node(id="b", op="choose", inputs=("a",)))))


def test_json_holds_the_contract_fields_and_comes_back_equal():
    text = plan_to_json(GOOD)
    assert set(json.loads(text)["nodes"][0]) == {"id", "op", "params", "inputs"}
    assert plan_from_json(text) == GOOD


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not valid JSON"),
        ('{"nodes": [', "not valid JSON: .*line 1 column"),
        ('{"nodes": [], "nodes": []}', "'nodes' more than once"),
        ('{"nodes": [{"id": "a", "op": "load", "params": {"x": NaN}}]}', "NaN is not a number"),
        ('{"nodes": [{"id": "a", "op": "load", "params": {"x": 1e999}}]}', "1e999 is too large"),
        ('{"nodes": [{"id": "a", "op": "load", "params": {"x": "\\ud800"}}]}', "surrogates not allowed"),
        ('{"nodes": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deeply"),
        ('{"nodes": "' + "x" * 1_000_000 + '"}', "1,000,013 bytes long, expected at most 1,000,000"),
    ],
)
def test_text_that_is_not_json_is_an_input_error_of_one_line(text, said):
    with pytest.raises(InputError, match=said) as caught:
        plan_from_json(text)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "it is list, expected an object"),
        ("{}", "nodes: field required"),
        ('{"nodes": [], "shell": "rm"}', "shell: extra inputs are not permitted"),
        ('{"nodes": [{"id": 7, "op": "load"}]}', r"nodes\[0\].id: input should be a valid string"),
        ('{"nodes": [{"id": "a", "op": "load", "inputs": "b"}]}', r"nodes\[0\].inputs: input should be a valid tuple"),
        ('{"nodes": [{"id": "a"}, {"op": "load"}]}', r"2 problems: nodes\[0\].op: .*; nodes\[1\].id: "),
        ('{"nodes": [], "a\\nb": 1}', r"a\\nb: extra"),
    ],
)
def test_json_of_another_form_is_a_plan_error_that_names_the_place(text, said):
    with pytest.raises(PlanError, match=said) as caught:
        plan_from_json(text)
    assert "\n" not in caught.value.message


def test_a_parameter_that_is_no_json_value_is_not_written():
    with pytest.raises(PlanError, match="cannot be written as JSON"):
        plan_to_json(Plan(nodes=(enlarge("a", strength=float("nan")),)))


def test_every_op_and_parameter_stands_in_the_documentation():
    rows = (Path(__file__).parents[2] / "docs" / "plan.md").read_text("utf-8").splitlines()
    for op in op_signatures().values():
        (row,) = [row for row in rows if row.startswith(f"| `{op.name}` |")]
        assert set(re.findall(r"`(\w+)`", row)) == {op.name, *op.params}
