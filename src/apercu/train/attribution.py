"""Whose pictures were used: the text of `ATTRIBUTION.md` beside the prepared pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from apercu.train.pictures import PictureIndex, TrainingPicture
from apercu.train.recipe import Package, Recipe

TERMS = "terms"


def terms_name(package: Package) -> str:
    """Name of the file in `terms/` that holds a package's own words on its authors and its licence."""
    name = package.name.removeprefix("@").replace("/", "-")
    return f"{name}-{PurePosixPath(package.terms).name}"


def attribution(recipe: Recipe, index: PictureIndex) -> str:
    """Markdown: every package with version, sha256, licence and counts, then every picture, then what was left out."""
    by_package: dict[str, list[TrainingPicture]] = {package.name: [] for package in recipe.packages}
    for picture in index.pictures:
        by_package[picture.package].append(picture)
    return "\n".join(
        (
            "# Whose pictures these are",
            "",
            f"{len(index.pictures)} pictures of {len(recipe.packages)} packages (Debian {recipe.debian_release}, npm). "
            f"The authors and the terms, in each package's own words, are in `{TERMS}/`.",
            "",
            *_packages(recipe.packages, by_package),
            *_pictures(by_package),
            *_left_out(index),
            "",
        )
    )


def _packages(packages: tuple[Package, ...], pictures: dict[str, list[TrainingPicture]]) -> Iterator[str]:
    yield "| package | version | licence | terms | pictures | sha256 of the package |"
    yield "|---|---|---|---|---|---|"
    for package in packages:
        counts = Counter(f"{picture.style} {picture.split}" for picture in pictures[package.name])
        used = ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none (code)"
        terms = f"`{TERMS}/{terms_name(package)}`"
        cells = (package.name, package.version, package.licence, terms, used, f"`{package.sha256}`")
        yield f"| {' | '.join(cells)} |"


def _pictures(pictures: dict[str, list[TrainingPicture]]) -> Iterator[str]:
    for package, entries in pictures.items():
        if entries:
            yield from ("", f"## {package}", "")
            yield from (f"- `{entry.path}`" for entry in entries)


def _left_out(index: PictureIndex) -> Iterator[str]:
    if index.left_out:
        yield from ("", "## Left out", "")
        yield from (f"- `{entry.id}`: {entry.reason}" for entry in index.left_out)
