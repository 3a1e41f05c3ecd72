"""The LIIF equation, one output pixel after the other: what the networks and the fast path are held to.

For a query x and each shift v of {-1, 1} x {-1, 1}: x moved by v times half a pixel (and a hair more) picks the nearest
feature z with centre x*; s = MLP([3x3 features around z, x - x*, cell]); the four s are averaged, each weighted by the
area of the rectangle between x and the centre on the diagonally opposite side.

Positions are float32, as in the published model, because the equation is not continuous: in the outermost row or column
an x that falls on a centre has areas of zero but for rounding, and the rounding decides the weights.
"""

from itertools import product

import numpy as np

F = np.float32


def centre(index, n):
    return (-1 + 1 / n).astype(F) + (2 / n).astype(F) * index.astype(F)


def mlp(layers, x):
    *hidden, (weight, bias) = layers
    for w, b in hidden:
        x = np.maximum(w @ x + b, 0)
    return weight @ x + bias


def liif_equation(feat, layers, size):
    """Features (C, H, W) and [(weight, bias), ...] -> colours (*size, 3) in about [-1, 1]; the MLP in float64."""
    layers = [(w.astype(np.float64), b.astype(np.float64)) for w, b in layers]
    n, target = np.array(feat.shape[1:]), np.array(size)
    padded = np.pad(feat.astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    out = np.empty((*size, 3))
    for pixel in np.ndindex(*size):
        x = centre(np.array(pixel), target)
        colour, area = {}, {}
        for v in product((-1, 1), repeat=2):
            moved = np.clip(x + (np.array(v) / n + 1e-6).astype(F), F(-1 + 1e-6), F(1 - 1e-6))
            index = np.rint(((moved + 1) * n.astype(F) - 1) / 2).astype(int)
            rel = (x - centre(index, n)) * n.astype(F)
            z = padded[:, index[0] : index[0] + 3, index[1] : index[1] + 3].ravel()
            colour[v] = mlp(layers, np.concatenate((z, rel, 2 / target * n)))
            area[v] = abs(rel[0] * rel[1]) + 1e-9
        out[pixel] = sum(colour[v] * area[-v[0], -v[1]] for v in colour) / sum(area.values())
    return out


def imnet_layers(state):
    """The decoder's layers of a checkpoint with official names."""
    return [(state[f"imnet.layers.{i}.weight"], state[f"imnet.layers.{i}.bias"]) for i in (0, 2, 4, 6, 8)]
