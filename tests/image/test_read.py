"""Reading keeps everything or refuses in one line; the content decides, never the name."""

import logging
import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from making import nobody, picture, samples
from PIL import Image as Pillow

from apercu.errors import ImageError
from apercu.image import decoder, read_image, write_image

ROBUST = Path(__file__).parents[3] / "shared/data/eval/robust"


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
        (b"BM" + bytes(60), "damaged"),
        (b"8BPS" + bytes(60), "Photoshop"),
        (bytes(4) + b"ftypavis" + bytes(60), "animated AVIF"),
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
    monkeypatch.setattr(decoder, "_upright_samples", lambda *_: pytest.fail("it was decoded"))
    refused(tmp_path / "a.png", "30000 x 30000", "at most 268000000")


def test_the_limit_is_the_callers(tmp_path):
    write_image(picture(size=(5, 4)), tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", max_pixels=20).size == (5, 4)
    with pytest.raises(ImageError, match="at most 19"):
        read_image(tmp_path / "a.png", max_pixels=19)


@pytest.mark.parametrize(
    ("mode", "suffix", "word"),
    [("F", "tif", "float"), ("LAB", "tif", "lab")],
)
def test_colour_that_cannot_be_held_is_refused_and_named(tmp_path, mode, suffix, word):
    Pillow.new(mode, (5, 5)).save(tmp_path / f"a.{suffix}")
    error = refused(tmp_path / f"a.{suffix}", word)
    assert "RGB" in error.hint or "PNG" in error.hint


def test_several_pages_are_refused_and_one_is_read(tmp_path):
    pages = [Pillow.new("RGB", (6, 5), colour) for colour in ("red", "blue", "green")]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    refused(tmp_path / "a.tif", "3 pictures")
    pages[0].save(tmp_path / "b.tif")
    assert read_image(tmp_path / "b.tif").size == (5, 6)


def test_an_hdr_gain_map_is_not_lost_silently(tmp_path):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"/>'
    Pillow.new("RGB", (8, 8)).save(tmp_path / "a.jpg", xmp=xmp)
    image = read_image(tmp_path / "a.jpg")
    assert image.xmp is None
    assert image.not_carried == ("an HDR gain map, and the XMP packet that describes it",)


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
