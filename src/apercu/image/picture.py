"""A picture: the samples of its file, in memory or on the disk, and everything that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from apercu.errors import RunError, ShapeError
from apercu.image.scratch import LET_GO_BYTES, Samples, let_go, new_samples

FloatImage: TypeAlias = NDArray[np.float32]
Space = Literal["grey", "rgb", "cmyk"]
_SPACES: dict[int, Space] = {1: "grey", 3: "rgb", 4: "cmyk"}
_ROWS_AT_ONCE = 256


class Pixels:
    """Samples seen as float32 in 0..1. A slice is converted when it is taken, so a large picture is never held whole.

    Args:
        samples: (H, W, C) or (H, W), uint8 or uint16.
    """

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self._highest = np.float32(np.iinfo(samples.dtype).max)
        self._taken = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W, C) or (H, W)."""
        return self._samples.shape

    @property
    def ndim(self) -> int:
        """3 or 2."""
        return self._samples.ndim

    @property
    def size(self) -> int:
        """Number of values."""
        return self._samples.size

    def __len__(self) -> int:
        """Rows."""
        return len(self._samples)

    def __getitem__(self, key: Any) -> FloatImage:  # noqa: ANN401 -- whatever numpy takes
        """A piece as float32, a copy."""
        piece: FloatImage = np.divide(self._samples[key], self._highest, dtype=np.float32)
        self._taken += piece.size * self._samples.itemsize
        if self._taken > LET_GO_BYTES:
            self._taken = 0
            let_go(self._samples)
        return piece

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """All of it; for small pictures."""
        return self[:].astype(dtype or np.float32, copy=False)


@dataclass(frozen=True)
class Image:
    """A picture as it was stored, turned upright.

    Attributes:
        samples: (frames x H, W, C) uint8 or uint16: C = 1 (grey), 3 (RGB) or 4 (CMYK), and one more when `has_alpha`.
            The frames of an animation stand below each other.
        has_alpha: whether the last channel is the opacity.
        frames: pictures in it; 1 for a still one.
        delays: milliseconds that each frame is shown; empty for a still picture.
        loops: how often an animation is played; 0 for ever.
        icc: colour profile; it describes the samples.
        exif: EXIF block with orientation 1 ("upright").
        xmp: XMP packet.
        dpi: (x, y) dots per inch, or None when the file does not say.
        format: "png", "jpeg", "webp", "tiff", "gif", "bmp", "heic" or "avif".
        not_carried: metadata of the file that is not kept, in words.

    Raises:
        ShapeError: `samples` has another shape or type.
    """

    samples: Samples
    has_alpha: bool = False
    frames: int = 1
    delays: tuple[int, ...] = ()
    loops: int = 0
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str = "png"
    not_carried: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.samples.ndim != 3 or 0 in self.samples.shape or self.channels not in _SPACES:
            raise ShapeError(
                "a picture must have the shape (H, W, 1), (H, W, 3) or (H, W, 4), and one channel more with alpha; "
                f"this array has {self.samples.shape}"
            )
        if self.samples.dtype not in (np.uint8, np.uint16):
            raise ShapeError(f"the samples are of the type {self.samples.dtype}; expected uint8 or uint16")
        if self.frames < 1 or self.samples.shape[0] % self.frames:
            raise ShapeError(f"{self.samples.shape[0]} rows cannot be {self.frames} frames of equal height")

    @classmethod
    def of(
        cls,
        pixels: NDArray[np.floating[Any]],
        alpha: NDArray[np.floating[Any]] | None = None,
        *,
        bit_depth: int = 8,
        **rest: Any,  # noqa: ANN401 -- the other attributes
    ) -> Image:
        """A still picture from floats in 0..1, rounded to the steps of its bit depth.

        Args:
            pixels: (H, W, C) float.
            alpha: (H, W) float, or None.
            bit_depth: 8 or 16.
            rest: further attributes.

        Raises:
            ShapeError: a shape does not fit, or the bit depth is another.
            RunError: a value is not a number.
        """
        if bit_depth not in (8, 16):
            raise ShapeError(f"the bit depth is {bit_depth}; expected 8 or 16")
        if pixels.ndim != 3:
            raise ShapeError(
                f"a picture must have the shape (H, W, 1), (H, W, 3) or (H, W, 4); this array has {pixels.shape}"
            )
        if alpha is not None and alpha.shape != pixels.shape[:2]:
            raise ShapeError(
                f"the alpha channel has the size {alpha.shape}, the picture {pixels.shape[:2]}; they must be equal"
            )
        shape = (*pixels.shape[:2], pixels.shape[2] + (alpha is not None))
        samples = new_samples(shape, np.uint8 if bit_depth == 8 else np.uint16)
        for top in range(0, shape[0], _ROWS_AT_ONCE):
            rows = slice(top, top + _ROWS_AT_ONCE)
            samples[rows, :, : pixels.shape[2]] = quantised(pixels[rows], samples.dtype)
            if alpha is not None:
                samples[rows, :, -1] = quantised(alpha[rows], samples.dtype)
        return cls(samples, has_alpha=alpha is not None, **rest)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of a frame."""
        return self.samples.shape[0] // self.frames, self.samples.shape[1]

    @property
    def channels(self) -> int:
        """Channels of colour, alpha not counted."""
        return int(self.samples.shape[2]) - self.has_alpha

    @property
    def space(self) -> Space:
        """What the channels of colour mean."""
        return _SPACES[self.channels]

    @property
    def bit_depth(self) -> int:
        """8 or 16, of the file that it came from and will be written to."""
        return 8 if self.samples.dtype == np.uint8 else 16

    @property
    def pixels(self) -> Pixels:
        """Colours, (frames x H, W, C)."""
        return Pixels(self.samples[:, :, : self.channels])

    @property
    def alpha(self) -> Pixels | None:
        """Opacity, (frames x H, W); None for a picture without."""
        return Pixels(self.samples[:, :, -1]) if self.has_alpha else None

    def each_frame(self) -> Iterator[Image]:
        """Every frame as a still picture; its samples are a view."""
        height = self.size[0]
        for frame in range(self.frames):
            yield replace(
                self, samples=self.samples[frame * height : (frame + 1) * height], frames=1, delays=(), loops=0
            )


def quantised(values: NDArray[np.floating[Any]], dtype: np.dtype[Any]) -> Samples:
    """Floats clipped to 0..1 and rounded to the steps of `dtype`.

    Raises:
        RunError: a value is not a number.
    """
    if np.isnan(values).any():
        raise RunError(
            "the result holds values that are not numbers (NaN)",
            hint="This is a fault of the model that made it: try another one.",
        )
    steps = np.clip(values, 0, 1)
    np.multiply(steps, np.float32(np.iinfo(dtype).max), out=steps)
    np.rint(steps, out=steps)
    rounded: Samples = steps.astype(dtype)
    return rounded
