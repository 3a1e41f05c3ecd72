"""Draw examples/lighthouse.png, the small picture of the demo.

an ink-and-wash scene of our own, with hatching as a test of hand-drawn texture.
"""

from __future__ import annotations

import math
import random
from itertools import pairwise
from pathlib import Path

import pyvips

WIDTH, HEIGHT = 160, 120
INK = "#2b2a33"
TARGET = Path(__file__).parent.parent / "examples" / "lighthouse.png"


def wobble(points: list[tuple[float, float]], rng: random.Random, amount: float = 0.5) -> str:
    """A path through points, as an unsteady hand draws it."""
    steps: list[str] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        count = max(2, int(math.dist((x0, y0), (x1, y1)) / 6))
        for i in range(count + 1):
            t = i / count
            x, y = x0 + (x1 - x0) * t + rng.uniform(-amount, amount), y0 + (y1 - y0) * t + rng.uniform(-amount, amount)
            steps.append(f"{x:.2f},{y:.2f}")
    return "M" + " L".join(steps)


def line(
    points: list[tuple[float, float]], rng: random.Random, *, width: float = 1.1, colour: str = INK, fill: str = "none"
) -> str:
    """One stroke of the pen."""
    look = f'fill="{fill}" stroke="{colour}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"'
    return f'<path d="{wobble(points, rng)}" {look}/>'


def hatch(
    x: float,
    y: float,
    w: float,
    h: float,
    rng: random.Random,
    *,
    gap: float = 3.2,
    colour: str = INK,
    width: float = 0.55,
) -> list[str]:
    """Slanted strokes over a box."""
    strokes = []
    at = x
    while at < x + w:
        strokes.append(line([(at, y + h), (min(at + h * 0.5, x + w + 2), y)], rng, width=width, colour=colour))
        at += gap + rng.uniform(-0.6, 0.6)
    return strokes


def scene() -> str:
    """The picture as SVG."""
    rng = random.Random(7)
    parts = ['<rect width="160" height="120" fill="#f4ead8"/>', '<circle cx="122" cy="30" r="13" fill="#e9a23b"/>']
    parts += [
        line(
            [(122 + 17 * math.cos(a), 30 + 17 * math.sin(a)), (122 + 22 * math.cos(a), 30 + 22 * math.sin(a))],
            rng,
            width=0.9,
            colour="#b5651d",
        )
        for a in (i * math.pi / 6 for i in range(12))
    ]
    parts.append('<path d="M0,84 C30,78 60,88 95,82 S140,80 160,84 V120 H0 Z" fill="#5d8aa8"/>')
    for y in (90, 97, 104, 111):
        x = rng.uniform(62, 74)
        while x < 152:
            parts.append(line([(x, y), (x + 4, y - 1.8), (x + 9, y)], rng, width=0.8, colour="#23425a"))
            x += rng.uniform(13, 19)
    parts.append('<path d="M0,72 C14,66 34,68 52,76 C62,82 66,96 70,120 H0 Z" fill="#7c8f5a"/>')
    parts.append(line([(0, 72), (14, 67), (34, 69), (52, 77), (62, 90), (69, 118)], rng, width=1.3))
    parts += hatch(3, 80, 44, 16, rng, colour="#4a5a33") + hatch(8, 98, 50, 18, rng, colour="#4a5a33")
    parts.append('<path d="M25,72 L29,30 H43 L47,72 Z" fill="#fbf7ef"/>')
    for top, bottom in ((36, 44), (53, 61)):
        left, right = 29 - (top - 30) * 0.095, 43 + (top - 30) * 0.095
        parts.append(f'<path d="M{left},{top} H{right} L{right + 0.8},{bottom} H{left - 0.8} Z" fill="#c1443c"/>')
    parts.append(line([(25, 72), (29, 30), (43, 30), (47, 72), (25, 72)], rng, width=1.3))
    parts += [line([(39.5 + y * 0.03, y + 3), (42 + (y - 30) * 0.085, y)], rng, width=0.55) for y in range(33, 70, 3)]
    parts.append('<rect x="30" y="20" width="12" height="10" fill="#f6d365"/>')
    parts += [
        line([(30, 30), (30, 20), (42, 20), (42, 30)], rng),
        line([(36, 20), (36, 30)], rng, width=0.7),
        line([(28, 20), (36, 12), (44, 20), (28, 20)], rng, width=1.2, fill="#3b3f5c"),
    ]
    parts += [
        line([(42, 24), (78, 15)], rng, width=0.7, colour="#c89b2b"),
        line([(42, 26), (80, 30)], rng, width=0.7, colour="#c89b2b"),
    ]
    parts.append('<path d="M100,80 L128,80 L122,88 H106 Z" fill="#8a4b2d"/>')
    parts += [
        line([(99, 80), (129, 80), (122, 88), (106, 88), (99, 80)], rng, width=1.2),
        line([(114, 80), (114, 52)], rng, width=1.1),
        line([(115, 54), (127, 76), (115, 76), (115, 54)], rng, fill="#fbf7ef"),
        line([(112, 58), (103, 76), (112, 76), (112, 58)], rng, fill="#f2ddc0"),
    ]
    for x, y in ((70, 34), (84, 42), (92, 30)):
        parts.append(line([(x - 4, y - 2), (x, y), (x + 4, y - 2.6)], rng, width=0.9))
    parts.append(
        '<text x="97" y="115" font-family="DejaVu Serif, serif" font-style="italic" font-size="8.5" fill="#f4ead8">'
        "North Cape</text>"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="160" height="120" viewBox="0 0 160 120">{"".join(parts)}</svg>'
    )


def main() -> None:
    """Render four times as large and shrink by averaging, as a scanner would."""
    large = pyvips.Image.svgload_buffer(scene().encode(), scale=4).flatten(background=[244, 234, 216])
    small = large.shrink(4, 4).cast("uchar").copy(interpretation="srgb")
    small.pngsave(str(TARGET), compression=9, keep="none")
    print(f"wrote {TARGET.name}: {small.width} x {small.height}")


if __name__ == "__main__":
    main()
