"""PSNR on Set5.

Protocol: Pillow-bicubic low resolution, luma (BT.601 studio range), crop of `scale` pixels, no rounding, mean of
decibels.
"""

from __future__ import annotations

import numpy as np

from apercu import load_model, load_settings
from apercu.measure.metrics import psnr_y
from apercu.registry import enlarge_whole
from sets import pair, pictures


def main() -> None:
    """Print one row for each factor."""
    models = [load_model(name, load_settings()) for name in ("liif-edsr", "lanczos", "bicubic")]
    print("Set5, PSNR of Y in dB:", *(model.card.id for model in models))
    for scale in (2, 3, 4):
        rows = []
        for path in pictures("Set5"):
            lr, hr = (array.astype(np.float32) / np.float32(255) for array in pair(path, scale))
            rows.append(
                [
                    psnr_y(np.clip(enlarge_whole(model, lr, hr.shape[:2]), 0, 1), hr, crop_border=scale)
                    for model in models
                ]
            )
        print(f"  x{scale}", *(f"{value:.2f}" for value in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
