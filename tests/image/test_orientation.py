"""Every EXIF orientation, in memory and strip by strip, against Pillow's own turning."""

import io

import independent as other
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from apercu.image import decoder, read_image, scratch

SIZE = (37, 53)


def stored(format_, orientation):
    held, exif = io.BytesIO(), other.exif_block(orientation)
    options = {"WEBP": {"lossless": True, "exact": True}, "JPEG": {"quality": 95, "subsampling": 0}}.get(format_, {})
    other.as_pillow(other.smooth(3, 8, size=SIZE)).save(held, format_, exif=exif, **options)
    return held.getvalue()


@pytest.fixture
def small_memory(monkeypatch):
    """Everything counts as large: samples go into a file, some rows at a time."""
    for module in (decoder, scratch):
        monkeypatch.setattr(module, "IN_MEMORY_BYTES", 1000)
    monkeypatch.setattr(decoder, "LET_GO_BYTES", 53 * 3 * 5)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_picture_is_turned_upright(tmp_path, format_, orientation):
    content = stored(format_, orientation)
    (tmp_path / "a").write_bytes(content)
    with Pillow.open(io.BytesIO(content)) as file:
        expected = np.asarray(ImageOps.exif_transpose(file)).astype(int)
    found = read_image(tmp_path / "a")
    assert found.samples.shape == expected.shape
    assert np.abs(found.samples - expected).max() <= (4 if format_ == "JPEG" else 0)
    exif = Pillow.Exif()
    exif.load(found.exif)
    assert exif.get(0x0112, 1) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["PNG", "JPEG", "TIFF"])
def test_a_large_picture_is_turned_as_a_small_one(tmp_path, small_memory, monkeypatch, format_, orientation):
    (tmp_path / "a").write_bytes(stored(format_, orientation))
    in_strips = read_image(tmp_path / "a").samples
    assert not in_strips.flags.owndata  # a view into a file
    monkeypatch.undo()
    assert np.array_equal(in_strips, read_image(tmp_path / "a").samples)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("format_", ["WEBP", "PNG"])
def test_every_frame_of_an_animation_is_turned(tmp_path, request, format_, large, orientation):
    frames = [other.smooth(3, 8, size=SIZE, seed=seed) for seed in range(3)]
    exif = other.exif_block(orientation)
    options = {"lossless": True, "exact": True} if format_ == "WEBP" else {}
    content = other.pillow_file(format_, frames, duration=50, exif=exif.tobytes(), **options)
    (tmp_path / "a").write_bytes(content)
    if large:
        request.getfixturevalue("small_memory")
    found = read_image(tmp_path / "a")
    assert found.frames == 3
    for before, after in zip(frames, found.each_frame(), strict=True):
        turned = Pillow.fromarray(before)
        turned.getexif()[0x0112] = orientation
        assert np.array_equal(after.samples, np.asarray(ImageOps.exif_transpose(turned)))


def test_the_resolution_is_turned_too(tmp_path):
    content = other.png_file(other.smooth(1, 8), exif=other.exif_block(6), dpi=(300, 150))
    (tmp_path / "a").write_bytes(content)
    assert read_image(tmp_path / "a").dpi == pytest.approx((150, 300), abs=0.05)


def test_the_resolution_of_an_animated_png_is_turned_too(tmp_path):
    frames = [other.smooth(3, 8, seed=seed) for seed in range(2)]
    exif = other.exif_block(6).tobytes()
    (tmp_path / "a").write_bytes(other.pillow_file("PNG", frames, duration=50, exif=exif, dpi=(300, 150)))
    assert read_image(tmp_path / "a").dpi == pytest.approx((150, 300), abs=0.05)
