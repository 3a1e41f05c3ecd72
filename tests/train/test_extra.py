"""What happens where the extra `train` is not installed."""

import importlib
import sys

import pytest

from apercu.errors import MissingDependencyError


@pytest.mark.parametrize("missing", ["onnx", "torch", "onnxscript"])
def test_exporting_without_the_extra_says_how_to_install_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("onnx", "torch", "onnxscript"):
        if name == missing or name not in sys.modules:
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "apercu.train.export", raising=False)
    with pytest.raises(MissingDependencyError, match="is not installed") as caught:
        importlib.import_module("apercu.train.export")
    assert "pip install 'apercu[train]'" in caught.value.hint
