"""The shipped graphs are what the networks export to, and hold structure only."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="exporting needs the extra `train`")
onnx = pytest.importorskip("onnx", reason="exporting needs the extra `train`")

from apercu.networks.edsr import EDSR  # noqa: E402
from apercu.networks.fast import FastLIIF, Parts  # noqa: E402
from apercu.networks.liif import LIIF, FirstLayer, Tail  # noqa: E402
from apercu.networks.rdn import RDN  # noqa: E402
from apercu.train.export import main  # noqa: E402

SHIPPED = Path(str(files("apercu") / "weights"))
NETWORKS = {
    "edsr.onnx": EDSR,
    "rdn.onnx": RDN,
    "edsr-14.onnx": lambda: FastLIIF().encoder,
    "fast-parts.onnx": lambda: Parts(FastLIIF().decoder),
    "liif-first.onnx": lambda: FirstLayer(LIIF(EDSR())),
    "liif-tail.onnx": lambda: Tail(LIIF(EDSR())),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("graphs")
    main(folder)
    return folder


def structure(path: Path):
    """What a graph computes: inputs, outputs, nodes with their attributes, names and shapes of its weights."""
    graph = onnx.load(path, load_external_data=False).graph
    ports = [
        (port.name, [d.dim_value or "any" for d in port.type.tensor_type.shape.dim])
        for port in (*graph.input, *graph.output)
    ]
    nodes = [
        (node.op_type, list(node.input), list(node.output), sorted(a.SerializeToString() for a in node.attribute))
        for node in graph.node
    ]
    return ports, nodes, {weight.name: tuple(weight.dims) for weight in graph.initializer}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`isinstance.treespec, LeafSpec.` is deprecated:FutureWarning")
def test_exporting_again_gives_the_shipped_graphs(exported: Path):
    assert sorted(path.name for path in exported.iterdir()) == sorted(path.name for path in SHIPPED.glob("*.onnx"))
    for path in exported.iterdir():
        assert structure(path) == structure(SHIPPED / path.name), path.name


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shipped_graph_names_every_parameter_and_holds_none(name: str):
    graph = onnx.load(SHIPPED / name, load_external_data=False).graph
    parameters = {key: tuple(value.shape) for key, value in NETWORKS[name]().named_parameters()}
    external = {w.name: tuple(w.dims) for w in graph.initializer if w.data_location == onnx.TensorProto.EXTERNAL}
    assert external == parameters
    held = [w for w in graph.initializer if w.data_location != onnx.TensorProto.EXTERNAL]
    assert sum(len(w.raw_data) for w in held) < 200  # shapes and constants
    assert not any(w.raw_data for w in graph.initializer if w.name in parameters)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_shipped_graph_tells_nothing_of_the_machine_that_made_it(name: str):
    data = (SHIPPED / name).read_bytes()
    assert not re.search(rb"[/\\]\w\w|\.py|File |torch|line \d|pkg\.|doc_string", data)
