"""A manifest: what was run on which picture with what, so that it can be run again and give the same bytes.

It stands beside the output as `NAME.apercu.json`, or inside it as a property of its XMP packet. It holds no times and
no full paths, so the same run always writes the same manifest.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal
from xml.sax.saxutils import escape, unescape

from pydantic import Field, ValidationError

from apercu.errors import InputError, OutputError
from apercu.image import Image, file_sha256, shown_path
from apercu.image.publish import published
from apercu.records import Plan, Record, RunRecord

SUFFIX = ".apercu.json"
_NAMESPACE = "urn:apercu:manifest:1"
_INSIDE = re.compile(rb"<apercu:manifest>(.*?)</apercu:manifest>", re.DOTALL)
_ENTRY = re.compile(rb"<rdf:Description[^>]*><apercu:manifest>.*?</apercu:manifest></rdf:Description>", re.DOTALL)
_LARGEST = 1_000_000
_LONGEST_NAME = 255  # bytes, on the usual file systems
_LARGEST_PICTURE = 2**31  # pixels; what was written here may be larger than what is read elsewhere
_EMPTY_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode()


class Manifest(Record):
    """What is needed to repeat a run.

    `input` and `output` are paths as seen from the manifest's folder; inside a picture `output` is empty. `tile_sizes`
    and `threads` are those of the run: they may decide the last bit of a sum. `output_sha256` is missing inside a
    picture, which cannot hold its own hash.
    """

    apercu_manifest: Literal[1] = 1
    plan: Plan
    input: Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")]
    input_sha256: str
    output: Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")]
    output_sha256: str | None = None
    weights: dict[str, str] = Field(default_factory=dict)
    tile_sizes: dict[str, Annotated[int, Field(ge=16, le=4096)]] = Field(default_factory=dict)
    threads: int = Field(ge=1, le=1024)
    versions: dict[str, str] = Field(default_factory=dict)


def manifest_of(record: RunRecord, folder: Path) -> Manifest:
    """The manifest of a run that wrote a picture, for a place in `folder`."""
    return Manifest(
        plan=record.plan,
        input=seen_from(folder, record.input),
        input_sha256=record.input_sha256,
        output=seen_from(folder, record.output or ""),
        output_sha256=record.output_sha256,
        weights=record.weights,
        tile_sizes=record.tile_sizes,
        threads=record.threads,
        versions=record.versions,
    )


def manifest_path(output: Path) -> Path:
    """Where the manifest of a picture stands."""
    return output.with_name(output.name + SUFFIX)


def check_manifest_path(output: Path, *, overwrite: bool) -> None:
    """Say before the work whether a manifest can be written beside `output`.

    Raises:
        OutputError: there is one already, or its name would be too long.
    """
    path = manifest_path(output)
    if len(os.fsencode(path.name)) > _LONGEST_NAME:
        raise OutputError(
            f"the name {shown_path(path.name)} is too long for a file", hint="Take a shorter one, or --no-manifest."
        )
    if not overwrite and os.path.lexists(path):
        raise OutputError(
            f"{shown_path(path)} exists already and is not replaced",
            hint="Allow it with --overwrite, or leave it out with --no-manifest.",
        )


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest beside its picture, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    with published(path, overwrite=True) as file:
        file.write((manifest.model_dump_json(indent=2) + "\n").encode())


def embedded(image: Image, manifest: Manifest) -> Image | None:
    """The picture with the manifest in its XMP packet; one that it held before is replaced.

    None where the picture has a packet of a form that nothing can be added to.
    """
    if image.xmp and b"</rdf:RDF>" not in image.xmp:
        return None
    packet = _ENTRY.sub(b"", image.xmp) if image.xmp else _EMPTY_XMP
    text = escape(manifest.model_dump_json())
    entry = (
        f'<rdf:Description rdf:about="" xmlns:apercu="{_NAMESPACE}">'
        f"<apercu:manifest>{text}</apercu:manifest></rdf:Description>"
    )
    head, end, rest = packet.rpartition(b"</rdf:RDF>")
    return replace(image, xmp=head + entry.encode() + end + rest)


def read_manifest(path: Path) -> Manifest:
    """A manifest from its file, or from inside a picture.

    Raises:
        InputError: the file cannot be read or holds no manifest.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_LARGEST)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}", hint="Check the path.") from error
    text = head.decode("utf-8", "replace") if head.lstrip().startswith(b"{") else _text_inside(path)
    try:
        manifest = Manifest.model_validate(json.loads(text))
        (manifest.input + manifest.output).encode("utf-8")  # half of a surrogate pair is no name
        return manifest
    except (ValidationError, ValueError, RecursionError) as error:
        problem = str(error).splitlines()[0]
        raise InputError(
            f"{path} holds no manifest that can be used ({problem})", hint="Name NAME.apercu.json, or a plan."
        ) from error


def is_manifest(path: Path) -> bool:
    """Whether a file is a manifest, or a picture that may hold one, rather than a plan."""
    try:
        with path.open("rb") as file:
            head = file.read(_LARGEST)
    except OSError:
        return False
    return b"\0" in head[:1024] or b'"apercu_manifest"' in head


def differences(manifest: Manifest, versions: dict[str, str], weights: dict[str, str]) -> list[str]:
    """What is not as it was in the run that is repeated, in words; the bytes may then differ."""
    pairs = [(name, then, versions.get(name)) for name, then in manifest.versions.items()]
    pairs += [(f"weights of {name}", then, weights.get(name)) for name, then in manifest.weights.items()]
    return [f"{name}: {then} then, {now or 'missing'} now" for name, then, now in pairs if then != now]


def check_input(manifest: Manifest, picture: Path) -> None:
    """Refuse a picture that is not the one of the manifest.

    Raises:
        InputError: its hash is another.
    """
    if file_sha256(picture) != manifest.input_sha256:
        raise InputError(
            f"{shown_path(picture)} is not the picture of the manifest, whose sha256 is {manifest.input_sha256}",
            hint="Name the original with --image.",
        )


def _text_inside(path: Path) -> str:
    from apercu.image import read_image

    found = _INSIDE.search(read_image(path, max_pixels=_LARGEST_PICTURE).xmp or b"")
    if not found:
        raise InputError(
            f"{path} holds no manifest", hint="Name NAME.apercu.json, or a picture written with --embed-manifest."
        )
    return unescape(found[1].decode("utf-8", "replace"), {"&quot;": '"', "&#34;": '"', "&#xA;": "\n"})


def seen_from(folder: Path, path: str) -> str:
    """A path as seen from a folder, with forward slashes."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return Path(path).name
