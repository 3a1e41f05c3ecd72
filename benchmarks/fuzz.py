"""Read thousands of damaged pictures, and count what is not a picture and not a refusal.

    python benchmarks/fuzz.py [--cases 20000] [--seed 1]

Small valid files of every format that is read, in many variants, are damaged: bits flipped, cut short, pieces moved,
lengths altered, checksums of PNG made right again. Every case follows from the seed and its number alone.
"""

from __future__ import annotations

import argparse
import io
import os
import struct
import sys
import tempfile
import warnings
import zlib
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

SECONDS = 20
MOST_PIXELS = 20_000_000
HEIC = Path(__file__).parents[1] / "tests/image/heic"
LENGTHS = (0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@cache
def seeds() -> tuple[tuple[str, bytes], ...]:
    """(name, content) of the files that are damaged."""
    return (*_pillow_seeds(), *_own_seeds(), *((path.name, path.read_bytes()) for path in sorted(HEIC.glob("*.heic"))))


def _pillow_seeds():
    from PIL import Image, ImageCms

    rng = np.random.default_rng(0)
    rgb = Image.fromarray(rng.integers(0, 256, (12, 17, 3), dtype=np.uint8))
    frames = [Image.fromarray(rng.integers(0, 256, (9, 11, 4), dtype=np.uint8)) for _ in range(3)]
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "a house", 6
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    told = {
        "exif": exif.tobytes(),
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        "xmp": b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
        "dpi": (300, 300),
    }
    moving = {"save_all": True, "append_images": frames[1:], "duration": [20, 50, 90], "loop": 2}
    variants = [
        (rgb, "PNG", told), (rgb.convert("P"), "PNG", {}), (rgb.convert("1"), "PNG", {}), (frames[0], "PNG", moving),
        (frames[0], "PNG", {**moving, "disposal": 2, "blend": 1}), (rgb, "JPEG", told),
        (rgb.convert("CMYK"), "JPEG", {}), (rgb.convert("L"), "JPEG", {"progressive": True}), (rgb, "WEBP", told),
        (frames[0], "WEBP", {"lossless": True}), (frames[0], "WEBP", moving),
        (rgb, "TIFF", {"compression": "tiff_lzw"}),
        (rgb.convert("CMYK"), "TIFF", {}), (rgb.convert("1"), "TIFF", {"compression": "group4"}),
        (rgb, "TIFF", {"compression": "jpeg", "exif": exif}), (rgb.convert("P"), "GIF", {}), (frames[0], "GIF", moving),
        (rgb, "BMP", {}), (rgb.convert("P"), "BMP", {}), (rgb.convert("1"), "BMP", {}), (frames[0], "BMP", {}),
        (rgb, "AVIF", {"exif": exif.tobytes()}), (frames[0], "AVIF", {}),
    ]  # fmt: skip
    for number, (picture, format_, options) in enumerate(variants):
        held = io.BytesIO()
        picture.save(held, format_, **options)
        yield f"{format_.lower()}-{number}", held.getvalue()


def _own_seeds():
    from apercu.image import Image, write_image

    rng = np.random.default_rng(1)
    deep = rng.integers(0, 65536, (12, 17, 5), dtype=np.uint16)
    pictures = {
        "deep.png": Image(deep[:, :, :4].copy(), has_alpha=True),
        "deep-moving.png": Image(deep[:, :, :3].copy(), frames=3, delays=(10, 20, 30)),
        "deep-cmyk.tif": Image(deep, has_alpha=True),
        "grey.tif": Image(deep[:, :, :1].copy(), dpi=(300, 300)),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, picture in pictures.items():
            write_image(picture, Path(folder) / name)
            yield name, (Path(folder) / name).read_bytes()


def damaged(seed: int, number: int, only: str = "") -> tuple[str, bytes]:
    """The name of the file that case `number` comes from, out of those with `only` in their names; and its content."""
    rng = np.random.default_rng((seed, number))
    chosen = [seed for seed in seeds() if only in seed[0]]
    name, content = chosen[number % len(chosen)]
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        _damage(data, rng)
    if name.startswith(("png", "deep", "grey")) and rng.random() < 0.7:
        _mend_checksums(data)
    return name, bytes(data)


def _damage(data: bytearray, rng: np.random.Generator) -> None:
    """One random damage; the first twelve bytes, which name the format, are mostly left."""
    size = len(data)
    first = 0 if rng.random() < 0.05 else 12
    if size <= first + 8:
        return
    start, stop = sorted(int(at) for at in rng.integers(first, size, 2))
    match int(rng.integers(0, 7)):
        case 0:  # bits
            for at in rng.integers(first, size, int(rng.integers(1, 9))):
                data[at] ^= 1 << int(rng.integers(0, 8))
        case 1:  # cut short
            del data[int(rng.integers(first, size)) :]
        case 2:  # a piece moved
            piece = data[start : min(stop, start + 200)]
            at = int(rng.integers(first, size))
            data[at:at] = piece
        case 3:  # a piece lost
            del data[start : min(stop, start + 60)]
        case 4:  # a length or an offset
            at = int(rng.integers(first, size - 4))
            order = "<" if rng.random() < 0.5 else ">"
            old = struct.unpack_from(order + "I", data, at)[0]
            new = [*LENGTHS, old + 1, old - 1, old * 2, int(rng.integers(0, size))][int(rng.integers(0, 11))]
            struct.pack_into(order + "I", data, at, new % 2**32)
        case 5:  # a short number
            struct.pack_into("<H", data, int(rng.integers(first, size - 2)), int(rng.integers(0, 65536)))
        case 6:  # noise
            stop = min(stop, start + 30)
            data[start:stop] = rng.integers(0, 256, stop - start, dtype=np.uint8).tobytes()


def _mend_checksums(data: bytearray) -> None:
    """Make the checksums of a PNG right, so that damage reaches what lies behind them."""
    at = 8
    while data.startswith(b"\x89PNG") and at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            return
        struct.pack_into(">I", data, at + 8 + length, zlib.crc32(data[at + 4 : at + 8 + length]))
        at += 12 + length


def read(case: tuple[int, int, str]) -> str:
    """Read one damaged file: "read", "refused" or "fault ..."."""
    from apercu.errors import ApercuError
    from apercu.image import read_image

    _, content = damaged(*case)
    descriptor, path = tempfile.mkstemp()
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = read_image(path, max_pixels=MOST_PIXELS)
        return "read" if image.samples.size else "fault: an empty picture"
    except ApercuError as error:
        return "refused" if error.hint and "\n" not in error.message else f"fault in the words of {error.message!r}"
    except BaseException as error:
        return f"fault {type(error).__name__}: {error}"
    finally:
        os.unlink(path)


def main() -> int:
    """Print the counts; the exit status says whether there was a fault."""
    from workers import supervised

    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a part of the names of the files that are damaged, such as heic")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    cases = [(arguments.seed, number, arguments.only) for number in range(arguments.cases)]
    counts: Counter[str] = Counter()
    faults, slowest = [], 0.0
    for outcome in supervised(read, cases, limit=SECONDS, batch=200, processes=arguments.processes):
        kind = outcome.words.partition(":")[0].partition(",")[0]
        counts[kind] += 1
        slowest = max(slowest, outcome.seconds)
        if kind not in ("read", "refused"):
            faults.append(f"case {outcome.case[1]} ({damaged(*outcome.case)[0]}): {outcome.words}")
    print(f"{arguments.cases} damaged files of {len(seeds())} kinds, seed {arguments.seed}")
    for kind, count in counts.most_common():
        print(f"  {count:6} {kind}")
    print(f"  slowest {slowest:.1f} s")
    print(f"  {len(faults)} faults", *faults[:40], sep="\n    ")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
