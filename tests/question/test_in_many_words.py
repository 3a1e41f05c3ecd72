"""Limits, refusals, wishes and factors in the words of people who have never read a pattern, and near misses."""

from __future__ import annotations

import pytest

from apercu.question.read import read_question
from apercu.records import Task

_STAYS_HERE = """
Die Scans dürfen das Haus nicht verlassen. Vergrößere sie 2x.
Las fotos no pueden salir de mi ordenador. Amplíalas 2x.
Les photos ne doivent pas quitter le cabinet. Agrandis-les 2x.
사진이 외부로 나가면 안 됩니다. 2배로 확대해 주세요.
写真を外部に送らずに2倍に拡大したい。
照片不能上传到网上，请在本地放大2倍。
Bitte ohne Cloud, Foto 2x vergrößern.
I can't send the pictures to a server. Enlarge 2x.
Without sending my pictures to the cloud, enlarge 2x.
I want to process everything on my own PC. Upscale photos 3x.
Enlarge my photos 2x, please keep them on my machine.
I'd rather not upload family pictures. Enlarge 2x.
I refuse to upload my art. Enlarge 4x.
No data may go to the internet. Enlarge photo 2x.
I don't want to put my daughter's photos online. 2x
Enlarge photo 2x, nothing online.
No subscription, no account, no upload. 2x
Self-hosted upscaler for photos 2x?
Is there an offline app that enlarges photos 2x?
All processing must stay inside our network, enlarge the scans 2x
Ich möchte die Bilder nicht ins Internet stellen. 2x vergrößern.
Kann ich Fotos rein lokal 2x vergrößern?
Je ne veux pas mettre mes photos en ligne. Agrandis 2x.
Agrandir 2x en local, rien dans le cloud.
No quiero subir mis fotos a internet. Amplía 2x.
사진을 클라우드에 올리지 않고 2배로 키우고 싶어요.
クラウドは使わずに写真を2倍にしたい。
不想把照片传到服务器，放大2倍。
We are not allowed to use cloud services, upscale the scans 2x
Our policy forbids uploading images to third parties. 2x
Die Fotos sollen auf meinem Rechner bleiben, 2x
Les clichés restent chez nous, pas de cloud, agrandir 2x
Que todo se quede en mi ordenador, amplía 2x
社外に出せない図面を2倍に拡大したい
不能联网上传，放大两倍
My kids' photos must not be uploaded. 2x
"""
_GOES_ANYWHERE = """
I can't upload it to the server, it is too small. 2x please
I want to upload my photo to my website, enlarge it 2x.
I keep my photos on my laptop. Which model doubles them?
The sky has no cloud, enlarge 2x.
The cat never leaves the house; enlarge her photo 2x.
I saved it to the cloud and only the small version is left, 2x
I don't want to upload a blurry picture. Sharpen it.
I drew this on my own laptop, enlarge 4x.
The local newspaper wants the photo 3x larger.
I have no internet problems. Enlarge 2x.
I can't install a bigger picture frame, so enlarge only 1.5x.
인터넷에 못 올려요, 사진이 너무 작아서요. 2배.
Das Bild ist lokal unscharf, schärfe es.
Je veux mettre ma photo en ligne, agrandis-la 2x.
Un cielo sin nubes, amplía la foto 2x.
인터넷에 올릴 사진을 2배로 키워 주세요.
ネットに上げる写真を2倍にしたい。
本地风景照片放大2倍
Don't send me a link, just tell me which model doubles a photo
Die Katze darf das Haus nicht verlassen. Foto 2x vergrößern
Mon chat ne peut pas sortir de la maison, agrandis sa photo 2x
猫が外に出ない写真を2倍に
I never put the photo online because it was so small. 2x
"""
_NO_CARD = """
외장 그래픽이 없는 노트북에서 2배 확대
그래픽 카드가 없어요. 2배로.
I want to run it on my old tablet. Enlarge 2x
My laptop is old, but I have no graphics card either. 4x photo
"""
_ANY_CARD = """
그래픽이 깨지지 않게 2배로 키워 주세요.
그래픽이 선명하지 않아요. 2배로.
게임 그래픽이 흐릿하지 않게 3배 확대
I take photos with an old tablet. Enlarge 2x.
My laptop is old, but I have a desktop with a 4090. 4x photo
"""
_SOLD = """
We invoice clients for this; enlarge the logo 2x.
Je facture ce travail à un client, agrandis 2x.
Tengo que facturar este trabajo, amplía 2x
유료 앱에 넣을 아이콘을 2배로
有料アプリに使う画像を2倍に拡大
상업적으로 쓸 계획이에요. 사진 2배.
Wird in einer kostenpflichtigen App verwendet, 2x vergrößern
"""
_NOT_SOLD = """
Lis le texte de cette facture scannée.
Read the totals from scanned invoices.
La facture est un peu floue, agrandis-la 2x.
유료여도 괜찮아요. 사진 2배 확대 모델 추천해 주세요.
有料でもいいので、写真を2倍に拡大したい。
收费的也可以，照片放大2倍。
Es darf auch kostenpflichtig sein, Foto 2x vergrößern
상업적으로 쓸 계획은 없어요. 사진 2배.
商用利用の予定はありません。写真を2倍に。
没有商用的打算，照片放大2倍。
"""
_REFUSED = """
Real-ESRGAN macht alles zu Plastik. Was gibt es sonst für 4x?
Real-ESRGAN hat die Haut wie Wachs aussehen lassen. Alternative für 2x?
SwinIR ist mir viel zu langsam. 2x bitte
Real-ESRGAN은 피부가 플라스틱처럼 돼요. 다른 모델로 2배.
SwinIR은 너무 느려요. 2배 확대 다른 모델 추천해 주세요.
Real-ESRGANは肌がプラスチックみたいになる。他に2倍のモデルは？
SwinIRは遅すぎる。2倍で他のモデルは？
Everyone says ESRGAN, but I'd rather have something calmer. 2x
Diffusion upscalers make everything pretty, but I need the truth. 2x
Take ESRGAN out of the list, 2x
GFPGAN changes my mother's face. What is gentler?
Real-ESRGAN smears the lines of my comic, is there anything softer for 2x?
"""
_WELCOME = """
SAM or U2Net for cutting out hair?
BiRefNet or U2Net for cutting out a chair?
HAT or EDSR to cut down memory? 2x
No model beats HAT, right? 4x
Ich kenne SwinIR nicht. Taugt es für 2x?
SwinIR n'est pas mal du tout. 2x
SwinIR isn't bad at all, 2x with it
Not necessarily SwinIR. 2x
Nicht unbedingt SwinIR, 2x
Macht Real-ESRGAN Haut zu Plastik?
SwinIR은 너무 느린가요? 2배
Real-ESRGANは肌がプラスチックみたいになりますか？
SwinIR makes nice photos, but I need 8x
SwinIR is great for photos. What is faster? 2x
How does Real-ESRGAN change a face? Is there something to read about it?
"""


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize(
    ("field", "said", "unsaid"),
    [
        ("runs_here", _STAYS_HERE, _GOES_ANYWHERE),
        ("no_gpu", _NO_CARD, _ANY_CARD),
        ("licence", _SOLD, _NOT_SOLD),
        ("excluded", _REFUSED, _WELCOME),
    ],
)
def test_a_limit_is_read_in_many_words_and_not_in_near_misses(field: str, said: str, unsaid: str) -> None:
    assert [line for line in _lines(said) if not getattr(read_question(line), field)] == []
    assert [line for line in _lines(unsaid) if getattr(read_question(line), field)] == []


@pytest.mark.parametrize(
    ("question", "y", "x"),
    [
        ("Dreimal so breit, Höhe gleich.", 1, 3),
        ("Doppelt so hoch, Breite gleich lassen.", 2, 1),
        ("Deux fois plus large, même hauteur.", 1, 2),
        ("Trois fois plus haut, largeur inchangée", 3, 1),
        ("El doble de ancho, la misma altura.", 1, 2),
    ],
)
def test_one_axis_grows_where_the_other_is_said_to_stay(question: str, y: float, x: float) -> None:
    assert read_question(question).scale == (y, x)


@pytest.mark.parametrize(
    ("question", "factor"),
    [
        ("Make it larger by a third.", 1.3333),
        ("Enlarge a photo of our family's bakery from 1930 by 3.", 3),
        ("Double the width and the height", 2),
        ("Das gleiche Bild doppelt so breit", 2),
        ("Doppelt so groß bei gleicher Qualität", 2),
    ],
)
def test_both_axes_grow_alike_otherwise(question: str, factor: float) -> None:
    assert read_question(question).factor == factor


@pytest.mark.parametrize(
    ("question", "wishes"),
    [
        ("Enlarge it 2x, I don't care if it invents things.", ()),
        ("Make it 4x, invent as you like.", ()),
        ("Das Modell darf ruhig Details erfinden, 4x Foto", ()),
        ("Ça ne me dérange pas s'il invente des détails, agrandis 4x", ()),
        ("No me importa que invente detalles, amplía 4x", ()),
        ("디테일을 지어내도 괜찮아요, 4배 확대", ()),
        ("捏造してもいいので4倍に", ()),
        ("随便脑补都可以，放大4倍", ()),
        ("Do not sharpen, just 2x the photo.", ()),
        ("Foto 2x vergrößern, aber nicht schärfen.", ()),
        ("Enlarge this photo 2x, and is anything made up?", ()),
        ("What does LIIF invent when it enlarges a photo?", ()),
        ("Which model does not invent details? 2x", ("fidelity",)),
        ("Enlarge it 2x; is that possible without making things up?", ("fidelity",)),
        ("No model may invent details. 4x", ("fidelity",)),
        ("I don't care how long it takes, but it must not invent details. 4x", ("fidelity",)),
        ("The photo is not sharp enough, 2x", ("crispness",)),
        ("Don't lose sharpness, 2x", ("crispness",)),
    ],
)
def test_a_wish_that_is_waived_is_none(question: str, wishes: tuple[str, ...]) -> None:
    assert read_question(question).wish == wishes


@pytest.mark.parametrize(
    ("question", "damage"),
    [
        ("don't touch the noise, just 2x it", ()),
        ("lass das Rauschen drin, 2x", ()),
        ("ノイズはそのままで2倍", ()),
        ("keep the noise down, 2x", ("noise",)),
    ],
)
def test_noise_that_is_to_stay_is_no_damage(question: str, damage: tuple[str, ...]) -> None:
    assert read_question(question).damage == damage


def test_a_small_print_shop_has_no_small_print() -> None:
    assert "text" not in read_question("I run a small print shop. Enlarge a logo 4x.").content
    assert "text" in read_question("The contract has small print, enlarge it 2x.").content


def _quote(task: Task, value: str) -> str:
    return next(facet.quote for facet in task.facets if facet.value == value)


def test_a_limit_is_quoted_by_the_words_that_say_it_and_never_across_two_sentences() -> None:
    assert _quote(read_question("网店商品图要放大4倍，必须可以商用。"), "commercial") == "商用"
    shop = "I run a small print shop and customers keep sending me tiny logos. What can I use for a 4x banner?"
    assert "." not in _quote(read_question(shop), "commercial")
    assert _quote(read_question("No subscription, no account, no upload. 2x"), "runs_here") == "no upload"
