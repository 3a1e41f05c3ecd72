"""How often the self-test chooses the model that is truly best, and what it loses where it does not.

Protocol: every picture of BSD100 and Set14 at x2, x3 and x4. The low-resolution picture is made by Pillow's bicubic
from the picture cut to a multiple of the factor. The self-test sees only that. The truth: PSNR over all colours between
the enlarged and the original picture, a border of the factor cut off, clipped, not rounded. Regret: the best model's
PSNR minus the chosen one's. Candidates within 0.005 dB of the best count as best.
"""

from __future__ import annotations

import argparse
import statistics

import numpy as np

from apercu import load_model, load_settings
from apercu.image import Image
from apercu.measure.metrics import psnr
from apercu.pictures import candidates
from apercu.plan.build import native_scale
from apercu.registry import enlarge_whole
from apercu.resample import resize
from apercu.run.selftest import self_test
from sets import pair, pictures


def main() -> None:
    """Print one line for each set and factor, and the total."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", help="candidates, separated by commas; without it all that run here")
    parser.add_argument("--every", type=int, default=1, help="take every n-th picture of a set")
    arguments = parser.parse_args()
    settings = load_settings()
    names = arguments.models.split(",") if arguments.models else [card.id for card in candidates(settings)]
    print("candidates:", ", ".join(names))
    hits, regrets = [], []
    for name in ("Set14", "BSD100"):
        for scale in (2, 3, 4):
            found = [trial(path, scale, names, settings) for path in pictures(name)[:: arguments.every]]
            hits += [regret <= 0.005 for regret in found]
            regrets += found
            right = sum(regret <= 0.005 for regret in found)
            print(f"{name:<7} x{scale}: {right} of {len(found)} right, mean regret {statistics.mean(found):.4f} dB")
    mean = statistics.mean(regrets)
    print(f"all: {statistics.mean(hits):.1%} right, mean regret {mean:.4f} dB, most {max(regrets):.3f}")


def trial(path, scale: int, names: list[str], settings) -> float:
    """The regret of the choice for one picture."""
    lr, hr = pair(path, scale)
    chosen = self_test(Image(lr), names, (scale, scale), settings=settings).chosen
    small, large = (array.astype(np.float32) / np.float32(255) for array in (lr, hr))
    truth = {}
    for name in names:
        model = load_model(name, settings)
        native = native_scale(model.card, (scale, scale))
        size = large.shape[:2] if native is None else (round(small.shape[0] * native), round(small.shape[1] * native))
        made = enlarge_whole(model, small, size)
        made = made if made.shape == large.shape else resize(made, large.shape[:2], "bicubic")
        truth[name] = psnr(np.clip(made, 0, 1), large, crop_border=scale)
    return max(truth.values()) - truth[chosen]


if __name__ == "__main__":
    main()
