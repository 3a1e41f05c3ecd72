"""Move a result onto the pictures that shrink back to the input: the `--faithful` step."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from apercu.measure.consistency import ShrinkOperator, check_channels
from apercu.resample import FloatImage, Kernel

TOLERANCE = 1 / 255
_AIM = 0.6 / 255  # leaves room for a shrinking that rounds on its way
_MAX_STEPS = 200
_PATIENCE = 30  # steps or rounds without progress after which an input counts as out of reach
_MAX_ROUNDS = 100
_DAMPING = np.float32(2.5)  # more than 1: the overshoot falls back a little in every round


@dataclass(frozen=True)
class Projection:
    """A result made consistent with its input.

    Attributes:
        pixels: (H, W, C) float32 in 0..1, already on the steps that will be written.
        iterations: steps of the channel that took most.
        max_abs_lr_error: largest difference on 0..1 between the shrunken `pixels` and the input, over all pixels and
            channels.
        reached: whether that difference is at most 1/255.
    """

    pixels: FloatImage
    iterations: int
    max_abs_lr_error: float
    reached: bool


def project(lr: FloatImage, sr: FloatImage, *, kernel: Kernel = "bicubic", levels: int = 255) -> Projection:
    """The picture nearest to `sr`, with samples in 0..1, that shrinks back to `lr` within 1/255 at every pixel.

    Minimises the weighted distance |y - sr|^2 (the weights W of `consistency`) subject to A y = lr and 0 <= y <= 1.
    Its dual is smooth, with y = clip(sr + W A^T v); the steps are v <- v + (A W A^T)^-1 (lr - A y), accelerated by
    momentum that restarts when it points uphill. It stops when the rounded picture is within 0.6/255. A result that is
    within 1/255 already comes back merely rounded.

    Programs that shrink in 8 bits, as Pillow does, also round and clip between the two axes. With 255 levels the
    picture is therefore adjusted further, where that is possible, until it passes such a shrinking within 1/255 too.

    Some inputs cannot be reached by any picture in 0..1 (a single white pixel on black, under the bicubic kernel): then
    the closest picture found is returned, with `reached` False and its honest error.

    Args:
        lr: input, (h, w, C) float32 in 0..1.
        sr: result, (H, W, C) float32; values outside 0..1 are clipped.
        kernel: the shrinking to be consistent with.
        levels: steps that the file format will hold: 255 or 65535.

    Raises:
        ShapeError: the channels differ, or the result is smaller than the input.

    References:
        Nesterov's acceleration with the gradient restart of O'Donoghue and Candes (2015).
    """
    check_channels(lr, sr)
    hr_size, lr_size = (sr.shape[0], sr.shape[1]), (lr.shape[0], lr.shape[1])
    shrink = ShrinkOperator(hr_size, lr_size, kernel)
    two_pass = _TwoPassShrink(hr_size, lr_size, kernel) if levels == 255 else None
    pixels = np.empty(sr.shape, np.float32)
    iterations, error = 0, 0.0
    for channel in range(sr.shape[2]):
        chosen = slice(channel, channel + 1)
        pixels[:, :, chosen], steps = _project_channel(shrink, two_pass, lr[:, :, chosen], sr[:, :, chosen], levels)
        iterations = max(iterations, steps)
        error = max(error, _error(lr[:, :, chosen], shrink.apply(pixels[:, :, chosen])))
    return Projection(pixels, iterations, error, error <= TOLERANCE)


class _TwoPassShrink:
    """Shrinking as 8-bit programs do it: along the width, rounded and clipped to 8 bits, then along the height."""

    def __init__(self, hr_size: tuple[int, int], lr_size: tuple[int, int], kernel: Kernel) -> None:
        between = (hr_size[0], lr_size[1])
        self._width = ShrinkOperator(hr_size, between, kernel)
        self._height = ShrinkOperator(between, lr_size, kernel)

    def misses(self, picture: FloatImage, lr: FloatImage) -> int:
        """Pixels of the shrunken `picture` that are more than 1/255 from `lr`."""
        between = _rounded(np.clip(self._width.apply(picture), 0, 1), 255)
        shrunken = _rounded(np.clip(self._height.apply(between), 0, 1), 255)
        return int(np.count_nonzero(np.abs(lr - shrunken) > TOLERANCE + 1e-6))

    def without_overshoot(self, picture: FloatImage) -> FloatImage:
        """`picture` with less of what would be clipped between the two passes."""
        between = self._width.apply(picture)
        return picture + _DAMPING * self._width.pinv(np.clip(between, 0, 1) - between)


def _project_channel(
    shrink: ShrinkOperator, two_pass: _TwoPassShrink | None, lr: FloatImage, sr: FloatImage, levels: int
) -> tuple[FloatImage, int]:
    multiplier, steps = _solve(shrink, lr, sr, levels)
    best = picture = _rounded(_primal(shrink, sr, multiplier), levels)
    if two_pass is None or _error(lr, shrink.apply(picture)) > TOLERANCE:
        return best, steps
    fewest, best_round = two_pass.misses(picture, lr), 0
    for round_ in range(_MAX_ROUNDS):
        if fewest == 0 or round_ - best_round >= _PATIENCE:
            break
        start = two_pass.without_overshoot(picture)
        multiplier, more = _solve(shrink, lr, start, levels)
        steps += more
        picture = _rounded(_primal(shrink, start, multiplier), levels)
        misses = two_pass.misses(picture, lr)
        if misses < fewest and _error(lr, shrink.apply(picture)) <= TOLERANCE:
            best, fewest, best_round = picture, misses, round_
    return best, steps


def _solve(shrink: ShrinkOperator, lr: FloatImage, sr: FloatImage, levels: int) -> tuple[FloatImage, int]:
    """The multiplier v, the size of `lr`, whose picture is within the tolerance, or else the best one seen."""
    position = previous = best = np.zeros_like(lr)
    best_error, best_step = np.inf, 0
    momentum = 1.0
    for step in range(_MAX_STEPS):
        picture = _primal(shrink, sr, position)
        residual = lr - shrink.apply(picture)
        error = float(np.abs(residual).max())
        allowed = TOLERANCE if step == 0 else _AIM
        if error <= allowed and _error(lr, shrink.apply(_rounded(picture, levels))) <= allowed:
            return position, step
        if error < 0.99 * best_error:
            best, best_error, best_step = position, error, step
        elif step - best_step >= _PATIENCE:
            return best, step
        ahead = position + shrink.solve_gram(residual)
        extrapolated = ahead
        next_momentum = (1 + sqrt(1 + 4 * momentum**2)) / 2
        if step > 0:
            extrapolated = ahead + np.float32((momentum - 1) / next_momentum) * (ahead - previous)
        if float(np.vdot(extrapolated - ahead, residual)) < 0:
            extrapolated, next_momentum = ahead, 1.0
        position, previous, momentum = extrapolated, ahead, next_momentum
    return best, _MAX_STEPS


def _primal(shrink: ShrinkOperator, sr: FloatImage, multiplier: FloatImage) -> FloatImage:
    picture = shrink.lift(multiplier)
    picture += sr
    return np.clip(picture, 0, 1, out=picture)


def _rounded(picture: FloatImage, levels: int) -> FloatImage:
    rounded: FloatImage = np.rint(picture * np.float32(levels)) / np.float32(levels)
    return rounded


def _error(lr: FloatImage, shrunken: FloatImage) -> float:
    return float(np.abs(lr - shrunken).max())
