"""Transparency: hidden colours must not leak into visible ones, and a picture is measured as it is seen."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from apercu.image import Image, Pixels
from apercu.image.scratch import Samples
from apercu.resample import FloatImage, Kernel, PixelSource, resample_matrix

if TYPE_CHECKING:
    from scipy.sparse import csr_array

REACH = 160
"""Hidden pixels take the colour of a visible one up to this far away: more than any model here can see."""
_ROWS_AT_ONCE = 256
_FAINT = 1 / 8
"""Pixels of no more alpha are kept from a network."""
_SEEN_AT_ALL = 0.5 / 255
"""Less alpha than this rounds to none in a file of 8 bits."""
_CLEAR_ENOUGH = 0.15
"""Where all around has at least this alpha, a model's is not taken."""
_REACH_OF_ALPHA = 2
"""No place becomes clearer or more solid than all pixels up to this far away: as far as bicubic interpolation sees."""


def bleed(image: Image, *, faint: float = 0.0) -> PixelSource:
    """The colours with each pixel of no more alpha than `faint` given the colour of the nearest other one.

    Those colours are never seen; without this step a network (or any filter) would mix them into the visible edge as a
    fringe. A hidden pixel with no visible one within `REACH` keeps its colour.
    """
    if image.alpha is None:
        return image.pixels
    return _Bled(image.pixels, image.samples[:, :, -1], int(faint * np.iinfo(image.samples.dtype).max))


class _Bled:
    """Colours whose hidden pixels are filled when a piece is taken, (H, W, C) float32."""

    def __init__(self, pixels: Pixels, alpha: np.ndarray[Any, Any], faint: int) -> None:
        self._pixels = pixels
        self._alpha = alpha
        self._faint = faint
        self.shape = pixels.shape

    def __getitem__(self, key: Any) -> FloatImage:  # noqa: ANN401 -- a slice, or one for rows and one for columns
        wanted = key if isinstance(key, tuple) else (key, slice(None))
        spans = [slice(*span.indices(n)[:2]) for span, n in zip(wanted, self.shape[:2], strict=True)]
        wide = tuple(
            slice(max(0, span.start - REACH), min(n, span.stop + REACH))
            for span, n in zip(spans, self.shape[:2], strict=True)
        )
        inside = tuple(
            slice(span.start - wider.start, span.stop - wider.start) for span, wider in zip(spans, wide, strict=True)
        )
        hidden = self._alpha[wide] <= self._faint
        if not hidden[inside].any() or hidden.all():
            return self._pixels[tuple(spans)]
        from scipy.ndimage import distance_transform_edt

        distance, nearest = distance_transform_edt(hidden, return_indices=True)
        filled = self._pixels[wide]
        own = filled[inside]
        near = filled[tuple(nearest[:, inside[0], inside[1]])]
        return np.where((distance[inside] <= REACH)[:, :, None], near, own)


def unmixing(frame: Image, target: tuple[int, int], kernel: Kernel = "bicubic") -> Unmixing | None:
    """What to add to enlarged colours where faint pixels have leaked into visible ones; None where there are none.

    Args:
        frame: a still picture.
        target: (height, width) that it is brought to.
        kernel: by which its alpha is brought there.
    """
    if not frame.has_alpha:
        return None
    alpha, highest = frame.samples[:, :, -1], np.iinfo(frame.samples.dtype).max
    for top in range(0, len(alpha), _ROWS_AT_ONCE):
        rows = alpha[top : top + _ROWS_AT_ONCE]
        if ((rows != 0) & (rows != highest)).any():
            return Unmixing(frame, target, kernel)
    return None


class Unmixing:
    """Interpolation weighted by alpha minus interpolation without, for any piece of the result.

    A pixel of little alpha is hardly seen, but interpolation or a network counts its colour as much as a solid one's.
    What is added makes the smooth part of the result the one that weights by alpha give, and leaves the detail to the
    model; where alpha is even it is nothing. A network sees past an edge, so it is fed (`fed`) colours without the
    faint ones, which come back with what is added.
    """

    def __init__(self, frame: Image, target: tuple[int, int], kernel: Kernel) -> None:
        self.fed = bleed(frame, faint=_FAINT)
        self._colours = bleed(frame)
        self._alpha = Pixels(frame.samples[:, :, -1:])
        self._rows = resample_matrix(frame.size[0], target[0], kernel)
        self._columns = resample_matrix(frame.size[1], target[1], kernel)

    def piece(self, rows_of: slice, columns_of: slice, samples: Samples | None = None) -> FloatImage:
        """The piece for rows and columns of the result, (h, w, C) float32.

        Args:
            rows_of: rows of the result.
            columns_of: columns of the result.
            samples: the alpha of the result there, (h, w, 1) integers, where a model made it. A model makes an edge
                steeper: what it gives beyond interpolation is the solid side's and takes no faint pixel's colour.
        """
        rows, y = _with_span(self._rows[rows_of])
        columns, x = _with_span(self._columns[columns_of])
        colours, alpha = self._colours[y, x], self._alpha[y, x]
        weight = _resized(alpha, rows, columns)
        visible = weight > _SEEN_AT_ALL
        weighted = _resized(colours * alpha, rows, columns) / np.where(visible, weight, 1)
        added = np.where(visible, np.clip(weighted, 0, 1) - _resized(self.fed[y, x], rows, columns), 0)
        if samples is not None:
            made = Pixels(samples)[:]
            added *= np.minimum(1, (weight + _SEEN_AT_ALL) / np.where(made > 0, made, 1))  # + a rounding
        piece: FloatImage = added.astype(np.float32)
        return piece


def _with_span(weights: csr_array[np.float64]) -> tuple[csr_array[np.float64], slice]:
    """Only the columns of a matrix that count, and where they are."""
    span = slice(int(weights.indices.min()), int(weights.indices.max()) + 1)
    return weights[:, span], span


def _resized(piece: FloatImage, rows: csr_array[np.float64], columns: csr_array[np.float64]) -> Any:  # noqa: ANN401
    height, width, channels = piece.shape
    tall = np.asarray(rows @ piece.reshape(height, width * channels)).reshape(-1, width, channels)
    turned = tall.transpose(1, 0, 2).reshape(width, -1)
    return np.asarray(columns @ turned).reshape(-1, tall.shape[0], channels).transpose(1, 0, 2)


class Opacity:
    """The alpha of a still picture that a model enlarges as a grey picture of its own."""

    def __init__(self, frame: Image, target: tuple[int, int]) -> None:
        self.pixels = Pixels(frame.samples[:, :, -1:])
        self._target = target
        first = frame.samples[0, 0, -1]
        strips = range(0, frame.size[0], _ROWS_AT_ONCE)
        alike = all((frame.samples[top : top + _ROWS_AT_ONCE, :, -1] == first).all() for top in strips)
        self.everywhere = float(self.pixels[0, 0, 0]) if alike else None
        """The opacity of all pixels where it is one; such a picture needs no model."""

    @cached_property
    def _bicubic(self) -> tuple[csr_array[np.float64], csr_array[np.float64]]:
        (height, width), (tall, wide) = self.pixels.shape[:2], self._target
        return resample_matrix(height, tall, "bicubic"), resample_matrix(width, wide, "bicubic")

    def kept(self, rows: slice, columns: slice, values: FloatImage) -> FloatImage:
        """A piece of what a model gave, (h, w, 1), kept within what the input has around each place.

        A network gives 0.002 where all is clear and 0.998 where all is solid, even far from any edge: a veil over the
        ground, and a solid picture that is none. And it overshoots: where nothing around is clear, as between a thing
        and its soft shadow, that is a light ring, so interpolation is taken there.
        """
        y, x = (
            ((np.arange(span.start, span.stop) + 0.5) * before // after).astype(np.intp)
            for span, before, after in zip((rows, columns), self.pixels.shape[:2], self._target, strict=True)
        )
        top, left = max(0, int(y[0]) - _REACH_OF_ALPHA), max(0, int(x[0]) - _REACH_OF_ALPHA)
        down, across = int(y[-1]) + _REACH_OF_ALPHA + 1, int(x[-1]) + _REACH_OF_ALPHA + 1
        piece = self.pixels[top:down, left:across][:, :, 0]
        from scipy.ndimage import maximum_filter, minimum_filter

        around, place = 2 * _REACH_OF_ALPHA + 1, np.ix_(y - top, x - left)
        least, most = (
            find(piece, around, mode="nearest")[place][:, :, None] for find in (minimum_filter, maximum_filter)
        )
        of_model = np.clip(values, least, most)
        down_by, y_span = _with_span(self._bicubic[0][rows])
        across_by, x_span = _with_span(self._bicubic[1][columns])
        plain = np.clip(_resized(self.pixels[y_span, x_span], down_by, across_by), least, most)
        share = np.clip(1 - least / _CLEAR_ENOUGH, 0, 1)
        kept: FloatImage = (of_model * share + plain * (1 - share)).astype(np.float32)
        return kept


def as_seen(image: Image) -> PixelSource:
    """The colours of a picture as they look on a middle grey ground, (H, W, C); without alpha just its colours.

    Two transparent pictures are compared this way, so that hidden colours do not count and the outline does.
    """
    return image.pixels if image.alpha is None else _Seen(image.pixels, image.alpha)


class _Seen:
    """Colours on middle grey, composed when a piece is taken, (H, W, C) float32."""

    def __init__(self, pixels: Pixels, alpha: Pixels) -> None:
        self._pixels = pixels
        self._alpha = alpha
        self.shape = pixels.shape

    def __getitem__(self, key: Any) -> FloatImage:  # noqa: ANN401 -- a slice, or one for rows and one for columns
        alpha = self._alpha[key][:, :, None]
        seen: FloatImage = self._pixels[key] * alpha + np.float32(0.5) * (1 - alpha)
        return seen
