"""The tasks in words, and those of a question that a workflow leaves undone."""

from __future__ import annotations

from apercu.records import Plan, Task, TaskId
from apercu.registry import model_cards

TASK_WORDS: dict[TaskId, str] = {
    "super_resolution": "enlarging pictures",
    "restoration": "repairing damaged pictures",
    "deblur": "removing blur",
    "denoise": "removing noise",
    "inpainting": "filling missing parts of pictures",
    "colorization": "colouring pictures",
    "low_light": "brightening dark pictures",
    "hdr": "wide brightness ranges",
    "weather_removal": "removing rain, haze or snow",
    "harmonization": "matching pasted parts to their surroundings",
    "style_transfer": "changing a picture's style",
    "face_edit": "changing faces",
    "image_edit": "editing pictures by instruction",
    "text_to_image": "drawing pictures from words",
    "classification": "sorting pictures into classes",
    "object_detection": "finding objects in pictures",
    "segmentation": "outlining the parts of pictures",
    "pose_estimation": "finding poses",
    "depth": "estimating depth",
    "ocr": "reading text in pictures",
    "captioning": "describing pictures in words",
    "vqa": "answering questions about pictures",
    "text_to_text": "working on text",
    "text_to_speech": "speaking text",
    "speech_to_text": "writing down speech",
    "video": "video",
    "other": "something else",
}


def left_undone(task: Task, plan: Plan) -> tuple[TaskId, ...]:
    """What a question asks for and no step of a workflow is for; nothing where there is no workflow."""
    cards = model_cards()
    models = [cards.get(str(node.params.get("model", ""))) for node in plan.nodes if node.op == "apply"]
    done = {card.task for card in models if card}
    done |= {"super_resolution" for node in plan.nodes if node.op in ("enlarge", "resize")}
    return tuple(step for step in task.steps if step not in done) if plan.nodes else ()
