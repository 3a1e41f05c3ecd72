"""The graph as text, Mermaid and SVG, with the shapes that flow through it."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from apercu.errors import PlanError
from apercu.plan.draw import draw_mermaid, draw_svg, draw_text, flow_shapes
from apercu.records import Node, Plan

PLAN = Plan(
    nodes=(
        Node(id="load", op="load"),
        Node(id="inspect", op="inspect", inputs=("load",)),
        Node(id="liif", op="enlarge", params={"model": "liif-edsr", "scale": [3, 2.5]}, inputs=("load",)),
        Node(id="plain", op="enlarge", params={"model": "bicubic", "scale": [3, 2.5]}, inputs=("load",)),
        Node(id="choose", op="choose", inputs=("liif", "plain")),
        Node(id="measure", op="measure", inputs=("load", "choose")),
        Node(id="save", op="save", params={"path": "out.png"}, inputs=("choose",)),
    )
)
HOSTILE = '"]; click n0 "javascript:x" </title><script>alert(1)</script> `#34; %%{init}%% \n\x1b[2J \u202e'
HOSTILE_PLAN = Plan(
    nodes=(
        Node(id="load", op="load"),
        Node(id="a", op=HOSTILE, params={HOSTILE: HOSTILE}, inputs=("load",)),
    )
)


def elements(svg: str, kind: str) -> list[str]:
    found = ElementTree.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{kind}")
    return ["".join(element.itertext()) for element in found]


def test_shapes_are_symbols_without_a_picture_and_numbers_with_one():
    assert flow_shapes(PLAN) == {
        "load": "W x H x 3",
        "inspect": "findings",
        "liif": "2.5W x 3H x 3",
        "plain": "2.5W x 3H x 3",
        "choose": "2.5W x 3H x 3",
        "measure": "report",
        "save": "file",
    }
    assert flow_shapes(PLAN, (64, 48))["choose"] == "120 x 192 x 3"


def test_a_grey_picture_flows_with_one_channel():
    shapes = flow_shapes(PLAN, (64, 48), channels=1)
    assert (shapes["load"], shapes["choose"], shapes["save"]) == ("48 x 64 x 1", "120 x 192 x 1", "file")


def test_a_drawn_size_is_width_first_like_every_size_that_is_typed():
    plan = Plan(
        nodes=(
            Node(id="load", op="load"),
            Node(id="one", op="enlarge", params={"size": [1080, 1920]}, inputs=("load",)),
        )
    )
    assert "size 1920 x 1080" in draw_text(plan)


def test_shapes_follow_an_exact_size_and_factors_in_series():
    plan = Plan(
        nodes=(
            Node(id="load", op="load"),
            Node(id="one", op="enlarge", params={"scale": [2, 2]}, inputs=("load",)),
            Node(id="two", op="enlarge", params={"scale": [1.5, 1]}, inputs=("one",)),
            Node(id="three", op="enlarge", params={"size": [1080, 1920]}, inputs=("two",)),
            Node(id="new", op="project", inputs=("load", "three")),
        )
    )
    assert list(flow_shapes(plan).values()) == ["W x H x 3", "2W x 2H x 3", "2W x 3H x 3", *["1920 x 1080 x 3"] * 2]


def test_shapes_say_nothing_about_what_they_cannot_know():
    odd = (Node(id="x", op="magic", inputs=("load",)), Node(id="y", op="enlarge", inputs=("load",)))
    assert set(flow_shapes(Plan(nodes=(Node(id="load", op="load"), *odd)))) == {"load"}


def test_the_terminal_drawing_shows_branches_join_and_end():
    assert draw_text(PLAN, flow_shapes(PLAN, (64, 48))) == (
        "●       load            -> 48 x 64 x 3\n"
        "│\n"
        "├─●     inspect         -> findings\n"
        "│\n"
        "├─●     enlarge  liif   -> 120 x 192 x 3\n"
        "│ │     model liif-edsr  scale 2.5 x 3\n"
        "├─│─●   enlarge  plain  -> 120 x 192 x 3\n"
        "│ │ │   model bicubic  scale 2.5 x 3\n"
        "│ ●─┘   choose          -> 120 x 192 x 3\n"
        "│ │\n"
        "●─┤     measure         -> report\n"
        "  │\n"
        "  ●     save            -> file\n"
        "        path out.png\n"
    )


def test_the_terminal_drawing_keeps_to_its_width_and_to_printable_characters():
    drawn = draw_text(HOSTILE_PLAN, {"a": "n" * 300}, width=80)
    assert max(len(line) for line in drawn.splitlines()) == 80
    assert drawn.replace("\n", "").isprintable()


def test_mermaid_numbers_its_nodes_and_labels_its_edges():
    drawn = draw_mermaid(PLAN, flow_shapes(PLAN))
    assert drawn.startswith("flowchart LR\n")
    assert '  n2["enlarge<br/>liif<br/>model liif-edsr<br/>scale 2.5 x 3"]\n' in drawn
    assert '  n0 -->|"W x H x 3"| n2\n' in drawn
    assert drawn.count("-->") == sum(len(node.inputs) for node in PLAN.nodes)


def test_hostile_words_cannot_leave_a_mermaid_label():
    drawn = draw_mermaid(HOSTILE_PLAN, {"load": HOSTILE})
    shape = r'flowchart LR|  n\d+\["(?:[\w .#;-]|<br/>)*"\]|  n\d+ -->(?:\|"[\w .#;-]*"\|)? n\d+'
    assert all(re.fullmatch(shape, line, re.ASCII) for line in drawn.splitlines())


def test_the_svg_names_every_node_and_what_flows():
    svg = draw_svg(PLAN, flow_shapes(PLAN, (64, 48)), status={"liif": "done", "plain": "skipped"})
    texts = elements(svg, "text")
    assert [text for text in texts if text in {node.op for node in PLAN.nodes}] == [
        "load", "inspect", "enlarge", "enlarge", "choose", "measure", "save",
    ]  # fmt: skip
    assert {"48 x 64 x 3", "120 x 192 x 3", "gives report", "done", "skipped", "path out.png"} <= set(texts)
    assert 'class="node skipped"' in svg
    assert svg.count("stroke-dasharray=") == 1
    assert "viewBox" in ElementTree.fromstring(svg).attrib
    (description,) = elements(svg, "desc")
    assert "choose, takes liif, plain, gives 120 x 192 x 3" in description


def test_svg_cards_do_not_overlap_and_lie_inside_the_view():
    root = ElementTree.fromstring(draw_svg(PLAN, flow_shapes(PLAN)))
    width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
    cards = [
        tuple(float(card.attrib[key]) for key in ("x", "y", "width", "height"))
        for card in root.iter("{http://www.w3.org/2000/svg}rect")
    ]
    assert len(cards) == len(PLAN.nodes)
    for index, (x, y, w, h) in enumerate(cards):
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
        for x2, y2, w2, h2 in cards[index + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_hostile_words_stay_text_in_the_svg():
    svg = draw_svg(HOSTILE_PLAN, {"load": HOSTILE}, status={"a": '"><script>'})
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert tags == {"svg", "title", "desc", "style", "path", "g", "rect", "text"}
    assert "javascript:" not in re.sub(r">[^<]*<", "><", svg)


@pytest.mark.parametrize("draw", [draw_text, draw_mermaid, draw_svg, flow_shapes])
def test_a_plan_without_an_order_is_not_drawn(draw):
    with pytest.raises(PlanError, match="no node has the id"):
        draw(Plan(nodes=(Node(id="a", op="save", inputs=("b",)),)))
    with pytest.raises(PlanError, match="no nodes"):
        draw(Plan(nodes=()))


def test_one_node_alone_can_be_drawn():
    alone = Plan(nodes=(Node(id="load", op="load"),))
    assert draw_text(alone) == "●   load\n"
    assert elements(draw_svg(alone), "text") == ["load"]


def test_the_sizes_in_the_svg_stand_in_the_order_of_the_plan():
    """A set of ids has another order in each process, and so would the report."""
    sizes = {"load": "1W", **{f"b{number}": f"{number}W" for number in range(2, 9)}}
    branches = [Node(id=name, op="enlarge", inputs=("load",)) for name in list(sizes)[1:]]
    choose = Node(id="choose", op="choose", inputs=tuple(node.id for node in branches))
    drawn = draw_svg(Plan(nodes=(Node(id="load", op="load"), *branches, choose)), sizes)
    shown = re.findall(r'class="flow"[^>]*>(\d)W', drawn)
    assert shown == sorted(shown)
