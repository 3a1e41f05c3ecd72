"""The recipe of the training data: what it names exists in it, and damage is reported in one line."""

import hashlib
import json
import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from apercu.errors import EvidenceError
from apercu.train.recipe import Recipe, Vector, read_recipe


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return read_recipe()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with as_file(files("apercu") / "train" / "recipe") as source:
        return shutil.copytree(source, tmp_path / "recipe")


def test_every_picture_belongs_to_a_package_and_every_package_is_used(recipe):
    names = {package.name for package in recipe.packages if package.holds != "code"}
    assert {entry.package for entry in (*recipe.rasters, *recipe.vectors)} == names
    assert sum(len(recipe.entries(package)) for package in recipe.packages) == len(recipe.rasters) + len(recipe.vectors)


def test_the_recipe_holds_as_many_pictures_as_were_chosen(recipe):
    assert (len(recipe.packages), len(recipe.rasters), len(recipe.vectors)) == (48, 1612, 1100)


def test_eight_percent_of_the_kin_of_every_source_of_drawings_are_held_out(recipe):
    for source in {vector.source for vector in recipe.vectors}:
        kin = {vector.kin: recipe.split(vector) for vector in recipe.vectors if vector.source == source}
        assert list(kin.values()).count("val") == round(0.08 * len(kin)) >= 1, source


def test_a_part_of_every_style_of_pixels_is_held_out(recipe):
    styles = {raster.style for raster in recipe.rasters}
    assert {raster.style for raster in recipe.rasters if raster.split == "val"} == styles


def test_drawings_that_are_nearly_the_same_are_all_trained_on_or_all_held_out(recipe):
    splits: dict[str, set[str]] = {}
    for vector in recipe.vectors:
        splits.setdefault(vector.kin, set()).add(recipe.split(vector))
    assert {len(split) for split in splits.values()} == {1}
    assert len(splits) < len(recipe.vectors)


@pytest.mark.parametrize(
    ("package", "paths"),
    [
        ("@dicebear/lorelei", ["s0", "s1", "s24"]),
        ("motifs", ["a/ship.svg", "a/ship-dark.svg", "a/ship-light.svg", "a/ship-hc.svg"]),
        ("emoji", ["cook-man.svg", "cook-woman.svg", "cook-woman-medium-dark.svg", "cook-person-dark-skin-tone.svg"]),
    ],
)
def test_avatars_of_a_style_shades_of_a_motif_and_sexes_of_an_emoji_are_kin(package, paths):
    assert len({Vector(package=package, path=path).kin for path in paths}) == 1


def test_other_motifs_and_the_same_motif_of_another_package_are_no_kin():
    ship = Vector(package="motifs", path="ship.svg")
    others = [Vector(package="motifs", path="shipyard.svg"), Vector(package="others", path="ship.svg")]
    assert ship.kin not in {other.kin for other in others}


def test_all_avatars_together_are_one_source():
    sources = {Vector(package=f"@dicebear/{name}", path="s0").source for name in ("lorelei", "micah")}
    assert len(sources) == 1


def test_the_kin_with_the_smallest_digests_are_held_out(recipe):
    kin = {vector.kin for vector in recipe.vectors if vector.package == "papirus-icon-theme"}
    held = {vector.kin for vector in recipe.vectors if recipe.split(vector) == "val"}
    by_digest = sorted(kin, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    assert held & kin == set(by_digest[: round(0.08 * len(kin))])


def test_what_is_held_out_does_not_depend_on_the_order_of_the_recipe(recipe):
    other = recipe.model_copy(update={"vectors": recipe.vectors[::-1], "packages": recipe.packages[::-1]})
    assert all(recipe.split(vector) == other.split(vector) for vector in recipe.vectors)


def test_the_digest_changes_with_any_of_the_files(recipe, folder):
    with (folder / "vectors.tsv").open("a") as file:
        file.write("openclipart-svg\tanother.svg\n")
    assert read_recipe(folder).sha256 != recipe.sha256


def test_pictures_of_unknown_packages_and_pictures_named_twice_are_reported_together(folder):
    text = (folder / "vectors.tsv").read_text()
    (folder / "vectors.tsv").write_text(f"{text}{text.splitlines()[1]}\nnowhere\ta.svg\n")
    with pytest.raises(EvidenceError, match="is there twice; no package is called nowhere") as caught:
        read_recipe(folder)
    assert "\n" not in caught.value.message


def test_a_package_that_nothing_is_used_of_is_reported(folder):
    lines = (folder / "rasters.tsv").read_text().splitlines(keepends=True)
    (folder / "rasters.tsv").write_text("".join(line for line in lines if not line.startswith("krank\t")))
    with pytest.raises(EvidenceError, match="nothing is used of krank"):
        read_recipe(folder)


def test_avatars_without_the_code_that_makes_them_are_reported(folder):
    head = json.loads((folder / "packages.json").read_text())
    head["packages"] = [package for package in head["packages"] if package["name"] != "@dicebear/core"]
    (folder / "packages.json").write_text(json.dumps(head))
    with pytest.raises(EvidenceError, match="no package is called @dicebear/core"):
        read_recipe(folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [("sha256", "1234"), ("size", 0), ("file", "../krank.deb"), ("kind", "zip"), ("licence", "")],
)
def test_a_damaged_field_of_a_package_is_named(folder, field, value):
    head = json.loads((folder / "packages.json").read_text())
    head["packages"][1][field] = value
    (folder / "packages.json").write_text(json.dumps(head))
    with pytest.raises(EvidenceError, match=rf"packages\.1\.{field}") as caught:
        read_recipe(folder)
    assert "\n" not in caught.value.message


def test_a_row_that_lacks_a_column_is_named(folder):
    with (folder / "rasters.tsv").open("a") as file:
        file.write("krank\ta.png\tphoto\ttrain\n")
    with pytest.raises(EvidenceError, match=r"rasters\.1612\.height"):
        read_recipe(folder)


def test_a_missing_file_and_another_format_are_reported(folder):
    head = json.loads((folder / "packages.json").read_text())
    (folder / "packages.json").write_text(json.dumps({**head, "format": 2}))
    with pytest.raises(EvidenceError, match="has format 2; expected 1"):
        read_recipe(folder)
    (folder / "packages.json").unlink()
    with pytest.raises(EvidenceError, match="cannot be read"):
        read_recipe(folder)
