"""The shipped model reaches its known quality.

Protocol: Set5; the low-resolution picture by Pillow's bicubic; result clipped to 0..1, not rounded; PSNR of the BT.601
studio-range luma with `scale` pixels cut from every side; mean of the five pictures' decibels. The expected numbers are
those that the official code reaches with the official weights under this protocol.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from apercu.measure.metrics import psnr_y
from apercu.registry import enlarge_whole

SET5 = Path(__file__).parents[3] / "shared/data/eval/Set5"


@pytest.mark.slow
@pytest.mark.skipif(not SET5.is_dir(), reason="the evaluation pictures (Set5) are not here")
@pytest.mark.parametrize(("scale", "decibels"), [(2, 38.00), (3, 34.42), (4, 32.26)])
def test_the_shipped_model_reaches_its_known_psnr_on_set5(edsr, scale: int, decibels: float):
    found = []
    for file in sorted(SET5.glob("*.png")):
        hr = Image.open(file).convert("RGB")
        size = (hr.width // scale, hr.height // scale)
        hr = hr.crop((0, 0, size[0] * scale, size[1] * scale))
        lr = np.asarray(hr.resize(size, Image.Resampling.BICUBIC), np.float32) / 255
        sr = np.clip(enlarge_whole(edsr, lr, (hr.height, hr.width)), 0, 1)
        found.append(psnr_y(sr, np.asarray(hr, np.float32) / 255, crop_border=scale))
    assert len(found) == 5
    assert np.mean(found) == pytest.approx(decibels, abs=0.02)
