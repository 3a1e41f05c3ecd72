"""What a PNG says beside its samples is kept, or named where it is not: also what the decoder drops without a word."""

import struct
import zlib

import independent as other
import pytest
from making import picture

from apercu.image import read_image, write_image

MAGIC = b"\x89PNG\r\n\x1a\n"
AFTER_HEADER = len(MAGIC) + 25
BEFORE_END = -12
SRGB_POINTS = (31269, 32899, 63999, 33001, 30000, 60000, 15000, 5999)  # as ImageMagick rounds them
P3_POINTS = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def gama(value):
    return chunk(b"gAMA", struct.pack(">I", value))


def chrm(points):
    return chunk(b"cHRM", struct.pack(">8I", *points))


def profile(icc):
    return chunk(b"iCCP", b"x\0\0" + zlib.compress(icc))


def xmp(packet, *, packed=b"\0"):
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0" + packed + b"\0\0\0" + packet)


def with_chunks(path, *chunks, at=AFTER_HEADER, frames=1):
    """A PNG of noise with further chunks."""
    timing = {"frames": frames, "delays": (100,) * frames} if frames > 1 else {}
    write_image(picture(size=(8, 9), **timing), path, overwrite=True)
    data = path.read_bytes()
    path.write_bytes(data[:at] + b"".join(chunks) + data[at:])
    return path


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        ([chunk(b"cICP", bytes((9, 16, 0, 1)))], "cICP chunk (BT.2020, PQ)"),
        ([chunk(b"cICP", bytes((1, 13, 0, 0)))], "cICP chunk (BT.709, sRGB, narrow range)"),
        ([chunk(b"cICP", bytes((77, 99, 0, 1)))], "cICP chunk (primaries 77, curve 99)"),
        ([gama(100_000)], "gAMA chunk (an exponent of 1)"),
        ([chrm(P3_POINTS)], "cHRM chunk"),
        ([chunk(b"mDCV", bytes(24))], "mDCV"),
    ],
)
def test_colours_that_a_chunk_states_and_that_are_not_kept_are_named(tmp_path, chunks, words, frames):
    found = read_image(with_chunks(tmp_path / "a.png", *chunks, frames=frames))
    assert found.frames == frames
    (said,) = found.not_carried
    assert words in said


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(45455)],
        [gama(45000), chrm(SRGB_POINTS)],
        [gama(100_000), chrm(P3_POINTS), chunk(b"sRGB", b"\0")],
        [gama(100_000), profile(other.SRGB)],
        [gama(100_000), chunk(b"cICP", bytes((1, 13, 0, 1)))],
        [profile(other.SRGB), chunk(b"cICP", bytes((1, 13, 0, 1)))],
        [gama(0)],
    ],
)
def test_chunks_that_say_nothing_new_about_the_colours_are_passed_over(tmp_path, chunks):
    assert read_image(with_chunks(tmp_path / "a.png", *chunks)).not_carried == ()


def test_the_curve_counts_where_the_profile_beside_it_is_damaged(tmp_path):
    said = read_image(with_chunks(tmp_path / "a.png", gama(100_000), profile(b"garbage" * 30))).not_carried
    assert ["profile" in said[0], "gAMA" in said[1]] == [True, True]


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (profile(b"garbage" * 30), "a colour profile that is damaged"),
        (profile(bytes(20_000_000)), "a colour profile that is damaged"),
        (profile(other.grey_profile()), "a colour profile that is damaged, too large or not made for"),
        (xmp(b"no zlib stream", packed=b"\1"), "an XMP packet that is damaged or too large"),
        (xmp(zlib.compress(b"A" * 20_000_000), packed=b"\1"), "XMP packet"),
        (chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(bytes(20_000_000))), "EXIF in a text comment"),
        (chunk(b"tEXt", b"Title\0a"), "text comments"),
    ],
)
def test_what_the_decoder_drops_is_named(tmp_path, extra, words, frames):
    found = read_image(with_chunks(tmp_path / "a.png", extra, frames=frames))
    assert (found.icc, found.exif, found.xmp) == (None, None, None)
    (said,) = found.not_carried
    assert words in said


def test_a_resolution_that_nothing_can_have_is_named(tmp_path):
    path = with_chunks(tmp_path / "a.png")
    start, unit = path.read_bytes().index(b"pHYs"), struct.pack(">IIB", 2**32 - 1, 1, 1)
    path.write_bytes(path.read_bytes()[: start - 4] + chunk(b"pHYs", unit) + path.read_bytes()[start + 17 :])
    found = read_image(path)
    assert (found.dpi, found.not_carried) == (None, ("a resolution of 109,092,169 x 0 dots per inch",))


def test_metadata_behind_the_samples_is_named(tmp_path):
    late = (xmp(other.XMP), chunk(b"eXIf", other.exif_block().tobytes().removeprefix(b"Exif\0\0")))
    found = read_image(with_chunks(tmp_path / "a.png", *late, at=BEFORE_END))
    assert (found.exif, found.xmp) == (None, None)
    assert found.not_carried == (
        "an EXIF block that stands behind the samples", "an XMP packet that stands behind the samples",
    )  # fmt: skip
