"""What goes into `enlarge` comes out: format, depth, channels, alpha, profile, orientation, metadata, frames, times.

Files are written and read by other programs (`independent.py`), and the samples are held against Pillow's bicubic
interpolation in floating point.
"""

from itertools import product

import independent as other
import numpy as np
import pytest
from PIL import Image as Pillow

from apercu.errors import OutputError
from apercu.pictures import enlarge
from apercu.settings import load_settings

DPI = (300, 150)


@pytest.fixture(scope="module")
def settings():
    return load_settings(threads=1)


def run(settings, tmp_path, content, suffix, to=None, **options):
    source, target = tmp_path / f"in{suffix}", tmp_path / f"out{to or suffix}"
    source.write_bytes(content)
    done = enlarge(source, target, settings=settings, model="bicubic", scale=(2.0, 2.0), overwrite=True, **options)
    return target, done


def profile_for(channels):
    return {1: other.grey_profile(), 3: other.SRGB, 4: other.cmyk_profile()}[channels]


def assert_samples(path, expected, *, bits, within=0.51, alpha=False):
    """Colours that are hardly seen (alpha below 2%) may be any."""
    found = other.samples_of(path)
    assert found.shape == (1, *expected.shape)
    assert found.dtype == (np.uint8 if bits == 8 else np.uint16)
    difference = np.abs(found[0] - expected)
    if alpha:
        difference[:, :, :-1][expected[:, :, -1] < 0.02 * (2**bits - 1)] = 0
    assert difference.max() <= within


def expected_of(samples, bits, *, alpha):
    """Colours weighted by alpha, as they are seen."""
    upright = other.turned_6(samples)
    if not alpha:
        return other.enlarged(upright, bits=bits)
    highest = 2.0**bits - 1
    weighted = upright.astype(float)
    weighted[:, :, :-1] *= weighted[:, :, -1:] / highest
    seen = other.enlarged(weighted, bits=bits, clip=False)
    opacity = seen[:, :, -1:]
    return np.clip(np.concatenate([seen[:, :, :-1] / opacity * highest, opacity], axis=2), 0, highest)


def assert_told(path, *, icc, dpi=(150, 300)):
    profile, found_dpi, _, _ = other.told(path)
    assert profile == icc
    assert found_dpi == dpi
    assert other.exif_tags(path) == (1, "a small house", "2020:01:02 03:04:05", "N")


@pytest.mark.parametrize(("channels", "bits", "alpha"), [*product([1, 3], [8, 16], [False, True])])
def test_png_in_is_png_out(settings, tmp_path, channels, bits, alpha):
    samples = other.smooth(channels, bits, alpha=alpha)
    icc = profile_for(channels)
    content = other.png_file(samples, icc=icc, exif=other.exif_block(6), dpi=DPI, xmp=other.XMP)
    path, _ = run(settings, tmp_path, content, ".png")
    assert_samples(path, expected_of(samples, bits, alpha=alpha), bits=bits, alpha=alpha)
    assert_told(path, icc=icc)
    with Pillow.open(path) as file:
        assert file.info["XML:com.adobe.xmp"].encode() == other.XMP


@pytest.mark.parametrize(("channels", "bits", "alpha"), [*product([1, 3, 4], [8, 16], [False, True])])
def test_tiff_in_is_tiff_out(settings, tmp_path, channels, bits, alpha):
    samples = other.smooth(channels, bits, alpha=alpha)
    icc = profile_for(channels)
    path, _ = run(settings, tmp_path, other.tiff_file(samples, icc=icc, orientation=6, dpi=DPI), ".tif")
    assert_samples(path, expected_of(samples, bits, alpha=alpha), bits=bits, alpha=alpha)
    import tifffile

    with tifffile.TiffFile(path) as file:
        tags = file.pages[0].tags
        assert tags[34675].value == icc
        assert 274 not in tags or tags[274].value == 1
        assert tags[270].value == "a small house"
        assert [round(a / b) for a, b in (tags[282].value, tags[283].value)] == [150, 300]
        assert file.pages[0].extrasamples == ((2,) if alpha else ())


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_jpeg_in_is_jpeg_out(settings, tmp_path, channels):
    icc = profile_for(channels)
    picture = other.as_pillow(other.smooth(channels, 8, size=(24, 32)), cmyk=channels == 4)
    picture.save(tmp_path / "in.jpg", quality=98, subsampling=0, icc_profile=icc, exif=other.exif_block(6), dpi=DPI)
    content = (tmp_path / "in.jpg").read_bytes()
    decoded = other.samples_of(tmp_path / "in.jpg")[0]
    path, done = run(settings, tmp_path, content, ".jpg")
    assert_samples(path, expected_of(decoded, 8, alpha=False), bits=8, within=16)
    assert_told(path, icc=icc)
    assert any("approximately" in text for text in done.warnings)


@pytest.mark.parametrize(("suffix", "alpha"), [*product([".webp", ".avif"], [False, True])])
def test_webp_and_avif_in_are_the_same_out(settings, tmp_path, suffix, alpha):
    samples = other.smooth(3, 8, alpha=alpha, size=(16, 24))
    options = {"lossless": True, "exact": True} if suffix == ".webp" else {"quality": 100, "subsampling": "4:4:4"}
    options |= {"icc_profile": other.SRGB, "exif": exif_with_dpi()}
    content = other.pillow_file(suffix[1:].upper(), [samples], **options)
    (tmp_path / f"first{suffix}").write_bytes(content)
    decoded = other.samples_of(tmp_path / f"first{suffix}")[0]
    upright = decoded if decoded.shape[0] > decoded.shape[1] else other.turned_6(decoded)  # Pillow turns AVIF by itself
    expected = expected_of(np.rot90(upright), 8, alpha=alpha)
    within = 0.51 if suffix == ".webp" else 8 if alpha else 3  # two decoders of AVIF, and a division by alpha
    path, _ = run(settings, tmp_path, content, suffix)
    assert_samples(path, expected, bits=8, within=within, alpha=alpha)
    assert other.told(path)[0] == other.SRGB
    assert other.exif_tags(path) == (1, "a small house", "2020:01:02 03:04:05", "N")


def exif_with_dpi():
    exif = other.exif_block(6)
    exif[0x011A], exif[0x011B], exif[0x0128] = 300.0, 150.0, 2
    return exif


@pytest.mark.parametrize("channels", [1, 3])
def test_bmp_in_is_bmp_out(settings, tmp_path, channels):
    samples = other.smooth(channels, 8)
    path, _ = run(settings, tmp_path, other.pillow_file("BMP", [samples], dpi=DPI), ".bmp")
    assert_samples(path, other.enlarged(samples, bits=8), bits=8)
    assert other.told(path)[1] == DPI


def test_a_grey_gif_is_a_grey_gif(settings, tmp_path):
    samples = other.smooth(1, 8)
    path, _ = run(settings, tmp_path, other.pillow_file("GIF", [samples]), ".gif")
    assert np.abs(other.samples_of(path)[0][:, :, :1] - other.enlarged(samples, bits=8)).max() <= 0.51


def test_a_coloured_gif_says_that_its_colours_were_reduced(settings, tmp_path):
    y, x = np.mgrid[0:10, 0:14]
    few = np.stack([(x // 5) * 100, (y // 4) * 90, (x * y) // 12 * 20], axis=2).astype(np.uint8)
    path, done = run(settings, tmp_path, other.pillow_file("GIF", [few]), ".gif")
    assert any("reduced" in text and "256" in text for text in done.warnings)
    assert np.abs(other.samples_of(path)[0] - other.enlarged(few, bits=8)).mean() < 4


@pytest.mark.parametrize(("format_", "suffix"), [("PNG", ".png"), ("WEBP", ".webp"), ("GIF", ".gif")])
@pytest.mark.parametrize("alpha", [False, True])
def test_every_frame_and_its_time_come_out(settings, tmp_path, format_, suffix, alpha):
    frames = [other.smooth(3, 8, seed=seed) for seed in (0, 1, 1, 2)]  # two equal ones, which encoders like to join
    if alpha:
        clear = np.arange(14)[None, :, None] < 5
        frames = [
            np.concatenate([frame, np.where(clear, 0, 255) * np.ones((10, 14, 1), int)], axis=2) for frame in frames
        ]
        frames = [frame.astype(np.uint8) for frame in frames]
    delays = [30, 50, 70, 200]
    options = {"duration": delays, "loop": 3, **({"lossless": True, "exact": True} if format_ == "WEBP" else {})}
    if format_ == "GIF":
        options |= {"disposal": 2}
    content = other.pillow_file(format_, frames, **options)
    (tmp_path / f"first{suffix}").write_bytes(content)
    stored = other.samples_of(tmp_path / f"first{suffix}")
    _, _, delays, loops = other.told(tmp_path / f"first{suffix}")
    path, done = run(settings, tmp_path, content, suffix)
    found = other.samples_of(path)
    assert found.shape[:3] == (len(stored), 20, 28)
    assert other.told(path)[2:] == (delays, loops)
    assert done.run.nodes[0].output.endswith(f"{len(stored)} frames")
    if format_ != "GIF" and not alpha:
        for before, after in zip(stored, found, strict=True):
            assert np.abs(after[:, :, :3] - other.enlarged(before[:, :, :3], bits=8)).max() <= 0.51
    if alpha:
        for before, after in zip(stored, found, strict=True):
            opacity = other.enlarged(before[:, :, 3:], bits=8)[:, :, 0]
            assert np.abs(after[:, :, 3] - opacity).max() < (128 if format_ == "GIF" else 1)


def test_an_animated_gif_into_png_is_an_animation_with_the_same_times(settings, tmp_path):
    frames = [other.smooth(1, 8, seed=seed) for seed in range(3)]
    path, _ = run(settings, tmp_path, other.pillow_file("GIF", frames, duration=[40, 80, 120], loop=0), ".gif", ".png")
    assert other.told(path)[2:] == ([40, 80, 120], 0)
    for before, after in zip(frames, other.samples_of(path), strict=True):
        assert np.abs(after - other.enlarged(before, bits=8)).max() <= 0.51


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".avif", ".bmp"])
def test_an_animation_into_a_still_format_is_refused_before_the_work(settings, tmp_path, suffix):
    frames = [other.smooth(1, 8, seed=seed) for seed in range(3)]
    with pytest.raises(OutputError, match="3 frames") as caught:
        run(settings, tmp_path, other.pillow_file("GIF", frames, duration=40), ".gif", suffix)
    assert caught.value.hint == "Write .png, .webp or .gif instead."


@pytest.mark.parametrize("suffix", [".png", ".webp", ".avif", ".gif", ".bmp"])
def test_cmyk_into_a_format_without_it_is_refused_and_to_srgb_helps(settings, tmp_path, suffix):
    content = other.tiff_file(other.smooth(4, 8), icc=other.cmyk_profile())
    with pytest.raises(OutputError, match="CMYK") as caught:
        run(settings, tmp_path, content, ".tif", suffix)
    assert "--to-srgb" in caught.value.hint
    assert ".jpg or .tif" in caught.value.hint
    path, done = run(settings, tmp_path, content, ".tif", suffix, to_srgb=True)
    assert other.samples_of(path).shape == (1, 20, 28, 3)
    load = next(node for node in done.run.plan.nodes if node.op == "load")
    assert load.params == {"to_srgb": True}


def test_stripped_of_everything_but_the_profile(settings, tmp_path):
    content = other.png_file(other.smooth(3, 8), icc=other.SRGB, exif=other.exif_block(6), dpi=DPI, xmp=other.XMP)
    for suffix in (".png", ".jpg", ".webp", ".tif"):
        path, done = run(settings, tmp_path, content, ".png", suffix, strip=True)
        with Pillow.open(path) as file:
            assert file.info.get("icc_profile") == other.SRGB
            assert not any("xmp" in name for name in file.info)
            assert suffix == ".tif" or "dpi" not in file.info
        assert other.exif_tags(path)[1:] == (None, None, None)
        assert next(node for node in done.run.plan.nodes if node.op == "save").params == {"strip": True}


def test_a_size_that_the_format_cannot_hold_is_refused_before_the_work(settings, tmp_path):
    content = other.png_file(np.zeros((2, 9000, 1), np.uint8))
    with pytest.raises(OutputError, match=r"18000 x 4 pixels: WebP holds at most 16383") as caught:
        run(settings, tmp_path, content, ".png", ".webp")
    assert ".png" in caught.value.hint
