"""Measure every model that runs here on every case: `python tools/choice/measure.py FOLDER` writes `rows.jsonl.gz`.

FOLDER holds what `python -m apercu.train prepare FOLDER` wrote. A row is kept for as long as the weights of its model
have the sha256 that it names, so that a broken run goes on where it was, and after a training only what is new is
measured again. `looks.jsonl.gz` holds what the chooser sees of each small picture; `--looks` writes it alone, for when
the traits have changed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from cases import ChoiceCase, all_cases

from apercu.choice.seen import see
from apercu.measure.metrics import psnr, psnr_y, ssim_y
from apercu.plan.build import native_scale
from apercu.records import ModelCard
from apercu.registry import enlarge_whole, load_model, model_cards, model_status, weights_digest
from apercu.resample import FloatImage, resize
from apercu.settings import Settings, load_settings
from apercu.train.evaluate import PSNR_CAP, as_float
from apercu.train.pictures import load_pictures

HERE = Path(__file__).parent
ROWS, LOOKS = HERE / "rows.jsonl.gz", HERE / "looks.jsonl.gz"
UNFINISHED = HERE.parents[1] / "build"
ALWAYS = ("interpolation", "LIIF")
"""Families that are measured on every case."""
SLOW = ("realesrgan-x4plus", "realesrgan-x4plus-anime", "realsr-df2k")
"""Networks that take longer than all others together."""
SOMETIMES, SELDOM = 4, 12
"""The other networks are measured on one case of four, those that are slow on one of twelve, by the case's id."""
STEEPEST = 0.1
_LUMA = np.array([65.481, 128.553, 24.966], np.float32) / 255

Row = dict[str, Any]


def main() -> None:
    """Measure what has not been measured yet, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--looks", action="store_true", help="look at all pictures again, as when the traits changed")
    parser.add_argument("--share", default="0/1", help="i/n: only every n-th window from number i on, left unpacked")
    arguments = parser.parse_args()
    first, step = (int(part) for part in arguments.share.split("/"))
    settings = load_settings().model_copy(update={"threads": 1})
    cards = [c for c in model_cards().values() if c.task == "super_resolution" and model_status(c, settings) == "runs"]
    known = known_rows({card.id: weights_digest(card, settings) for card in cards}, looks=not arguments.looks)
    wanted: dict[tuple[str, str], Row] = {}
    UNFINISHED.mkdir(parents=True, exist_ok=True)
    with (UNFINISHED / f"choice-rows-{first}.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n")  # ends a line that was cut short
        for case in all_cases(load_pictures(arguments.folder), share=(first, step)):
            for card in (None, *cards):
                if card and int(sha256(case.id.encode()).hexdigest(), 16) % _every(card):
                    continue
                key = case.id, card.id if card else ""
                if key not in known:
                    known[key] = _looked(case) if card is None else measure(case, card, settings)
                    file.write(json.dumps(known[key]) + "\n")
                    file.flush()
                wanted[key] = known[key]
    if step == 1:
        write_lines(ROWS, (row for row in wanted.values() if "model" in row))
        write_lines(LOOKS, (row for row in wanted.values() if "model" not in row))
        for path in UNFINISHED.glob("choice-rows-*.jsonl"):
            path.unlink()


def _every(card: ModelCard) -> int:
    if card.family in ALWAYS:
        return 1
    return SELDOM if card.id in SLOW else SOMETIMES


def known_rows(weights: Mapping[str, str | None], *, looks: bool = True) -> dict[tuple[str, str], Row]:
    """The rows of earlier runs whose weights are those of today, by case and model; what was seen has the model "".

    A line cut short by a break is left out.
    """
    lines = [*read_lines(ROWS), *read_lines(LOOKS)]
    for path in sorted(UNFINISHED.glob("choice-rows-*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue
    return {
        (row["case"], row.get("model", "")): row
        for row in lines
        if (row["model"] in weights and row["weights"] == weights[row["model"]] if "model" in row else looks)
    }


def measure(case: ChoiceCase, card: ModelCard, settings: Settings) -> Row:
    """Figures on the piece of a case, clipped and not rounded, a border of `scale` cut.

    PSNR of RGB and of luma, SSIM of luma, the share of the true edges' steepness (see `edges`), seconds of one thread.
    """
    model = load_model(card.id, settings)
    lr, hr = (as_float(pixels) for pixels in case.piece())
    begun = time.perf_counter()
    native = native_scale(card, (case.scale, case.scale)) or case.scale
    sr = enlarge_whole(model, lr, (round(lr.shape[0] * native), round(lr.shape[1] * native)))
    sr = np.clip(sr if sr.shape == hr.shape else resize(sr, (hr.shape[0], hr.shape[1]), "bicubic"), 0, 1)
    seconds = time.perf_counter() - begun
    border = case.scale
    return {
        "case": case.id,
        "model": card.id,
        "weights": weights_digest(card, settings),
        "psnr": round(min(psnr(sr, hr, crop_border=border), PSNR_CAP), 3),
        "psnr_y": round(min(psnr_y(sr, hr, crop_border=border), PSNR_CAP), 3),
        "ssim_y": round(ssim_y(sr, hr, crop_border=border), 4),
        "edges": round(edges(sr[border:-border, border:-border], hr[border:-border, border:-border]), 3),
        "seconds": round(seconds, 4),
    }


def edges(sr: FloatImage, hr: FloatImage) -> float:
    """How steep a result is where the truth's edges are and along their direction, over how steep the truth is there.

    Edges are the steepest tenth of the truth's luma. 1 for the truth, less for a soft result, more for an overdrawn
    one; steps in another place than the true ones do not count.
    """
    true, made = (np.stack(np.gradient(picture @ _LUMA)) for picture in (hr, sr))
    strength = np.hypot(*true)
    edge = strength >= np.quantile(strength, 1 - STEEPEST)
    return float((made * true).sum(axis=0)[edge].sum() / max(np.square(strength[edge]).sum(), 1e-9))


def _looked(case: ChoiceCase) -> Row:
    about = {"case": case.id, "picture": case.picture, "split": case.split, "style": case.style}
    found = see(case.lr)
    seen = {
        f"{part}_seen": {name: round(value, 4) for name, value in values.items()}
        for part, values in (("damage", found.damage), ("style", found.style))
    }
    return about | {"scale": case.scale, "damage": case.damage, "size": list(case.lr.shape[:2])} | seen


def read_lines(path: Path) -> Iterator[Row]:
    """The objects of a packed table; none where there is no such file."""
    if not path.exists():
        return
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def write_lines(path: Path, rows: Iterable[Row]) -> None:
    """Write a packed table; equal rows give equal bytes."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
