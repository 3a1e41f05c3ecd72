"""Read trained weights from files that strangers made, without running anything in them.

safetensors files hold numbers only. A PyTorch `.pth` is a zip archive with a pickle, and a pickle is a program: its few
harmless instructions are read here as data (`apercu.models.pickled`) and every other one is refused. No torch is
needed.
"""

from __future__ import annotations

import math
import stat
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.errors import WeightsError
from apercu.models.pickled import Name, PickleReader

Array = NDArray[Any]

LARGEST_FILE = 4 << 30
LARGEST_INDEX = 4 << 20
STORAGES = {
    "torch FloatStorage": "<f4",
    "torch DoubleStorage": "<f8",
    "torch HalfStorage": "<f2",
    "torch LongStorage": "<i8",
    "torch IntStorage": "<i4",
    "torch ShortStorage": "<i2",
    "torch CharStorage": "<i1",
    "torch ByteStorage": "<u1",
    "torch BoolStorage": "?",
}
NUMBERS = frozenset(("F64", "F32", "F16", "I64", "U64", "I32", "U32", "I16", "U16", "I8", "U8", "BOOL"))
"""Kinds of numbers in a safetensors file that numpy has, too."""
EXTRACT = "Save its weights as .safetensors and bring that file."
CONVERT = "Save its weights as float32 or float16 and bring that file."
PUBLISHED = "Bring the published checkpoint, a .pth or .safetensors file."
AGAIN = "Fetch the file again and compare its size."


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a `.safetensors` or a PyTorch `.pth`/`.pt`/`.ckpt` zip archive.

    Returns:
        For safetensors a flat dictionary name -> array; for PyTorch whatever dictionary was saved, with arrays in the
        place of tensors and plain dictionaries in the place of ordered ones.

    Raises:
        WeightsError: missing, empty, too large, a web page or a pointer instead of weights, cut off, or a pickle that
            asks for anything but tensors.
    """
    head = _head(path)
    # A safetensors file begins with the length of its header, whose low bytes can look like anything: it goes first.
    if head[4:9] == b"\0\0\0\0{":
        return _read_safetensors(path)
    if head.startswith(b"PK\x03\x04"):
        return _read_zip(path)
    raise _not_weights(path, head)


def _head(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
            raise WeightsError(f"{path} is {kind}, expected a file of weights", hint=PUBLISHED)
        with path.open("rb") as file:
            head = file.read(512)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise WeightsError(f"{path} cannot be read ({cause})", hint="Check the path and its permissions.") from error
    if not head:
        raise WeightsError(f"{path.name} is empty (0 bytes), expected a file of weights", hint="Fetch the file again.")
    if status.st_size > LARGEST_FILE:
        raise WeightsError(
            f"{path.name} has {status.st_size:,} bytes, more than the {LARGEST_FILE:,} that are read", hint=EXTRACT
        )
    return head


def _not_weights(path: Path, head: bytes) -> WeightsError:
    """The error for what people take for weights by mistake."""
    if head.startswith(b"version https://git-lfs"):
        return WeightsError(
            f"{path.name} is a git-lfs pointer, not the weights themselves",
            hint="Fetch the real file with `git lfs pull`.",
        )
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return WeightsError(
            f"{path.name} is a web page, not a file of weights",
            hint="The download failed: open the link in a browser and save the file.",
        )
    if head[:1] == b"\x80":
        return WeightsError(f"{path.name} is an old-style PyTorch pickle, which cannot be read safely", hint=EXTRACT)
    return WeightsError(f"{path.name} is not a file of weights (it begins with {head[:8]!r})", hint=PUBLISHED)


def _read_safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            kinds = {str(file.get_slice(name).get_dtype()) for name in file.keys()}  # noqa: SIM118 -- it is no mapping
            if other := sorted(kinds - NUMBERS):
                raise WeightsError(
                    f"{path.name} holds numbers of the kind {', '.join(other)}, which are not read", hint=CONVERT
                )
            return dict(file.get_tensors())
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise WeightsError(f"{path.name} is not a whole safetensors file ({error})", hint=AGAIN) from error


def _read_zip(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            data = _read_archive(archive, path)
    except (
        zipfile.BadZipFile,
        EOFError,
        LookupError,
        ValueError,
        TypeError,
        ArithmeticError,
        RuntimeError,
        OSError,
    ) as error:
        raise WeightsError(f"{path.name} is damaged or cut off ({error})", hint=AGAIN) from error
    if not isinstance(data, dict):
        raise WeightsError(f"{path.name} holds no dictionary of weights but a {type(data).__name__}", hint=PUBLISHED)
    return data


def _read_archive(archive: zipfile.ZipFile, path: Path) -> object:
    indexes = [name for name in archive.namelist() if name.endswith("/data.pkl") or name == "data.pkl"]
    if len(indexes) != 1:
        raise WeightsError(f"{path.name} is a zip archive without a PyTorch checkpoint in it", hint=PUBLISHED)
    if (size := archive.getinfo(indexes[0]).file_size) > LARGEST_INDEX:
        raise WeightsError(
            f"{path.name} has an index of {size:,} bytes, more than the {LARGEST_INDEX:,} that are read", hint=EXTRACT
        )
    members = _Archive(archive, indexes[0].removesuffix("data.pkl"), path.stat().st_size)
    if members.has("byteorder") and members.read("byteorder") != b"little":
        raise WeightsError(f"{path.name} was saved on a machine with another byte order", hint=EXTRACT)
    return PickleReader(members.storage, _tensor).read(members.read("data.pkl"))


class _Archive:
    """The storages of a PyTorch zip archive; all of them together never take more memory than the file has bytes."""

    def __init__(self, archive: zipfile.ZipFile, root: str, size: int) -> None:
        self._archive = archive
        self._root = root
        self._unread = size
        self._storages: dict[str, Array] = {}

    def has(self, name: str) -> bool:
        """Whether the archive holds a member of that name."""
        return self._root + name in self._archive.NameToInfo

    def read(self, name: str) -> bytes:
        """A member of the archive: stored, not compressed, and with every other one within the size of the file."""
        info = self._archive.getinfo(self._root + name)
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise ValueError(f"{name} is compressed or encrypted, which PyTorch never does")
        self._unread -= info.file_size
        if self._unread < 0:
            raise ValueError("its members claim more bytes than the file has")
        return self._archive.read(info)

    def storage(self, pid: Any) -> Array:  # noqa: ANN401 - whatever stands in the index
        """The numbers behind a persistent id ("storage", type, key, device, count)."""
        kind, dtype, key, _, count = pid
        if kind != "storage" or not isinstance(dtype, Name) or type(key) is not str or type(count) is not int:
            raise ValueError("the index refers to something that is not a storage")
        if dtype.text not in STORAGES:
            raise WeightsError(
                f"the checkpoint holds {dtype.text.removeprefix('torch ')!r}, a kind of number that is not read",
                hint=EXTRACT,
            )
        if key not in self._storages:
            found = np.frombuffer(self.read(f"data/{key}"), STORAGES[dtype.text])
            if found.size != count:
                raise ValueError(f"storage {key[:40]} has {found.size} numbers, the index says {count}")
            self._storages[key] = found
        return self._storages[key]


def _tensor(storage: Array, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Array:
    """A view of a storage, checked to stay inside it and to repeat nothing."""
    if not isinstance(storage, np.ndarray) or not isinstance(size, tuple) or not isinstance(stride, tuple):
        raise ValueError("a tensor is not made of a storage, a size and a stride")
    if len(size) != len(stride) or not all(type(n) is int and n >= 0 for n in (offset, *size, *stride)):
        raise ValueError("a tensor has a size or a stride that is not a whole number from 0 up")
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if 0 not in size and (last >= storage.size or math.prod(size) > storage.size):
        raise ValueError("a tensor reaches outside its storage")
    if 0 in size:
        return np.empty(size, storage.dtype)
    strides = [s * storage.itemsize for s in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides, writeable=False)
