"""ONNX graphs without weights, joined at load time with weights from a safetensors file."""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from apercu.errors import WeightsError

onnxruntime.disable_telemetry_events()  # on Windows, where no variable does (see `apercu.models`)

FloatArray = NDArray[np.float32]

# The runtime's own error classes are not public, so its sentences tell what happened.
_MISSING = re.compile(r"initializer: (\S+?)\. Error")
_UNEXPECTED = re.compile(r"initializer with name (\S+)\.")
_M_MMAP_THRESHOLD = -3  # of malloc.h
_NO_MEMORY = ("bad_alloc", "bad allocation", "Failed to allocate memory")


@cache
def return_large_blocks() -> None:
    """Let freed blocks of 4 MB and more go back to the system at once, where the C library is glibc.

    By itself glibc keeps them for later, in pieces that the next tile does not fit into: the memory of a run was up to
    twice that of its largest tile.
    """
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "gnu_get_libc_version"):
            library.mallopt(_M_MMAP_THRESHOLD, 4 * 2**20)


def load_graph(
    name: str, weights: Mapping[str, FloatArray], *, threads: int, arena: bool = False
) -> onnxruntime.InferenceSession:
    """Open the packaged graph `name` with `weights` on the CPU.

    Args:
        name: file name inside `apercu/weights`.
        weights: parameter name -> float32 array; every external weight of the graph, and no other.
        threads: threads inside one call of the session.
        arena: keep the memory of past calls for the next one; only for calls that are alike, since the largest stays.

    Raises:
        WeightsError: a weight is missing, unexpected or of another shape.
    """
    return_large_blocks()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait for more work by spinning slow down whatever runs between two calls.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = arena
    values = {
        key: onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value, np.float32))
        for key, value in weights.items()
    }
    options.add_external_initializers(list(values), list(values.values()))
    graph = (files("apercu") / "weights" / name).read_bytes()
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise WeightsError(
            f"the weights do not fit the network {name.removesuffix('.onnx')}: {_misfit(str(error))}",
            hint="Bring the published checkpoint of this network.",
        ) from error


def run_graph(graph: onnxruntime.InferenceSession, feeds: dict[str, FloatArray]) -> FloatArray:
    """The only output of a graph for `feeds`, input name -> array.

    Raises:
        MemoryError: the machine's memory did not suffice.
    """
    try:
        result: FloatArray = graph.run(None, feeds)[0]
    except Exception as error:
        if any(words in str(error) for words in _NO_MEMORY):
            raise MemoryError("memory ran out inside a network") from error
        raise
    return result


def _misfit(reason: str) -> str:
    if missing := _MISSING.search(reason):
        return f"{missing[1]} is missing"
    if unexpected := _UNEXPECTED.search(reason):
        return f"{unexpected[1]} is unexpected"
    return "a weight has another shape" if "dimensions do not match" in reason else reason.splitlines()[0]
