"""A manifest repeats a run, to the same bytes."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from apercu import pictures
from apercu.errors import InputError, OutputError
from apercu.image import Image, read_image, write_image
from apercu.pictures import enlarge, repeat
from apercu.registry import find_model
from apercu.run.manifest import is_manifest, manifest_path, read_manifest
from apercu.settings import Settings

SETTINGS = Settings(threads=2)
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="of my own"/></rdf:RDF>
</x:xmpmeta>"""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    pixels = np.cumsum(rng.random((20, 24, 3)), axis=1) % 1
    write_image(Image.of(pixels, xmp=XMP), tmp_path / "my “in” & <out>.png")
    return tmp_path / "my “in” & <out>.png"


@pytest.mark.parametrize("model", ["liif-edsr", "bicubic", "auto"])
@pytest.mark.parametrize("embed", [False, True])
def test_a_run_repeated_from_its_manifest_gives_the_same_bytes(
    picture: Path, model: str, embed: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pictures, "candidates", lambda settings: [find_model("liif-edsr"), find_model("bicubic")])
    out = picture.with_name("out.png")
    enlarge(picture, out, settings=SETTINGS, model=model, scale=(1.5, 2), manifest=True, embed_manifest=embed)
    record = repeat(manifest_path(out), settings=Settings(threads=1), output=picture.with_name("again.png"))
    assert picture.with_name("again.png").read_bytes() == out.read_bytes()
    assert record.warnings == ()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
def test_a_picture_can_hold_its_manifest_beside_the_packet_it_had(picture: Path, suffix: str):
    out = picture.with_name(f"out{suffix}")
    enlarge(picture, out, settings=SETTINGS, model="bicubic", scale=(2, 2), embed_manifest=True)
    assert b"of my own" in (read_image(out).xmp or b"")
    manifest = read_manifest(out)
    assert (manifest.input, manifest.output_sha256) == (picture.name, None)
    assert not manifest_path(out).exists()
    repeat(out, settings=SETTINGS, output=picture.with_name(f"again{suffix}"))
    assert picture.with_name(f"again{suffix}").read_bytes() == out.read_bytes()


def test_a_manifest_moves_with_its_folder(picture: Path, tmp_path: Path):
    out = picture.with_name("out.png")
    enlarge(picture, out, settings=SETTINGS, model="bicubic", scale=(2, 2), manifest=True)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for path in (picture, manifest_path(out)):
        shutil.move(path, moved / path.name)
    repeat(moved / manifest_path(out).name, settings=SETTINGS)
    assert (moved / "out.png").read_bytes() == out.read_bytes()
    assert str(tmp_path) not in (moved / manifest_path(out).name).read_text("utf-8")


def test_another_picture_is_refused(picture: Path):
    out = picture.with_name("out.png")
    enlarge(picture, out, settings=SETTINGS, model="bicubic", scale=(2, 2), manifest=True)
    with pytest.raises(InputError, match="is not the picture of the manifest, whose sha256 is "):
        repeat(manifest_path(out), settings=SETTINGS, picture=out, output=picture.with_name("again.png"))
    assert not picture.with_name("again.png").exists()


def test_what_has_changed_since_is_said(picture: Path):
    out = picture.with_name("out.png")
    enlarge(picture, out, settings=SETTINGS, model="liif-edsr", scale=(2, 2), manifest=True)
    held = json.loads(manifest_path(out).read_text("utf-8"))
    held["versions"]["numpy"] = "0.1"
    held["weights"]["liif-edsr"] = "0" * 64
    held["output_sha256"] = "0" * 64
    manifest_path(out).write_text(json.dumps(held), "utf-8")
    record = repeat(manifest_path(out), settings=SETTINGS, overwrite=True)
    assert record.warnings[0] == "the result is not the same, byte for byte, as the one of the manifest"
    assert record.warnings[1].startswith("numpy: 0.1 then, ")
    assert record.warnings[2].startswith("weights of liif-edsr: 000")


def test_a_manifest_that_is_there_is_not_replaced(picture: Path):
    out = picture.with_name("out.png")
    manifest_path(out).write_text("mine", "utf-8")
    with pytest.raises(OutputError, match=r"out\.png\.apercu\.json exists already"):
        enlarge(picture, out, settings=SETTINGS, model="bicubic", scale=(2, 2), manifest=True)
    assert not out.exists()
    assert manifest_path(out).read_text("utf-8") == "mine"


@pytest.mark.parametrize("text", ["{", '{"apercu_manifest": 1}', '{"apercu_manifest": [[[', "[]", "\x00"])
def test_a_damaged_manifest_is_refused_in_one_line(tmp_path: Path, text: str):
    (tmp_path / "a.json").write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path / "a.json") if text.startswith("{") else repeat(tmp_path / "a.json", settings=SETTINGS)
    assert "\n" not in caught.value.message


def test_a_plan_is_told_from_a_manifest(tmp_path: Path, picture: Path):
    (tmp_path / "plan.json").write_text('{"nodes": []}', "utf-8")
    assert not is_manifest(tmp_path / "plan.json")
    assert is_manifest(picture)


@pytest.mark.parametrize(
    "changed",
    [
        {"tile_sizes": {"bicubic": 0}},
        {"tile_sizes": {"bicubic": -5}},
        {"threads": 0},
        {"threads": 10**30},
        {"apercu_manifest": 99},
        {"output": "a\u0000b.png"},
        {"output": "\ud800.png"},
        {"input": ""},
    ],
)
def test_a_manifest_with_absurd_values_is_refused(picture: Path, changed: dict):
    out = picture.with_name("out.png")
    enlarge(picture, out, settings=SETTINGS, model="bicubic", scale=(2, 2), manifest=True)
    held = json.loads(manifest_path(out).read_text("utf-8")) | changed
    manifest_path(out).write_text(json.dumps(held), "utf-8")
    with pytest.raises(InputError, match="holds no manifest that can be used") as caught:
        repeat(manifest_path(out), settings=SETTINGS, overwrite=True)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("output", ["../elsewhere.png", "{folder}/elsewhere.png"])
def test_a_manifest_from_elsewhere_does_not_choose_the_folder(picture: Path, output: str, tmp_path: Path):
    inner = tmp_path / "inner"
    inner.mkdir()
    enlarge(picture, inner / "out.png", settings=SETTINGS, model="bicubic", scale=(2, 2), manifest=True)
    held = json.loads(manifest_path(inner / "out.png").read_text("utf-8"))
    held["output"] = output.format(folder=tmp_path)
    manifest_path(inner / "out.png").write_text(json.dumps(held), "utf-8")
    repeat(manifest_path(inner / "out.png"), settings=SETTINGS)
    assert (inner / "elsewhere.png").exists()
    assert not (tmp_path / "elsewhere.png").exists()


def test_a_packet_that_nothing_can_be_added_to_is_kept_and_said(tmp_path: Path):
    strange = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
    write_image(Image.of(np.full((8, 8, 3), 0.5), xmp=strange), tmp_path / "in.png")
    done = enlarge(
        tmp_path / "in.png", tmp_path / "out.png", settings=SETTINGS, model="bicubic", scale=(2, 2), embed_manifest=True
    )
    assert any("was not written into the picture" in warning for warning in done.warnings)
    assert b"r:RDF" in (read_image(tmp_path / "out.png").xmp or b"")


def test_a_name_too_long_for_its_manifest_is_refused_before_the_work(picture: Path):
    out = picture.with_name("z" * 244 + ".png")
    with pytest.raises(OutputError, match="is too long for a file"):
        enlarge(picture, out, settings=SETTINGS, model="bicubic", scale=(2, 2), manifest=True)
    assert not out.exists()


def test_a_result_in_place_of_its_picture_says_that_it_cannot_be_repeated(picture: Path):
    done = enlarge(picture, picture, settings=SETTINGS, model="bicubic", scale=(2, 2), manifest=True, overwrite=True)
    assert any("unless you keep a copy" in warning for warning in done.warnings)


@pytest.mark.skipif(sys.platform == "win32", reason="a limit for the size of files")
def test_a_picture_whose_manifest_has_no_room_is_kept_and_that_is_said(tmp_path: Path):
    import resource

    write_image(Image.of(np.full((8, 8, 1), 0.5)), tmp_path / "flat.png")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, before[1]))
    try:
        out = tmp_path / "out.png"
        done = enlarge(tmp_path / "flat.png", out, settings=SETTINGS, model="bicubic", scale=(2, 2), manifest=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flat.png", "out.png"]
    assert done.run.manifest is None
    (said,) = done.warnings
    assert "without its manifest" in said
    assert "out.png.apercu.json cannot be written: File too large" in said
