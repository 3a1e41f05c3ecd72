"""Training pictures from packages: tiny ones are made up here and put into the cache, so that nothing is fetched."""

import hashlib
import io
import json
import os
import shutil
import tarfile

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from apercu.errors import ImageError, InputError, MissingDependencyError, OutputError, RunError, ShapeError
from apercu.train.pictures import ShardWriter, load_pictures
from apercu.train.pixels import GRID, SIZES, compare_sizes, decode_raster, render_drawing
from apercu.train.prepare import prepare
from apercu.train.recipe import Package, Raster, Recipe, Vector
from apercu.train.sources import fetch, read_members

HERE = {
    "name": "@made/up",
    "kind": "npm",
    "holds": "files",
    "version": "1.0.0",
    "licence": "CC0",
    "terms": "package/LICENSE",
}
LICENCE = ("package/LICENSE", b"By nobody.")
DOT = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    '<circle cx="{x}" cy="{y}" r="5" fill="#804020"/></svg>'
)


def picture_bytes(mode="RGB", size=(24, 16), format_="PNG", seed=0, **options):
    """(width, height) noise in a file."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], channels), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise.squeeze(), mode if mode != "P" else "L").save(file, format_, **options)
    return file.getvalue()


def tarball(path, members, **links):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as tar:
        for name, target in links.items():
            link = tarfile.TarInfo(f"package/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def package_of(path, **fields):
    data = path.read_bytes()
    return Package(**{**HERE, **fields}, file=path.name, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def raster(path, height=16, width=24, **fields):
    return Raster(
        **{"package": "@made/up", "style": "photo", "split": "train", **fields}, path=path, height=height, width=width
    )


def recipe_of(packages, rasters=(), vectors=()):
    return Recipe(
        debian_release="none", packages=tuple(packages), rasters=tuple(rasters), vectors=tuple(vectors), sha256="0" * 64
    )


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def made_up(cache):
    """A recipe of three rasters and two drawings, one of which cannot be used."""
    files = [
        ("package/a.png", picture_bytes()),
        ("package/b.jpg", picture_bytes(format_="JPEG")),
        ("package/c.png", picture_bytes("RGBA", seed=1)),
        ("package/dot.svg", DOT.format(width=33.7, height=20.1, x=12, y=9).encode()),
        ("package/words.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>Hello</text></svg>'),
        LICENCE,
    ]
    package = package_of(tarball(cache / "npm" / "made-up-1.0.0.tgz", files))
    rasters = [raster("package/a.png"), raster("package/b.jpg", split="val"), raster("package/c.png", style="drawn")]
    vectors = [Vector(package="@made/up", path=f"package/{name}.svg") for name in ("dot", "words")]
    return recipe_of([package], rasters, vectors)


def silent(line):
    assert "\n" not in line


def test_pictures_are_stored_as_they_are_with_their_split_style_and_licence(tmp_path, cache, made_up):
    found = load_pictures(prepare(tmp_path / "set", cache=cache, report=silent, recipe=made_up))
    assert [(p.id, p.split, p.style, p.licence, p.min_shrink) for p in found.pictures] == [
        ("@made/up:package/a.png", "train", "photo", "CC0", 1.0),
        ("@made/up:package/b.jpg", "val", "photo", "CC0", 1.5),
        ("@made/up:package/c.png", "train", "drawn", "CC0", 1.0),
        ("@made/up:package/dot.svg", "train", "vector", "CC0", 1.0),
    ]
    for picture, (mode, seed) in zip(found.pictures[::2], [("RGB", 0), ("RGBA", 1)], strict=False):
        with Image.open(io.BytesIO(picture_bytes(mode, seed=seed))) as expected:
            np.testing.assert_array_equal(found.level(picture), np.asarray(expected))
    assert [level.size for level in found.pictures[3].levels] == list(SIZES)
    assert found.pictures[0].levels[0].size is None


def test_the_same_recipe_gives_the_same_bytes(tmp_path, cache, made_up):
    one, two = (prepare(tmp_path / name, cache=cache, report=silent, recipe=made_up) for name in ("one", "two"))
    names = sorted(path.relative_to(one) for path in one.rglob("*"))
    assert names == sorted(path.relative_to(two) for path in two.rglob("*"))
    assert {str(name) for name in names} >= {"pictures.json", "pixels-00.bin", "ATTRIBUTION.md", "terms"}
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in names if (one / name).is_file())


def test_a_drawing_that_cannot_be_used_is_listed_with_the_reason(tmp_path, cache, made_up):
    folder = prepare(tmp_path / "set", cache=cache, report=silent, recipe=made_up)
    (left_out,) = load_pictures(folder).index.left_out
    assert (left_out.id, left_out.reason) == (
        "@made/up:package/words.svg", "its letters depend on the fonts of the machine",
    )  # fmt: skip
    assert f"`{left_out.id}`: {left_out.reason}" in (folder / "ATTRIBUTION.md").read_text()


def test_the_attribution_names_package_version_digest_licence_counts_and_files(tmp_path, cache, made_up):
    folder = prepare(tmp_path / "set", cache=cache, report=silent, recipe=made_up)
    text = (folder / "ATTRIBUTION.md").read_text()
    row = next(line for line in text.splitlines() if line.startswith("| @made/up |"))
    assert "1.0.0 | CC0 | `terms/made-up-LICENSE`" in row
    assert "1 drawn train, 1 photo train, 1 photo val, 1 vector train" in row
    assert made_up.packages[0].sha256 in row
    assert "- `package/b.jpg`" in text
    assert (folder / "terms" / "made-up-LICENSE").read_bytes() == LICENCE[1]


def test_a_finished_folder_is_left_alone_and_any_other_is_refused(tmp_path, cache, made_up):
    folder = prepare(tmp_path / "set", cache=cache, report=silent, recipe=made_up)
    shutil.rmtree(cache)
    said = []
    assert prepare(folder, cache=cache, report=said.append, recipe=made_up) == folder
    assert said == [f"{folder} already holds the pictures of this recipe"]
    with pytest.raises(OutputError, match="the pictures of another recipe"):
        prepare(folder, cache=cache, report=silent, recipe=made_up.model_copy(update={"sha256": "1" * 64}))
    with pytest.raises(OutputError, match="is not empty"):
        prepare(tmp_path, cache=cache, report=silent, recipe=made_up)


def test_an_empty_folder_is_filled(tmp_path, cache, made_up):
    (tmp_path / "set").mkdir()
    assert load_pictures(prepare(tmp_path / "set", cache=cache, report=silent, recipe=made_up)).pictures


def test_a_run_that_fails_leaves_nothing_behind(tmp_path, cache, made_up):
    wrong = made_up.model_copy(update={"rasters": (*made_up.rasters[:2], raster("package/c.png", height=17))})
    with pytest.raises(ImageError, match="is 16 x 24; the recipe expects 17 x 24"):
        prepare(tmp_path / "out" / "set", cache=cache, report=silent, recipe=wrong)
    assert list((tmp_path / "out").iterdir()) == []


# --- packages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"), [(lambda b: b[:-1], "the recipe expects"), (lambda b: b[:-1] + b"!", "has the sha256")]
)
def test_an_archive_that_was_altered_is_refused(cache, made_up, change, message):
    path = cache / "npm" / "made-up-1.0.0.tgz"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=message) as caught:
        fetch(made_up.packages[0], cache)
    assert "remove it" in caught.value.hint


def fake_tool(folder, name, script):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_a_package_is_fetched_by_its_exact_version_and_kept_only_when_it_is_the_right_one(
    tmp_path, cache, made_up, monkeypatch
):
    (package,) = made_up.packages
    kept = cache / "npm" / package.file
    kept.rename(tmp_path / "served.tgz")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    fake_tool(tmp_path / "bin", "npm", f'echo "$@" > {tmp_path}/asked; cp {tmp_path}/served.tgz {package.file}')
    assert fetch(package, cache).read_bytes() == (tmp_path / "served.tgz").read_bytes()
    asked = (tmp_path / "asked").read_text().split()
    assert asked[:2] == ["pack", "--ignore-scripts"]
    assert asked[-1] == "@made/up@1.0.0"
    kept.unlink()
    (tmp_path / "served.tgz").write_bytes(b"another")
    with pytest.raises(InputError, match=f"has 7 bytes; the recipe expects {package.size}"):
        fetch(package, cache)
    assert list(kept.parent.iterdir()) == []


def test_a_tool_that_fails_is_quoted_in_one_line(tmp_path, cache, monkeypatch):
    package = Package(**{**HERE, "kind": "deb", "name": "made-up"}, file="made-up.deb", size=1, sha256="0" * 64)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    fake_tool(tmp_path / "bin", "apt-get", 'echo "W: slow" >&2; echo "E: No such version" >&2; echo bye >&2; exit 100')
    with pytest.raises(RunError, match=r"`apt-get download` failed for made-up 1\.0\.0 and said: E: No such version$"):
        fetch(package, cache)


@pytest.mark.parametrize(("kind", "tool"), [("deb", "apt-get"), ("npm", "npm")])
def test_a_tool_that_is_not_installed_is_named(cache, monkeypatch, kind, tool):
    monkeypatch.setenv("PATH", "")
    package = Package(**{**HERE, "kind": kind}, file="made-up", size=1, sha256="0" * 64)
    with pytest.raises(MissingDependencyError, match=f"{tool} is needed for @made/up") as caught:
        fetch(package, cache)
    assert caught.value.hint


def test_a_link_is_not_followed(tmp_path):
    path = tarball(tmp_path / "a.tgz", [LICENCE], **{"a.png": "/etc/passwd"})
    with pytest.raises(InputError, match=r"'package/a\.png' is a link or a folder"):
        read_members(path, package_of(path), ["package/a.png"])


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "package/../../a.png", ""])
def test_a_path_that_leads_out_of_the_package_is_refused(tmp_path, name):
    path = tarball(tmp_path / "a.tgz", [(name or "x", b"1")])
    with pytest.raises(InputError, match="is no path inside a package"):
        read_members(path, package_of(path), [name])


def test_files_that_a_package_lacks_are_counted_and_the_first_is_named(tmp_path):
    path = tarball(tmp_path / "a.tgz", [LICENCE])
    with pytest.raises(InputError, match=r"lacks 2 of its files, the first is package/a\.png"):
        read_members(path, package_of(path), ["package/b.png", "package/LICENSE", "package/a.png"])


def test_an_archive_that_is_none_is_refused_in_one_line(tmp_path):
    path = tmp_path / "a.tgz"
    path.write_bytes(b"no archive at all, and not a short one either" * 20)
    with pytest.raises(RunError, match="cannot be read as a package") as caught:
        read_members(path, package_of(path), ["package/a.png"])
    assert "\n" not in caught.value.message


def deb(path, members):
    """A Debian package: an `ar` archive of three files (deb(5))."""
    inner = tarball(path.with_suffix(".tgz"), members).read_bytes()
    control = tarball(path.with_suffix(".control"), [("./control", b"Package: made-up\nVersion: 1\n")]).read_bytes()
    parts = [("debian-binary", b"2.0\n"), ("control.tar.gz", control), ("data.tar.gz", inner)]
    with path.open("wb") as file:
        file.write(b"!<arch>\n")
        for name, data in parts:
            file.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
            file.write(data + b"\n" * (len(data) % 2))
    return path


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_a_debian_package_is_read_without_being_unpacked(tmp_path):
    path = deb(tmp_path / "made-up.deb", [("./usr/a.png", b"one"), ("./usr/b.png", b"two" * 10**6)])
    package = package_of(path, kind="deb", name="made-up")
    before = sorted(tmp_path.rglob("*"))
    assert read_members(path, package, ["usr/a.png"]) == {"usr/a.png": b"one"}
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(InputError, match=r"lacks 1 of its files, the first is usr/c\.png"):
        read_members(path, package, ["usr/a.png", "usr/c.png"])


def test_icons_are_put_into_documents_of_their_own_size(tmp_path, cache):
    body = '<rect x="-4" width="16" height="8" fill="#f00"/>'
    icons = {"width": 16, "height": 8, "icons": {"bar": {"body": body, "left": -4}}}
    path = tarball(cache / "npm" / "a.tgz", [("package/icons.json", json.dumps(icons).encode()), LICENCE])
    package = package_of(path, holds="icons")
    recipe = recipe_of([package], vectors=[Vector(package=package.name, path="bar")])
    found = load_pictures(prepare(tmp_path / "set", cache=cache, report=silent, recipe=recipe))
    level = found.level(found.pictures[0], SIZES.index(64))
    assert level.shape == (32, 64, 4)
    assert (level == (255, 0, 0, 255)).all()
    missing = recipe_of([package], vectors=[Vector(package=package.name, path="foo")])
    with pytest.raises(InputError, match=r"lacks 'foo' in its icons\.json"):
        prepare(tmp_path / "other", cache=cache, report=silent, recipe=missing)


@pytest.fixture
def avatars(cache):
    """A style whose avatars are squares as dark as their seed says, and the code that makes them."""
    head = b'{"type": "module", "exports": "./index.js", "name": "%s"}'
    core = b"export const createAvatar = (style, { seed }) => style.draw(seed);"
    style = b"""export const draw = seed => `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">
        <rect width="8" height="8" fill="rgb(${seed},0,0)"/></svg>`;"""
    packages = []
    for name, code, holds in (("@dicebear/core", core, "code"), ("@dicebear/squares", style, "avatars")):
        file = f"dicebear-{name.split('/')[1]}-1.0.0.tgz"
        members = [("package/package.json", head % name.encode()), ("package/index.js", code), LICENCE]
        packages.append(package_of(tarball(cache / "npm" / file, members), name=name, holds=holds))
    return recipe_of(packages, vectors=[Vector(package="@dicebear/squares", path=seed) for seed in ("200", "100")])


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_avatars_are_made_by_the_code_of_their_package(tmp_path, cache, avatars):
    found = load_pictures(prepare(tmp_path / "set", cache=cache, report=silent, recipe=avatars))
    assert [found.level(picture)[0, 0].tolist() for picture in found.pictures] == [[200, 0, 0, 255], [100, 0, 0, 255]]


def test_avatars_need_node(tmp_path, cache, avatars, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependencyError, match="node is needed for @dicebear/squares"):
        prepare(tmp_path / "set", cache=cache, report=silent, recipe=avatars)


@pytest.mark.parametrize("name", ["package/../../../../escaped.js", "escaped.js"])
def test_code_that_would_be_written_outside_of_its_folder_is_refused(tmp_path, cache, avatars, name):
    path = tarball(cache / "npm" / avatars.packages[1].file, [(name, b"1"), LICENCE])
    hostile = package_of(path, name="@dicebear/squares", holds="avatars")
    with pytest.raises(InputError, match="is no path inside a package"):
        prepare(
            tmp_path / "set",
            cache=cache,
            report=silent,
            recipe=avatars.model_copy(update={"packages": (avatars.packages[0], hostile)}),
        )


# --- rasters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "channels"), [("L", 3), ("LA", 4), ("RGB", 3), ("RGBA", 4)])
def test_every_kind_of_pixels_becomes_rgb_or_rgba(mode, channels):
    data = picture_bytes(mode)
    pixels, _ = decode_raster(data, "a", (16, 24))
    with Image.open(io.BytesIO(data)) as picture:
        np.testing.assert_array_equal(pixels, np.asarray(picture.convert("RGB" if channels == 3 else "RGBA")))


def test_a_palette_is_resolved_and_an_alpha_that_hides_nothing_is_dropped():
    picture = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20).convert("P")
    picture.putpalette([value % 256 for value in range(0, 768 * 7, 7)])
    file = io.BytesIO()
    picture.save(file, "PNG")
    np.testing.assert_array_equal(decode_raster(file.getvalue(), "a", (3, 4))[0], np.asarray(picture.convert("RGB")))
    opaque = io.BytesIO()
    picture.convert("RGBA").save(opaque, "PNG")
    assert decode_raster(opaque.getvalue(), "a", (3, 4))[0].shape == (3, 4, 3)


def test_colours_of_another_profile_become_srgb():
    profile = bytes(pyvips.Image.profile_load("p3"))
    data = picture_bytes(icc_profile=profile)
    pixels, _ = decode_raster(data, "a", (16, 24))
    with Image.open(io.BytesIO(data)) as picture:
        transform = ImageCms.profileToProfile(
            picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )  # fmt: skip
        difference = np.abs(np.asarray(transform, np.int16) - pixels)
        assert np.abs(np.asarray(picture, np.int16) - pixels).max() > 20
    assert difference.max() <= 2


def test_a_large_picture_is_shrunk_to_2048_and_needs_no_further_shrinking(tmp_path, cache):
    data = picture_bytes(size=(4096, 20), format_="JPEG")
    path = tarball(cache / "npm" / "a.tgz", [("package/a.jpg", data), LICENCE])
    recipe = recipe_of([package_of(path)], [raster("package/a.jpg", 20, 4096)])
    found = load_pictures(prepare(tmp_path / "set", cache=cache, report=silent, recipe=recipe))
    (picture,) = found.pictures
    assert found.level(picture).shape == (10, 2048, 3)
    assert picture.min_shrink == 1.0


def test_shrinking_does_not_mix_in_the_colour_of_what_is_transparent():
    pixels = np.zeros((2, 4096, 4), np.uint8)
    pixels[:, :2048] = (255, 255, 255, 255)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    shrunk, _ = decode_raster(file.getvalue(), "a", (2, 4096))
    assert (shrunk[shrunk[..., 3] > 8][:, :3] >= 250).all()


def test_photographs_of_soft_packages_need_more_shrinking(tmp_path, cache):
    path = tarball(cache / "npm" / "a.tgz", [("package/a.jpg", picture_bytes(format_="JPEG")), LICENCE])
    recipe = recipe_of([package_of(path, name="krank")], [raster("package/a.jpg", package="krank")])
    found = load_pictures(prepare(tmp_path / "set", cache=cache, report=silent, recipe=recipe))
    assert found.pictures[0].min_shrink == 2.0


def test_a_damaged_picture_is_refused_in_one_line():
    with pytest.raises(ImageError, match=r"^a cannot be decoded: ") as caught:
        decode_raster(picture_bytes()[:-200], "a", (16, 24))
    assert "\n" not in caught.value.message


# --- drawings ---------------------------------------------------------------------------------------------------------


def centre_and_area(pixels):
    """Centre of what is opaque as (y, x), in pixels from the upper left corner, and its area."""
    alpha = pixels[..., 3].astype(float) / 255
    y, x = (np.arange(n) + 0.5 for n in alpha.shape)
    return np.array([(alpha.sum(1) * y).sum(), (alpha.sum(0) * x).sum()]) / alpha.sum(), alpha.sum()


@pytest.mark.parametrize(
    ("width", "height", "unit"),
    [
        ("33.7", "20.1", 33.7),
        ("20.1", "33.7", 33.7),
        ("40", "40", 40),
        ("30pt", "20pt", 40),
        ("11mm", "10mm", 11 * 96 / 25.4),
    ],
)
def test_every_size_of_a_drawing_has_the_same_origin_and_the_exact_scale(width, height, unit):
    levels = render_drawing(DOT.format(width=width, height=height, x=12, y=9).encode(), "a")
    for size, pixels in levels.items():
        centre, area = centre_and_area(pixels)
        scale = size / unit
        np.testing.assert_allclose(centre, (9 * scale, 12 * scale), atol=0.03)
        assert area == pytest.approx(np.pi * 25 * scale**2, rel=0.02)
        assert pixels.shape[0] * SIZES[0] == levels[SIZES[0]].shape[0] * size
        assert max(pixels.shape) == size


def test_nothing_of_the_shorter_side_is_cut():
    svg = DOT.format(width=40, height=21, x=9, y=9).replace("<circle", '<rect width="40" height="21"/><circle')
    for size, pixels in render_drawing(svg.encode(), "a").items():
        assert centre_and_area(pixels)[1] == pytest.approx(40 * 21 * (size / 40) ** 2, rel=0.005)


def test_a_view_box_moves_and_scales_the_drawing():
    svg = DOT.format(width=100, height=50, x=12, y=9).replace("<svg ", '<svg viewBox="2, 4 20 10" ', 1)
    centre, _ = centre_and_area(render_drawing(svg.encode(), "a")[384])
    np.testing.assert_allclose(centre, ((9 - 4) * 384 / 20, (12 - 2) * 384 / 20), atol=0.05)


def test_a_drawing_has_straight_alpha():
    svg = DOT.format(width=20, height=20, x=10, y=10).replace("fill=", 'fill-opacity="0.5" fill=')
    middle = render_drawing(svg.encode(), "a")[64][32, 32]
    np.testing.assert_allclose(middle.astype(int), (0x80, 0x40, 0x20, 128), atol=1)


def test_a_shift_between_two_sizes_is_measured_in_pixels_of_the_smaller_one():
    levels = render_drawing(DOT.format(width=20, height=20, x=10, y=10).encode(), "a")
    for size in (32, 48, 96, 192):
        difference, shift = compare_sizes(levels[size], levels[2 * size])
        assert difference < 1
        assert shift < 0.02
        for axis in (0, 1):
            _, shift = compare_sizes(levels[size], np.roll(levels[2 * size], 1, axis=axis))
            assert shift == pytest.approx(0.5, abs=0.1)


def test_the_colour_of_what_is_transparent_is_not_compared():
    small, large = np.zeros((8, 8, 4), np.uint8), np.zeros((16, 16, 4), np.uint8)
    small[..., :3] = 255
    assert compare_sizes(small, large) == (0, 0)


def test_only_a_picture_that_is_twice_as_large_can_be_compared():
    levels = render_drawing(DOT.format(width=20, height=20, x=10, y=10).encode(), "a")
    with pytest.raises(ShapeError, match="is not twice as large as"):
        compare_sizes(levels[32], levels[48])


def test_a_drawing_whose_sizes_disagree_is_left_out():
    lines = "".join(f'<path d="M0 {y}H40" stroke="#000" stroke-width=".4"/>' for y in range(40))
    svg = DOT.format(width=40, height=40, x=9, y=9).replace(
        "<circle", f'<g shape-rendering="crispEdges">{lines}</g><circle'
    )
    with pytest.raises(ImageError, match=r"its sizes differ by \d+\.\d/255, expected 3\.0"):
        render_drawing(svg.encode(), "a")


def test_a_drawing_whose_sizes_lie_apart_is_left_out():
    svg = DOT.format(width=40, height=40, x=9, y=9).split("<circle")[0]
    svg += '<path d="M10.4 0V40" shape-rendering="crispEdges" stroke="#000" stroke-width="2.5"/></svg>'
    with pytest.raises(ImageError, match=r"its sizes lie 0\.\d\d pixels apart, expected 0\.25"):
        render_drawing(svg.encode(), "a")


@pytest.mark.parametrize(
    ("svg", "why"),
    [
        (b"<html/>", "it has no <svg> element"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "its size is not known"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="1"/>', "its size is not known"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="1"/>', "its page is 0.0 x 1.0"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "nothing of it is visible"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><g></svg>', "XML"),
        (
            b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="a.png"/></svg>',
            "it holds pixels",
        ),
    ],
)
def test_a_drawing_that_is_not_fit_says_why(svg, why):
    with pytest.raises(ImageError, match=f"^a is left out: .*{why}") as caught:
        render_drawing(svg, "a")
    assert "\n" not in caught.value.message


def test_every_size_is_a_whole_number_of_grid_steps():
    assert all(size % GRID == 0 for size in SIZES)


# --- the store --------------------------------------------------------------------------------------------------------


def test_a_new_shard_is_begun_where_one_would_become_too_large(tmp_path):
    pictures = [np.full((2, 5, 3), value, np.uint8) for value in range(5)]
    with ShardWriter(tmp_path, limit=60) as writer:
        levels = [writer.add(pixels, None) for pixels in pictures]
    assert [(level.shard, level.offset) for level in levels] == [(0, 0), (0, 30), (1, 0), (1, 30), (2, 0)]
    assert [path.stat().st_size for path in sorted(tmp_path.iterdir())] == [60, 60, 30]


def test_pixels_cannot_be_written_through_the_store(tmp_path, cache, made_up):
    found = load_pictures(prepare(tmp_path / "set", cache=cache, report=silent, recipe=made_up))
    with pytest.raises(ValueError, match="read-only"):
        found.level(found.pictures[0])[0, 0] = 1
    with pytest.raises(ShapeError, match="has 1 levels; there is no number 1"):
        found.level(found.pictures[0], 1)


def test_a_folder_that_is_absent_of_another_format_or_cut_short_is_refused(tmp_path, cache, made_up):
    with pytest.raises(InputError, match=r"holds no training pictures: pictures\.json cannot be read") as caught:
        load_pictures(tmp_path / "nowhere")
    assert "prepare" in caught.value.hint
    folder = prepare(tmp_path / "set", cache=cache, report=silent, recipe=made_up)
    shard, index = folder / "pixels-00.bin", folder / "pictures.json"
    size = shard.stat().st_size
    os.truncate(shard, size - 1)
    with pytest.raises(InputError, match=rf"has {size - 1} bytes; pictures\.json expects {size} or more"):
        load_pictures(folder)
    index.write_text(index.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(InputError, match="is not of format 1: format: ") as caught:
        load_pictures(folder)
    assert "\n" not in caught.value.message
    index.write_text("{")
    with pytest.raises(InputError, match="is not of format 1"):
        load_pictures(folder)
