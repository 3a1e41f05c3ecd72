"""How many pictures are so unlike what was learned from that nothing is predicted: `python benchmarks/choice/far.py`.

The cases of `tools/choice`, and the classical sets where they are beside the checkout: whole, shrunk 3 times, and every
third pixel. Then pictures that nobody enlarges, which should all be far.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "choice"))
from near import is_far

from apercu.choice.learned import load_learned
from apercu.choice.near import why_far
from apercu.choice.seen import see
from measure import LOOKS, read_lines

SETS = Path(__file__).parents[3] / "shared" / "data" / "eval"


def main() -> None:
    """Print all counts."""
    learned = load_learned()
    print(f"far from {learned.about.far:.2f} on")
    for split, words in (("train", "learned from"), ("val", "held out")):
        cases = [case for case in read_lines(LOOKS) if case["split"] == split]
        far = [case for case in cases if is_far(learned, case)]
        pictures, of = (len({case["picture"] for case in part}) for part in (far, cases))
        print(f"{words}: {len(far)} of {len(cases)} cases ({len(far) / len(cases):.1%}), {pictures} of {of} pictures")
    for name in ("Set5", "Set14", "BSD100", "Kodak"):
        pictures = sorted((SETS / name).glob("*.png"))
        views = [view for path in pictures for view in views_of(path)]
        print(f"{name}: {sum(bool(reason(view)) for view in views)} of {len(views)} views")
    of_tiny()
    for name, samples in odd_pictures().items():
        print(f"{name}: {reason(samples) or 'not far'}")


def views_of(path: Path) -> list[np.ndarray]:
    """A photograph as it is, shrunk 3 times, and shrunk without smoothing."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    small = picture.resize((picture.width // 3, picture.height // 3), Image.Resampling.BICUBIC)
    whole = np.asarray(picture)
    return [whole, np.asarray(small), np.ascontiguousarray(whole[::3, ::3])]


def of_tiny() -> None:
    """Kodak's photographs as icons."""
    pictures = sorted((SETS / "Kodak").glob("*.png"))
    for width in (18, 24, 36, 48):
        views = []
        for path in pictures:
            with Image.open(path) as opened:
                size = (width, width * 2 // 3)
                views.append(np.asarray(opened.convert("RGB").resize(size, Image.Resampling.BICUBIC)))
        print(f"Kodak, {width} x {width * 2 // 3}: {sum(bool(reason(view)) for view in views)} of {len(views)}")


def reason(samples: np.ndarray) -> str:
    """Why nothing is predicted of a picture, empty where something is."""
    seen = see(samples)
    return why_far(load_learned(), seen.style, seen.damage)


def odd_pictures() -> dict[str, np.ndarray]:
    """Blank, noise of several kinds, slopes, one dot."""
    rng = np.random.default_rng(0)
    slope = np.broadcast_to(np.arange(160)[None, :, None] * 255 // 159, (128, 160, 3))
    normal = {f"normal noise of {s}": np.clip(rng.normal(128, s, (128, 160, 3)), 0, 255) for s in (8, 12, 20, 30, 45)}
    found = {
        "black": np.zeros((128, 160, 3)), "white": np.full((128, 160, 3), 255),
        "grey, 16 x 16": np.full((16, 16, 3), 128),
        "even noise": rng.integers(0, 256, (128, 160, 3)), "a slope": slope,
        "one dot": np.pad(np.full((1, 1, 3), 255), ((60, 67), (80, 79), (0, 0))),
    } | normal  # fmt: skip
    return {name: samples.astype(np.uint8) for name, samples in found.items()}


if __name__ == "__main__":
    main()
