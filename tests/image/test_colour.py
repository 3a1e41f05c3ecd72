"""Profiles are kept byte for byte; on request colours become sRGB, by Pillow's colour engine to within rounding."""

import io
import struct

import independent as other
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from apercu.image import Image, encode_png, read_image
from apercu.image.colour import is_srgb, profile_problem, srgb_profile, to_srgb


def converted_by_pillow(samples, profile, mode):
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    picture = other.as_pillow(samples, cmyk=mode == "CMYK")
    done = ImageCms.profileToProfile(
        picture, source, target, renderingIntent=1, outputMode="RGB", flags=ImageCms.Flags.BLACKPOINTCOMPENSATION
    )
    return np.asarray(done).astype(int)


def test_cmyk_becomes_srgb_as_pillow_converts_it():
    samples = other.smooth(4, 8, size=(20, 30))
    image, notes = to_srgb(Image(samples, icc=other.cmyk_profile()))
    assert notes == ()
    assert image.icc == srgb_profile()
    assert np.abs(image.samples - converted_by_pillow(samples, other.cmyk_profile(), "CMYK")).max() <= 2


def test_cmyk_without_a_profile_is_converted_as_of_a_usual_press_and_that_is_said():
    samples = other.smooth(4, 8)
    image, (note,) = to_srgb(Image(samples))
    assert "usual press" in note
    assert np.array_equal(image.samples, to_srgb(Image(samples, icc=other.cmyk_profile()))[0].samples)


@pytest.mark.parametrize("bits", [8, 16])
def test_grey_stays_grey_and_follows_its_curve(bits):
    """A power of 1.8 into the curve of sRGB (IEC 61966-2-1), worked out here."""
    highest = 2**bits - 1
    samples = np.linspace(0.1, 1, 60).reshape(6, 10, 1)
    image, _ = to_srgb(Image(np.rint(samples * highest).astype(np.uint8 if bits == 8 else np.uint16), icc=grey()))
    light = samples**1.80078125  # as the profile holds it, 461/256
    expected = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert image.samples.shape == (6, 10, 1)
    assert image.bit_depth == bits
    assert image.icc is None
    assert np.abs(image.samples / highest - expected).max() < 0.006


def grey():
    return other.grey_profile()


def test_alpha_is_untouched_and_16_bits_stay():
    samples = other.smooth(4, 16, alpha=True)
    image, _ = to_srgb(Image(samples, has_alpha=True, icc=other.cmyk_profile()))
    assert image.samples.shape == (10, 14, 4)
    assert image.samples.dtype == np.uint16
    assert np.array_equal(image.samples[:, :, -1], samples[:, :, -1])


def test_rgb_without_a_profile_is_srgb_already():
    samples = other.smooth(3, 8)
    image, notes = to_srgb(Image(samples))
    assert (image.icc, notes) == (srgb_profile(), ())
    assert image.samples is samples


def test_a_profile_that_cannot_be_used_is_left_out_and_that_is_said():
    broken = other.SRGB[:132] + bytes(len(other.SRGB) - 132)
    image, notes = to_srgb(Image(other.smooth(3, 8), icc=broken))
    assert image.icc == srgb_profile()
    assert notes == ("the colour profile could not be used and was left out",)


def test_the_preview_of_a_cmyk_picture_shows_its_colours():
    samples = np.zeros((8, 8, 4), np.uint8)
    samples[:, :4, 0] = 255  # cyan ink
    samples[:, 4:, 1:3] = 255  # magenta and yellow ink: red
    with Pillow.open(io.BytesIO(encode_png(Image(samples, icc=other.cmyk_profile())))) as file:
        assert file.mode == "RGB"
        left, right = np.asarray(file)[4, 1].astype(int), np.asarray(file)[4, 6].astype(int)
    assert left[2] > left[0] + 100
    assert right[0] > right[1] + 100


def test_adobes_inverted_cmyk_is_read_the_right_way_round(tmp_path):
    picture = other.as_pillow(other.smooth(4, 8, size=(24, 32)), cmyk=True)
    picture.save(tmp_path / "a.jpg", quality=98, subsampling=0)
    with Pillow.open(tmp_path / "a.jpg") as file:
        expected = np.asarray(file).astype(int)
    assert b"Adobe" in (tmp_path / "a.jpg").read_bytes()
    assert np.abs(read_image(tmp_path / "a.jpg").samples - expected).max() <= 1


@pytest.mark.parametrize(
    ("icc", "space", "words"),
    [
        (other.SRGB, "rgb", ""),
        (other.SRGB, "grey", "not made for"),
        (other.SRGB, "cmyk", "not made for"),
        (other.grey_profile(), "grey", ""),
        (other.SRGB[:-1], "rgb", "damaged"),
        (other.SRGB + b"\0", "rgb", "damaged"),
        (b"not a profile", "rgb", "damaged"),
        (other.SRGB[:36] + b"ascp" + other.SRGB[40:], "rgb", "damaged"),
        (other.SRGB[:128] + b"\xff" * 4 + other.SRGB[132:], "rgb", "damaged"),
    ],
)
def test_a_profile_is_kept_where_it_is_sound_and_fits(icc, space, words):
    assert words in profile_problem(icc, space)
    assert bool(words) == bool(profile_problem(icc, space))


def linear_profile():
    """The sRGB profile, name and all, with a straight line as its curve (ICC.1:2022, section 10.18, type 3)."""
    at = other.SRGB.index(b"para\0\0\0\0\0\3\0\0") + 12
    one = 1 << 16
    return other.SRGB[:at] + struct.pack(">5i", one, one, 0, one, 0) + other.SRGB[at + 20 :]


def test_a_profile_counts_as_srgb_by_its_colours_and_not_by_its_name():
    assert "sRGB".encode("utf-16-be") in linear_profile()
    assert not is_srgb(linear_profile())
    assert is_srgb(other.SRGB.replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be")))


def test_a_grey_profile_counts_as_srgb_where_its_curve_does():
    assert not is_srgb(other.grey_profile())
    assert not is_srgb(other.cmyk_profile())
    assert is_srgb(None)
