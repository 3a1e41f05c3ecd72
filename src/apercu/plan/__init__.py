"""The workflow: a typed graph of steps that is validated, ordered, drawn, and then run as it stands."""

from apercu.plan.draw import draw_mermaid, draw_svg, draw_text, flow_shapes
from apercu.plan.graph import OpSignature, ParamSpec, order, plan_from_json, plan_to_json, validate_plan

__all__ = [
    "OpSignature",
    "ParamSpec",
    "draw_mermaid",
    "draw_svg",
    "draw_text",
    "flow_shapes",
    "order",
    "plan_from_json",
    "plan_to_json",
    "validate_plan",
]
