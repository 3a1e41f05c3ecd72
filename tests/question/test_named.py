"""Names of models in a question: what they tell of its task, and words that are no names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from apercu.catalogue import families
from apercu.question.limits import read_limits
from apercu.question.read import read_question
from apercu.records import Task


def wrong(questions: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    return [(text, task, found) for text, task in questions if (found := read_question(text).id) != task]


def test_a_family_asked_about_by_name_is_read_as_a_task_that_it_does() -> None:
    missed = [
        family.family
        for family in families()[::5]
        if read_question(f"What is {family.family}?").id not in {variant.task for variant in family.variants}
    ]
    assert missed == []


def test_a_question_about_a_model_takes_its_task_in_every_language() -> None:
    assert not wrong(
        [
            ("How does HAT work?", "super_resolution"),
            ("Comment fonctionne SwinIR ?", "super_resolution"),
            ("¿Cómo funciona DeOldify?", "colorization"),
            ("Wie arbeitet LIIF?", "super_resolution"),
            ("SwinIR的原理是什么？", "super_resolution"),
            ("waifu2xはどういう仕組みですか？", "super_resolution"),
            ("MiDaS 설명해 주세요", "depth"),
            ("Is HAT better than SwinIR or just slower?", "super_resolution"),
            ("LaMa or MAT for removing people?", "inpainting"),
            ("U2Net or BiRefNet for product photos?", "segmentation"),
            ("Was ist der Unterschied zwischen SwinIR und HAT?", "super_resolution"),
            ("Can I use Zero-DCE commercially?", "low_light"),
            ("Why do GANs invent details?", "super_resolution"),
            ("Explain Stable Diffusion to me like I am five.", "text_to_image"),
        ]
    )


def test_a_task_that_only_a_name_tells_is_not_said_to_be_sure_and_quotes_the_name() -> None:
    task = read_question("Comment fonctionne SwinIR ?")
    assert task.margin is not None
    assert task.margin < 1
    assert [facet.quote for facet in task.facets if facet.kind == "task"] == ["SwinIR"]


def test_a_name_does_not_make_a_task_of_what_no_model_does_nor_replace_one_that_is_asked() -> None:
    assert not wrong(
        [
            ("How much does an ESRGAN T-shirt cost?", "other"),
            ("Fix this Python error in my SwinIR training code", "other"),
            ("How does LTE work on my phone?", "other"),
            ("Does BART run to San Francisco airport?", "other"),
            ("What is a MAT file?", "other"),
            ("How does diffusion work in cells?", "other"),
            ("Are GaN chargers better?", "other"),
            ("How do transformers work?", "other"),
            ("Bark is falling off my tree, why?", "other"),
            ("WHERE IS MY HAT?", "other"),
            ("I used SwinIR, now I want to read the text", "ocr"),
            ("Remove the noise, I do not want SwinIR", "denoise"),
            ("Translate Real-ESRGAN into French", "text_to_text"),
            ("I made this with Stable Diffusion, enlarge it", "super_resolution"),
        ]
    )


def test_ocr_is_known_by_its_name() -> None:
    asked = [
        "Which OCR is the best?", "Best OCR for Korean?", "What OCR do you recommend for receipts?",
        "Which OCR is best for Japanese manga?", "OCR for manga, which one?", "Welche OCR ist die beste?",
        "¿Qué OCR recomiendas?", "Quel OCR choisir ?", "어떤 OCR이 제일 좋아요?", "おすすめのOCRは？", "哪个OCR最好？",
        "Gute Texterkennung gesucht",
    ]  # fmt: skip
    assert not wrong([(text, "ocr") for text in asked])
    assert not wrong(
        [
            ("No OCR, just enlarge it 2x", "super_resolution"),
            ("The OCR output is ugly, make the scan 3x bigger", "super_resolution"),
            ("When is the OCR maths exam?", "other"),
        ]
    )


@pytest.mark.parametrize(
    "text",
    [
        "Quiero una foto de carné más grande", "Foto de mi carné de conducir", "PHOTO OF MY HAT, MAKE IT 2X BIGGER.",
        "NO HAT IN THE PICTURE, PLEASE", "OLD FILM PHOTO, ENLARGE 3X", "Bark texture for a game", "Whisper-thin lines",
        "Whisper the answer to me", "Parakeet photo 2x", "MY SAN FRANCISCO PHOTO 2X",
    ],
)  # fmt: skip
def test_ordinary_words_are_no_families(text: str) -> None:
    task = read_question(text)
    assert (task.named, task.excluded) == ((), ())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Use HAT 4x", {"HAT"}), ("HAT OR SWINIR?", {"HAT", "SwinIR"}), ("CARN은 어때요?", {"CARN"}),
        ("Whisper large or small?", {"Whisper"}), ("Whisper-large or Parakeet for German?", {"Whisper", "Parakeet"}),
        ("Bark or FastSpeech2 for an audiobook?", {"Bark"}), ("SwinIR的原理", {"SwinIR"}), ("carn 2x", {"CARN"}),
    ],
)  # fmt: skip
def test_names_that_are_words_stay_names_where_they_are_meant(text: str, named: set[str]) -> None:
    assert named <= set(read_limits(text).named)


@pytest.mark.parametrize(
    ("text", "name"),
    [("SWİNİR ile fotoğrafı 2x büyüt", "SwinIR"), ("LİİF 2x", "LIIF"), ("swinır 2x", "SwinIR"), ("ſwinIR", "SwinIR")],
)
def test_letters_that_look_the_same_to_a_pattern_are_read_and_quoted_as_they_were_written(text: str, name: str) -> None:
    assert read_limits(text).named == (name,)
    task: Task = read_question(text)
    assert task.named == (name,)
    assert all(facet.quote == text[facet.start : facet.end] for facet in task.facets)


def test_every_letter_that_ignorecase_takes_for_an_ascii_one_is_looked_up() -> None:
    alike = [chr(code) for code in range(0x80, 0x3000) if re.match("[a-z]", chr(code), re.IGNORECASE)]
    assert len(alike) >= 4
    for text in (
        "enlarge the picture by a third",
        "nine times the pixels",
        "dreimal so groß",
        "sixteenfold",
        "SwinIR 2x",
    ):
        for letter in alike:
            for plain in {letter.casefold()[0], "i"}:
                read_question(text.replace(plain, letter))


def test_a_kind_of_picture_in_a_name_gives_way_to_one_in_words_and_an_explanation_is_no_wish() -> None:
    assert read_question("J'adore waifu2x, mais pour les photos ?").content == ("photo",)
    assert "anime" in read_question("waifu2x, 2x please").content
    assert "fidelity" not in read_question("Explain how ESRGAN hallucinates textures.").wish
    assert "fidelity" in read_question("Enlarge it 4x with SwinIR, nothing may be invented").wish
