"""Settings: arguments before environment (`APERCU_*`) before the user's file before defaults.

Passed as an argument, never a global.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import BaseModel, ByteSize, ConfigDict, Field, ValidationError, field_validator

from apercu.errors import InputError


def available_threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseModel):
    """What a run may use.

    `data_dir`: where added weights are kept. `threads`: processor threads. `tile_size`: side of a tile in input pixels.
    `max_input_pixels`, `max_output_pixels`: larger pictures are refused before they are decoded or made. `max_scale`:
    largest factor on an axis. `max_memory`: bytes that a run may use, also as "1500MB" or "1.5GB"; without it, what the
    machine has to spare. `papers_vectors`: how texts become vectors of their meaning in an index of papers
    (docs/papers.md); an index is opened with the way that it was made by. `remember_choices`: whether models that are
    named with --model are noted in the data folder and recommended a little sooner; off by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(default_factory=lambda: platformdirs.user_data_path("apercu"))
    threads: int = Field(default_factory=available_threads, ge=1, le=1024)
    tile_size: int = Field(default=256, ge=16, le=4096)
    max_input_pixels: int = Field(default=268_000_000, ge=1)
    max_output_pixels: int = Field(default=512_000_000, ge=1)
    max_scale: float = Field(default=64.0, ge=1)
    max_memory: ByteSize | None = Field(default=None, ge=1)
    papers_vectors: Literal["apercu", "wordllama", "none"] = "apercu"
    remember_choices: bool = False

    @field_validator("max_memory", mode="before")
    @classmethod
    def _whole_size(cls, value: object) -> object:
        """The parser stops at the first character that it does not know: 1,5GB would be one byte."""
        if isinstance(value, str) and not re.fullmatch(r"\s*\d{0,15}\.?\d{1,15}\s*[A-Za-z]{0,3}\s*", value):
            raise ValueError("expected a size such as 1500MB or 1.5GB")
        return value


def load_settings(
    *,
    data_dir: Path | None = None,
    threads: int | None = None,
    tile_size: int | None = None,
    max_input_pixels: int | None = None,
    max_output_pixels: int | None = None,
    max_scale: float | None = None,
    max_memory: str | int | None = None,
    papers_vectors: str | None = None,
    remember_choices: bool | None = None,
) -> Settings:
    """Settings from arguments that are not None, then `APERCU_<NAME>` in the environment where it is not empty, then
    `settings.toml` in the user's configuration folder, then the defaults of `Settings`.

    Raises:
        InputError: a value is not usable; the message names it.
    """
    arguments: dict[str, Any] = {
        "data_dir": data_dir,
        "threads": threads,
        "tile_size": tile_size,
        "max_input_pixels": max_input_pixels,
        "max_output_pixels": max_output_pixels,
        "max_scale": max_scale,
        "max_memory": max_memory,
        "papers_vectors": papers_vectors,
        "remember_choices": remember_choices,
    }
    values = _from_file(platformdirs.user_config_path("apercu") / "settings.toml")
    values |= {name: text for name in Settings.model_fields if (text := os.environ.get(f"APERCU_{name.upper()}"))}
    values |= {name: value for name, value in arguments.items() if value is not None}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"setting {name} = {first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}",
            hint=f"Known settings: {', '.join(Settings.model_fields)}.",
        ) from error


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"the settings file {path} cannot be read ({error})", hint="Mend it or remove it.") from error
