"""The record of a picture holds only what is one."""

import numpy as np
import pytest

from apercu.errors import ImageError, RunError, ShapeError
from apercu.image import Image, file_sha256


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


def test_values_that_are_not_numbers_never_become_a_picture():
    with pytest.raises(RunError, match="NaN"):
        Image.of(np.full((4, 4, 3), np.nan, np.float32))
