"""Animations: every frame as it is shown, its time and the number of plays, in all three formats."""

import io

import independent as other
import numpy as np
import pytest
from PIL import Image as Pillow

from apercu.errors import ImageError
from apercu.image import Image, apng, read_image, write_image

DELAYS = (30, 50, 70)


def moving(*, alpha=False, bits=8, channels=3, loops=2):
    frames = np.concatenate([other.smooth(channels, bits, alpha=alpha, seed=seed) for seed in (0, 0, 3)])
    return Image(frames, has_alpha=alpha, frames=3, delays=DELAYS, loops=loops)


@pytest.mark.parametrize("loops", [0, 1, 2, 7])
@pytest.mark.parametrize("suffix", [".png", ".webp", ".gif"])
def test_what_was_written_is_read_back(tmp_path, suffix, loops):
    before = moving(channels=1 if suffix == ".gif" else 3, loops=loops)
    assert write_image(before, tmp_path / f"a{suffix}") == ()
    after = read_image(tmp_path / f"a{suffix}")
    assert (after.frames, after.delays, after.loops, after.has_alpha) == (3, DELAYS, loops, False)
    assert np.array_equal(after.samples, before.samples)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
def test_an_animated_png_holds_everything(tmp_path, bits, channels, alpha):
    before = moving(bits=bits, channels=channels, alpha=alpha)
    write_image(before, tmp_path / "a.png")
    after = read_image(tmp_path / "a.png")
    assert np.array_equal(after.samples, before.samples)
    assert after.samples.dtype == before.samples.dtype


# Not (2, 1): Pillow 13 lays such a frame onto its own copy of what should come back.
@pytest.mark.parametrize(("disposal", "blend"), [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)])
def test_frames_are_composed_as_pillow_composes_them(tmp_path, disposal, blend):
    rng = np.random.default_rng(disposal + 3 * blend)
    frames = [rng.integers(0, 256, (9, 11, 4), dtype=np.uint8) for _ in range(4)]
    for number, frame in enumerate(frames[1:]):  # parts that do not change, so that frames become smaller
        frame[: 2 + number] = frames[0][: 2 + number]
    if blend:  # Pillow mixes half-transparent pixels in its own way; the next test has those
        for frame in frames:
            frame[:, :, 3] = np.where(frame[:, :, 3] < 90, 0, 255)
    content = other.pillow_file("PNG", frames, duration=[10, 20, 30, 40], loop=0, disposal=disposal, blend=blend)
    (tmp_path / "a.png").write_bytes(content)
    image = read_image(tmp_path / "a.png")
    assert image.delays == (10, 20, 30, 40)
    expected = other.samples_of(tmp_path / "a.png")
    found = image.samples.reshape(expected.shape)
    visible = expected[..., 3] > 40  # below that a step of colour is larger than a step of opacity
    assert np.abs(found[..., 3].astype(int) - expected[..., 3]).max() <= 1
    assert np.abs(found[..., :3].astype(int) - expected[..., :3])[visible].max() <= 4


def test_half_transparent_frames_are_laid_over_each_other():
    """The equation of the PNG specification, third edition, section 13.16, with one value worked out by hand:

    200 at 0.6 over 100 at 0.5 has the opacity 0.6 + 0.5 * 0.4 = 0.8 and the colour (200 * 0.6 + 100 * 0.2) / 0.8 = 175.
    """
    above, below = np.uint8([[[200, 153]]]), np.uint8([[[100, 128]]])
    assert np.abs(apng._over(above, below, 255.0).astype(int) - [175, 204]).max() <= 1
    solid, clear = np.uint8([[[7, 255]]]), np.uint8([[[9, 0]]])
    assert np.array_equal(apng._over(solid, below, 255.0), solid)
    assert np.array_equal(apng._over(clear, below, 255.0), below)


@pytest.mark.parametrize("format_", ["GIF", "WEBP"])
def test_frames_of_others_are_read_as_pillow_shows_them(tmp_path, format_):
    frames = [other.smooth(3, 8, seed=seed) // 64 * 64 for seed in range(3)]
    options = {"lossless": True, "exact": True} if format_ == "WEBP" else {}
    (tmp_path / "a").write_bytes(other.pillow_file(format_, frames, duration=[30, 40, 50], loop=1, **options))
    image = read_image(tmp_path / "a")
    assert (image.frames, image.delays, image.has_alpha) == (3, (30, 40, 50), False)
    with Pillow.open(tmp_path / "a") as file:
        for number, frame in enumerate(image.each_frame()):
            file.seek(number)
            assert np.array_equal(frame.samples, np.asarray(file.convert("RGB")))


def test_the_first_picture_of_a_png_may_stand_outside_the_animation(tmp_path):
    pictures = [other.as_pillow(other.smooth(3, 8, seed=seed)) for seed in range(3)]
    pictures[0].save(tmp_path / "a.png", save_all=True, append_images=pictures[1:], default_image=True, duration=50)
    image = read_image(tmp_path / "a.png")
    assert image.frames == 2
    assert np.array_equal(image.samples[:10], np.asarray(pictures[1]))
    assert image.not_carried == ("the still picture outside the animation",)


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "GIF"])
def test_many_frames_are_counted_against_the_limit_before_decoding(tmp_path, format_):
    frames = [other.smooth(1, 8, seed=seed) for seed in range(12)]
    (tmp_path / "a").write_bytes(other.pillow_file(format_, frames, duration=10))
    assert read_image(tmp_path / "a", max_pixels=12 * 140).frames == 12
    with pytest.raises(ImageError, match=r"14 x 10 pixels in each of 12 frames; at most 1679"):
        read_image(tmp_path / "a", max_pixels=12 * 140 - 1)


def test_a_png_that_announces_a_million_frames_is_refused(tmp_path):
    content = other.pillow_file("PNG", [other.smooth(3, 8, seed=seed) for seed in range(2)], duration=10)
    at = content.index(b"acTL") + 4
    (tmp_path / "a.png").write_bytes(content[:at] + (10**9).to_bytes(4, "big") + content[at + 4 :])
    with pytest.raises(ImageError, match="1000000000 frames"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("damage", ["checksum", "cut", "outside"])
def test_a_damaged_animated_png_is_refused(tmp_path, damage):
    write_image(moving(), tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    if damage == "checksum":
        data[data.index(b"fdAT") + 20] ^= 1
    elif damage == "cut":
        del data[-40:]
    else:
        at = data.rindex(b"fcTL")
        part = bytes(data[at + 4 : at + 16]) + (9).to_bytes(4, "big") + bytes(data[at + 20 : at + 30])
        data[at - 4 : at + 34] = other.chunk(b"fcTL", part)
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ImageError, match=r"damaged, cut short"):
        read_image(tmp_path / "a.png")


def test_metadata_goes_with_an_animation(tmp_path):
    from dataclasses import replace

    from apercu.image.exif import PREFIX

    exif = PREFIX + other.exif_block().tobytes().removeprefix(PREFIX)
    image = replace(moving(), icc=other.SRGB, exif=exif, xmp=other.XMP)
    for suffix in (".png", ".webp"):
        write_image(image, tmp_path / f"a{suffix}")
        after = read_image(tmp_path / f"a{suffix}")
        assert (after.icc, after.xmp, after.frames) == (other.SRGB, other.XMP, 3)
        assert other.exif_tags(tmp_path / f"a{suffix}")[1:] == ("a small house", "2020:01:02 03:04:05", "N")


def test_a_still_gif_of_few_colours_is_exact(tmp_path):
    rng = np.random.default_rng(2)
    table = rng.integers(0, 256, (255, 3), dtype=np.uint8)
    colours = table[rng.integers(0, 255, (20, 30))]
    opacity = np.where(rng.random((20, 30, 1)) < 0.3, 0, 255).astype(np.uint8)
    assert write_image(Image(np.concatenate([colours, opacity], axis=2), has_alpha=True), tmp_path / "a.gif") == ()
    found = np.asarray(Pillow.open(io.BytesIO((tmp_path / "a.gif").read_bytes())).convert("RGBA"))
    assert np.array_equal(found[:, :, 3:], opacity)
    assert np.array_equal(found[:, :, :3][opacity[:, :, 0] > 0], colours[opacity[:, :, 0] > 0])


def test_what_gif_cannot_hold_is_said(tmp_path):
    rng = np.random.default_rng(5)
    image = Image(rng.integers(0, 256, (80, 40, 4), dtype=np.uint8), has_alpha=True, frames=2, delays=(33, 40))
    warnings = write_image(image, tmp_path / "a.gif")
    assert [text.split(":")[0] for text in warnings] == [
        "GIF holds 256 colours a frame", "GIF has no soft transparency", "GIF counts time in steps of 10 ms",
    ]  # fmt: skip
    assert read_image(tmp_path / "a.gif").delays == (30, 40)


def animated_gif(path):
    """Three frames, and where in the file the parts end that it could be cut behind."""
    write_image(moving(), path)
    data = path.read_bytes()
    ends = [place for place in range(1, len(data)) if data.startswith((b"!\xf9\x04", b"!\xff\x0b"), place)]
    return data, ends


def test_a_gif_that_is_cut_off_is_refused_or_what_may_be_missing_is_named(tmp_path):
    data, ends = animated_gif(tmp_path / "a.gif")
    assert read_image(tmp_path / "a.gif").not_carried == ("the palette: the colours are held one by one",)
    for length in range(7, len(data), 7):
        (tmp_path / "cut.gif").write_bytes(data[:length])
        if length in ends:
            continue
        with pytest.raises(ImageError, match="cut short"):
            read_image(tmp_path / "cut.gif")
    for length in (ends[-1], len(data) - 1):
        (tmp_path / "cut.gif").write_bytes(data[:length])
        found = read_image(tmp_path / "cut.gif")
        assert found.frames == (2 if length == ends[-1] else 3)
        assert found.not_carried[-1].startswith("frames that may be missing")


def test_a_profile_and_xmp_inside_a_gif_are_named(tmp_path):
    data, ends = animated_gif(tmp_path / "a.gif")
    extras = b"!\xff\x0bICCRGBG1012\x03abc\0" + b"!\xff\x0bXMP DataXMP\x01<\0"
    (tmp_path / "a.gif").write_bytes(data[: ends[0]] + extras + data[ends[0] :])
    found = read_image(tmp_path / "a.gif")
    assert (found.frames, found.not_carried[1:]) == (3, ("a colour profile", "an XMP packet"))
