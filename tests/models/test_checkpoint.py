"""Weights are read from strangers' files as numbers: nothing in them ever runs, and none brings the reader down."""

import builtins
import io
import os
import pickle
import random
import struct
import subprocess
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from apercu.errors import WeightsError
from apercu.models import checkpoint as checkpoint_module
from apercu.models.checkpoint import read_checkpoint

NUMBERS = np.arange(6, dtype="<f4")


class Named:
    """Pickles as the global `module.name`."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Call:
    """Pickles as a call of `function` with `arguments`, and with `state` set on the result when there is one."""

    def __init__(self, function, *arguments, state=None):
        self.reduced = (function, arguments, state) if state else (function, arguments)

    def __reduce__(self):
        return self.reduced


class Storage:
    def __init__(self, *pid):
        self.pid = pid


class Writer(pickle._Pickler):
    """Python's own pickle writer, taught to name things that it does not import and to refer to storages."""

    def persistent_id(self, obj):
        return obj.pid if isinstance(obj, Storage) else None

    def save_global(self, obj, name=None):
        if not isinstance(obj, Named):
            return super().save_global(obj, name)
        if self.proto >= 4:
            self.save(obj.module)
            self.save(obj.name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
        self.memoize(obj)
        return None

    dispatch = pickle._Pickler.dispatch | {Named: save_global}


REBUILD = Named("torch._utils", "_rebuild_tensor_v2")
# A writer checks that what it calls is callable; the names only need to look so.
Named.__call__ = lambda self: None


def pickled(obj, protocol=2):
    index = io.BytesIO()
    Writer(index, protocol).dump(obj)
    return index.getvalue()


def tensor(offset=0, size=(2, 3), stride=(3, 1), *, key="0", kind="FloatStorage", count=6):
    storage = Storage("storage", Named("torch", kind), key, "cpu", count)
    return Call(REBUILD, storage, offset, size, stride, False, Call(OrderedDict))


def archive(path: Path, index: bytes, *, compression=zipfile.ZIP_STORED, **members: bytes) -> Path:
    """A checkpoint with the given index and, unless others are named, one storage of six float32 numbers."""
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("archive/data.pkl", index)
        for name, data in (members or {"0": NUMBERS.tobytes()}).items():
            file.writestr(f"archive/data/{name}", data)
    return path


def refused(path, words):
    with pytest.raises(WeightsError, match=words) as caught:
        read_checkpoint(path)
    assert "\n" not in caught.value.message
    assert caught.value.hint


# --- what is read ----------------------------------------------------------------------------------------------------


def test_a_torch_checkpoint_is_read_as_torch_reads_it(tmp_path: Path):
    torch = pytest.importorskip("torch", reason="compares with torch.load, from the extra `train`")
    layer = torch.nn.Conv2d(3, 4, 3)
    kinds = (torch.float64, torch.float16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)
    big = torch.arange(24.0).reshape(4, 6)
    saved = {
        "model": {"name": "liif", "args": {"a": [1, -2, 70000, 2.5, None, True, "ü"]}, "sd": layer.state_dict()},
        "kinds": {str(kind): torch.tensor([0, 1, 2]).to(kind) for kind in kinds},
        "views": [big[1:3, ::2], big.T, big[0, 0], big[:0], big.reshape(2, 3, 4)[:, 1]],
        "optimizer": {"state": {0: {"step": torch.tensor(5.0), "betas": (0.9, 0.999)}}, "empty": ()},
        "epoch": 1000,
    }
    torch.save(saved, tmp_path / "a.pth")
    ours = read_checkpoint(tmp_path / "a.pth")
    theirs = torch.load(tmp_path / "a.pth", weights_only=True)

    def compare(a, b):
        if isinstance(b, torch.Tensor):
            assert a.dtype == b.numpy().dtype
            assert a.shape == tuple(b.shape)
            assert np.array_equal(a, b.numpy())
        elif isinstance(b, dict):
            assert list(a) == list(b)
            [compare(a[key], b[key]) for key in b]
        elif isinstance(b, list | tuple):
            assert type(a) is type(b)
            assert len(a) == len(b)
            [compare(x, y) for x, y in zip(a, b, strict=True)]
        else:
            assert a == b
            assert type(a) is type(b)

    compare(ours, theirs)


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_checkpoint_made_without_torch_is_read(tmp_path: Path, protocol: int):
    path = archive(
        tmp_path / "a.pth", pickled({"model": {"sd": {"w": tensor(), "b": tensor(1, (2,), (2,))}}}, protocol)
    )
    state = read_checkpoint(path)["model"]["sd"]
    assert np.array_equal(state["w"], [[0, 1, 2], [3, 4, 5]])
    assert np.array_equal(state["b"], [1, 3])


def test_safetensors_are_read(tmp_path: Path):
    save_file({"w": NUMBERS.reshape(2, 3)}, tmp_path / "a.safetensors")
    assert np.array_equal(read_checkpoint(tmp_path / "a.safetensors")["w"], NUMBERS.reshape(2, 3))


@pytest.mark.parametrize("length", [0x80, 0x13C, 0x120])
def test_safetensors_whose_first_byte_looks_like_something_else_are_read(tmp_path: Path, length: int):
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    path = tmp_path / "a.safetensors"
    padding = b" " * (length - len(header))
    path.write_bytes(safetensors_bytes(header + padding, NUMBERS[:1].tobytes()))
    assert read_checkpoint(path)["w"].shape == (1,)


# --- what would run --------------------------------------------------------------------------------------------------

FLOATS = Storage("storage", Named("torch", "FloatStorage"), "0", "cpu", 6)
FORMS = {
    "os.system": lambda command: Call(os.system, command),
    "subprocess.call": lambda command: Call(subprocess.call, command, True),
    "builtins.eval": lambda command: Call(builtins.eval, f"__import__('os').system({command!r})"),
    "builtins.exec": lambda command: Call(builtins.exec, f"__import__('os').system({command!r})"),
    "getattr": lambda command: Call(getattr, "x", "upper"),
    "torch.hub.load": lambda command: Call(Named("torch.hub", "load"), command),
    "torch.load": lambda command: Call(Named("torch", "load"), command),
    "torch.serialization": lambda command: Call(Named("torch.serialization", "load"), command),
    "numpy": lambda command: Call(Named("numpy.testing._private.utils", "runstring"), command, {}),
    "a dotted name": lambda command: Call(Named("collections", "OrderedDict.__class__"), "x", (), {}),
    "a dotted path to os": lambda command: Call(Named("collections", "_sys.modules"), command),
    "a dotted storage": lambda command: Call(Named("torch", "FloatStorage.__init__.__globals__.Storage"), command),
    "a dotted rebuild": lambda command: Call(Named("torch._utils", "_rebuild_tensor_v2.__globals__"), command),
    "a call of a storage": lambda command: Call(Named("torch", "FloatStorage"), 10**12),
    "a call of torch.Storage": lambda command: Call(Named("torch", " os.system Storage"), command),
    "a state set on a tensor": lambda command: Call(REBUILD, FLOATS, 0, (6,), (1,), state={"__class__": command}),
    "inside an OrderedDict": lambda command: OrderedDict(a=[OrderedDict(b=Call(os.system, command))]),
    "arguments of an OrderedDict": lambda command: Call(OrderedDict, Call(os.system, command)),
    "in a persistent id": lambda command: Storage("storage", Call(os.system, command), "0", "cpu", 6),
    "as the device": lambda command: Storage("storage", "float", "0", Call(os.system, command), 6),
}  # fmt: skip


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("form", FORMS)
def test_a_planted_call_is_refused_and_nothing_runs(tmp_path: Path, form: str, protocol: int):
    touched = tmp_path / "touched"
    index = pickled({"model": {"sd": {"w": tensor(), "x": FORMS[form](f"touch {touched}")}}}, protocol)
    damaged = form == "a call of a storage"
    refused(archive(tmp_path / "bad.pth", index), "damaged" if damaged else "; nothing was executed$")
    assert not touched.exists()


def test_the_message_names_what_the_file_asked_for(tmp_path: Path):
    path = archive(tmp_path / "bad.pth", pickled({"a": Call(os.system, "true")}))
    refused(path, r"asks to run '(posix|nt)\.system', which is not a tensor; nothing was executed")


@pytest.mark.parametrize(
    "body",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"(S'true'\nios\nsystem\n.",
        b"(cos\nsystem\nS'true'\no.",
        b"cos\nsystem\n)\x81.",
        b"ccollections\nOrderedDict\n)\x81.",
        b"ccollections\nOrderedDict\n)}\x92.",
        b"\x82\x01.",
        b"ctorch._utils\n_rebuild_tensor_v2\n}X\x0c\x00\x00\x00__defaults__Nsb.",
        b"ctorch\nFloatStorage\n(K\x03X\x01\x00\x00\x00>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb.",
    ],
)
def test_other_ways_to_call_or_to_change_things_are_refused(tmp_path: Path, body: bytes):
    dtype = repr(np.dtype(np.float32))
    refused(archive(tmp_path / "bad.pth", b"\x80\x02" + body), "nothing was executed")
    assert repr(np.dtype("f4")) == dtype
    assert np.dtype("f4").byteorder == "="


# --- what would bring the reader down --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {"offset": -1},
        {"offset": 1},
        {"offset": 2**70},
        {"offset": 0.0},
        {"offset": True},
        {"size": (3, 3)},
        {"size": (-2, 3)},
        {"size": (2**70, 3)},
        {"size": (10**6, 10**6), "stride": (0, 0)},
        {"size": (4, 6), "stride": (0, 1)},
        {"size": (2,)},
        {"size": [2, 3]},
        {"size": (0, 2**70)},
        {"size": (1,) * 70, "stride": (1,) * 70},
        {"stride": (-3, 1)},
        {"stride": (2**62, 1)},
        {"size": (1, 1), "stride": (2**70, 1)},
        {"count": 7},
        {"count": -1},
        {"count": 2**70},
        {"count": 6.0},
        {"key": "1"},
        {"key": "../data.pkl"},
        {"key": 0},
        {"kind": "DoubleStorage"},
    ],
    ids=str,
)
def test_a_tensor_that_lies_about_its_numbers_is_refused(tmp_path: Path, arguments: dict):
    refused(archive(tmp_path / "bad.pth", pickled({"w": tensor(**arguments)})), "bad.pth is damaged or cut off")


def test_a_kind_of_number_that_is_not_read_is_named(tmp_path: Path):
    path = archive(tmp_path / "a.pth", pickled({"w": tensor(kind="BFloat16Storage")}))
    refused(path, "holds 'BFloat16Storage', a kind of number that is not read")


BOMBS = {
    "nested keys": b"}" + b")" + b"\x85" * 1_000_000 + b"K\x01s.",
    "nested lists": b"]" * 500_000 + b"a" * 499_999 + b".",
    "nested persistent id": b")" + b"\x85" * 500_000 + b"Q.",
    "a fetch from nowhere": b"h\x05.",
    "a missing mark": b"t.",
    "nothing": b".",
    "no end": b"}",
    "a text that is cut off": b"X\xff\xff\xff\x7fabc",
    "appending to a text": b"X\x01\x00\x00\x00aK\x01a.",
    "filling a list": b"]K\x01K\x01s.",
    "an odd number of items": b"}(K\x01u.",
    "a mark that is passed": b"K\x01(\x85.",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_an_index_made_to_bring_the_reader_down_is_refused(tmp_path: Path, bomb: str):
    refused(
        archive(tmp_path / "bad.pth", b"\x80\x02" + BOMBS[bomb]), "damaged or cut off|holds no dictionary of weights"
    )


def test_a_memo_with_a_huge_number_costs_nothing(tmp_path: Path):
    assert read_checkpoint(archive(tmp_path / "a.pth", b"\x80\x02}r\xff\xff\xff\x7f.")) == {}


def test_an_oversized_index_is_refused_before_it_is_read(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(checkpoint_module, "LARGEST_INDEX", 10)
    refused(archive(tmp_path / "bad.pth", pickled({"w": tensor()})), "has an index of [0-9]+ bytes, more than the 10")


def test_a_compressed_member_is_refused(tmp_path: Path):
    path = archive(tmp_path / "bad.pth", pickled({"w": tensor()}), compression=zipfile.ZIP_DEFLATED)
    refused(path, r"damaged or cut off \(data.pkl is compressed or encrypted")


@pytest.mark.parametrize("claimed", [4_000_000_000, 30])
def test_a_member_that_claims_more_bytes_than_it_has_is_refused(tmp_path: Path, claimed: int):
    path = archive(tmp_path / "bad.pth", pickled({"w": tensor(count=claimed // 4)}))
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 20 : entry + 28] = struct.pack("<II", claimed, claimed)
    path.write_bytes(data)
    refused(path, "damaged or cut off")


def test_members_that_share_their_bytes_count_each_time(tmp_path: Path):
    index = pickled({"w": tensor(), **{str(n): tensor(key=str(n)) for n in range(1, 40)}})
    path = archive(tmp_path / "bad.pth", index, **{str(n): NUMBERS.tobytes() for n in range(40)})
    assert len(read_checkpoint(path)) == 40
    with zipfile.ZipFile(path) as file:
        reader = checkpoint_module._Archive(file, "archive/", size=39 * 24)
        with pytest.raises(ValueError, match="claim more bytes than the file has"):
            [reader.read(f"data/{n}") for n in range(40)]


def test_a_checkpoint_of_another_byte_order_is_refused(tmp_path: Path):
    path = archive(tmp_path / "a.pth", pickled({"w": tensor()}))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("archive/byteorder", "big")
    refused(path, "was saved on a machine with another byte order")


# --- what is not a file of weights -----------------------------------------------------------------------------------


def safetensors_bytes(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 6\n", "is a git-lfs pointer"),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b"\xef\xbb\xbf\r\n <HTML lang=en>", "is a web page"),
        (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "is an old-style PyTorch pickle"),
        (b"hello", "is not a file of weights"),
        (b"PK\x03\x04 and then nothing", "is damaged or cut off"),
        (safetensors_bytes(b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', b"1234"), "not a whole safetens"),
        (safetensors_bytes(b'{"w":'), "is not a whole safetensors file"),
        (struct.pack("<Q", 2**31) + b"{}", "is not a whole safetensors file"),
        (
            safetensors_bytes(b'{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}', b"1234"),
            "holds numbers of the kind BF16, which are not read",
        ),
        (
            safetensors_bytes(b'{"w":{"dtype":"F9","shape":[2],"data_offsets":[0,8]}}', b"12345678"),
            "not a whole safete",
        ),
    ],
)
def test_what_is_not_a_file_of_weights_is_named_for_what_it_is(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "x.pth"
    path.write_bytes(content)
    refused(path, words)


def test_a_missing_file_a_folder_and_a_pipe_are_named(tmp_path: Path):
    refused(tmp_path / "missing.pth", r"missing\.pth cannot be read \(No such file")
    refused(tmp_path, "is a folder, expected a file of weights")
    refused(Path("a\0b"), r"cannot be read \(embedded null")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        refused(tmp_path / "pipe", "is a device or pipe")


def test_a_file_above_the_limit_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(checkpoint_module, "LARGEST_FILE", 100)
    path = archive(tmp_path / "a.pth", pickled({"w": tensor()}))
    refused(path, "bytes, more than the 100 that are read")


def test_a_zip_without_a_checkpoint_and_one_with_something_else_are_named(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("notes.txt", "x")
    refused(tmp_path / "a.zip", "is a zip archive without a PyTorch checkpoint in it")
    refused(archive(tmp_path / "b.pth", pickled([tensor()])), "holds no dictionary of weights but a list")


def test_a_checkpoint_cut_off_anywhere_is_refused(tmp_path: Path):
    whole = archive(tmp_path / "a.pth", pickled({"w": tensor()})).read_bytes()
    for length in range(1, len(whole)):
        (tmp_path / "cut.pth").write_bytes(whole[:length])
        refused(tmp_path / "cut.pth", "damaged or cut off|is not a file of weights")


@pytest.mark.parametrize("part", ["anywhere", "in the index"])
def test_random_damage_is_refused_or_harmless(tmp_path: Path, part: str):
    path = archive(tmp_path / "a.pth", index := pickled({"w": tensor(), "n": {"lr": [1, (2.5, "x")]}}))
    whole = path.read_bytes()
    chance = random.Random(0)
    for _ in range(600):
        if part == "anywhere":
            data = bytearray(whole)
            data[chance.randrange(4, len(data))] = chance.randrange(256)
            path.write_bytes(data)
        else:
            damaged = bytearray(index)
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            archive(path, bytes(damaged))
        try:
            assert isinstance(read_checkpoint(path), dict)
        except WeightsError:
            continue  # any other exception fails the test
