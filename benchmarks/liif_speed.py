"""Speed of LIIF-EDSR on 128x128 x4 against the matrix-multiplication rate of this machine and, with --reference,
against a clone of yinboc/liif.

Everything runs in one process, in turn, with the same weights, picture and number of threads; medians of several
rounds. The clone is used as it is; from outside, `.cuda()` is made to do nothing and packages that its scripts import
without need here (logging, YAML, data sets) are stood in for. Two ways to run the clone are timed: its
`model(inp, coord, cell)` on the whole query, and `batched_predict` of its test.py with the 30000 queries of its
demo.py.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np

from apercu import load_model, load_settings, model_cards
from apercu.models.checkpoint import read_checkpoint
from apercu.models.liif import Liif
from apercu.registry import enlarge_whole, weights_path

SIDE, SCALE = 128, 4
EVALUATIONS = (SIDE * SCALE) ** 2 * 4
TAIL_FLOPS = 2 * (3 * 256 * 256 + 256 * 3)


def timed(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def gemm_rate(threads: int) -> float:
    """Best GFLOP/s of plain matrix products: numpy's BLAS and ONNX Runtime's own, large and of the decoder's width."""
    rng = np.random.default_rng(0)
    best = 0.0
    for rows, inner, columns in ((4096, 1024, 1024), (8192, 256, 256), (2048, 2048, 2048)):
        a, b = rng.standard_normal((rows, inner), np.float32), rng.standard_normal((inner, columns), np.float32)
        seconds = min(timed(lambda a=a, b=b: a @ b) for _ in range(7))
        best = max(best, 2 * rows * inner * columns / seconds / 1e9)
    return max(best, runtime_gemm_rate(threads))


def runtime_gemm_rate(threads: int) -> float:
    """GFLOP/s of a product inside ONNX Runtime, (4096, 1024) x (1024, 1024)."""
    import onnxruntime
    from onnx import TensorProto, helper

    shapes = {"a": [4096, 1024], "b": [1024, 1024], "c": [4096, 1024]}
    infos = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()}
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])], "g", [infos["a"], infos["b"]], [infos["c"]]
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    feed = {name: rng.standard_normal(shapes[name], np.float32) for name in ("a", "b")}
    return 2 * 4096 * 1024 * 1024 / min(timed(lambda: session.run(None, feed)) for _ in range(7)) / 1e9


def reference(path: Path, picture: np.ndarray, threads: int) -> dict[str, Callable[[], np.ndarray]]:
    """The clone's two ways to enlarge `picture`, with our weights."""
    import torch

    sys.path.insert(0, str(path))
    for name in ("tensorboardX", "yaml", "tqdm", "datasets"):  # imported by its utils.py and test.py, not used here
        sys.modules.setdefault(name, MagicMock())
    torch.Tensor.cuda = lambda tensor, *_, **__: tensor
    torch.set_num_threads(threads)
    models, utils = importlib.import_module("models"), importlib.import_module("utils")
    spec = {"name": "mlp", "args": {"out_dim": 3, "hidden_list": [256, 256, 256, 256]}}
    encoder = {"name": "edsr-baseline", "args": {"no_upsampling": True}}
    model = models.make({"name": "liif", "args": {"encoder_spec": encoder, "imnet_spec": spec}}).eval()
    state = read_checkpoint(weights_path(model_cards()["liif-edsr"], load_settings()))
    model.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in state.items()}, strict=False)
    inp = torch.from_numpy(((picture - 0.5) / 0.5).transpose(2, 0, 1)[None].copy())
    size = (SIDE * SCALE, SIDE * SCALE)
    coord = utils.make_coord(size)[None]
    cell = torch.ones_like(coord) * torch.tensor([2 / size[0], 2 / size[1]])
    predict = importlib.import_module("test").batched_predict

    def finish(result: torch.Tensor) -> np.ndarray:
        return (result[0].view(*size, 3) * 0.5 + 0.5).numpy()

    def whole() -> np.ndarray:
        with torch.no_grad():
            return finish(model(inp, coord, cell))

    return {
        "model(inp, coord, cell)": whole,
        "batched_predict, 30000": lambda: finish(predict(model, inp, coord, cell, bsize=30000)),
    }


def main() -> None:
    """Print the rates, the times and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, help="path of a clone of yinboc/liif")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    settings = load_settings()
    picture = np.random.default_rng(1).random((SIDE, SIDE, 3), np.float32)
    model = load_model("liif-edsr", settings)
    ours: dict[str, Callable[[], np.ndarray]] = {
        "apercu": lambda: enlarge_whole(model, picture, (SIDE * SCALE, SIDE * SCALE))
    }
    theirs = reference(arguments.reference, picture, settings.threads) if arguments.reference else {}
    results = {name: work() for name, work in (ours | theirs).items()}
    for name in theirs:
        print(f"largest difference to {name}: {np.abs(results['apercu'] - results[name]).max():.1e}")
    times: dict[str, list[float]] = {name: [] for name in ours | theirs}
    rates, decoder = [], []
    for _ in range(arguments.rounds):
        rates.append(gemm_rate(settings.threads))
        decoder.append(decoder_rate(model, picture))
        for name, work in (ours | theirs).items():
            times[name].append(timed(work))
    rate, reached = statistics.median(rates), statistics.median(decoder)
    print(f"{settings.threads} threads, {arguments.rounds} rounds, medians (min..max)")
    print(f"matrix products: {rate:.0f} GFLOP/s ({min(rates):.0f}..{max(rates):.0f})")
    print(f"decoder: {reached:.0f} GFLOP/s ({min(decoder):.0f}..{max(decoder):.0f}), {reached / rate:.0%} of that")
    floor = EVALUATIONS * TAIL_FLOPS / rate / 1e9
    print(f"time that the decoder's products alone must take at that rate: {floor:.2f} s")
    for name, seconds in times.items():
        ratios = [theirs / ours for theirs, ours in zip(seconds, times["apercu"], strict=True)]
        spread = f"({min(seconds):.2f}..{max(seconds):.2f})"
        print(f"{name:<26} {statistics.median(seconds):6.2f} s {spread:<16} {statistics.median(ratios):.2f} x apercu")


def decoder_rate(model: Liif, picture: np.ndarray) -> float:
    """GFLOP/s of everything after the encoder, counting only the products of the layers after the first."""
    seconds = timed(lambda: enlarge_whole(model, picture, (SIDE * SCALE, SIDE * SCALE))) - timed(
        lambda: model.encode(picture)
    )
    return EVALUATIONS * TAIL_FLOPS / seconds / 1e9


if __name__ == "__main__":
    main()
