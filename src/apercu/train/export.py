"""Export the networks to the ONNX graphs that Apercu runs: `python -m apercu.train.export FOLDER` (extra `train`).

A graph holds structure only. Its weights are marked as external under their parameter names and are handed over at load
time from a safetensors file (`apercu.models.graphs`), so that one graph serves every set of weights of its architecture
and a user's checkpoint needs no torch.
"""

from __future__ import annotations

import sys
from pathlib import Path

from apercu.errors import MissingDependencyError

try:
    import onnx
    import onnxscript  # noqa: F401 -- torch.onnx.export needs it
    import torch
    from torch import nn
except ImportError as error:
    raise MissingDependencyError(
        f"exporting the networks needs {error.name}, which is not installed",
        hint="Install it with `pip install 'apercu[train]'`.",
    ) from error

from apercu.networks.edsr import EDSR
from apercu.networks.efficientnet import LiteFeatures
from apercu.networks.fast import FastLIIF, Parts
from apercu.networks.liif import LIIF, FirstLayer, Tail
from apercu.networks.rdn import RDN

EXTERNAL = "handed over at load time"
LARGEST_SIDE = 100_000


def export_graph(
    network: nn.Module, examples: tuple[torch.Tensor, ...], axes: dict[str, dict[int, str]], path: Path, *, output: str
) -> None:
    """Write `network` as an ONNX graph without weights.

    Args:
        network: its parameters' names become the names of the graph's external weights.
        examples: one tensor for each input.
        axes: input name -> {axis: name of a size that may vary}, in the order of the inputs.
        path: file to write.
        output: name of the only output.
    """
    dims = {name: torch.export.Dim(name, min=1, max=LARGEST_SIDE) for sizes in axes.values() for name in sizes.values()}
    program = torch.onnx.export(
        network.eval(),
        examples,
        dynamo=True,
        input_names=list(axes),
        output_names=[output],
        dynamic_shapes=tuple({axis: dims[name] for axis, name in sizes.items()} for sizes in axes.values()),
        verbose=False,
    )
    if program is None:
        raise RuntimeError(f"torch.onnx.export returned nothing for {type(network).__name__}")
    model = program.model_proto
    strip(model, {name for name, _ in network.named_parameters()})
    onnx.save(model, path)


def strip(model: onnx.ModelProto, parameters: set[str]) -> None:
    """Take the weights and all build information (paths, stack traces) out of a graph, in place."""
    for initializer in model.graph.initializer:
        if initializer.name not in parameters:
            continue
        initializer.ClearField("raw_data")
        initializer.data_location = onnx.TensorProto.EXTERNAL
        entry = initializer.external_data.add()
        entry.key, entry.value = "location", EXTERNAL
    graph = model.graph
    del model.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    for part in (*graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
    for node in graph.node:
        node.ClearField("doc_string")
    model.producer_name, model.producer_version, graph.name, graph.doc_string = "apercu", "", "main", ""


def main(folder: Path) -> None:
    """Write every graph into `folder`."""
    liif = LIIF(EDSR())
    picture = {"inp": {2: "height", 3: "width"}}
    export_graph(EDSR(), (torch.zeros(1, 3, 24, 20),), picture, folder / "edsr.onnx", output="feat")
    export_graph(RDN(), (torch.zeros(1, 3, 24, 20),), picture, folder / "rdn.onnx", output="feat")
    small = RDN(blocks=6, layers=4)
    export_graph(small, (torch.zeros(1, 3, 24, 20),), picture, folder / "rdn-small.onnx", output="feat")
    fast = FastLIIF()
    # A bias of zeros, which it begins with, would be left out of the graph.
    nn.init.ones_(fast.get_parameter("decoder.last.bias"))
    export_graph(fast.encoder, (torch.zeros(1, 3, 24, 20),), picture, folder / "edsr-14.onnx", output="feat")
    export_graph(
        Parts(fast.decoder),
        (torch.zeros(1, 64, 24, 20), torch.zeros(1, 2)),
        {"feat": {2: "height", 3: "width"}, "cell": {}},
        folder / "fast-parts.onnx",
        output="parts",
    )
    seen = LiteFeatures()
    export_graph(
        seen,
        (torch.zeros(2, 3, seen.side, seen.side),),
        {"inp": {0: "n"}},
        folder / "efficientnet-lite0.onnx",
        output="feat",
    )
    export_graph(
        FirstLayer(liif),
        (torch.zeros(1, 64, 24, 20),),
        {"feat": {2: "height", 3: "width"}},
        folder / "liif-first.onnx",
        output="first",
    )
    export_graph(
        Tail(liif),
        (torch.zeros(30, 256), torch.zeros(256)),
        {"first": {0: "n"}, "row": {}},
        folder / "liif-tail.onnx",
        output="rgb",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
