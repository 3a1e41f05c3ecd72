"""No fringe: an enlarged disc on transparency shows its own colour and the ground's, and nothing else."""

import numpy as np
import pytest

from apercu.image import Image, read_image, write_image
from apercu.pictures import enlarge
from apercu.settings import load_settings

RED = np.array([255, 0, 0])
GROUNDS = {"black": (0, 0, 0), "white": (255, 255, 255), "magenta": (255, 0, 255)}
HIDDEN = {"black": (0, 0, 0), "white": (255, 255, 255), "green": (0, 255, 0)}


def disc(hidden):
    """Red, 26 pixels wide, its edge from 8 x 8 places a pixel; what cannot be seen has the hidden colour."""
    fine = (np.mgrid[0:320, 0:320] + 0.5) / 8 - 20
    share = (np.hypot(*fine) < 13).reshape(40, 8, 40, 8).mean(axis=(1, 3))
    samples = np.empty((40, 40, 4), np.uint8)
    samples[:, :, 3] = np.rint(share * 255)
    samples[:, :, :3] = np.where(samples[:, :, 3:] > 0, RED, hidden)
    return Image(samples, has_alpha=True)


def off_the_line(samples, ground):
    """How far composed pixels are from the colours between the ground and red, in steps of 255."""
    alpha = samples[:, :, 3:] / 255
    seen = samples[:, :, :3] * alpha + np.array(ground) * (1 - alpha)
    line = RED - np.array(ground, float)
    share = np.clip((seen - ground) @ line / (line @ line), 0, 1)[:, :, None]
    return np.abs(seen - (ground + share * line)).max()


@pytest.mark.parametrize("model", ["bicubic", "lanczos", "liif-edsr"])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_a_disc_has_no_fringe_on_any_ground(tmp_path, model, hidden):
    write_image(disc(HIDDEN[hidden]), tmp_path / "in.png")
    enlarge(tmp_path / "in.png", tmp_path / "out.png", settings=load_settings(), model=model, scale=(3.0, 3.0))
    samples = read_image(tmp_path / "out.png").samples.astype(float)
    assert samples[60, 60, 3] == 255
    assert samples[0, 0, 3] == 0
    for ground in GROUNDS.values():
        assert off_the_line(samples, ground) <= 2


@pytest.mark.parametrize("model", ["bicubic", "liif-edsr"])
def test_faint_pixels_of_another_colour_do_not_leak_into_solid_ones(tmp_path, model):
    """Green at 3 of 255 around a red disc: it may show by its 3 of 255 and a rounding, and no more."""
    image = disc((0, 255, 0))
    faint = image.samples[:, :, 3] < 4
    image.samples[faint] = (0, 255, 0, 3)
    write_image(image, tmp_path / "in.png")
    enlarge(tmp_path / "in.png", tmp_path / "out.png", settings=load_settings(), model=model, scale=(3.0, 3.0))
    samples = read_image(tmp_path / "out.png").samples.astype(float)
    for ground in GROUNDS.values():
        assert off_the_line(samples, ground) <= 5


def test_the_measure_of_a_fringe_sees_one():
    samples = disc((0, 0, 0)).samples.astype(float)
    samples[10:14, 10:14] = (0, 255, 0, 128)
    assert off_the_line(samples, GROUNDS["white"]) > 20
