"""How noisy and how blurred a picture is, without a clean picture to compare with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apercu.inspection.crops import Plane, Samples, as_255, check_samples, luma, spread_crops

_PATCH = 16
_QUIET_SHARE = 0.1
_LOWEST, _OF_EVEN_NOISE = 5, 0.88
"""The 5 % least noisy patches of even Gaussian noise read below 0.88 of it (a patch has 256 pixels)."""
_CUT_SHARES = (0.02, 0.25)
"""Share of cut pixels that a patch may have; the second where too few patches keep to the first."""
_FINE, _COARSE = 0.7, 1.4
_LEAST_STEP = 3.0
_FEWEST_EDGES = 20
_TYPICAL = 70
BLURRIEST = 5.0
"""Where `blur_radius` ends: its two smoothings cannot tell apart what is softer."""


def noise_level(samples: Samples) -> float:
    """Standard deviation of the noise of each pixel, on 0..255: mean over the channels.

    0 where black and white cut everything, or less than four patches of 16 x 16 can be seen: nothing can be told then.

    Noise that was made smooth afterwards (by an enlargement, a JPEG, a camera's denoiser) reads lower than it looks.

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16.

    Raises:
        ShapeError: the array is no such picture.

    References:
        J. Immerkaer, "Fast noise variance estimation" (1996), for the mask that cancels edges and slopes; taken here on
        the patches with the least structure only.
    """
    check_samples(samples)
    patches = [_noise_of_patches(as_255(samples[area])) for area in spread_crops(samples)]
    structure, noise, cut = (np.concatenate(parts) for parts in zip(*patches, strict=True))
    limit = next((limit for limit in _CUT_SHARES if (cut <= limit).sum() >= max(4, 0.02 * cut.size)), None)
    if limit is None:
        return 0.0
    structure, noise = structure[cut <= limit], noise[cut <= limit]
    quiet = np.argsort(structure)[: max(4, int(_QUIET_SHARE * structure.size))]
    levels = np.median(noise[quiet], axis=0)
    return float(np.minimum(levels, np.percentile(noise, _LOWEST, axis=0) / _OF_EVEN_NOISE).mean())


def _noise_of_patches(
    values: NDArray[np.float32],
) -> tuple[Plane, Plane, Plane]:
    """(patches,) structure, (patches, C) noise and (patches,) share of the pixels that black or white cut."""
    from scipy.ndimage import uniform_filter

    if min(values.shape[:2]) < _PATCH + 2:
        return np.empty(0, np.float32), np.empty((0, values.shape[2]), np.float32), np.empty(0, np.float32)
    second = values[:-2] - 2 * values[1:-1] + values[2:]
    crossed = second[:, :-2] - 2 * second[:, 1:-1] + second[:, 2:]
    # squares of the mask's weights sum to 36
    noise = np.sqrt(_patch_means(np.square(crossed)) / 36)
    middle = values[1:-1, 1:-1].mean(axis=2)
    smooth = uniform_filter(middle, 5)
    slope = np.abs(np.gradient(smooth, axis=0)) + np.abs(np.gradient(smooth, axis=1))
    inside = values[1:-1, 1:-1]
    cut = ((inside <= 0.5) | (inside >= 254.5)).max(axis=2, keepdims=True).astype(np.float32)
    structure = _patch_means(slope[:, :, None])[:, 0]
    return structure, noise, _patch_means(cut)[:, 0]


def _patch_means(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(patches, C) means over squares of 16 x 16; what is left over at the border is not used."""
    rows, columns = values.shape[0] // _PATCH, values.shape[1] // _PATCH
    cut = values[: rows * _PATCH, : columns * _PATCH]
    means: NDArray[np.float32] = cut.reshape(rows, _PATCH, columns, _PATCH, -1).mean(axis=(1, 3), dtype=np.float32)
    return means.reshape(rows * columns, values.shape[2])


def blur_radius(samples: Samples) -> float:
    """How soft the sharpest edges are: sigma in pixels of the Gaussian that would make a step look so, 0 to 5.

    An edge is smoothed by Gaussians of 0.7 and of 1.4 pixels. The steeper it was, the more of its slope the second
    takes: slope ratio^2 = (blur^2 + 1.4^2) / (blur^2 + 0.7^2). The figure is the 70th percentile over the ridges of
    the steepest tenth of the picture: lower ones are thin lines, which lose their slope faster than edges do. Noise
    counts as sharp. A picture without edges reads 5.

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16.

    Raises:
        ShapeError: the array is no such picture.

    References:
        S. Zhuo and T. Sim, "Defocus map estimation from a single image" (2011), for the ratio of slopes.
    """
    check_samples(samples)
    squares = np.concatenate([_squared_blurs(luma(samples[area])) for area in spread_crops(samples)])
    if squares.size < _FEWEST_EDGES:
        return BLURRIEST
    return float(np.sqrt(np.clip(np.percentile(squares, _TYPICAL), 0, BLURRIEST**2)))


def _squared_blurs(plane: Plane) -> NDArray[np.float32]:
    """Squared sigma at the ridges of the slope."""
    from scipy.ndimage import gaussian_filter, maximum_filter

    if min(plane.shape) < 5:
        return np.empty(0, np.float32)
    fine = gaussian_filter(plane, _FINE)
    coarse = gaussian_filter(fine, np.sqrt(_COARSE**2 - _FINE**2))
    slopes = [np.hypot(np.gradient(part, axis=0), np.gradient(part, axis=1)) for part in (fine, coarse)]
    steep = max(_LEAST_STEP, float(np.percentile(slopes[0], 90)))
    ridge = (slopes[0] >= steep) & (slopes[0] >= maximum_filter(slopes[0], 3))
    ratio = np.square(slopes[0][ridge] / np.maximum(slopes[1][ridge], 1e-3))
    blurs: NDArray[np.float32] = (_COARSE**2 - ratio * _FINE**2) / np.maximum(ratio - 1, 1e-3)
    return blurs
