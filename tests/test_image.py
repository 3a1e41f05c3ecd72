"""Reading keeps everything or refuses; writing is exact, whole and never replaces a file by surprise."""

import logging
import os
import struct
import zlib
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms

from apercu.errors import ImageError, OutputError, RunError, ShapeError
from apercu.image import Image, check_output, encode_png, file_sha256, read_image, write_image
from apercu.image import read as reading

ROBUST = Path(__file__).parents[2] / "shared/data/eval/robust"
EXACT = (".png", ".tif", ".tiff")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><test/></x:xmpmeta>'


def picture(channels=3, bits=8, *, alpha=False, size=(7, 9), **fields):
    rng = np.random.default_rng(channels + bits)
    highest = 2**bits - 1
    pixels = (rng.integers(0, highest + 1, (*size, channels)) / highest).astype(np.float32)
    opacity = (rng.integers(0, highest + 1, size) / highest).astype(np.float32) if alpha else None
    return Image.of(pixels, alpha=opacity, bit_depth=bits, **fields)


def samples(image):
    return np.rint(np.asarray(image.pixels) * (2**image.bit_depth - 1)).astype(int)


@contextmanager
def nobody():
    """Act without permission to anything that pytest made, also when the tests run as root."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as somebody else")
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def refused(path, *words):
    with pytest.raises(ImageError) as caught:
        read_image(path)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    for word in words:
        assert word in caught.value.message
    return caught.value


# --- round trips


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
    assert suffix == ".tif" or b"a small house" in after.exif


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


# --- reading what others wrote


def test_a_palette_becomes_rgb(tmp_path):
    Pillow.new("P", (4, 3), 1).save(tmp_path / "a.png")
    with Pillow.open(tmp_path / "a.png") as file:
        expected = np.asarray(file.convert("RGB"))
    assert np.array_equal(samples(read_image(tmp_path / "a.png")), expected)


def test_one_bit_becomes_8_bit_grey(tmp_path):
    bits = Pillow.fromarray(np.array([[True, False], [False, True]]))
    bits.save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert (image.pixels.shape, image.bit_depth) == ((2, 2, 1), 8)
    assert np.asarray(image.pixels)[:, :, 0].tolist() == [[1, 0], [0, 1]]


def test_grey_stays_grey_and_keeps_its_alpha(tmp_path):
    Pillow.new("LA", (5, 4), (60, 200)).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image.pixels.shape == (4, 5, 1)
    assert np.asarray(image.alpha)[0, 0] == np.float32(200 / 255)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_the_camera_orientation_is_applied_and_reset(tmp_path, orientation, suffix):
    from PIL import ImageOps

    path = tmp_path / f"a.{suffix}"
    upright = np.add.outer(np.arange(0, 160, 10), np.arange(0, 80, 10)).astype(np.uint8)
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    Pillow.fromarray(upright).convert("RGB").save(path, exif=exif, **({"quality": 100} if suffix == "jpg" else {}))
    with Pillow.open(path) as file:
        expected = np.asarray(ImageOps.exif_transpose(file)).astype(int)
    image = read_image(path)
    assert image.size == expected.shape[:2]
    assert np.abs(samples(image) - expected).max() <= (0 if suffix in ("png", "tif") else 4)
    if suffix != "tif":
        again = Pillow.Exif()
        again.load(image.exif)
        assert again[0x0112] == 1
    write_image(image, tmp_path / "again.png")
    assert read_image(tmp_path / "again.png").size == image.size


@pytest.mark.parametrize("bits", [10, 12])
def test_white_in_a_deep_avif_is_white(tmp_path, bits):
    pyvips = pytest.importorskip("pyvips")
    white = pyvips.Image.new_from_array(np.full((8, 8, 3), 65535, np.uint16)).copy(interpretation="rgb16")
    white.heifsave(str(tmp_path / "a.avif"), bitdepth=bits, lossless=True, compression="av1")
    image = read_image(tmp_path / "a.avif")
    assert image.bit_depth == 16
    assert np.asarray(image.pixels).min() == 1.0


def test_the_content_and_not_the_name_decides_the_format(tmp_path):
    write_image(picture(), tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "really a png.jpg[page=3]")
    assert read_image(tmp_path / "really a png.jpg[page=3]").format == "png"


def test_metadata_that_is_not_carried_is_named(tmp_path):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "somebody")
    Pillow.new("RGB", (3, 3)).save(tmp_path / "a.png", pnginfo=info)
    assert read_image(tmp_path / "a.png").not_carried == ("text comments",)


def test_a_jpeg_with_stray_bytes_between_its_segments_is_whole(tmp_path):
    buffer = BytesIO()
    Pillow.new("RGB", (16, 16), (90, 20, 200)).save(buffer, "JPEG", quality=95)
    data = buffer.getvalue()
    (tmp_path / "clean.jpg").write_bytes(data)
    at = data.index(b"\xff\xdb")
    (tmp_path / "stray.jpg").write_bytes(data[:at] + b"\x00\x01\x02" + data[at:])
    assert np.array_equal(
        np.asarray(read_image(tmp_path / "stray.jpg").pixels), np.asarray(read_image(tmp_path / "clean.jpg").pixels)
    )


# --- refusals


def test_a_missing_file_is_refused(tmp_path):
    refused(tmp_path / "nothing.png", "does not exist", "nothing.png")


def test_a_folder_is_refused(tmp_path):
    refused(tmp_path, "is a folder")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.png").touch()
    refused(tmp_path / "a.png", "0 bytes")


def test_a_file_without_permission_is_refused(tmp_path):
    write_image(picture(), tmp_path / "a.png")
    (tmp_path / "a.png").chmod(0)
    with nobody():
        refused(tmp_path / "a.png", "Permission denied")


def test_a_named_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    refused(tmp_path / "a.png", "device or pipe")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"hello, I am a text", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"BM" + bytes(60), "BMP"),
        (b"push graphic-context\nviewbox 0 0 640 480", "not a picture"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
    ],
)
def test_what_is_not_a_picture_is_refused(tmp_path, content, word):
    (tmp_path / "a.png").write_bytes(content)
    refused(tmp_path / "a.png", word)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
def test_a_file_that_is_cut_short_is_refused(tmp_path, suffix, kept):
    write_image(picture(size=(60, 80)), tmp_path / f"a{suffix}")
    data = (tmp_path / f"a{suffix}").read_bytes()
    (tmp_path / f"a{suffix}").write_bytes(data[: int(len(data) * kept)])
    refused(tmp_path / f"a{suffix}", "cut short")


def test_a_jpeg_that_lost_data_but_has_its_end_is_refused(tmp_path):
    write_image(picture(size=(60, 80)), tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2] + b"\xff\xd9")
    refused(tmp_path / "a.jpg", "damaged")


def test_a_png_with_an_altered_byte_is_refused(tmp_path):
    write_image(picture(size=(60, 80)), tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "a.png").write_bytes(data)
    refused(tmp_path / "a.png", "damaged")


def test_a_30000_x_30000_png_is_refused_before_decoding(tmp_path, monkeypatch):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 6, 0, 0, 0))
    body = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + body + png_chunk(b"IEND", b""))
    monkeypatch.setattr(reading, "_as_image", lambda *_: pytest.fail("it was decoded"))
    refused(tmp_path / "a.png", "30000 x 30000", "at most 268000000")


def test_the_limit_is_the_callers(tmp_path):
    write_image(picture(size=(5, 4)), tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", max_pixels=20).size == (5, 4)
    with pytest.raises(ImageError, match="at most 19"):
        read_image(tmp_path / "a.png", max_pixels=19)


@pytest.mark.parametrize(
    ("mode", "suffix", "word"),
    [("CMYK", "jpg", "cmyk"), ("CMYK", "tif", "cmyk"), ("F", "tif", "float"), ("LAB", "tif", "lab")],
)
def test_colour_that_cannot_be_held_is_refused_and_named(tmp_path, mode, suffix, word):
    Pillow.new(mode, (5, 5)).save(tmp_path / f"a.{suffix}")
    error = refused(tmp_path / f"a.{suffix}", word)
    assert "RGB" in error.hint or "PNG" in error.hint


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_several_frames_are_refused_and_one_is_read(tmp_path, suffix):
    frames = [Pillow.new("RGB", (6, 5), colour) for colour in ("red", "blue", "green")]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:])
    refused(tmp_path / f"a.{suffix}", "3 pictures or frames")
    frames[0].save(tmp_path / f"b.{suffix}")
    assert read_image(tmp_path / f"b.{suffix}").size == (5, 6)


def test_an_hdr_gain_map_is_not_lost_silently(tmp_path):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"/>'
    Pillow.new("RGB", (8, 8)).save(tmp_path / "a.jpg", xmp=xmp)
    refused(tmp_path / "a.jpg", "gain map")


@pytest.mark.skipif(not ROBUST.is_dir(), reason="the collection of odd picture files is not here")
def test_a_thousand_odd_files_are_read_or_refused_in_one_line(capfd):
    read, refusals = 0, []
    for path in sorted(path for path in ROBUST.rglob("*") if path.is_file()):
        try:
            image = read_image(path, max_pixels=20_000_000)
        except ImageError as error:
            refusals.append(error)
        else:
            read += 1
            assert np.isfinite(np.asarray(image.pixels)).all()
            assert 0 <= np.asarray(image.pixels).min() <= np.asarray(image.pixels).max() <= 1
    assert read > 400
    assert all(error.hint and "\n" not in error.message for error in refusals)
    assert capfd.readouterr() == ("", "")


def test_the_decoder_does_not_chatter_on_standard_error(tmp_path, capfd):
    write_image(picture(), tmp_path / "a.png")
    read_image(tmp_path / "a.png")
    logging.getLogger("pyvips.test").warning("VIPS-WARNING: not for people")
    assert capfd.readouterr().err == ""


# --- refusals when writing


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
    write_refused(tmp_path, "a.bmp", "'.bmp'", ".png, .jpg")
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
    write_refused(tmp_path, "a.webp", "cannot be written", image=Image.of(np.zeros((1, 16384, 3), np.float32)))


def test_values_that_are_not_numbers_never_become_a_picture():
    with pytest.raises(RunError, match="NaN"):
        Image.of(np.full((4, 4, 3), np.nan, np.float32))


def test_the_target_can_be_checked_before_the_work(tmp_path):
    check_output(tmp_path / "a.png")
    (tmp_path / "a.png").touch()
    with pytest.raises(OutputError, match="exists already"):
        check_output(tmp_path / "a.png")
    check_output(tmp_path / "a.png", overwrite=True)
    with pytest.raises(OutputError, match="transparency"):
        check_output(tmp_path / "b.jpg", alpha=True)


# --- the record


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), (4, 4, 5), (0, 4, 3)])
def test_an_array_that_is_not_a_picture_is_refused(shape):
    with pytest.raises(ShapeError, match="a picture must have the shape"):
        Image.of(np.zeros(shape, np.float32))


def test_alpha_must_fit_the_picture():
    with pytest.raises(ShapeError, match="alpha"):
        Image.of(np.zeros((4, 4, 3), np.float32), alpha=np.zeros((4, 5), np.float32))


def test_the_hash_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(ImageError, match="does not exist"):
        file_sha256(tmp_path / "b")
