"""What an item is about as far as its name and summary say: for items without a card, and for all at level "prompt"."""

from __future__ import annotations

import re
from typing import NamedTuple

from apercu.records import TaskId

NAME_TASKS: dict[str, TaskId] = {
    "SISR": "super_resolution",
    "Restoration": "restoration",
    "Deblur": "deblur",
    "Denoise": "denoise",
    "Inpainting": "inpainting",
    "Colorization": "colorization",
    "Enhancement-low-light": "low_light",
    "HDR": "hdr",
    "WeatherRemoval": "weather_removal",
    "Harmonization": "harmonization",
    "NST": "style_transfer",
    "FaceReplacement": "face_edit",
    "ImgTxt2Img": "image_edit",
    "Txt2Img": "text_to_image",
    "Classification": "classification",
    "ObjDet": "object_detection",
    "Segmentation": "segmentation",
    "PoseEstimation": "pose_estimation",
    "Depth": "depth",
    "OCR": "ocr",
    "Img2Txt": "captioning",
    "ImgTxt2Txt": "vqa",
    "Txt2Txt": "text_to_text",
    "Txt2Voice": "text_to_speech",
    "Voice2Txt": "speech_to_text",
    "Video": "video",
}
"""First part of a model's name on the platform whose names the prompts use -> task."""

WORDS: dict[TaskId, str] = {
    "super_resolution": r"super[- ]?resolution|image upscal\w+|upscal\w+ (?:of )?(?:images?|pictures?|photos?)"
    r"|image enlargement|image upsampling|upscalers?\b|enlarg\w+ (?:of )?(?:\w+ ){0,2}(?:images?|pictures?|photos?)\b"
    r"|(?:increas|rais)\w+ (?:the )?(?:spatial |image )?resolution of (?:\w+ ){0,2}(?:images?|pictures?|photos?)\b",
    "restoration": r"image restoration|restor\w+ (?:of )?(?:degraded|damaged|old) \w+"
    r"|compression artifact\w*|artifacts? removal",
    "deblur": r"deblur\w*|motion blur removal",
    "denoise": r"(?:image |real-world )denois(?:ing|e)r?\b|noise removal",
    "inpainting": r"inpaint\w*|image completion|hole[- ]filling",
    "colorization": r"colou?ri[sz]\w+",
    "low_light": r"low[- ]light|night[- ]?time enhancement",
    "hdr": r"high dynamic range|\bHDR\b|tone mapping",
    "weather_removal": r"de-?rain\w*|de-?haz\w*|de-?snow\w*|adverse weather",
    "harmonization": r"harmoni[sz]ation",
    "style_transfer": r"style transfer|stylization",
    "face_edit": r"face (?:replacement|swap\w*|editing)|deepfake",
    "image_edit": r"image editing|instruct\w* editing|edit\w* (?:of )?images?",
    "text_to_image": r"text-to-image|\bT2I\b|image (?:synthesis|generation)",
    "classification": r"image classification|classif\w+ (?:of )?(?:images?|works? of art|artworks?)|categori[sz]e\w*",
    "object_detection": r"object detection|detect\w* objects?",
    "segmentation": r"segment(?:ation|ing)\b",
    "pose_estimation": r"pose estimation|keypoint\w*",
    "depth": r"depth (?:estimation|prediction)|monocular depth",
    "ocr": r"\bOCR\b|text recognition|character recognition",
    "captioning": r"caption(?:ing|s)?\b|image-to-text",
    "vqa": r"visual question answering|\bVQA\b|multi-?modal large language|multimodal LLM",
    "text_to_text": r"summari[sz]ation|machine translation|text generation",
    "text_to_speech": r"text-to-speech|speech synthesis",
    "speech_to_text": r"speech recognition|speech-to-text|transcription",
    "video": r"\bvideos?\b",
}
"""How abstracts say which task they are about."""

RELATED: dict[TaskId, tuple[TaskId, ...]] = {
    "super_resolution": ("restoration", "deblur", "denoise"),
    "restoration": ("super_resolution", "deblur", "denoise", "inpainting"),
    "deblur": ("restoration", "super_resolution"),
    "denoise": ("restoration",),
    "inpainting": ("restoration", "image_edit"),
    "image_edit": ("text_to_image", "inpainting", "style_transfer"),
    "style_transfer": ("text_to_image", "image_edit"),
    "text_to_image": ("image_edit",),
}
"""Tasks whose methods bear on each other: change the pixels of a given picture in a similar way."""

QUALITY = (
    r"image quality|quality assessment|fidelity|perceptual quality|realism|texture features?"
    r"|fine-grained detail\w*|visual details?"
)
"""Words of papers that judge pictures: they do not enlarge, yet their question can be asked of an enlargement."""


class Hit(NamedTuple):
    """A task and the words that name it."""

    task: TaskId
    quote: str


def task_of_name(name: str) -> Hit | None:
    """The task that a platform name states by its first part ("SISR-Any-LIIF-RDN")."""
    for prefix, task in sorted(NAME_TASKS.items(), key=lambda item: -len(item[0])):
        if name.casefold().startswith(prefix.casefold() + "-"):
            return Hit(task, name[: len(prefix)])
    return None


def fixed_factor(name: str) -> float | None:
    """The only factor that a platform name allows ("SISR-CARN-4x" gives 4)."""
    match = re.search(r"-(\d{1,2})x$", name, re.IGNORECASE)
    return float(match[1]) if match else None


def tasks_in(text: str) -> tuple[Hit, ...]:
    """The tasks that a title or an abstract names, in the order of first mention, each with the words."""
    found = [
        (match.start(), Hit(task, match[0]))
        for task, pattern in WORDS.items()
        if (match := re.search(pattern, text, re.IGNORECASE))
    ]
    return tuple(hit for _, hit in sorted(found, key=lambda item: item[0]))


def quality_words(text: str) -> str | None:
    """The first words about judging pictures, or None."""
    match = re.search(QUALITY, text, re.IGNORECASE)
    return match[0] if match else None
