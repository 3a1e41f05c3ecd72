"""--faithful on Set14 at x3: how far each shrunken pixel is from the input, and what that does to the PSNR against the
true picture.

Protocol: Pillow-bicubic low resolution rounded to 8 bits; liif-edsr; result rounded to 8 bits; PSNR of Y, crop of 3
pixels.
"""

from __future__ import annotations

import time

import numpy as np

from apercu import load_model, load_settings
from apercu.measure.consistency import ShrinkOperator
from apercu.measure.fidelity import measure_fidelity
from apercu.measure.metrics import psnr_y
from apercu.measure.project import project
from apercu.registry import enlarge_whole
from apercu.resample import resize
from sets import pair, pictures

SCALE = 3


def main() -> None:
    """Print one row for each picture and the mean."""
    model = load_model("liif-edsr", load_settings())
    rows, shares, gains = [], [], []
    print(f"{'picture':<14} {'plain dB':>9} {'faithful':>9} {'gain':>6} {'worst/255 before':>17} {'after':>6} {'s':>6}")
    for path in pictures("Set14"):
        lr, hr = (array.astype(np.float32) / np.float32(255) for array in pair(path, SCALE))
        sr = np.rint(np.clip(enlarge_whole(model, lr, hr.shape[:2]), 0, 1) * 255) / np.float32(255)
        started = time.perf_counter()
        result = project(lr, sr)
        seconds = time.perf_counter() - started
        faithful = result.pixels
        bicubic = np.clip(resize(lr, hr.shape[:2], "bicubic"), 0, 1)
        shares.append([measure_fidelity(lr, picture).added_share for picture in (bicubic, sr, hr)])
        gains.append(
            psnr_y(project(lr, bicubic).pixels, hr, crop_border=SCALE) - psnr_y(bicubic, hr, crop_border=SCALE)
        )
        shrink = ShrinkOperator(hr.shape[:2], lr.shape[:2], "bicubic")
        worst = [float(np.abs(shrink.apply(picture) - lr).max()) * 255 for picture in (sr, faithful)]
        row = (psnr_y(sr, hr, crop_border=SCALE), psnr_y(faithful, hr, crop_border=SCALE), *worst)
        rows.append(row)
        gain = f"{row[1] - row[0]:+6.2f}"
        print(f"{path.stem:<14} {row[0]:9.2f} {row[1]:9.2f} {gain} {row[2]:17.2f} {row[3]:6.2f} {seconds:6.2f}")
    mean = np.mean(rows, axis=0)
    print(f"{'mean':<14} {mean[0]:9.2f} {mean[1]:9.2f} {mean[1] - mean[0]:+6.2f}")
    print(f"worst pixel after: {max(row[3] for row in rows):.2f} of 255")
    print(f"gain when it starts from bicubic: {min(gains):+.2f} to {max(gains):+.2f} dB")
    for name, values in zip(("bicubic", "liif-edsr", "the true picture"), np.transpose(shares), strict=True):
        print(f"added share of {name}: mean {values.mean():.5f}, at most {values.max():.5f}")


if __name__ == "__main__":
    main()
