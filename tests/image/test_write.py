"""Writing is exact, whole, never replaces a file by surprise and says what a format cannot hold."""

import os
import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from independent import SRGB, XMP
from making import nobody, picture, samples
from PIL import Image as Pillow

from apercu.errors import OutputError
from apercu.image import Image, check_output, encode_png, encoder, read_image, write_image
from apercu.image.publish import hidden_prefix, published
from apercu.run.batch import sweep

EXACT = (".png", ".tif", ".tiff")


@pytest.mark.parametrize("suffix", EXACT)
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
def test_what_was_written_is_read_back_exactly(tmp_path, suffix, bits, channels, alpha):
    before = picture(channels, bits, alpha=alpha)
    assert write_image(before, tmp_path / f"a{suffix}") == ()
    after = read_image(tmp_path / f"a{suffix}")
    assert after.bit_depth == bits
    assert np.asarray(after.pixels).dtype == np.float32
    assert np.array_equal(np.asarray(after.pixels), np.asarray(before.pixels))
    assert (after.alpha is None) == (not alpha)
    assert not alpha or np.array_equal(np.asarray(after.alpha), np.asarray(before.alpha))


@pytest.mark.parametrize("suffix", [".webp", ".avif"])
@pytest.mark.parametrize("alpha", [False, True])
def test_webp_and_avif_hold_8_bit_colour_exactly(tmp_path, suffix, alpha):
    before = picture(3, 8, alpha=alpha, size=(16, 20))
    assert write_image(before, tmp_path / f"a{suffix}") == ()
    after = read_image(tmp_path / f"a{suffix}")
    assert after.format == suffix[1:]
    assert np.array_equal(samples(after), samples(before))


@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3]))
def test_pictures_of_a_few_pixels_survive(tmp_path_factory, height, width, channels):
    path = tmp_path_factory.getbasetemp() / "tiny.png"
    before = picture(channels, size=(height, width))
    write_image(before, path, overwrite=True)
    assert np.array_equal(np.asarray(read_image(path).pixels), np.asarray(before.pixels))


def test_a_16_bit_png_stays_16_bit(tmp_path):
    write_image(picture(1, 16), tmp_path / "a.png")
    with Pillow.open(tmp_path / "a.png") as file:
        assert file.mode == "I;16"
        assert np.array_equal(np.asarray(file), samples(picture(1, 16))[:, :, 0])


def test_jpeg_is_close_and_says_that_it_is_not_exact(tmp_path):
    y, x = np.mgrid[0:32, 0:48] / 48
    before = Image.of(np.stack([y, x, (x + y) / 2], axis=2).astype(np.float32))
    (warning,) = write_image(before, tmp_path / "a.jpg")
    assert "approximately" in warning
    after = read_image(tmp_path / "a.jpg")
    assert after.format == "jpeg"
    assert np.abs(np.asarray(after.pixels) - np.asarray(before.pixels)).max() < 0.03


def test_16_bits_into_an_8_bit_format_is_said(tmp_path):
    warnings = write_image(picture(3, 16), tmp_path / "a.webp")
    assert warnings == ("webp was written with 8 bits; the picture has 16",)
    after = read_image(tmp_path / "a.webp")
    assert np.array_equal(samples(after), np.rint(np.asarray(picture(3, 16).pixels) * 255))


def test_grey_into_a_format_without_grey_is_said(tmp_path):
    (warning,) = write_image(picture(1), tmp_path / "a.webp")
    assert "RGB with equal channels" in warning


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
def test_profile_metadata_and_resolution_are_kept(tmp_path, suffix):
    exif = Pillow.Exif()
    exif[0x010E] = "a small house"
    before = picture(size=(20, 30), icc=SRGB, exif=b"Exif\0\0" + exif.tobytes()[6:], xmp=XMP, dpi=(300.0, 150.0))
    write_image(before, tmp_path / f"a{suffix}")
    after = read_image(tmp_path / f"a{suffix}")
    assert after.icc == SRGB
    assert after.xmp == XMP
    assert after.dpi == pytest.approx((300, 150), abs=0.05)
    assert b"a small house" in after.exif


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
def test_no_metadata_is_made_up(tmp_path, suffix):
    write_image(picture(size=(20, 30)), tmp_path / f"a{suffix}")
    after = read_image(tmp_path / f"a{suffix}")
    assert (after.icc, after.exif, after.xmp, after.dpi, after.not_carried) == (None, None, None, None, ())
    if suffix != ".tif":  # TIFF must state a resolution
        with Pillow.open(tmp_path / f"a{suffix}") as file:
            assert "dpi" not in file.info


def test_reading_again_after_overwriting_shows_the_new_picture(tmp_path):
    path = tmp_path / "a.png"
    for level in (0.0, 1.0):
        write_image(Image.of(np.full((3, 3, 1), level, np.float32)), path, overwrite=True)
        assert np.asarray(read_image(path).pixels).max() == level


def test_samples_are_clipped_and_rounded_to_the_nearest_step(tmp_path):
    values = np.float32([-0.2, 0.4 / 255, 0.6 / 255, 100.49 / 255, 100.51 / 255, 1.3])
    write_image(Image.of(values[None, :, None]), tmp_path / "a.png")
    assert samples(read_image(tmp_path / "a.png"))[0, :, 0].tolist() == [0, 0, 1, 100, 101, 255]


def test_encode_png_makes_a_picture_that_others_read():
    image = picture(3, alpha=True)
    with Pillow.open(BytesIO(encode_png(image))) as file:
        assert file.mode == "RGBA"
        assert np.array_equal(np.asarray(file)[:, :, :3], samples(image))
    with Pillow.open(BytesIO(encode_png(picture(1)))) as file:
        assert file.mode == "L"


def write_refused(tmp_path, name, *words, image=None, overwrite=False):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OutputError) as caught:
        write_image(image or picture(), tmp_path / name, overwrite=overwrite)
    assert sorted(tmp_path.iterdir()) == before
    assert "\n" not in caught.value.message
    assert caught.value.hint
    for word in words:
        assert word in caught.value.message


def test_a_missing_folder_is_refused(tmp_path):
    write_refused(tmp_path, "no/such/a.png", "does not exist")


def test_an_existing_file_is_not_replaced_unless_allowed(tmp_path):
    (tmp_path / "a.png").write_bytes(b"mine")
    write_refused(tmp_path, "a.png", "exists already")
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    write_image(picture(), tmp_path / "a.png", overwrite=True)
    assert np.array_equal(np.asarray(read_image(tmp_path / "a.png").pixels), np.asarray(picture().pixels))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_while_writing_is_not_replaced(tmp_path, monkeypatch, links):
    def without_hard_links(*_):
        raise OSError("not supported")

    def somebody_is_faster(descriptor):
        (tmp_path / "a.png").write_bytes(b"mine")

    if not links:
        monkeypatch.setattr(os, "link", without_hard_links)
    monkeypatch.setattr(os, "fsync", somebody_is_faster)
    with pytest.raises(OutputError, match="exists already"):
        write_image(picture(), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_file_system_without_hard_links_is_written_to(tmp_path, monkeypatch):
    def without_hard_links(*_):
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", without_hard_links)
    write_image(picture(), tmp_path / "a.png")
    assert np.array_equal(np.asarray(read_image(tmp_path / "a.png").pixels), np.asarray(picture().pixels))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch, interruption):
    def interrupted(descriptor):
        raise interruption

    (tmp_path / "a.png").write_bytes(b"mine")
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises((KeyboardInterrupt, OutputError)):
        write_image(picture(), tmp_path / "a.png", overwrite=True)
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path):
    write_refused(tmp_path, "a.tga", "'.tga'", ".png, .jpg")
    write_refused(tmp_path, "a", "''")


def test_a_folder_as_target_is_refused(tmp_path):
    (tmp_path / "a.png").mkdir()
    write_refused(tmp_path, "a.png", "is a folder", overwrite=True)


def test_a_folder_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o755)
    with nobody(), pytest.raises(OutputError, match=r"may not be written|cannot be written|does not exist"):
        write_image(picture(), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_transparency_into_jpeg_is_refused(tmp_path):
    write_refused(tmp_path, "a.jpg", "transparency", image=picture(alpha=True))


def test_a_grey_profile_into_a_format_without_grey_is_refused(tmp_path):
    write_refused(tmp_path, "a.webp", "grey colour profile", image=picture(1, icc=SRGB))


def test_a_picture_too_large_for_the_format_is_refused(tmp_path):
    write_refused(tmp_path, "a.webp", "16384 x 1", "at most 16383", image=Image.of(np.zeros((1, 16384, 3), np.float32)))


def test_the_target_can_be_checked_before_the_work(tmp_path):
    check_output(tmp_path / "a.png")
    (tmp_path / "a.png").touch()
    with pytest.raises(OutputError, match="exists already"):
        check_output(tmp_path / "a.png")
    check_output(tmp_path / "a.png", overwrite=True)
    with pytest.raises(OutputError, match="transparency"):
        check_output(tmp_path / "b.jpg", picture=picture(alpha=True))


def test_the_hint_names_what_would_help(tmp_path):
    profile = bytes(encoder.pyvips_module().Image.profile_load("p3"))
    convert = ", or convert the colours with --to-srgb."
    cases = [
        (picture(alpha=True, icc=profile), "a.jpg", "Write .png, .webp, .tif or .avif instead."),
        (picture(icc=profile), "a.bmp", f"Write .png, .jpg, .webp, .tif or .avif instead{convert}"),
        (picture(4), "a.png", f"Write .jpg or .tif instead{convert}"),
        (picture(1, icc=profile), "a.avif", f"Write .png, .jpg or .tif instead{convert}"),
    ]  # fmt: skip
    for image, name, hint in cases:
        with pytest.raises(OutputError) as caught:
            check_output(tmp_path / name, picture=image)
        assert caught.value.hint == hint


@pytest.mark.parametrize(("name", "side"), [("a.jpg", 65500), ("a.webp", 16383), ("a.avif", 16384), ("a.gif", 65535)])
def test_the_longest_side_of_a_format_is_known_before_the_work(tmp_path, name, side):
    check_output(tmp_path / name, picture=picture(), size=(1, side))
    with pytest.raises(OutputError, match=f"at most {side} a side"):
        check_output(tmp_path / name, picture=picture(), size=(side + 1, 1))


@pytest.mark.parametrize(("name", "side"), [("a.jpg", 65500), ("a.webp", 16383), ("a.gif", 65535)])
def test_the_longest_side_can_be_written(tmp_path, name, side):
    write_image(Image(np.zeros((1, side, 3), np.uint8)), tmp_path / name)
    assert read_image(tmp_path / name).size == (1, side)


def test_an_encoder_that_refuses_metadata_still_writes_the_picture(tmp_path, monkeypatch):
    """No block is known any more that the encoder refuses; so it is made to refuse."""
    import pyvips

    from apercu.image import write

    def refusing(image, format_, file):
        if image.exif or image.xmp:
            raise pyvips.Error("unhappy")
        return save(image, format_, file)

    save = write._save
    monkeypatch.setattr(write, "_save", refusing)
    (warning,) = write_image(picture(exif=b"Exif\0\0II*\0", xmp=XMP), tmp_path / "a.png")
    assert warning == "PNG was written without EXIF and XMP: the encoder refused it"
    assert np.array_equal(samples(read_image(tmp_path / "a.png")), samples(picture()))


@pytest.mark.parametrize("kind", ["bmp", "animated webp", "tiff tags"])
def test_a_file_that_cannot_be_written_to_its_end_is_not_published(tmp_path, kind):
    """A limit for the size of files makes the system write a part and say how much, as a full disk does."""
    import resource

    if kind == "animated webp":
        # noise: a frame has 90 kB, and the second is what is written last
        image = Image(np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8), frames=2, delays=(50, 50))
    elif kind == "tiff tags":  # the samples fit, the tags behind them do not
        place = struct.pack("<HHII", 0x010E, 2, 90_000, 26)
        exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + place + bytes(4) + b"a" * 89_999 + b"\0"
        image = picture(3, size=(100, 60), exif=exif)
    else:
        image = picture(3, size=(200, 300))
    target = tmp_path / f"a.{kind.split()[0].replace('animated', 'webp').replace('tiff', 'tif')}"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OutputError, match="cannot be written: File too large"):
            write_image(image, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".png", ".bmp"])
def test_a_name_of_80_characters_of_three_bytes_is_written(tmp_path, suffix):
    """244 bytes, of 255 that a name may have; the hidden name beside it must not be longer."""
    name = "\u756b" * 80 + suffix
    write_image(picture(3), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(os.fsencode(hidden_prefix(name))) <= 102


@pytest.mark.parametrize("name", ["\u756b" * 80 + ".png", "a" * 99 + "\u756b.png", "a.png"])
def test_what_a_killed_writer_left_is_found_whatever_the_length_of_its_name(tmp_path, name):
    with published(tmp_path / name, overwrite=False):
        (hidden,) = tmp_path.iterdir()
    (tmp_path / name).rename(hidden)
    sweep(tmp_path, [name])
    assert list(tmp_path.iterdir()) == []
