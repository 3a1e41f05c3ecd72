"""The options that several commands share, each declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from apercu.records import Kernel


class Preferred(StrEnum):
    """What somebody may prefer; typer takes no list of literals."""

    fidelity = "fidelity"
    crispness = "crispness"
    speed = "speed"
    licence = "licence"


Prefer = Annotated[
    list[Preferred] | None,
    typer.Option(
        help="What matters to you whatever the question says: fidelity, crispness, speed or licence; may be given "
        "several times.",
        metavar="WISH",
    ),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Print one JSON object instead of text.")]
Scale = Annotated[
    str | None,
    typer.Option(help="Factor, such as 3 or 3.7; or WIDTHxHEIGHT factors, such as 2x1.5.", metavar="FACTOR"),
]
Size = Annotated[str | None, typer.Option(help="Exact size WIDTHxHEIGHT, such as 1920x1080.", metavar="WxH")]
Overwrite = Annotated[bool, typer.Option("--overwrite", metavar="", help="Replace files that exist.")]
Faithful = Annotated[
    bool, typer.Option("--faithful", metavar="", help="Change the result so that shrinking it gives the input back.")
]
Image = Annotated[Path | None, typer.Option(help="A picture to run the workflow on.", metavar="FILE")]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for the report and the enlarged picture; made if missing.", metavar="FOLDER"),
]
Open = Annotated[bool, typer.Option("--open", metavar="", help="Open the report in the web browser.")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="File to write; its suffix names the format.", metavar="FILE")
]
Model = Annotated[
    str | None,
    typer.Option(
        help="One of `apercu models`, or auto: the one that does best on your picture, by trying. By default "
        "liif-edsr, on a weak machine liif-fast.",
        show_default=False,
    ),
]
MaxMemory = Annotated[
    str | None, typer.Option(help="Memory that the run may use, such as 1500MB or 2GB.", metavar="SIZE")
]
WithManifest = Annotated[
    bool,
    typer.Option(
        "--manifest/--no-manifest",
        help="Write NAME.apercu.json beside the result: `apercu run` repeats the run from it, to the same bytes.",
    ),
]
EmbedManifest = Annotated[
    bool, typer.Option("--embed-manifest", metavar="", help="Write the manifest into the picture too.")
]
ShrinkFirst = Annotated[
    bool,
    typer.Option(
        "--shrink-first", metavar="", help="If the picture was enlarged before, shrink it to its native size first."
    ),
]
Strip = Annotated[
    bool,
    typer.Option("--strip", metavar="", help="Leave out EXIF, XMP and dpi; the colour profile stays."),
]
ToSrgb = Annotated[bool, typer.Option("--to-srgb", metavar="", help="Convert the colours to sRGB; CMYK becomes RGB.")]
ShrinkBy = Annotated[
    Kernel,
    typer.Option(
        help="How the result is shrunk for the comparison: bicubic, bilinear, box or lanczos.", metavar="NAME"
    ),
]
GivenLevel = Annotated[
    Literal["prompt", "linked"],
    typer.Option(help="prompt: only the words in the file; linked: also our cards about the same items."),
]
Question = Annotated[str, typer.Argument(help="A question in plain words.")]
