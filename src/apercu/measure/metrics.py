"""Distances between pictures, each with its protocol. Nothing is rounded to 8 bits unless the text says so."""

from __future__ import annotations

from math import inf, log10

import numpy as np

from apercu.errors import ShapeError
from apercu.measure.consistency import ShrinkOperator, check_channels
from apercu.resample import FloatArray, FloatImage, Kernel

LR_PSNR_CAP = 120.0
_SSIM_WINDOW = 11
_ROWS_AT_ONCE = 256


def psnr(sr: FloatImage, hr: FloatImage, *, crop_border: int) -> float:
    """PSNR over all channels: 10 log10(1 / mean squared error).

    Args:
        sr: result, (H, W, C) float in [0, 1].
        hr: truth, same shape and range.
        crop_border: pixels cut from every side; DIV2K papers use `scale + 6` in RGB.

    Returns:
        Decibels; `inf` for equal pictures.

    Raises:
        ShapeError: shapes differ, or nothing is left after the crop.
    """
    sr, hr = _cropped(sr, hr, crop_border)
    return _decibels(mean_square_difference(sr, hr))


def psnr_y(sr: FloatImage, hr: FloatImage, *, crop_border: int) -> float:
    """PSNR of the luma channel as super-resolution papers report it.

    Luma is BT.601 studio range (Y = 65.481 R + 128.553 G + 24.966 B + 16, over 255); full-range luma reads 1.32 dB
    lower. A grey picture counts as R = G = B, as where every file is loaded as RGB.

    Args:
        sr: result, (H, W, 1 or 3) float in [0, 1].
        hr: truth, same shape and range.
        crop_border: pixels cut from every side; papers use `scale` on Set5, Set14, B100 and Urban100.

    Returns:
        Decibels; `inf` for equal pictures.

    Raises:
        ShapeError: shapes differ, or nothing is left after the crop.

    References:
        [lim2017edsr], [chen2021liif]
    """
    sr, hr = _cropped(sr, hr, crop_border)
    return _decibels(float(np.mean((_studio_luma(sr) - _studio_luma(hr)) ** 2)) / 255**2)


def ssim_y(sr: FloatImage, hr: FloatImage, *, crop_border: int) -> float:
    """Mean structural similarity of the luma channel.

    The 2004 form: Gaussian window 11 x 11 with sigma 1.5, K1 = 0.01, K2 = 0.03, range 255, population variances,
    averaged where the whole window lies inside the picture. Luma as in `psnr_y`.

    Args:
        sr: result, (H, W, 1 or 3) float in [0, 1].
        hr: truth, same shape and range.
        crop_border: pixels cut from every side first.

    Returns:
        1 for equal pictures, less otherwise.

    Raises:
        ShapeError: shapes differ, or less than 11 x 11 pixels are left after the crop.

    References:
        [wang2004ssim]
    """
    sr, hr = _cropped(sr, hr, crop_border)
    if min(sr.shape[:2]) < _SSIM_WINDOW:
        raise ShapeError(f"{sr.shape[0]} x {sr.shape[1]} pixels are left after the crop; SSIM needs at least 11 x 11")
    a, b = _studio_luma(sr), _studio_luma(hr)
    mean_a, mean_b = _windowed(a), _windowed(b)
    variance_a = _windowed(a * a) - mean_a**2
    variance_b = _windowed(b * b) - mean_b**2
    covariance = _windowed(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    )
    return float(similarity.mean())


def lr_psnr(sr: FloatImage, lr: FloatImage, *, kernel: Kernel = "bicubic") -> float:
    """PSNR between the result, shrunk back, and the input: over all channels, without a crop.

    Args:
        sr: result, (H, W, C) float32 in [0, 1].
        lr: input, (h, w, C) float32 in [0, 1].
        kernel: the shrinking; see `apercu.resample`.

    Returns:
        Decibels, at most 120 (float32 rounding makes more meaningless).

    Raises:
        ShapeError: the channels differ, or the result is smaller than the input.
    """
    check_channels(lr, sr)
    shrink = ShrinkOperator((sr.shape[0], sr.shape[1]), (lr.shape[0], lr.shape[1]), kernel)
    return lr_psnr_from(mean_square_difference(shrink.apply(sr), lr))


def lr_psnr_from(mean_square: float) -> float:
    """`lr_psnr` for a mean of squared differences that is known already."""
    return min(LR_PSNR_CAP, _decibels(mean_square))


def mean_square_difference(a: FloatImage, b: FloatImage) -> float:
    """Mean of (a - b)^2, summed in float64 some rows at a time; equal shapes (H, W, C)."""
    total = 0.0
    for top in range(0, a.shape[0], _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        difference = np.subtract(a[rows], b[rows], dtype=np.float64)
        total += float(np.vdot(difference, difference))
    return total / a.size


def _decibels(mean_square: float) -> float:
    return inf if mean_square == 0 else 10 * log10(1 / mean_square)


def _cropped(sr: FloatImage, hr: FloatImage, crop_border: int) -> tuple[FloatImage, FloatImage]:
    if sr.shape != hr.shape or sr.ndim != 3:
        raise ShapeError(f"the result has the shape {sr.shape} and the truth {hr.shape}; expected equal (H, W, C)")
    if crop_border < 0 or 2 * crop_border >= min(sr.shape[:2]):
        raise ShapeError(
            f"a crop of {crop_border} pixels on every side leaves nothing of {sr.shape[0]} x {sr.shape[1]}"
        )
    inside = slice(crop_border, -crop_border or None)
    return sr[inside, inside], hr[inside, inside]


def _studio_luma(pixels: FloatImage) -> FloatArray:
    """BT.601 luma, 16..235, (H, W) float64."""
    red, green, blue = (
        pixels[:, :, channel].astype(np.float64) for channel in ((0, 1, 2) if pixels.shape[2] == 3 else (0, 0, 0))
    )
    return 65.481 * red + 128.553 * green + 24.966 * blue + 16


def _windowed(values: FloatArray) -> FloatArray:
    """Gaussian mean over 11 x 11 windows, where they lie inside."""
    from scipy.ndimage import correlate1d

    reach = _SSIM_WINDOW // 2
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / 1.5) ** 2)
    weights /= weights.sum()
    inside: FloatArray = correlate1d(correlate1d(values, weights, axis=0), weights, axis=1)[reach:-reach, reach:-reach]
    return inside
