"""Questions put together from `slots.toml`: the same words beside a picture and beside something else."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

SLOTS = Path(__file__).parent / "slots.toml"


def composed(seed: int = 0) -> list[dict[str, Any]]:
    """The questions of all groups, each once, in the form of the corpus; the same seed gives the same ones."""
    tables = tomllib.loads(SLOTS.read_text("utf-8"))
    found: dict[str, dict[str, Any]] = {}
    for number, group in enumerate(tables["group"]):
        frames = _parts(group.get("frames") or tables["frames"][group["lang"]])
        verbs, objects = _parts(group.get("verbs", "")), _parts(group["objects"])
        every = [(frame, verb, what) for frame in frames for verb in verbs for what in objects]
        for frame, verb, what in random.Random(seed + number).sample(every, min(group["count"], len(every))):
            inside = "_" in verb  # "make _ bigger" holds the object itself
            text = frame.replace("{v}", verb.replace("_", what)).replace("{o}", "" if inside else what)
            text = " ".join(text.split())
            found[text] = {"question": text, "lang": group["lang"], "tasks": group["tasks"]}
    return list(found.values())


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(" | ")] if text else [""]
