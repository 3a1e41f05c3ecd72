"""The pictures that styles are learned from are those of the labels, and Qt's bundles are read as Qt writes them."""

import json
import struct
import sys
import tomllib
import zlib
from pathlib import Path

import pytest

from apercu.train.recipe import read_recipe

STYLES = Path(__file__).parents[2] / "benchmarks" / "styles"


@pytest.fixture
def bundled(monkeypatch):
    monkeypatch.syspath_prepend(str(STYLES))
    yield __import__("bundles").bundled
    sys.modules.pop("bundles", None)


def families():
    return tomllib.loads((STYLES / "labels.toml").read_text("utf-8"))["family"]


def node(name_at, flags, one, other, version):
    """A folder says how many files it has and which is the first; a file where its content begins."""
    head = struct.pack(">IH", name_at, flags)
    fields = struct.pack(">II", one, other) if flags & 2 else struct.pack(">HHI", 0, 0, other)
    return head + fields + (bytes(8) if version > 1 else b"")


def bundle(version, content, flags):
    """`art/cat.png` with this content."""
    names, places = b"", []
    for name in ("art", "cat.png"):
        places.append(len(names))
        names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
    nodes = node(0, 2, 1, 1, version) + node(places[0], 2, 1, 2, version) + node(places[1], flags, 0, 0, version)
    held = struct.pack(">I", len(content)) + content
    head = 24 if version > 2 else 20
    at = head, head + len(nodes), head + len(nodes) + len(held)
    return b"qres" + struct.pack(">4I", version, *at) + bytes(head - 20) + nodes + held + names


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_bundle_gives_its_files_by_their_paths(bundled, version):
    assert bundled(bundle(version, b"pixels", 0)) == {"art/cat.png": b"pixels"}


def test_what_a_bundle_compressed_is_unpacked(bundled):
    packed = struct.pack(">I", 600) + zlib.compress(b"pixels" * 100)
    assert bundled(bundle(2, packed, 1)) == {"art/cat.png": b"pixels" * 100}


def test_what_is_no_bundle_or_compressed_otherwise_is_refused(bundled):
    with pytest.raises(ValueError, match="begins with"):
        bundled(b"PK\x03\x04" + bytes(40))
    with pytest.raises(ValueError, match="zstd"):
        bundled(bundle(3, b"pixels", 4))


def test_every_family_has_as_many_lines_in_the_table_as_the_labels_allow():
    lines = [line.split("\t")[:2] for line in (STYLES / "traits.tsv").read_text("utf-8").splitlines()[1:]]
    assert list(dict.fromkeys(family for _, family in lines)) == [block["name"] for block in families()]
    for block in families():
        own = [style for style, family in lines if family == block["name"]]
        assert set(own) == {block["style"]}
        assert len(own) <= block["take"] * block.get("windows", 1) * block.get("pages", 1)


def test_every_package_of_the_labels_is_named_with_its_checksum_and_licence():
    own = json.loads((STYLES / "packages.json").read_text("utf-8"))
    known = {entry["name"] for entry in own} | {package.name for package in read_recipe().packages}
    assert {block["package"] for block in families() if block["from"] != "prepared"} <= known
    assert all(len(entry["sha256"]) == 64 and entry["licence"] and entry["terms"] for entry in own)
