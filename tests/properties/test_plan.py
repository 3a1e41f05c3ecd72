"""Whatever the plan: JSON gives it back, its order respects the edges, and every drawing of it can be read."""

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from apercu.plan.draw import draw_mermaid, draw_svg, draw_text
from apercu.plan.graph import order, plan_from_json, plan_to_json
from apercu.records import Node, Plan

words = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
any_node = st.builds(
    Node, id=words, op=words, params=st.dictionaries(words, values, max_size=3), inputs=st.lists(words, max_size=3)
)


@st.composite
def sound_plans(draw: st.DrawFn) -> Plan:
    """Acyclic plans whose nodes stand in any order, with op names and parameters of any kind."""
    nodes = []
    for index in range(draw(st.integers(1, 9))):
        inputs = (
            draw(st.lists(st.sampled_from([f"n{earlier}" for earlier in range(index)]), max_size=3)) if index else []
        )
        params = draw(st.dictionaries(words, values, max_size=2))
        nodes.append(Node(id=f"n{index}", op=draw(words), params=params, inputs=tuple(inputs)))
    return Plan(nodes=tuple(draw(st.permutations(nodes))))


@given(st.builds(Plan, nodes=st.lists(any_node, max_size=4).map(tuple)))
def test_json_gives_the_same_plan_back(plan):
    assert plan_from_json(plan_to_json(plan)) == plan


@given(sound_plans())
def test_order_holds_every_node_once_after_its_inputs(plan):
    ordered = order(plan)
    assert sorted(node.id for node in ordered) == sorted(node.id for node in plan.nodes)
    seen: set[str] = set()
    for node in ordered:
        assert seen.issuperset(node.inputs)
        seen.add(node.id)
    assert order(Plan(nodes=ordered)) == ordered


@given(sound_plans(), words)
def test_every_sound_plan_can_be_drawn(plan, note):
    notes = {node.id: note for node in plan.nodes}
    text = draw_text(plan, notes)
    assert text.count("●") >= len(plan.nodes)
    assert text.replace("\n", "").isprintable()
    assert draw_mermaid(plan, notes).count("-->") == sum(len(node.inputs) for node in plan.nodes)
    cards = ElementTree.fromstring(draw_svg(plan, notes)).iter("{http://www.w3.org/2000/svg}rect")
    assert len(list(cards)) == len(plan.nodes)
