"""ONNX graphs without weights, joined at load time with weights from a safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import numpy as np
import onnxruntime
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def load_graph(name: str, weights: Mapping[str, FloatArray], *, threads: int) -> onnxruntime.InferenceSession:
    """Open the packaged graph `name` with `weights` on the CPU.

    Args:
        name: file name inside `apercu/weights`.
        weights: parameter name -> float32 array; every external weight of the graph must be there.
        threads: threads inside one call of the session.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Block buffers of many sizes come and go; the arena would keep the largest of each.
    options.enable_cpu_mem_arena = threads == 1
    values = {key: onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value, np.float32)) for key, value in weights.items()}
    options.add_external_initializers(list(values), list(values.values()))
    graph = (files("apercu") / "weights" / name).read_bytes()
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
