"""What a question rules out is not recommended, and what suits it comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from apercu.catalogue import catalogue
from apercu.evidence.recommend import recommend_for
from apercu.evidence.suits import ruled_out, shared_words, speed_part
from apercu.question.limits import names_in
from apercu.question.read import read_question
from apercu.records import Recommendation
from apercu.scientist import recommend
from apercu.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


def recommended(question: str, settings: Settings) -> Recommendation:
    return recommend_for(read_question(question), settings, question=question)


@pytest.mark.parametrize(
    "question",
    [
        "Enlarge a photo 4x without a graphics card",
        "Enlarge a photo 4x for commercial work",
        "Enlarge a photo 4x, open source only",
        "Enlarge a photo 4x with what runs here right away",
        "Enlarge a photo 4x, but no GANs and no SwinIR",
    ],
)
def test_nothing_that_a_question_rules_out_is_recommended(question: str, settings: Settings) -> None:
    task, entries = read_question(question), catalogue(settings)
    names = {alias: entry for entry in entries.values() for alias in (entry.id, *entry.aliases)}
    found = recommended(question, settings)
    assert found.models
    assert not any(ruled_out(names[model.id], task) for model in found.models)
    assert any(ruled_out(entry, task) for entry in entries.values() if entry.task == task.id)


def test_every_recommended_name_is_one_of_the_catalogue(settings: Settings) -> None:
    known = {alias for entry in catalogue(settings).values() for alias in (entry.id, *entry.aliases)}
    for question in ("enlarge this 3x", "colour a grey photo", "cut out the cat", "read the sign", "denoise my photo"):
        assert {model.id for model in recommended(question, settings).models} <= known


@pytest.mark.parametrize(
    ("question", "family"),
    [
        ("Make my sprite sheet 6 times larger", "interpolation"),
        ("Enlarge this photo 2.7 times", "LIIF"),
        ("fill the hole in my picture", "LaMa"),
        ("where are the elbows of this dancer?", "OpenPose"),
        ("Upscale this manga page with waifu2x", "waifu2x"),
    ],
)
def test_what_suits_comes_first(question: str, family: str, settings: Settings) -> None:
    assert recommended(question, settings).models[0].family == family


def test_where_nothing_fits_nothing_is_recommended(settings: Settings) -> None:
    found = recommended("How long does bread keep?", settings)
    assert found.abstained
    assert not found.models


def test_rare_words_that_a_question_shares_with_a_description_count_most(settings: Settings) -> None:
    entries = {id: entry for id, entry in catalogue(settings).items() if entry.task == "ocr"}
    words = shared_words("read the handwriting on this line", entries)
    best = max(words, key=words.__getitem__)
    assert "handwritten" in best
    assert words[best] == 1.0
    assert shared_words("xyzzy", entries) == {}


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("JPEG full of blocks, enlarge it 4x", "realesrgan-x4plus"),  # the weights that run met that damage
        ("anime still 2.7x, no line may change", "liif-edsr-art"),  # shrinking a fixed factor would change lines
        ("pixel art character to 8x", "nearest"),
    ],
)
def test_the_first_model_fits_the_damage_the_wish_and_the_kind_of_picture(
    question: str, first: str, settings: Settings
) -> None:
    assert recommend_for(read_question(question), settings, question=question).models[0].id == first


def test_textures_of_a_game_are_not_taken_for_pixel_art() -> None:
    assert "pixel_art" not in read_question("game textures 4x").content
    assert "pixel_art" in read_question("pixel textures of a game, 4x").content


def test_a_factor_that_was_not_taken_is_said_in_one_sentence(settings: Settings) -> None:
    said = recommend_for(read_question("enlarge my photo 1000000x"), settings).sureness
    assert said is not None
    assert said.text.endswith(
        "“1000000x” was not taken for a factor: an enlargement is by more than 1 and at most 100 times, and by nothing "
        "that is refused or shrinks."
    )
    plain = recommend_for(read_question("enlarge my photo 3x"), settings).sureness
    assert plain is not None
    assert "not taken" not in plain.text


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("BSD-2-Clause-Patent", None),
        ("CC BY-SA 4.0", None),
        ("Hausregel 7", "its licence is Hausregel 7, which is none that is known here as free"),
        ("permitted", "its licence is permitted, which is none that is known here as free"),
        ("CC-BY-NC-4.0", "its licence is CC-BY-NC-4.0"),
    ],
)
def test_a_licence_that_is_not_understood_is_not_taken_for_a_free_one(
    licence: str, said: str | None, settings: Settings
) -> None:
    entry = next(iter(catalogue(settings).values())).model_copy(update={"licence": licence})
    assert ruled_out(entry, read_question("Enlarge this logo 2x; my client will sell it")) == said


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Enlarge this anime drawing 2x with waifu2x photo", "waifu2x-photo"),
        ("take LIIF_EDSR_web for this photo, 3x", "liif-edsr-web"),
        ("Why not liif-fast? This photo is to be doubled", "liif-fast"),
    ],
)
def test_a_model_that_a_question_names_comes_first(question: str, first: str, settings: Settings) -> None:
    model = recommend(question, settings=settings).models[0]
    assert model.id == first
    assert "The question names this very model." in model.reasons_for


def test_a_model_that_a_question_refuses_by_its_name_does_not_lead(settings: Settings) -> None:
    first, second = recommend("Enlarge this anime drawing 2x", settings=settings).models[:2]
    refused = recommend(f"Enlarge this anime drawing 2x, without {first.id}", settings=settings).models
    assert refused[0].id != first.id, (first.id, second.id)


def test_plain_words_name_no_model() -> None:
    assert names_in("the nearest photo of a tiny fox", ("nearest", "photo", "Tiny")) == {}
    assert names_in("not tiny 2X, take my_net-4", ("Tiny 2x", "my net 4")) == {"Tiny 2x": False, "my net 4": True}


def test_for_a_scanned_photo_what_learned_from_drawings_only_does_not_come_first(settings: Settings) -> None:
    question = "Enlarge my photo 4x. Don't use diffusion."
    task = read_question(question).model_copy(update={"content": ("photo", "illustration")})
    found = recommend_for(task, settings, question=question)
    assert found.models[0].family == "LIIF"


def test_for_a_factor_that_is_not_whole_a_model_of_any_factor_leads_one_whose_result_is_shrunk(
    settings: Settings,
) -> None:
    found = recommended("I need a landscape photo 40 percent larger. Anything except LIIF.", settings)
    assert found.models[0].factors == "any"
    assert any("shrunk to 1.4" in reason for model in found.models for reason in model.reasons_against)


def test_inches_are_no_pixels(settings: Settings) -> None:
    task = read_question("enlarge my 4 x 6 inch photo, print it at 16 x 24 inches")
    assert (task.size, task.factor) == (None, 4.0)


def test_a_wish_for_speed_beside_a_factor_is_no_comparison_of_speed(settings: Settings) -> None:
    assert read_question("Enlarge anime screenshot 2x fast").factor == 2
    assert read_question("I want it 4x, quick").factor == 4
    assert read_question("enlarge it with a network that is 2x as fast").factor is None
    assert read_question("a 4x faster way to enlarge photos").factor is None


def test_where_speed_is_wished_for_a_network_of_the_factor_asked_comes_before_one_that_is_shrunk(
    settings: Settings,
) -> None:
    found = recommend("Enlarge anime screenshot 2x fast", settings=settings, prefer=["speed"]).models
    described = [model for model in found if model.status != "runs"]
    assert [model.id for model in described[:3] if model.factors != "any" and 2 not in model.factors] == []
    assert not any("another factor" in reason for model in found for reason in model.reasons_against)


def test_what_a_pixel_costs_goes_by_the_factor_asked(settings: Settings) -> None:
    entry = catalogue(settings)["SISR-FSRCNN-OpenCV-4x"]
    assert entry.parameters
    task = read_question("enlarge 2x, fast")
    assert (
        f"about {entry.parameters / 4:,.0f} multiply-adds for a pixel of the result" in speed_part(entry, task).reason
    )
    slower = speed_part(entry, task).score
    assert slower < speed_part(entry, read_question("enlarge 4x, fast")).score


def test_where_nothing_may_be_invented_no_network_that_makes_up_detail_leads_one_that_met_the_damage(
    settings: Settings,
) -> None:
    question = "Wie kann ich mein verrauschtes JPEG-Foto um das 4-fache vergrößern, ohne dass etwas erfunden wird?"
    models = [model.id for model in recommend(question, settings=settings).models]
    entries = {entry.called: entry for entry in catalogue(settings).values()}
    place = models.index("liif-edsr-web")
    assert place <= 1
    assert not any(entries[id].draws != "mean" for id in models[: place + 1])
    plain = recommend("Enlarge my noisy JPEG photo 4x", settings=settings).models
    assert entries[plain[0].id].draws == "gan"  # where it is not forbidden, what met the damage leads
