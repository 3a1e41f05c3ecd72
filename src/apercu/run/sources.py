"""Which pictures a folder holds, and what their results are called."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from apercu.errors import InputError

PICTURE_SUFFIXES = frozenset(
    {
        ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".gif", ".avif", ".heic", ".heif",
        ".bmp", ".jxl", ".jp2", ".psd", ".exr", ".hdr", ".tga", ".ppm", ".pgm", ".pbm", ".pnm",
    }
)  # fmt: skip
"""What counts as a picture. More than can be read: a picture that is refused is better listed than passed over."""

_FALLBACK = ".png"


@dataclass
class Listing:
    """The pictures below a folder, as paths relative to it.

    `ignored` counts other files and those that patterns leave out; `unreadable` holds (folder, reason).
    """

    pictures: list[str] = field(default_factory=list)
    ignored: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Naming:
    """How a result is called: as its picture, with another suffix where a format is asked for or the old one cannot be
    written.

    Args:
        suffix: the suffix of every result, or None to keep the picture's.
        can_be_written: whether results can have a suffix.
    """

    suffix: str | None
    can_be_written: Callable[[str], bool]

    def __call__(self, picture: str) -> str:
        stem, suffix = os.path.splitext(picture)
        if self.suffix is not None:
            return stem + self.suffix
        return picture if self.can_be_written(suffix.lower()) else stem + _FALLBACK


def list_pictures(
    folder: Path,
    naming: Naming,
    *,
    leave_out: Path,
    recursive: bool = True,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Listing:
    """The pictures below a folder, sorted. Hidden files and folders are passed over.

    A link to a picture is a picture; a link to a folder is not followed, so that no loop is walked.

    Args:
        folder: where to look.
        naming: how results are called.
        leave_out: a folder whose files are not pictures of this batch: where its results go.
        recursive: whether to look into folders.
        include: patterns such as `*.png` or `sub/*`, of which a name or a path must fit one, if there are any.
        exclude: patterns of which neither may fit any.

    Raises:
        InputError: two pictures would have the same result.
    """
    found = Listing()
    folders = [""]
    while folders:
        below = folders.pop()
        try:
            with os.scandir(folder / below) as entries:
                visible = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError as error:
            found.unreadable.append((below or ".", error.strerror or str(error)))
            continue
        pictures = []
        for entry in visible:
            path = os.path.join(below, entry.name)
            if entry.is_dir(follow_symlinks=False):
                if recursive and not _same(entry.path, leave_out):
                    folders.append(path)
            elif _is_wanted(path, entry.name, include, exclude):
                pictures.append(path)
            else:
                found.ignored += 1
        _refuse_equal_results(pictures, naming)
        found.pictures += pictures
    found.pictures.sort()
    return found


def _same(one: str, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def _is_wanted(path: str, name: str, include: Iterable[str], exclude: Iterable[str]) -> bool:
    def fits(patterns: Iterable[str]) -> bool:
        return any(fnmatchcase(name, pattern) or fnmatchcase(path, pattern) for pattern in patterns)

    picture = os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES
    return picture and (not include or fits(include)) and not fits(exclude)


def _refuse_equal_results(pictures: Iterable[str], naming: Naming) -> None:
    """Results keep the folders of their pictures, so only pictures of one folder can meet."""
    taken: dict[str, str] = {}
    for picture in sorted(pictures):
        other = taken.setdefault(naming(picture), picture)
        if other != picture:
            raise InputError(
                f"{other} and {picture} would both become {naming(picture)}",
                hint="Rename one of them, leave one out with --exclude, or choose another --format.",
            )
