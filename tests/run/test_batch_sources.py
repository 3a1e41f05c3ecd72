"""Which files of a folder are pictures of a batch, and what their results are called."""

import os
import sys

import pytest

from apercu.errors import InputError, OutputError
from apercu.folders import _naming
from apercu.image import check_output
from apercu.run.sources import PICTURE_SUFFIXES, Naming, list_pictures

KEEP = Naming(None, lambda suffix: suffix in {".png", ".jpg"})


@pytest.fixture
def folder(tmp_path):
    """Makes empty files below a folder."""

    def make(*names):
        for name in names:
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "in"

    return make


def listed(folder, **options):
    return list_pictures(folder, options.pop("naming", KEEP), leave_out=options.pop("out", folder / "out"), **options)


def test_pictures_of_all_folders_are_found_sorted_and_others_counted(folder):
    found = listed(folder("b.png", "a/z.JPG", "a/b/c.webp", "notes.txt", "a/noext", ".hidden.png", ".git/x.png"))
    assert found.pictures == ["a/b/c.webp", "a/z.JPG", "b.png"]
    assert (found.ignored, found.unreadable) == (2, [])


def test_folders_can_be_left_out(folder):
    assert listed(folder("b.png", "a/z.png"), recursive=False).pictures == ["b.png"]


def test_patterns_choose_by_name_or_path(folder):
    root = folder("icon-a.png", "icon-b.png", "sub/icon-c.png", "sub/photo.png", "x.txt")
    assert listed(root, include=["icon-*"]).pictures == ["icon-a.png", "icon-b.png", "sub/icon-c.png"]
    found = listed(root, include=["icon-*"], exclude=["sub/*", "*-b.*"])
    assert (found.pictures, found.ignored) == (["icon-a.png"], 4)


def test_the_results_of_the_batch_are_not_its_pictures(folder):
    assert listed(folder("a.png", "large/a.png"), out=folder() / "large").pictures == ["a.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_to_folders_are_not_followed_and_links_to_pictures_are(folder):
    root = folder("sub/a.png")
    (root / "sub" / "loop").symlink_to(root)
    (root / "self").symlink_to("self")
    (root / "link.png").symlink_to("sub/a.png")
    assert listed(root).pictures == ["link.png", "sub/a.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not have such names")
def test_odd_names_are_names_like_any_other(folder):
    names = ["-dash.png", "new\nline.png", os.fsdecode(b"\xff.png"), " .png", "a*[b].png"]
    assert listed(folder(*names)).pictures == sorted(names)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a folder that may not be read")
def test_a_folder_that_cannot_be_read_is_told(folder):
    root = folder("a.png", "locked/b.png")
    (root / "locked").chmod(0)
    found = listed(root)
    (root / "locked").chmod(0o755)
    assert (found.pictures, found.unreadable) == (["a.png"], [("locked", "Permission denied")])


@pytest.mark.parametrize(
    ("suffix", "picture", "result"),
    [
        (None, "sub.x/a.png", "sub.x/a.png"),
        (None, "a.JPG", "a.JPG"),
        (None, "a.gif", "a.png"),
        (".webp", "a.b.png", "a.b.webp"),
    ],
)
def test_a_result_keeps_its_suffix_unless_another_is_asked_for_or_needed(suffix, picture, result):
    assert Naming(suffix, KEEP.can_be_written)(picture) == result


@pytest.mark.parametrize(
    ("naming", "names"),
    [(KEEP, ("a.gif", "a.png")), (Naming(".webp", KEEP.can_be_written), ("sub/a.jpg", "sub/a.png"))],
)
def test_two_pictures_with_the_same_result_are_refused_by_name(naming, names, folder):
    root = folder(*names)
    with pytest.raises(InputError, match=f"{names[0]} and {names[1]} would both become"):
        listed(root, naming=naming)
    assert listed(root, naming=naming, exclude=["*.png"]).pictures == [names[0]]
    assert listed(folder("other/a.png"), naming=naming, exclude=[names[1]])


def test_whatever_can_be_written_counts_as_a_picture_and_keeps_its_suffix(tmp_path):
    naming = _naming(None, tmp_path / "new" / "out")
    kept = {suffix for suffix in PICTURE_SUFFIXES if naming("a" + suffix) == "a" + suffix}
    assert kept >= {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif"}
    assert ".heic" not in kept
    for suffix in kept:
        check_output(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("format_", ["heic", ".txt", "", "png/x"])
def test_a_format_that_cannot_be_written_is_refused(format_, tmp_path):
    with pytest.raises(OutputError):
        _naming(format_, tmp_path)
