"""Everything that can be seen in a picture before it is enlarged, and what of it is worth a word."""

from __future__ import annotations

from apercu.inspection.crops import Samples, check_samples
from apercu.inspection.graphics import PixelArt, pixel_art, text_share
from apercu.inspection.jpeg import JpegTraces, jpeg_traces
from apercu.inspection.resolution import NativeResolution, native_resolution
from apercu.inspection.sharpness import BLURRIEST, blur_radius, noise_level
from apercu.records import Finding, Record

JPEG_BELOW = 80
NOISE_FROM = 9.0
BLUR_FROM = 1.5
TEXT_FROM = 0.12
"""What is notable: a lower quality, and higher figures. docs/inspection.md says what photographs read."""


class Looks(Record):
    """What a picture looks like: `size` (height, width), every measure, and the notable ones as findings.

    `noise` is a standard deviation on 0..255, `blur` a sigma in pixels, `text` a share of the area.
    """

    size: tuple[int, int]
    native: NativeResolution
    jpeg: JpegTraces
    noise: float
    blur: float
    pixel_art: PixelArt
    text: float
    findings: tuple[Finding, ...]


def look(samples: Samples) -> Looks:
    """Look at a picture before it is enlarged.

    Args:
        samples: (H, W, 1 or 3) uint8 or uint16, without transparency; may be a memory map. At most nine crops of it
            are read.

    Raises:
        ShapeError: the array is no such picture.
    """
    check_samples(samples)
    native, jpeg, art = native_resolution(samples), jpeg_traces(samples), pixel_art(samples)
    noise, blur, text = noise_level(samples), blur_radius(samples), text_share(samples)
    if art.found:
        findings = [_of_pixel_art(art)]
    else:
        findings = [_of_enlargement(native)] if native.found else []
        findings += _of_jpeg(jpeg, native) + _of_damage(noise, 0.0 if native.found else blur) + _of_text(text)
    return Looks(
        size=(samples.shape[0], samples.shape[1]),
        native=native,
        jpeg=jpeg,
        noise=noise,
        blur=blur,
        pixel_art=art,
        text=text,
        findings=tuple(findings),
    )


def _of_pixel_art(art: PixelArt) -> Finding:
    repeated = f", each pixel drawn as {art.scale}x{art.scale}" if art.scale > 1 else ""
    return Finding(
        id="pixel_art",
        text=f"Looks like pixel art with {art.colours} colours{repeated}. "
        f"Its native size is {art.size[1]}x{art.size[0]}.",
        suggestion="The model `nearest` keeps its squares sharp.",
    )


def _of_enlargement(native: NativeResolution) -> Finding:
    down, across = native.scale
    times = f"{across:.1f}" if abs(down - across) < 0.1 else f"{across:.1f} x {down:.1f} (width x height)"
    how = "by repeating pixels" if native.kernel == "nearest" else f"by {native.kernel} interpolation"
    return Finding(
        id="enlarged",
        text=f"This picture seems to have been enlarged before: {times} times, {how}. "
        f"Its native size is about {native.size[1]}x{native.size[0]}.",
        suggestion="Shrink it to that size first (--shrink-first).",
    )


def _of_jpeg(jpeg: JpegTraces, native: NativeResolution) -> list[Finding]:
    """Blocks without readable steps are no finding in an enlargement: repeated pixels look the same."""
    if jpeg.quality is not None and jpeg.quality < JPEG_BELOW:
        text = f"Saved as JPEG at a quality of about {jpeg.quality}: the blocks will be enlarged with it."
    elif jpeg.found and jpeg.quality is None and not native.found:
        text = "Blocks of 8x8 pixels are visible, as JPEG and video leave them: they will be enlarged with it."
    else:
        return []
    advice = "Take the original file if there is one; otherwise the model `liif-edsr-web`, which learned to undo this."
    return [Finding(id="jpeg", text=text, suggestion=advice)]


def _of_damage(noise: float, blur: float) -> list[Finding]:
    found = []
    if noise >= NOISE_FROM:
        text = f"Noisy: pixels stray by about {noise:.0f} of 255. A model takes noise for detail."
        found.append(Finding(id="noise", text=text, suggestion="Remove the noise first."))
    if BLUR_FROM <= blur < BLURRIEST:
        text = f"Soft: even its clearest edges are blurred by about {blur:.1f} pixels. Enlarging does not remove blur."
        found.append(Finding(id="blur", text=text, suggestion="Take a sharper picture, or deblur it first."))
    return found


def _of_text(text: float) -> list[Finding]:
    if text < TEXT_FROM:
        return []
    told = f"About {text:.0%} of the area looks like text or line graphics."
    advice = "If it shows letters, compare them afterwards: models that learned from photographs redraw them."
    return [Finding(id="text", text=told, suggestion=advice)]
