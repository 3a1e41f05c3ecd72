"""Packages of pictures: fetched once, checked, and read without being unpacked.

A package that the cache lacks is fetched by the tools of its own world: `apt-get download` and `npm pack`, neither of
which runs anything of the package. Every package is checked against the recipe's size and sha256 before it is read.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from apercu.errors import InputError, MissingDependencyError, OutputError, RunError
from apercu.train.recipe import Package

LARGEST_MEMBER = 256 * 2**20
_FETCH_HINTS = {
    "apt-get": "It needs a network and Debian bookworm's lists; or put {package.file} into the cache's folder deb.",
    "npm": "It needs a network; or put {package.file} into the cache's folder npm.",
}
_TOOL_HINTS = {
    "apt-get": "It is a part of Debian; elsewhere put {package.file} into the cache's folder deb.",
    "dpkg-deb": "It is a part of Debian; other systems have it in a package called dpkg.",
    "npm": "It comes with Node.js.",
    "node": "Install Node.js.",
}
_AVATARS = """
import { createAvatar } from '@dicebear/core';
import * as style from '%s';
const seeds = JSON.parse(process.argv[2]);
process.stdout.write(JSON.stringify(seeds.map(seed => createAvatar(style, { seed }).toString())));
"""


def fetch(package: Package, cache: Path) -> Path:
    """The archive of a package, fetched when the cache lacks it.

    Args:
        package: what is wanted.
        cache: archives lie in `cache/deb` and `cache/npm`.

    Returns:
        Path of the archive, whose size and sha256 are those of the recipe.

    Raises:
        InputError: the archive is another one than the recipe's.
        MissingDependencyError: the tool that fetches it is not installed.
        OutputError: the cache cannot be read or written.
        RunError: the tool failed, for example without network.
    """
    path = cache / package.kind / package.file
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _fetch_to(path, package)
        _check(path, package)
    except OSError as error:
        raise OutputError(f"{path} cannot be read or written: {error.strerror or error}") from error
    return path


def read_members(archive: Path, package: Package, paths: Iterable[str]) -> dict[str, bytes]:
    """Some files of a package, read from its archive into memory; nothing is unpacked.

    Args:
        archive: the .deb or .tgz file.
        package: says which of the two it is.
        paths: wanted files, without a leading "./".

    Returns:
        The content of each path.

    Raises:
        InputError: a path leads out of the package, is missing, no plain file, or larger than 256 MiB.
        MissingDependencyError: `dpkg-deb` is not installed.
        RunError: the archive cannot be read.
    """
    wanted = set(paths)
    if bad := sorted(path for path in wanted if not _stays_inside(path)):
        raise InputError(f"{package.name}: {bad[0]!r} is no path inside a package")
    found: dict[str, bytes] = {}
    with _opened(archive, package) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if name in wanted:
                found[name] = _content(tar, member, package)
                if len(found) == len(wanted):
                    break
    if missing := sorted(wanted - found.keys()):
        raise InputError(
            f"{package.name} {package.version} lacks {len(missing)} of its files, the first is {missing[0]}",
        )
    return found


def read_icons(archive: Path, package: Package, names: Iterable[str]) -> dict[str, bytes]:
    """Icons of an Iconify set as SVG documents, by name.

    Raises:
        InputError: the set lacks an icon, or is damaged; and the errors of `read_members`.
    """
    text = read_members(archive, package, ["package/icons.json"])["package/icons.json"]
    try:
        found = json.loads(text)
        return {name: _icon(found, found["icons"][name]) for name in names}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{package.name} {package.version} lacks {error} in its icons.json") from error


def read_avatars(archive: Path, package: Package, core: tuple[Path, Package], seeds: Iterable[str]) -> dict[str, bytes]:
    """Avatars as SVG documents, by seed: Node.js runs the package's own code in a folder that is removed afterwards.

    Args:
        archive: a style of DiceBear.
        package: its record.
        core: archive and record of `@dicebear/core`.
        seeds: one avatar each.

    Raises:
        MissingDependencyError: Node.js is not installed.
        InputError: an archive holds a path that leads out of it, or a link.
        RunError: the code failed.
    """
    wanted = list(seeds)
    with tempfile.TemporaryDirectory(prefix="avatars-") as name:
        folder = Path(name)
        for path, record in ((archive, package), core):
            _unpack(path, record, folder / "node_modules" / record.name)
        (folder / "avatars.mjs").write_text(_AVATARS % package.name)
        printed = _run(["node", "avatars.mjs", json.dumps(wanted)], package, cwd=folder)
    try:
        drawings = [str(text).encode() for text in json.loads(printed)]
        return dict(zip(wanted, drawings, strict=True))
    except (TypeError, ValueError) as error:
        raise RunError(f"{package.name} {package.version} printed no avatars: {error}") from error


def _fetch_to(path: Path, package: Package) -> None:
    """Fetch into a folder of its own, and move the archive to `path` once it was checked."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetching-") as folder:
        _run(_fetch_command(package), package, cwd=Path(folder))
        fetched = Path(folder) / package.file
        if not fetched.exists():
            raise RunError(f"{package.name} {package.version} was fetched, but not as {package.file}")
        _check(fetched, package)
        fetched.replace(path)


def _fetch_command(package: Package) -> list[str]:
    if package.kind == "deb":
        return ["apt-get", "download", f"{package.name}={package.version}"]
    return ["npm", "pack", "--ignore-scripts", "--loglevel=error", f"{package.name}@{package.version}"]


def _check(path: Path, package: Package) -> None:
    hint = "If the file lies in the cache, remove it; it is then fetched again."
    size = path.stat().st_size
    if size != package.size:
        raise InputError(f"{path} has {size} bytes; the recipe expects {package.size}", hint=hint)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != package.sha256:
        raise InputError(f"{path} has the sha256 {digest}; the recipe expects {package.sha256}", hint=hint)


def _run(command: list[str], package: Package, *, cwd: Path) -> bytes:
    tool = _tool(command[0], package)
    done = subprocess.run([tool, *command[1:]], cwd=cwd, capture_output=True, check=False)  # noqa: S603 -- no shell
    if done.returncode != 0:
        raise RunError(
            f"`{' '.join(command[:2])}` failed for {package.name} {package.version} and said: {_said(done.stderr)}",
            hint=_FETCH_HINTS.get(command[0], "").format(package=package),
        )
    return done.stdout


def _said(stderr: bytes) -> str:
    """The line of a tool's complaints that names the error."""
    lines = stderr.decode(errors="replace").strip().splitlines() or ["nothing"]
    return next((line for line in lines if "rror" in line or line.startswith("E:")), lines[-1]).strip()


def _tool(name: str, package: Package) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingDependencyError(
            f"{name} is needed for {package.name} {package.version} and is not installed",
            hint=_TOOL_HINTS[name].format(package=package),
        )
    return found


@contextmanager
def _opened(archive: Path, package: Package) -> Iterator[tarfile.TarFile]:
    try:
        if package.kind == "npm":
            with tarfile.open(archive, "r|gz") as tar:
                yield tar
            return
        command = [_tool("dpkg-deb", package), "--fsys-tarfile", os.fspath(archive)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603
            try:
                with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                    yield tar
            finally:
                process.kill()
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise RunError(f"{archive} cannot be read as a package: {' '.join(str(error).split())}") from error


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, package: Package) -> bytes:
    if not member.isfile():
        raise InputError(f"{package.name}: {member.name!r} is a link or a folder; expected a plain file")
    if member.size > LARGEST_MEMBER:
        raise InputError(f"{package.name}: {member.name!r} has {member.size} bytes; expected {LARGEST_MEMBER} at most")
    file = tar.extractfile(member)
    return file.read() if file else b""


def _stays_inside(path: str) -> bool:
    parts = PurePosixPath(path)
    return bool(path) and not parts.is_absolute() and ".." not in parts.parts and "\\" not in path and "\0" not in path


def _unpack(archive: Path, package: Package, folder: Path) -> None:
    """Write the plain files below `package/` into a folder."""
    with _opened(archive, package) as tar:
        for member in tar:
            if member.isdir():
                continue
            if not _stays_inside(member.name) or not member.name.startswith("package/"):
                raise InputError(f"{package.name}: {member.name!r} is no path inside a package")
            target = folder / member.name.removeprefix("package/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_content(tar, member, package))


def _icon(icons: dict[str, Any], icon: dict[str, Any]) -> bytes:
    """SVG document of one icon; what it does not say is said by the set, else it is 0, 0, 16, 16 (Iconify's format)."""
    left, top, width, height = (
        icon.get(key, icons.get(key, default))
        for key, default in (("left", 0), ("top", 0), ("width", 16), ("height", 16))
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}" height="{height}" viewBox="{left} {top} {width} {height}">{icon["body"]}</svg>'
    ).encode()
