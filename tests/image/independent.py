"""Pictures written and read by other programs than the one under test: Pillow, pypng and tifffile."""

import io
import struct
import zlib

import numpy as np
import png
import tifffile
from PIL import Image as Pillow
from PIL import ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><test/></x:xmpmeta>'
MODES = {(1, False): "L", (1, True): "LA", (3, False): "RGB", (3, True): "RGBA", (4, False): "CMYK"}


def grey_profile(gamma=1.8):
    """A grey profile with a plain power curve (ICC.1:2001-04, sections 6.1, 6.5.3 and 6.5.25)."""
    texts = {
        b"desc": b"desc" + struct.pack(">II", 0, 5) + b"grey\0" + bytes(78),
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061),
        b"kTRC": b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)),
        b"cprt": b"text\0\0\0\0none\0",
    }
    table, body, start = struct.pack(">I", len(texts)), b"", 128 + 4 + 12 * len(texts)
    for tag, text in texts.items():
        table += tag + struct.pack(">II", start + len(body), len(text))
        body += text + bytes(-len(text) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"none", 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


def cmyk_profile():
    """The library's own press profile."""
    import pyvips

    return bytes(pyvips.Image.profile_load("cmyk"))


def exif_block(orientation=1):
    """Tags of the picture, of the camera and of the place."""
    exif = Pillow.Exif()
    exif[0x010E], exif[0x0112] = "a small house", orientation
    exif.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    exif.get_ifd(0x8825)[0x0001] = "N"
    return exif


def exif_tags(source):
    """Orientation, description, time and hemisphere of a file, as Pillow reads them."""
    with Pillow.open(source) as file:
        exif = file.getexif()
        return exif.get(0x0112), exif.get(0x010E), exif.get_ifd(0x8769).get(0x9003), exif.get_ifd(0x8825).get(0x0001)


def smooth(channels, bits, *, alpha=False, size=(10, 14), seed=0):
    """(H, W, C) with slopes and an edge: hard enough to show a wrong turn, smooth enough for lossy formats."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    planes = [
        (y * (2 + i) + x * (3 - i / 2) + 9 * i + 5 * seed) / 90 % 1.0 * 0.7 + 0.1 for i in range(channels + alpha)
    ]
    return np.rint(np.stack(planes, axis=2) * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)


def turned_6(samples):
    """Orientation 6: the camera lay on its side; the picture must be turned clockwise."""
    return np.rot90(samples, -1)


def enlarged(samples, factor=2, *, bits, clip=True):
    """What bicubic interpolation gives, worked out by Pillow in floating point, one channel at a time."""
    size = (samples.shape[1] * factor, samples.shape[0] * factor)
    planes = [
        np.asarray(Pillow.fromarray(samples[:, :, i].astype(np.float32), "F").resize(size, Pillow.Resampling.BICUBIC))
        for i in range(samples.shape[2])
    ]
    stacked = np.stack(planes, axis=2)
    return np.clip(stacked, 0, 2**bits - 1) if clip else stacked


# --- writers


def png_file(samples, *, icc=None, exif=None, dpi=None, xmp=None):
    """A PNG by pypng, with the chunks of the specification put in by hand."""
    height, width, bands = samples.shape
    held = io.BytesIO()
    bits = 8 * samples.itemsize
    writer = png.Writer(width, height, greyscale=bands < 3, alpha=bands in (2, 4), bitdepth=bits, compression=1)
    writer.write(held, samples.reshape(height, -1).tolist())
    data = held.getvalue()
    more = b""
    if icc:
        more += chunk(b"iCCP", b"profile\0\0" + zlib.compress(icc))
    if dpi:
        more += chunk(b"pHYs", struct.pack(">IIB", *(round(value / 0.0254) for value in dpi), 1))
    if exif:
        more += chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    if xmp:
        more += chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
    return data[:33] + more + data[33:]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tiff_file(samples, *, icc=None, orientation=1, dpi=None):
    """A TIFF by tifffile."""
    held = io.BytesIO()
    bands = samples.shape[2]
    kind = {1: "minisblack", 2: "minisblack", 3: "rgb", 4: "rgb", 5: "separated"}[bands]
    if bands == 4 and icc is not None and icc[16:20] == b"CMYK":
        kind = "separated"
    colours = {"minisblack": 1, "rgb": 3, "separated": 4}[kind]
    tifffile.imwrite(
        held, samples if bands > 1 else samples[:, :, 0], photometric=kind, metadata=None, iccprofile=icc,
        extrasamples=["unassalpha"] if bands > colours else None, planarconfig="contig" if bands > 1 else None,
        resolution=dpi, resolutionunit="INCH" if dpi else None, description="a small house",
        extratags=[(274, "H", 1, orientation, True)],
    )  # fmt: skip
    return held.getvalue()


def pillow_file(format_, frames, **options):
    """One or several pictures (H, W, C) by Pillow."""
    pictures = [as_pillow(frame) for frame in frames]
    if len(pictures) > 1:
        options |= {"save_all": True, "append_images": pictures[1:]}
    held = io.BytesIO()
    pictures[0].save(held, format_, **options)
    return held.getvalue()


def as_pillow(samples, *, cmyk=False):
    height, width, bands = samples.shape
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "CMYK" if cmyk else "RGBA"}[bands]
    return Pillow.frombytes(mode, (width, height), np.ascontiguousarray(samples).tobytes())


# --- readers


def samples_of(path):
    """(frames, H, W, C) as pypng, tifffile or Pillow read them; the channels are those of the file."""
    if path.suffix == ".png" and b"acTL" not in path.read_bytes():
        width, height, rows, info = png.Reader(bytes=path.read_bytes()).asDirect()
        table = np.vstack([np.asarray(row) for row in rows])
        return table.reshape(1, height, width, info["planes"]).astype(np.uint8 if info["bitdepth"] == 8 else np.uint16)
    if path.suffix == ".tif":
        read = tifffile.imread(path)
        return read.reshape(1, *read.shape[:2], -1)
    with Pillow.open(path) as file:
        frames = []
        for number in range(getattr(file, "n_frames", 1)):
            file.seek(number)
            shown = file.convert("RGBA" if "transparency" in file.info else "RGB") if file.mode == "P" else file
            frames.append(np.asarray(shown))
        return np.stack(frames).reshape(len(frames), *frames[0].shape[:2], -1)


def told(path):
    """(profile, dpi, delays, loops) as Pillow reads them; delays are empty for a still picture."""
    with Pillow.open(path) as file:
        exif, dpi = file.getexif(), file.info.get("dpi")
        if 0x011A in exif:  # Pillow takes the first of the two for both
            dpi = exif[0x011A], exif[0x011B]
        profile, loops = file.info.get("icc_profile"), file.info.get("loop")
        delays = []
        for number in range(getattr(file, "n_frames", 1)):
            file.seek(number)
            file.load()
            delays.append(file.info.get("duration"))
        return profile, dpi and tuple(round(float(x)) for x in dpi), delays if len(delays) > 1 else [], loops
