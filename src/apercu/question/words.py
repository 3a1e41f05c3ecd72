"""The words of questions: names of tasks, spelling, numbers, and the vocabulary, which is data (`words.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from apercu.records import TaskId

TASK_NAMES: dict[TaskId, str] = {
    "super_resolution": "Enlarging a picture (super-resolution)",
    "restoration": "Repairing a damaged picture (restoration)",
    "deblur": "Making a blurred picture sharp (deblurring)",
    "denoise": "Removing noise from a picture (denoising)",
    "inpainting": "Filling in a part of a picture (inpainting)",
    "colorization": "Colouring a black-and-white picture (colourisation)",
    "low_light": "Brightening a dark picture (low-light enhancement)",
    "hdr": "Recovering bright and dark parts (high dynamic range)",
    "weather_removal": "Removing rain, haze or snow (weather removal)",
    "harmonization": "Making a pasted part fit its picture (harmonisation)",
    "style_transfer": "Painting a picture in another style (style transfer)",
    "face_edit": "Changing a face (face editing)",
    "image_edit": "Changing a picture as told (image editing)",
    "text_to_image": "Making a picture from words (text-to-image)",
    "classification": "Saying what kind of picture it is (classification)",
    "object_detection": "Finding things in a picture (object detection)",
    "segmentation": "Outlining parts of a picture (segmentation)",
    "pose_estimation": "Finding body positions (pose estimation)",
    "depth": "Estimating distances from a picture (depth estimation)",
    "ocr": "Reading text in a picture (OCR)",
    "captioning": "Describing a picture in words (captioning)",
    "vqa": "Answering questions about a picture (visual question answering)",
    "text_to_text": "Turning text into other text (text-to-text)",
    "text_to_speech": "Speaking a text (text-to-speech)",
    "speech_to_text": "Writing down speech (speech-to-text)",
    "video": "Working on video",
    "other": "Something else",
}


@dataclass(frozen=True, slots=True)
class WordGroup:
    """Phrases that speak for the same finding; `words.toml` says what each field means and how a phrase is written."""

    kind: str
    value: str
    phrases: tuple[str, ...]
    weight: int = 0
    needs_picture: bool = False
    spaced: bool = True


@cache
def load_vocabulary() -> tuple[WordGroup, ...]:
    """The word groups of all languages, in the order of the file."""
    tables: dict[str, Any] = tomllib.loads(files("apercu.question").joinpath("words.toml").read_text("utf-8"))
    lists: dict[str, str] = tables.pop("lists")
    return tuple(_group(entry, lists) for language in tables.values() for entry in language)


def _group(entry: dict[str, Any], lists: dict[str, str]) -> WordGroup:
    text = entry["phrases"]
    for name, words in lists.items():
        text = text.replace(f"${name}", words)
    return WordGroup(
        kind=entry["kind"],
        value=entry.get("value", ""),
        phrases=tuple(" ".join(phrase.split()) for phrase in text.split(";")),
        weight=entry.get("weight", 0),
        needs_picture=entry.get("needs_picture", False),
        spaced=entry.get("spaced", True),
    )


OFTEN_MISSPELT = (
    "enlarge", "enlarged", "enlarging", "enlargement", "upscale", "upscaled", "upscaling", "resolution",
    "pixelated", "illustration", "illustrations", "blurry", "picture", "pictures", "photograph", "screenshot",
    "watermark", "distortion", "background", "colorize", "colourise", "denoise", "restore", "sharpen", "texture",
    "textures", "drawing", "larger", "bigger", "handwriting", "translate", "summarize", "transcribe",
)  # fmt: skip
"""Words of six or more letters; a word that is nearly the same and starts with the same letter is taken for it."""

NEVER_MISSPELT = frozenset({
    "enraged", "engaged", "engagement", "distraction", "revolution", "colonize", "colonise", "upstate", "lagers",
    "textile",
})  # fmt: skip
"""Words that come close to one of them and mean something else."""

NEGATIONS = frozenset({"without", "no", "not", "never", "avoid", "avoids", "avoiding", "isn't", "ohne", "sans", "sin"})

NUMBER_WORDS: dict[str, float] = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "sixteen": 16, "twenty": 20, "one and a half": 1.5, "two and a half": 2.5, "a hundred": 100,
    "doppelt": 2, "drei": 3, "vier": 4, "두": 2, "세": 3, "네": 4, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5,
}  # fmt: skip
