"""Metadata comes along where it is sound; where it is odd it is named, and never fails a run."""

import io
import struct
from dataclasses import replace
from pathlib import Path

import independent as other
import numpy as np
import pytest
from PIL import Image as Pillow

from apercu.image import Image, beside, read_image, write_image
from apercu.image.cicp import colr_losses
from apercu.image.exif import PREFIX, directory_of, exif_of_tiff, serialised, upright_exif
from apercu.image.metadata import sound
from apercu.pictures import enlarge
from apercu.settings import load_settings

HEIC = Path(__file__).parent / "heic"
EXIF = PREFIX + other.exif_block().tobytes().removeprefix(PREFIX)


def mutated(rng, block):
    """Bytes altered, cut short, overwritten by noise, lengthened, or nothing left."""
    data = bytearray(block)
    match int(rng.integers(0, 6)):
        case 0:
            for at in rng.integers(0, len(data), int(rng.integers(1, 9))):
                data[at] = rng.integers(0, 256)
        case 1:
            del data[int(rng.integers(0, len(data))) :]
        case 2:
            data[8:] = rng.integers(0, 256, len(data) - 8, dtype=np.uint8).tobytes()
        case 3:
            data[:] = rng.integers(0, 256, len(data), dtype=np.uint8).tobytes()
        case 4:
            data += bytes(int(rng.integers(0, 70_000)))
        case 5:
            data.clear()
    return bytes(data)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_odd_metadata_never_fails_a_run(tmp_path, suffix):
    rng = np.random.default_rng(3)
    settings = load_settings(threads=1)
    picture = other.as_pillow(other.smooth(3, 8))
    for number in range(20):
        path = tmp_path / f"{number}{suffix}"
        options = {"icc_profile": mutated(rng, other.SRGB), "xmp": mutated(rng, other.XMP)[:60_000]}
        if suffix != ".tif":
            options["exif"] = mutated(rng, EXIF)[:60_000]
        picture.save(path, **options)
        out = tmp_path / f"out{suffix}"
        enlarge(path, out, settings=settings, model="bicubic", scale=(2.0, 2.0), overwrite=True)
        assert read_image(out).size == (20, 28)


@pytest.mark.parametrize("space", ["grey", "rgb"])
def test_what_is_kept_can_be_written_into_every_format(tmp_path, space):
    rng = np.random.default_rng(4)
    channels = 1 if space == "grey" else 3
    profile = other.grey_profile() if space == "grey" else other.SRGB
    suffixes = [".png", ".jpg", ".tif"] if space == "grey" else [".png", ".jpg", ".tif", ".webp", ".avif"]
    for number in range(60):
        kept = sound(space, icc=mutated(rng, profile), exif=mutated(rng, EXIF), xmp=mutated(rng, other.XMP))
        image = Image(other.smooth(channels, 8, size=(16, 16)), icc=kept.icc, exif=kept.exif, xmp=kept.xmp)
        path = tmp_path / f"a{suffixes[number % len(suffixes)]}"
        write_image(image, path, overwrite=True)
        assert read_image(path).icc == kept.icc


def test_what_is_damaged_is_named():
    kept = sound("rgb", icc=b"profile", exif=b"exif", xmp=b"xmp", notes=("a comment",))
    assert (kept.icc, kept.exif, kept.xmp) == (None, None, None)
    assert kept.not_carried == (
        "a comment", "a damaged colour profile", "a damaged EXIF block", "a damaged XMP packet",
    )  # fmt: skip


def test_a_metadata_block_that_is_too_long_for_jpeg_is_left_out_and_that_is_said(tmp_path):
    image = Image(other.smooth(3, 8), xmp=other.XMP + b" " * 70_000)
    warnings = write_image(image, tmp_path / "a.jpg")
    assert any("cannot hold the picture's XMP block of 70,055 bytes" in text for text in warnings)
    assert read_image(tmp_path / "a.jpg").xmp is None


@pytest.mark.parametrize(("suffix", "words"), [(".gif", ("EXIF", "XMP", "resolution")), (".bmp", ("EXIF", "XMP"))])
def test_formats_without_metadata_say_so(tmp_path, suffix, words):
    image = Image(other.smooth(1, 8), exif=EXIF, xmp=other.XMP, dpi=(300.0, 300.0))
    warnings = " ".join(write_image(image, tmp_path / f"a{suffix}"))
    for word in words:
        assert word in warnings


# --- EXIF blocks


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_orientation_is_reset_in_both_byte_orders(order):
    exif = Pillow.Exif()
    exif.endian = order
    exif[0x0112], exif[0x010E] = 6, "a house"
    block = upright_exif(exif.tobytes())
    read = Pillow.Exif()
    read.load(block)
    assert (read[0x0112], read[0x010E]) == (1, "a house")


def test_a_directory_survives_being_taken_apart_and_put_together():
    block = EXIF.removeprefix(PREFIX)
    first = directory_of(block)
    again = b"II*\0\x08\0\0\0" + serialised(first, 8)
    assert directory_of(again) == first
    read = Pillow.Exif()
    read.load(PREFIX + again)
    assert read[0x010E] == "a small house"
    assert read.get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
    assert read.get_ifd(0x8825)[1] == "N"


def test_a_block_that_points_to_itself_ends():
    """A directory whose EXIF pointer leads back to it."""
    loop = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0" + bytes(4)
    assert directory_of(loop) == {}


@pytest.mark.parametrize("block", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff" + bytes(20), b"MM\0+" + bytes(20)])
def test_what_is_no_exif_is_none(block):
    assert upright_exif(block) is None


def test_exif_of_a_tiff_goes_into_a_png_and_back(tmp_path):
    held = io.BytesIO()
    exif = other.exif_block(6)
    exif[0x8769], exif[0x8825] = {0x9003: "2020:01:02 03:04:05"}, {0x0001: "N"}
    other.as_pillow(other.smooth(3, 8)).save(held, "TIFF", exif=exif)
    (tmp_path / "a.tif").write_bytes(held.getvalue())
    image = read_image(tmp_path / "a.tif")
    for suffix in (".png", ".tif", ".jpg", ".webp", ".avif"):
        write_image(image, tmp_path / f"b{suffix}")
        assert other.exif_tags(tmp_path / f"b{suffix}")[1:] == ("a small house", "2020:01:02 03:04:05", "N")


def test_a_tiff_without_tags_of_the_picture_has_no_exif():
    held = io.BytesIO()
    other.as_pillow(other.smooth(3, 8)).save(held, "TIFF")
    assert exif_of_tiff(held.getvalue()) is None


def test_resolution_stated_in_a_png_only_as_a_shape_is_none(tmp_path):
    other.as_pillow(other.smooth(3, 8)).save(tmp_path / "a.png")  # no pHYs chunk at all
    image = read_image(tmp_path / "a.png")
    assert image.dpi is None
    write_image(replace(image), tmp_path / "b.png")  # one that says "square"
    assert read_image(tmp_path / "b.png").dpi is None


def test_a_block_of_more_entries_than_it_can_hold_is_damaged():
    """5,000 entries announced in 49 kB, where 4,096 fit and the beginning of one of orientation."""
    block = b"II*\0\x08\0\0\0" + (5000).to_bytes(2, "little") + bytes(12 * 4096) + struct.pack("<HH", 0x0112, 3)
    assert upright_exif(PREFIX + block) is None


def test_directories_that_overlap_are_not_read_again_and_again():
    """49 kB in which every value is all of the block, or every pointer leads into the same entries."""
    head = b"II*\0\x08\0\0\0" + (4096).to_bytes(2, "little")
    wide = head + b"".join(struct.pack("<HHII", 40_000 + number % 99, 7, 49_000, 0) for number in range(4096))
    # entry k points to its own value, 18 + 12 k, which read as a directory announces that many entries
    inward = head + b"".join(struct.pack("<HHII", 0x8769, 4, 1, 18 + 12 * (number % 338)) for number in range(4096))
    with pytest.raises(ValueError, match="longer than they can be"):
        directory_of(wide)
    with pytest.raises(ValueError, match="more than 4,096 entries"):
        directory_of(inward)
    assert upright_exif(wide) == wide


def recoloured(data, primaries, curve):
    """An AVIF or HEIC whose colours are stated by other numbers."""
    place = data.index(b"nclx") + 4
    return data[:place] + struct.pack(">HH", primaries, curve) + data[place + 4 :]


@pytest.mark.parametrize("suffix", [".avif", ".heic"])
@pytest.mark.parametrize(
    ("numbers", "words"),
    [((9, 16), "BT.2020, PQ"), ((12, 13), "Display P3, sRGB"), ((1, 8), "BT.709, linear"), ((1, 13), ""), ((2, 2), "")],
)
def test_colours_that_an_avif_or_heic_states_by_numbers_are_named(tmp_path, suffix, numbers, words):
    if suffix == ".avif":
        write_image(Image(other.smooth(3, 8)), tmp_path / "a.avif")
        data = (tmp_path / "a.avif").read_bytes()
    else:
        data = (HEIC / "rgb.heic").read_bytes()
    path = tmp_path / f"b{suffix}"
    path.write_bytes(recoloured(data, *numbers))
    said = read_image(path).not_carried
    assert [f"the colour space of its colr box ({words})" in each for each in said] == ([True] if words else [])


@pytest.mark.parametrize("icc", [other.SRGB, None])
def test_a_profile_goes_before_the_numbers_of_an_avif(tmp_path, monkeypatch, icc):
    monkeypatch.setattr(beside, "colr_losses", lambda file: ("colours",))
    write_image(Image(other.smooth(3, 8), icc=icc), tmp_path / "a.avif")
    assert read_image(tmp_path / "a.avif").not_carried == (() if icc else ("colours",))


def test_boxes_at_random_are_told_nothing_of():
    rng = np.random.default_rng(5)
    data = (HEIC / "rgb.heic").read_bytes()[:2000]
    for _ in range(300):
        damaged = bytearray(data)
        for at in rng.integers(0, len(data), 20):
            damaged[at] = rng.integers(0, 256)
        assert len(colr_losses(io.BytesIO(damaged))) <= 1


def test_a_profile_of_a_jpeg_whose_first_part_is_missing_is_named(tmp_path):
    profile = len(other.SRGB + bytes(90_000)).to_bytes(4, "big") + other.SRGB[4:] + bytes(90_000)
    path = tmp_path / "a.jpg"
    other.as_pillow(other.smooth(3, 8)).save(path, icc_profile=profile)
    data = path.read_bytes()
    assert len(read_image(path).icc) == len(profile)
    first = data.index(b"ICC_PROFILE\0") - 4
    length = int.from_bytes(data[first + 2 : first + 4], "big") + 2
    path.write_bytes(data[:first] + data[first + length :])
    found = read_image(path)
    assert (found.icc, found.not_carried) == (None, ("a damaged colour profile",))
