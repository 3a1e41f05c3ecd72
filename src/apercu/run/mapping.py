"""The map of added detail as a picture of its own."""

from __future__ import annotations

import numpy as np

from apercu.image import Image
from apercu.image.scratch import let_go, new_samples
from apercu.measure.fidelity import added_map_strips
from apercu.measure.heatmap import added_heatmap
from apercu.resample import Kernel
from apercu.run.transparency import as_seen


def drawn_map(lr: Image, sr: Image, kernel: Kernel) -> Image:
    """Where a result holds detail that its input does not determine, drawn over the dimmed result.

    Of an animation the first frame is drawn.

    Args:
        lr: the input.
        sr: the result.
        kernel: the shrinking that is assumed to have made the input.
    """
    small, large = next(lr.each_frame()), next(sr.each_frame())
    seen = as_seen(large)
    samples = new_samples((*large.size, 3), np.uint8)
    for rows, added in added_map_strips(as_seen(small), seen, kernel=kernel):
        samples[rows] = added_heatmap(added, seen[rows])
        let_go(samples)
    return Image(samples)
