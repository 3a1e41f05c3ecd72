"""What is worth knowing before enlarging is said in plain words, and nothing else is."""

from pathlib import Path

import numpy as np
import pytest
from made_pictures import as_jpeg, enlarged, page, photograph, rounded, scene, shapes, sprite
from PIL import Image
from scipy.ndimage import gaussian_filter

from apercu.errors import ShapeError
from apercu.inspection.looks import Looks, look

KODAK = sorted((Path(__file__).parents[3] / "shared/data/eval/Kodak").glob("*.png"))
NOISE = np.random.default_rng(0).normal(0, 12, (240, 240, 3))


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (
            enlarged(scene(50, 60), (150, 180), "bicubic"),
            "This picture seems to have been enlarged before: 3.0 times, by bicubic interpolation. "
            "Its native size is about 60x50.",
        ),
        (
            enlarged(scene(60, 60), (240, 150), "bilinear"),
            "This picture seems to have been enlarged before: 2.5 x 4.0 (width x height) times, by bilinear "
            "interpolation. Its native size is about 60x60.",
        ),
        (
            enlarged(scene(50, 60), (200, 240), "nearest"),
            "This picture seems to have been enlarged before: 4.0 times, by repeating pixels. "
            "Its native size is about 60x50.",
        ),
        (
            as_jpeg(photograph(), 40),
            "Saved as JPEG at a quality of about 40: the blocks will be enlarged with it.",
        ),
        (rounded(shapes() + NOISE), "Noisy: pixels stray by about 12 of 255. A model takes noise for detail."),
        (
            rounded(gaussian_filter(shapes(), (3, 3, 0))),
            "Soft: even its clearest edges are blurred by about 3.0 pixels. Enlarging does not remove blur.",
        ),
    ],
    ids=["enlarged", "per axis", "repeated", "jpeg", "noise", "blur"],
)
def test_each_finding_is_told_with_its_values_and_advice(picture, told):
    findings = look(picture).findings
    assert [finding.text for finding in findings] == [told]
    assert findings[0].suggestion


def test_text_is_told_with_its_share_of_the_area():
    found = look(page(14))
    assert [finding.id for finding in found.findings] == ["text"]
    assert f"About {found.text:.0%} of the area" in found.findings[0].text


def test_pixel_art_is_one_finding_and_not_also_an_enlargement_or_damage():
    drawn = sprite()
    colours = len(np.unique(drawn.reshape(-1, 3), axis=0))
    found = look(drawn.repeat(4, 0).repeat(4, 1))
    assert [(finding.id, finding.text) for finding in found.findings] == [
        (
            "pixel_art",
            f"Looks like pixel art with {colours} colours, each pixel drawn as 4x4. Its native size is 32x32.",
        )
    ]
    assert found.findings[0].suggestion == "The model `nearest` keeps its squares sharp."


def test_the_softness_of_an_enlargement_is_no_second_finding():
    found = look(enlarged(scene(50, 60), (400, 480), "bilinear"))
    assert found.blur > 1.5
    assert [finding.id for finding in found.findings] == ["enlarged"]


def test_a_sharp_clean_picture_has_no_findings():
    assert look(rounded(shapes() + NOISE / 12)).findings == ()


def test_a_jpeg_of_high_quality_is_measured_and_not_worth_a_word():
    found = look(as_jpeg(photograph(), 92))
    assert found.jpeg.quality == 92
    assert "jpeg" not in [finding.id for finding in found.findings]


def test_the_record_survives_json():
    found = look(enlarged(scene(50, 60), (150, 180), "bicubic"))
    assert Looks.model_validate_json(found.model_dump_json()) == found


def test_a_large_picture_is_looked_at_through_a_memory_map_and_left_as_it_is(tmp_path):
    samples = enlarged(scene(300, 500), (1110, 1850), "bicubic")
    np.save(tmp_path / "large.npy", samples)
    mapped = np.load(tmp_path / "large.npy", mmap_mode="r")
    assert look(mapped) == look(samples)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 40, 3), (17, 19, 3), (9, 3000, 1), (64, 64, 3)])
@pytest.mark.parametrize("value", [0, 100, 255])
def test_a_flat_or_tiny_picture_has_no_findings(shape, value):
    assert look(np.full(shape, value, np.uint8)).findings == ()


def test_a_picture_with_transparency_is_refused_with_a_hint():
    with pytest.raises(ShapeError, match=r"\(4, 4, 4\)") as refused:
        look(np.zeros((4, 4, 4), np.uint8))
    assert "transparency" in refused.value.hint


@pytest.mark.skipif(len(KODAK) != 24, reason="the evaluation pictures are not here")
def test_untouched_photographs_have_no_findings():
    for path in KODAK[1::5]:
        assert look(np.asarray(Image.open(path))).findings == (), path.name
