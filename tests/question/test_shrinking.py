"""Shrinking and refused enlarging are no enlargement, and what only sounds like them is none of either."""

from __future__ import annotations

import pytest

from apercu.question.read import read_question

NO_ENLARGEMENT = [
    "shrink this photo 4x", "I want to downscale this icon from 256x256 to 64x64",
    "make this photo three times smaller",
    "reduce by 4x", "scale this down 4x", "scale this photo to 50%", "make it half the size", "from 300 dpi to 72 dpi",
    "scale it to a quarter of its size", "please don't make it any larger, 2x is too much",
    "pas besoin d'agrandir 2x", "quiero que sea 4 veces más chica", "把图缩到原来的四分之一", "I'd like it shrunk 3x",
    "A3 to A5", "verkleinere dieses Foto 4x", "mach das Foto dreimal kleiner", "réduis cette photo 4 fois",
    "rends cette photo deux fois plus petite", "reduce esta foto 4 veces", "haz esta foto 3 veces más pequeña",
    "把照片缩小4倍", "从2000像素到500像素", "写真を4倍縮小", "사진을 4배 축소", "2000픽셀에서 500픽셀로",
    "do not enlarge this photo 4x", "I don't want this enlarged 3x", "no 3x enlargement please",
    "vergrößere dieses Bild nicht 3x", "Bitte nicht 4x vergrößern", "ne pas agrandir 3 fois cette photo",
    "no amplíes esta foto 3 veces", "不要放大3倍", "拡大しないで3倍", "사진을 3배 확대하지 마세요",
]  # fmt: skip
NEAR = {
    "enlarge 4x but make the file smaller": 4, "don't shrink it, enlarge it 3x": 3,
    "enlarge this smaller version 3x": 3,
    "enlarge this reduced image 3x": 3, "this photo was shrunk 4x, enlarge it 3x": 3,
    "this photo was shrunk 4x, restore its original size": 4, "it was reduced to 64x64, bring it back to 256": 4,
    "WhatsApp shrank my photo to 800 px, I need 2400 px again": 3, "the scan is 3 times smaller than I need": 3,
    "enlarge 2x and reduce the noise by 50%": 2, "downsample 4x then upscale 2x": 2, "don't enlarge it more than 3x": 3,
    "not 3x but 4x": 4, "vergrößere nicht 3x, sondern 4x": 4, "amplía no 3 veces sino 4 veces": 4,
    "不是3倍而是4倍放大": 4, "3倍ではなく4倍に拡大": 4, "3배 말고 4배로 확대": 4,
    "사진을 3배로 확대하지 말고 2배로 확대해줘": 2,
    "make it twice as large, no, four times as large": 4, "don't make it 3x larger, make it 2x": 2,
    "放大3倍，不，4倍": 4, "vergrößere 3x, nein, 4x": 4, "agrandis 3 fois, non, 4 fois": 4,
    "10 m per pixel to 2.5 m per pixel": 4, "縮小された画像を3倍に拡大": 3, "축소된 사진을 3배로 확대": 3,
    "Make my photo 2x, wait, 3x": 3, "enlarge it 2x... actually 3x please": 3, "Enlarge 4x - no wait - 2x is fine": 2,
    "don't double it, triple it": 3, "first I wanted 8x but 3x is enough for this photo": 3,
    "Make it four times larger. Sorry, I meant three times.": 3, "放大4倍，等等，3倍就够": 3,
    "2배로, 잠깐, 3배로 확대해줘": 3, "Vergrößere es 4x, nein warte, 3x": 3, "Agrandis 4 fois, attends, 3 fois": 3,
    "Amplía 4 veces, espera, mejor 3 veces": 3, "4倍に、待って、3倍に拡大": 3,
    "My drawing should go from 500 px to 1500 px. Sorry, typo: from 500 px to 2000 px.": 4,
    "My icon was upscaled 2x last week, now I need 4x": 4, "Enlarge to 2x; 4x would be nice, but 2x is enough": 2,
    "Upscale by 4 then downscale by 2": 4, "2x is not enough, I need 4x of the photo": 4, "2x reicht nicht, 4x": 4,
    "2倍不够，放大4倍": 4, "2倍では足りない、4倍に拡大": 4, "2배는 부족해, 4배로 확대": 4,
    "3x isn't quite enough, 5x": 5, "2x ne suffit pas, agrandis 4x": 4, "con 2x no basta, amplía 4x": 4,
    "4x, not 2x, of this photo": 4, "Is 2x enough or should I take 4x?": 2,
    "2x or 3x of my photo? I think 3x": 3, "Enlarge it 2x or 4x? Let's go with the 4x.": 4,
    "2x oder 4x größer? Lieber 4x": 4, "Should I upscale 2x? I think my printer is fine": 2,
    "why not enlarge 3x?": 3, "no blur, 3x bigger": 3, "we don't want pixelation, enlarge 3x": 3,
}  # fmt: skip
NOT_REFUSED = {
    "agrandis cette photo au moins 3 fois": 3, "pas moins de 3x": 3, "agrandir d'au moins 4x": 4,
    "amplía al menos 4x": 4, "más o menos 3 veces más grande": 3, "reduce the noise and make it 4x bigger": 4,
    "reduce noise and make it 4 times bigger": 4, "reduce grain and output a 4x version": 4,
    "reducing noise and making it 3x larger": 3, "reduce noise with 4x upscale": 4,
    "halve the noise and double the size": 2, "compress the file and make it 2x bigger": 2,
    "Rauschen verkleinern und das Bild 4x vergrößern": 4, "reduce el ruido y hazla 4 veces más grande": 4,
    "réduis le bruit et rends-la 3 fois plus grande": 3,
    "노이즈를 줄이고 4배로 확대해줘": 4, "사진의 흐림을 줄여서 2배로 키워줘": 2,
    "ノイズを小さくして4倍に拡大": 4,
    "reduce JPEG artifacts and scale by 4": 4, "Do not magnify noise when enlarging 4x": 4,
    "Don't increase noise when upscaling 4x": 4, "without increasing noise enlarge my photo 4x": 4,
    "Without increasing the noise make it 3x": 3, "Don't blow out the highlights when making it 4x": 4,
    "sans augmenter le bruit agrandir 4x": 4, "Sin aumentar el ruido ampliar 4x": 4, "ノイズを拡大せずに4倍にしたい": 4,
    "I do not want to scale it 4x by hand": 4, "Resize 4x and set the JPEG quality to 85%": 4,
    "scale it 4x and set quality to 90 %": 4, "agrandis 4x plutôt que 2x": 4, "Enlarge 4x, sorry for asking twice": 4,
    "4배 아니면 2배로 확대": 4, "Can you blow up a negative 6 times?": 6, "Enlarge this negative 4x": 4,
    "pourquoi pas 4x ?": 4, "Warum nicht 3x vergrößern?": 3, "Enlarge a half-size image 4x": 4,
    "my half size scan 4x please": 4, "구겨진 줄이 있는 사진을 4배로": 4,
    "줄이 간 사진을 2배로 확대": 2, "그동안 확대한 사진을 4배로": 4,
    "upscale drone imagery from 50 cm to 25 cm": 2, "super-resolve the DEM from 30 m to 10 m": 3,
}  # fmt: skip
"""Noise that is to shrink, "at least", quality in per cent, negatives of film, small things that are to grow."""
PASSED = {
    "increase size from 500 to 100 px": "from 500 to 100 px",
    "enlarge this thumbnail that was shrunk from 2000 to 500": "from 2000 to 500",
    "can you make this 4x smaller file but larger picture": "4x",
    "enlarge it, but not by 3x": "3x",
}


@pytest.mark.parametrize("question", NO_ENLARGEMENT)
def test_shrinking_and_refused_enlarging_are_no_enlargement(question: str) -> None:
    task = read_question(question)
    assert task.id == "other"
    assert (task.factor, task.scale, task.size, task.width) == (None, None, None, None)


@pytest.mark.parametrize(("question", "factor"), (NEAR | NOT_REFUSED).items())
def test_an_enlargement_beside_words_for_smaller_keeps_its_own_factor(question: str, factor: float) -> None:
    task = read_question(question)
    assert (task.id, task.factor, task.size) == ("super_resolution", factor, None)


@pytest.mark.parametrize(("question", "quote"), PASSED.items())
def test_an_amount_that_shrinks_or_is_refused_is_said_not_to_be_taken(question: str, quote: str) -> None:
    task = read_question(question)
    assert (task.id, task.factor, task.size) == ("super_resolution", None, None)
    assert quote in (task.impossible_factor or "")


@pytest.mark.parametrize(
    "question",
    [
        "why is bicubic shrinking used to make the low-res half of training pairs",
        "undo a bicubic shrink",
        "El becario guardó todo a la mitad, quiero recuperar las dimensiones de antes",
        "No upscaling artifacts please, super resolution",
        "scale to 75% of the poster width",
        "Smaller icons look bad, I need them in higher resolution",
        "Kleiner Ausschnitt soll auf Postergröße",
        "Photos from 1990 to 1970 in higher resolution",
        "My eBay listing photos don't zoom, buyers can't see the stitching.",
    ],
)
def test_what_tells_of_shrinking_without_asking_for_it_stays_a_question_of_enlarging(question: str) -> None:
    assert read_question(question).id == "super_resolution"
