"""How alike a picture is to each style, learned from labelled pictures: seven shares of all that is seen of it.

A network (`models.recognition`) gives 192 numbers, the traits give 32 (`traits.style_vector`); a linear map and a
softmax make shares of them that add up to one. The rules about style read a share as they read a trait.
`tools/styles/learn.py` makes the file of the map.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from apercu.errors import EvidenceError, ShapeError
from apercu.inspection.traits import Traits, style_vector
from apercu.records import Style

LIKENESSES: dict[str, Style] = {f"like_{style}": style for style in get_args(Style)}
"""Names of the shares, in the order of the styles."""

Floats = NDArray[np.float32]


class Map(NamedTuple):
    """`weight` (7, 224) and `bias` (7,), in the order of the styles."""

    weight: Floats
    bias: Floats


def likenesses(features: Floats, traits: Traits) -> dict[str, float]:
    """The shares of a picture by their names, by the shipped map.

    Args:
        features: (192,) float32, from `models.recognition.picture_features`.
        traits: of the same picture.

    Raises:
        ShapeError: there are more or fewer features than the map reads.
    """
    return shares_of(all_seen(features, traits), shipped_map())


def all_seen(features: Floats, traits: Traits) -> Floats:
    """What the map reads: features, then traits on 0..1; (224,) float32."""
    return np.concatenate([features, np.array(style_vector(traits), np.float32)])


def shares_of(seen: Floats, learned: Map) -> dict[str, float]:
    """The shares by their names, with six digits.

    Raises:
        ShapeError: see `likenesses`.
    """
    if seen.shape != learned.weight.shape[1:]:
        raise ShapeError(f"the likeness to styles reads {learned.weight.shape[1]} numbers; got {seen.shape}")
    risen = np.exp((said := learned.weight @ seen + learned.bias) - said.max())
    shares = risen / risen.sum()
    return {name: round(float(share), 6) for name, share in zip(LIKENESSES, shares, strict=True)}


@cache
def shipped_map() -> Map:
    """The map of `likeness.safetensors`.

    Raises:
        EvidenceError: the file is not what Apercu came with.
    """
    try:
        arrays = load((files("apercu.inspection") / "likeness.safetensors").read_bytes())
        return Map(arrays["weight"], arrays["bias"])
    except (SafetensorError, KeyError, OSError) as error:
        raise EvidenceError(f"the map of styles cannot be read: {error}", hint="Install Apercu again.") from error
