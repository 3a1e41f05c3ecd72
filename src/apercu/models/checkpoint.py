"""Read trained weights from files that strangers made, without running anything in them.

safetensors files hold numbers only. A PyTorch `.pth` is a zip archive with a pickle, and a pickle is a program: it is read here with an unpickler that
knows the handful of names a plain tensor dictionary needs and refuses every other one before anything is called. No torch is needed.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apercu.errors import WeightsError

Array = NDArray[Any]

LARGEST_FILE = 4 << 30
LARGEST_PICKLE = 64 << 20
STORAGES = {
    "FloatStorage": np.float32,
    "DoubleStorage": np.float64,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
    "IntStorage": np.int32,
    "ShortStorage": np.int16,
    "CharStorage": np.int8,
    "ByteStorage": np.uint8,
    "BoolStorage": np.bool_,
}


def file_digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a `.safetensors` or a PyTorch `.pth`/`.pt`/`.ckpt` zip archive.

    Returns:
        For safetensors a flat dictionary name -> array; for PyTorch whatever dictionary was saved, with arrays in the place of tensors.

    Raises:
        WeightsError: missing, too large, a web page or a pointer instead of weights, cut off, or a pickle that asks for anything but tensors.
    """
    head = _head(path)
    if head.startswith(b"PK\x03\x04"):
        return _read_zip(path)
    if head[:1] == b"\x80":
        raise WeightsError(f"{path.name} is an old-style PyTorch pickle, which cannot be read safely", hint="Save it again as .safetensors and add that file.")
    if head[8:9] == b"{":
        return _read_safetensors(path)
    raise WeightsError(f"{path.name} is not a file of weights (it begins with {head[:8]!r})", hint="Bring a .safetensors or a .pth file.")


def _head(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror or error})", hint="Check the path and its permissions.") from error
    if size > LARGEST_FILE:
        raise WeightsError(f"{path.name} has {size:,} bytes, more than the {LARGEST_FILE:,} that are read", hint="Extract the weights into a .safetensors file.")
    if head.startswith(b"version https://git-lfs"):
        raise WeightsError(f"{path.name} is a git-lfs pointer, not the weights themselves", hint="Fetch the real file with `git lfs pull`.")
    if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise WeightsError(f"{path.name} is a web page, not a file of weights", hint="The download failed: open the link in a browser and save the file.")
    return head


def _read_safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, ValueError, OSError) as error:
        raise WeightsError(f"{path.name} is not a whole safetensors file ({error})", hint="It may be cut off: fetch it again.") from error


def _read_zip(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith("/data.pkl") or name == "data.pkl"]
            if len(names) != 1:
                raise WeightsError(f"{path.name} is a zip archive without a PyTorch checkpoint in it", hint="Bring a .safetensors or a .pth file.")
            if archive.getinfo(names[0]).file_size > LARGEST_PICKLE:
                raise WeightsError(f"{path.name} holds an oversized index", hint="Extract the weights into a .safetensors file.")
            data = _TensorUnpickler(archive, names[0]).load()
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError, TypeError, IndexError, AttributeError, pickle.UnpicklingError, OSError) as error:
        raise WeightsError(f"{path.name} is damaged or cut off ({error})", hint="Fetch the file again and compare its size.") from error
    if not isinstance(data, dict):
        raise WeightsError(f"{path.name} holds a {type(data).__name__}, not a dictionary of weights", hint="Bring the published checkpoint.")
    return data


class _TensorUnpickler(pickle.Unpickler):
    """Knows plain tensors and containers; every other name is refused before anything is called."""

    def __init__(self, archive: zipfile.ZipFile, index: str) -> None:
        super().__init__(io.BytesIO(archive.read(index)))
        self._archive = archive
        self._root = index.removesuffix("data.pkl")
        self._storages: dict[str, Array] = {}

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - the signature of pickle.Unpickler
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGES:
            return np.dtype(STORAGES[name])
        raise WeightsError(f"the checkpoint asks to run {module}.{name}, which is not a tensor; nothing was executed", hint="Do not trust this file.")

    def persistent_load(self, pid: Any) -> Array:  # noqa: ANN401 - the signature of pickle.Unpickler
        kind, dtype, key, _, count = pid
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise WeightsError(f"the checkpoint refers to an unknown {kind!r}", hint="Bring the published checkpoint.")
        if key not in self._storages:
            member = f"{self._root}data/{key}"
            if self._archive.getinfo(member).file_size != count * dtype.itemsize:
                raise WeightsError(f"storage {key} of the checkpoint is not {count} numbers long", hint="It may be cut off: fetch it again.")
            self._storages[key] = np.frombuffer(self._archive.read(member), dtype)
        return self._storages[key]


def _rebuild_tensor(storage: Array, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Array:
    """A view of a storage, checked to stay inside it."""
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if min((offset, *stride, *size), default=0) < 0 or (0 not in size and last >= storage.size):
        raise WeightsError("a tensor of the checkpoint reaches outside its storage", hint="Do not trust this file.")
    strides = tuple(s * storage.itemsize for s in stride)
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides, writeable=False)
