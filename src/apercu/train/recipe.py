"""What the networks are trained on: which packages, and which pictures of each (the data files in `recipe/`).

`packages.json` names every package with its version, size, sha256 and licence. `rasters.tsv` and `vectors.tsv` name the
pictures. Nothing else is read from a package.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from importlib.abc import Traversable
from importlib.resources import files
from typing import Literal

from pydantic import Field, ValidationError

from apercu.errors import EvidenceError
from apercu.records import Record

Split = Literal["train", "val"]
RasterStyle = Literal["photo", "drawn", "cartoon", "ui"]
FORMAT = 1
VAL_SHARE = 0.08
AVATAR_CODE = "@dicebear/core"
"""The package of code that all packages of avatars need."""
AVATARS = "@dicebear/"
_VARIANT = re.compile(r"(-(dark|light|medium|medium-dark|medium-light|hc|skin-tone))+$")
_PERSON = re.compile(r"\b(man|woman|person|boy|girl|child|men|women|people)\b")
_FILES = ("packages.json", "rasters.tsv", "vectors.tsv")


class Package(Record):
    """One package of pictures.

    `kind` says where it comes from: "deb" from Debian, "npm" from the npm registry. `holds` says how pictures lie in
    it: "files" under their paths, "icons" in an Iconify `icons.json`, "avatars" made by its code from a seed; "code"
    holds none and serves the avatars. `terms` is the file of the package that names its authors and licence.
    """

    name: str
    kind: Literal["deb", "npm"]
    holds: Literal["files", "icons", "avatars", "code"]
    version: str
    file: str = Field(pattern=r"^[\w.+%~-]+$")
    size: int = Field(gt=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str = Field(min_length=1)
    terms: str = Field(min_length=1)


class Raster(Record):
    """One picture of pixels: its path in the package, its looks, and its size there."""

    package: str
    path: str
    style: RasterStyle
    split: Split
    height: int = Field(gt=0)
    width: int = Field(gt=0)

    @property
    def id(self) -> str:
        """Unique name."""
        return f"{self.package}:{self.path}"


class Vector(Record):
    """One drawing: its path in the package, the name of an icon, or the seed of an avatar."""

    package: str
    path: str

    @property
    def id(self) -> str:
        """Unique name."""
        return f"{self.package}:{self.path}"

    @property
    def source(self) -> str:
        """Who drew it, as far as the package tells: all avatars together, else the package."""
        return AVATARS if self.package.startswith(AVATARS) else self.package

    @property
    def kin(self) -> str:
        """What drawings that are nearly the same share, so that all of them are trained on or none.

        A style of avatars, whatever the seed; a motif, whether its colours are dark or light; an emoji, whatever its
        skin or sex.
        """
        if self.source == AVATARS:
            return self.package
        motif = _VARIANT.sub("", self.path.removesuffix(".svg"))
        return f"{self.package}:{_PERSON.sub('person', motif)}"


class Recipe(Record):
    """All of it; `sha256` is the digest of the three files."""

    debian_release: str
    packages: tuple[Package, ...]
    rasters: tuple[Raster, ...]
    vectors: tuple[Vector, ...]
    sha256: str

    def entries(self, package: Package) -> list[Raster | Vector]:
        """The pictures of a package, in the order of the recipe."""
        every: tuple[Raster | Vector, ...] = (*self.rasters, *self.vectors)
        return [entry for entry in every if entry.package == package.name]

    def split(self, vector: Vector) -> Split:
        """Whether a drawing is trained on or held out."""
        return "val" if vector.id in self._held_out else "train"

    @cached_property
    def _held_out(self) -> frozenset[str]:
        """Ids of the drawings that are held out: 8 % of each source's kin, those whose name has the smallest sha256."""
        sources: dict[str, dict[str, list[str]]] = {}
        for vector in self.vectors:
            sources.setdefault(vector.source, {}).setdefault(vector.kin, []).append(vector.id)
        held: set[str] = set()
        for kin in sources.values():
            names = sorted(kin, key=_digest)
            held.update(id for name in names[: round(VAL_SHARE * len(names))] for id in kin[name])
        return frozenset(held)


def read_recipe(folder: Traversable | None = None) -> Recipe:
    """The recipe that comes with Apercu, or another one.

    Args:
        folder: holds `packages.json`, `rasters.tsv` and `vectors.tsv`.

    Raises:
        EvidenceError: a file is missing or damaged, or names what is not there; all problems in one line.
    """
    folder = folder or files("apercu") / "train" / "recipe"
    try:
        texts = [(folder / name).read_bytes() for name in _FILES]
        head = json.loads(texts[0])
        if head["format"] != FORMAT:
            raise EvidenceError(f"the training recipe has format {head['format']}; expected {FORMAT}")
        recipe = Recipe.model_validate(
            {
                "debian_release": head["debian_release"],
                "packages": head["packages"],
                "rasters": _table(texts[1]),
                "vectors": _table(texts[2]),
                "sha256": hashlib.sha256(b"".join(texts)).hexdigest(),
            }
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise EvidenceError(f"the training recipe in {folder} cannot be read: {_one_line(error)}") from error
    if problems := _problems(recipe):
        raise EvidenceError(f"the training recipe in {folder} contradicts itself: {'; '.join(problems)}")
    return recipe


def _table(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(text.decode().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def _problems(recipe: Recipe) -> list[str]:
    known = {package.name for package in recipe.packages}
    entries: tuple[Raster | Vector, ...] = (*recipe.rasters, *recipe.vectors)
    used = {entry.package for entry in entries}
    needed = used | {AVATAR_CODE for package in recipe.packages if package.holds == "avatars"}
    unused = {package.name for package in recipe.packages if package.holds != "code"} - used
    return [
        *(f"{name} is there twice" for name in _twice(package.name for package in recipe.packages)),
        *(f"{name} is there twice" for name in _twice(entry.id for entry in entries)),
        *(f"no package is called {name}" for name in sorted(needed - known)),
        *(f"nothing is used of {name}" for name in sorted(unused)),
    ]


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _one_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return " ".join(f"{type(error).__name__}: {error}".split())
