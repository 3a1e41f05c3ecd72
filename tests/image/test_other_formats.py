"""HEIC, whose pictures were made with libheif's own encoder, and BMP in its variants."""

import io
from pathlib import Path

import independent as other
import numpy as np
import pytest
from PIL import Image as Pillow

from apercu.errors import ImageError, OutputError
from apercu.image import check_output, heic, read_image

HEIC = Path(__file__).parent / "heic"
Y, X = np.mgrid[0:32, 0:48]
SLOPES = np.stack([X * 5, Y * 7, np.zeros_like(X)], axis=2)  # what the pictures show


@pytest.mark.parametrize(
    ("name", "expected", "within"),
    [
        ("rgb", SLOPES, 12),  # lossy, with half the colour resolution
        ("alpha", np.concatenate([SLOPES, np.full((32, 48, 1), 128)], axis=2), 12),
        ("grey", SLOPES[:, :, :1], 4),
        ("ten-bit", SLOPES * 257, 3 * 65535 / 1023),
        ("turned", np.rot90(SLOPES, -1), 0),  # lossless; orientation 6
    ],
)
def test_a_heic_is_read(name, expected, within):
    image = read_image(HEIC / f"{name}.heic")
    assert image.format == "heic"
    assert image.samples.shape == expected.shape
    assert image.has_alpha == (name == "alpha")
    assert image.bit_depth == (16 if name == "ten-bit" else 8)
    assert np.abs(image.samples.astype(int) - expected).max() <= within
    assert (image.exif is not None) == (name == "turned")


def test_several_pictures_in_a_heic_are_refused():
    with pytest.raises(ImageError, match="2 pictures"):
        read_image(HEIC / "two-pictures.heic")


def test_a_heic_that_is_too_large_is_refused_before_decoding():
    with pytest.raises(ImageError, match="at most 1000"):
        read_image(HEIC / "rgb.heic", max_pixels=1000)


def test_a_heic_cut_short_is_refused(tmp_path):
    data = (HEIC / "rgb.heic").read_bytes()
    for kept in (0.2, 0.6, 0.95):
        (tmp_path / "a").write_bytes(data[: int(kept * len(data))])
        with pytest.raises(ImageError, match=r"damaged"):
            read_image(tmp_path / "a")


def test_a_heic_whose_items_have_no_readable_type_is_refused_and_does_not_end_the_process(tmp_path):
    data = (HEIC / "turned.heic").read_bytes()
    damaged = data.replace(b"Exif\0\0\0\0\x0epitm", b"\xff\xff\xfff\0\0\0\0\x0epitm")
    assert damaged != data
    (tmp_path / "a").write_bytes(damaged)
    with pytest.raises(ImageError, match="no text"):
        read_image(tmp_path / "a")


def test_heic_is_not_written(tmp_path):
    with pytest.raises(OutputError, match="HEIC, which is read but not written") as caught:
        check_output(tmp_path / "a.heic")
    assert ".avif" in caught.value.hint


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_a_bmp_is_read_as_pillow_shows_it(tmp_path, mode):
    picture = other.as_pillow(other.smooth(3, 8, size=(13, 17))).convert(mode)
    picture.save(tmp_path / "a.bmp", dpi=(300, 150))
    image = read_image(tmp_path / "a.bmp")
    shown = np.asarray(picture.convert("L" if mode in ("1", "L") else "RGB")).reshape(13, 17, -1)
    assert np.array_equal(image.samples, shown)
    assert image.dpi == pytest.approx((300, 150), abs=0.05)
    assert bool(image.not_carried) == (mode == "P")


def test_transparency_in_a_bmp_is_read(tmp_path):
    """A header of version 4 with four masks (BITMAPV4HEADER), which Pillow does not write but reads."""
    import struct

    samples = np.random.default_rng(0).integers(0, 256, (5, 6, 4), dtype=np.uint8)
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 108, 6, 5, 1, 32, 3, 120, 0, 0, 0, 0) + masks + bytes(52)
    rows = samples[::-1, :, [2, 1, 0, 3]].tobytes()
    (tmp_path / "a.bmp").write_bytes(struct.pack("<2sIHHI", b"BM", 122 + 120, 0, 0, 122) + head + rows)
    image = read_image(tmp_path / "a.bmp")
    assert image.has_alpha
    assert np.array_equal(image.samples, samples)


def test_a_bmp_bomb_is_refused_by_its_header(tmp_path):
    held = io.BytesIO()
    Pillow.new("L", (4, 4)).save(held, "BMP")
    data = bytearray(held.getvalue())
    data[18:26] = (60_000).to_bytes(4, "little") * 2
    (tmp_path / "a.bmp").write_bytes(data)
    with pytest.raises(ImageError, match="60000 x 60000"):
        read_image(tmp_path / "a.bmp")


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.95])
def test_a_bmp_cut_short_is_refused(tmp_path, kept):
    held = io.BytesIO()
    other.as_pillow(other.smooth(3, 8, size=(40, 50))).save(held, "BMP")
    (tmp_path / "a.bmp").write_bytes(held.getvalue()[: int(kept * len(held.getvalue()))])
    with pytest.raises(ImageError, match="damaged"):
        read_image(tmp_path / "a.bmp")


@pytest.mark.parametrize(("kind", "said"), [(b"MBED", None), (b"LINK", "in another file"), (b"cut ", "damaged")])
def test_the_profile_in_a_bmp_is_read_or_named(tmp_path, kind, said):
    """A header of version 5 (BITMAPV5HEADER), whose profile stands behind the samples."""
    import struct

    rows = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    head = struct.pack("<IiiHHIIiiII", 124, 4, 5, 1, 24, 0, 60, 0, 0, 0, 0) + bytes(16)
    head += (b"MBED" if said == "damaged" else kind)[::-1] + bytes(48)
    head += struct.pack("<IIII", 4, 124 + 60, len(other.SRGB) + (said == "damaged"), 0)
    start = struct.pack("<2sIHHI", b"BM", 138 + 60 + len(other.SRGB), 0, 0, 138)
    (tmp_path / "a.bmp").write_bytes(start + head + rows.tobytes() + other.SRGB)
    image = read_image(tmp_path / "a.bmp")
    assert np.array_equal(image.samples, rows[::-1, :, ::-1])
    assert image.icc == (None if said else other.SRGB)
    assert [said in text for text in image.not_carried] == ([True] if said else [])


@pytest.mark.parametrize("length", [0, 4])
def test_a_heic_of_many_boxes_in_boxes_is_walked_through_once(length):
    """Each of 120 boxes with a length of 0 goes on to the end and ends the walk; less than 8 is no length."""
    inner = (length.to_bytes(4, "big") + b"ipco") * 120
    assert bool(heic._problem_of_boxes(b"\0\0\0\0iprp" + inner)) == (length == 4)
    nested = b""
    for _ in range(120):
        nested = (len(nested) + 8).to_bytes(4, "big") + b"ipco" + nested
    assert heic._problem_of_boxes(nested) == ""


def test_a_heic_of_too_many_boxes_is_refused():
    box = b"\0\0\0\x08free"
    assert heic._problem_of_boxes(box * 10_000) == ""
    assert "more than 10,000" in heic._problem_of_boxes(box * 10_001)


@pytest.mark.parametrize("version", [0, 1])
def test_names_are_found_behind_both_counts_of_items(version):
    """ItemInfoBox (ISO/IEC 14496-12, section 8.11.6): the count has 16 bits in version 0 and 32 in version 1."""
    named = (8 + 8 + 4).to_bytes(4, "big") + b"infe" + bytes(8)
    for name, problem in ((b"hvc1", ""), (b"\xff\xff\xff\xff", "no text")):
        content = bytes([version, 0, 0, 0]) + (1).to_bytes(4 if version else 2, "big") + named + name
        found = heic._problem_of_boxes((len(content) + 8).to_bytes(4, "big") + b"iinf" + content)
        assert problem in found
        assert bool(found) == bool(problem)
