"""Pages of text: those of a document, and pages that are set here in some font; some look as if they were scanned."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

ROOT = Path(__file__).parents[2]
RESOLUTIONS = (50, 72, 96, 120, 150)
SCANNED = 0.3
PAPERS = ((255, 255, 255), (255, 255, 255), (250, 244, 228), (238, 238, 238), (30, 32, 36))
KOREAN = "작은 그림을 크게 만들면 없던 것이 생기기도 한다 모델은 배운 것을 더하고 우리는 그것을 재어 본다 "


def document(content: bytes, count: int) -> Iterator[Image.Image]:
    """Pages of a PDF, spread over it, each at a resolution of its own."""
    import pypdfium2

    pdf = pypdfium2.PdfDocument(content)
    for number, at in enumerate(np.linspace(0.05, 0.95, count)):
        rng = np.random.default_rng(zlib.crc32(content[:1000]) + number)
        page = pdf[int(at * len(pdf))].render(scale=float(rng.choice(RESOLUTIONS)) / 72).to_pil().convert("RGB")
        yield _scanned(page, rng) if rng.random() < SCANNED else page


def typeset(content: bytes, count: int) -> Iterator[Image.Image]:
    """Pages in one font: one or two columns, with or without headings, on white, tinted or dark paper."""
    for number in range(count):
        rng = np.random.default_rng(zlib.crc32(content[:4000]) + number)
        page = _page(content, rng)
        yield _scanned(page, rng) if rng.random() < SCANNED else page


def _page(content: bytes, rng: np.random.Generator) -> Image.Image:
    size, width = int(rng.integers(10, 30)), int(rng.integers(280, 760))
    height = int(width * rng.uniform(0.6, 1.4))
    paper = PAPERS[int(rng.integers(len(PAPERS)))]
    ink = (225, 225, 220) if paper[0] < 128 else tuple(int(value) for value in rng.integers(0, 60, 3))
    page = Image.new("RGB", (width, height), paper)
    draw, margin = ImageDraw.Draw(page), int(rng.integers(8, 50))
    columns = 2 if width > 30 * size and rng.random() < 0.4 else 1
    words = _words(rng, korean="Nanum".encode("utf-16-be") in content)
    font, heading = (ImageFont.truetype(io.BytesIO(content), points) for points in (size, int(size * 1.6)))
    across = (width - margin * (columns + 1)) // columns
    for column in range(columns):
        x, y = margin + column * (across + margin), margin
        while y < height - margin - size:
            here = heading if rng.random() < 0.06 else font
            line, indent = "", int(rng.random() < 0.1) * size
            while here.getlength(line) < across - indent - 4 * size:
                line += next(words) + " "
                if rng.random() < 0.02:
                    break
            draw.text((x + indent, y), line, fill=ink, font=here)
            y += int(here.size * 1.35) + int(rng.random() < 0.08) * size
    return page


def _words(rng: np.random.Generator, *, korean: bool) -> Iterator[str]:
    text = KOREAN if korean else (ROOT / "docs" / "how-it-works.md").read_text("utf-8")
    words = text.split() if korean else re.findall(r"[A-Za-z][a-z,.;]+", text)
    at = int(rng.integers(len(words)))
    while True:
        at = (at + 1) % len(words)
        yield words[at]


def _scanned(page: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Turned by up to a degree, a little soft, on uneven paper, with noise."""
    page = page.rotate(float(rng.uniform(-1, 1)), Image.Resampling.BICUBIC, fillcolor=page.getpixel((0, 0)))
    values = np.asarray(page.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 0.8)))), np.float32)
    height, width = values.shape[:2]
    shade = np.linspace(1, float(rng.uniform(0.85, 1)), width)[None, :, None]
    noisy = values * 0.92 * shade + rng.normal(0, float(rng.uniform(1, 5)), (height, width, 1))
    return Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
