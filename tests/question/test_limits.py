"""What a question demands of a model: licence, no graphics card, nothing to fetch, families that are ruled out."""

from __future__ import annotations

import pytest

from apercu.catalogue import families
from apercu.question.limits import read_limits
from apercu.question.read import read_question


@pytest.mark.parametrize(
    "text",
    [
        "CPU only, 6x", "no GPU in this laptop", "on a Raspberry Pi", "without a graphics card", "ohne Grafikkarte",
        "sans carte graphique", "sin tarjeta gráfica", "그래픽카드 없는 노트북", "GPUなしで", "没有显卡",
    ],
)  # fmt: skip
def test_no_graphics_card_is_read(text: str) -> None:
    assert read_limits(text).no_gpu


@pytest.mark.parametrize("text", ["I have a GPU", "graphics for a card game", "a photo of my CPU", "with CUDA"])
def test_a_graphics_card_is_not_taken_for_none(text: str) -> None:
    assert not read_limits(text).no_gpu


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("for commercial work", "commercial"), ("the licence must allow selling", "commercial"),
        ("I may ship inside a paid app", "commercial"), ("kommerziell nutzbar", "commercial"), ("商用", "commercial"),
        ("open source only", "open"), ("with free software", "open"), ("un modèle libre", "open"), ("开源", "open"),
        ("non-commercial is fine", None), ("a photo of a shop", None), ("my free time", None),
    ],
)  # fmt: skip
def test_a_licence_is_read(text: str, licence: str | None) -> None:
    assert read_limits(text).licence == licence


def test_nothing_to_fetch_is_read() -> None:
    assert read_limits("which one runs here right away?").runs_here
    assert read_limits("without downloading any model file").runs_here
    assert not read_limits("where can I download it?").runs_here


@pytest.mark.parametrize(
    ("text", "excluded", "named"),
    [
        ("anything but Real-ESRGAN", {"Real-ESRGAN"}, set()),
        ("please no SwinIR and no HAT", {"SwinIR", "HAT"}, set()),
        ("no SwinIR, HAT or DAT", {"SwinIR", "HAT", "DAT"}, set()),
        ("Don't suggest waifu2x", {"waifu2x"}, set()),
        ("waifu2x 말고", {"waifu2x"}, set()),
        ("use real esrgan", set(), {"Real-ESRGAN"}),
        ("a hat for the cat on film", set(), set()),
        ("not waifu 2x, not R-ESRGAN", {"waifu2x", "Real-ESRGAN"}, set()),
        ("no Swin IR please", {"SwinIR"}, set()),
        ("without edsr", {"EDSR"}, set()),
        ("n'utilise pas SwinIR", {"SwinIR"}, set()),
        ("increase the span, no pan, no mat", set(), set()),
    ],
)
def test_families_are_ruled_out_or_named(text: str, excluded: set[str], named: set[str]) -> None:
    found = read_limits(text)
    assert (set(found.excluded), set(found.named)) == (excluded, named)


def test_a_whole_kind_is_ruled_out() -> None:
    kinds = {family.family: family.draws for family in families()}
    assert set(read_limits("no GANs please").excluded) == {name for name, draws in kinds.items() if draws == "gan"}
    found = read_limits("no StableSR or anything like that")
    assert set(found.excluded) == {name for name, draws in kinds.items() if draws == "diffusion"}


def test_every_finding_is_quoted() -> None:
    text = "CPU only, open source, no GANs"
    assert [text[facet.start : facet.end] for facet in read_limits(text).facets] == ["CPU only", "open source", "GANs"]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Enlarge my photo 4x, it runs on my old laptop", "no_gpu"),
        ("my machine has only intel graphics", "no_gpu"),
        ("läuft auf meinem alten Laptop", "no_gpu"),
        ("用旧笔记本电脑放大照片", "no_gpu"),
        ("GPUは使えません", "no_gpu"),
        ("GPUは積んでいません", "no_gpu"),
        ("my hobby box from 2011", "no_gpu"),
        ("mein PC ist uralt", "no_gpu"),
        ("只有集成显卡", "no_gpu"),
        ("바로 쓸 수 있는 모델로", "runs_here"),
        ("we work offline: 2x for a scan", "runs_here"),
        ("air-gapped machine, double the scan", "runs_here"),
        ("인터넷 없이 두 배로", "runs_here"),
    ],
)
def test_weak_machines_and_closed_networks_are_limits(text: str, field: str) -> None:
    assert getattr(read_limits(text), field) is True


@pytest.mark.parametrize(
    "text",
    [
        "a photo of an old laptop",
        "a photo of my computer from 2011",
        "offline printing",
        "enlarge it without adding leaves",
    ],
)
def test_what_only_sounds_like_a_limit_is_none(text: str) -> None:
    found = read_limits(text)
    assert (found.no_gpu, found.runs_here) == (False, False)


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("no non-commercial licences", "commercial"),
        ("a research-only licence is fine", None),
        ("must be MIT", "open"),
        ("Fotos vergrößern mit Gefühl", None),
        ("for a paying publisher", "commercial"),
        ("pour un client", "commercial"),
        ("this flyer earns us money", "commercial"),
        ("Quelltext muss offen sein", "open"),
        ("mit offener Lizenz, also offene Lizenz", "open"),
    ],
)
def test_a_licence_is_read_with_what_is_said_about_it(text: str, licence: str | None) -> None:
    assert read_limits(text).licence == licence


def test_a_kind_of_network_is_ruled_out_as_a_whole_and_a_row_of_names_together() -> None:
    assert read_limits("nothing GAN-based, 4x").excluded_kinds == ("gan",)
    assert read_limits("anything but ESRGAN and its cousins").excluded_kinds == ("gan",)
    assert read_limits("adversarially trained nets are taboo").excluded_kinds == ("gan",)
    assert {"SwinIR", "HAT"} <= set(read_limits("SwinIR and HAT are off limits").excluded)
    assert read_limits("how do GANs invent detail?").excluded == ()
    assert read_limits("no AI, a plain resize").excluded_kinds == ("gan", "diffusion")


@pytest.mark.parametrize(
    ("question", "here"),
    [
        ("Enlarge my photo 2x; it must not be uploaded anywhere", True),
        ("Enlarge my photo 2x; it has to work on this machine", True),
        ("Enlarge my photo 2x locally", True),
        ("no cloud please, double this drawing on my own laptop", True),
        ("Das Logo soll von 120 auf 900 Pixel wachsen und darf nirgends hochgeladen werden", True),
        ("agrandis ma photo 2 fois, elle ne doit pas sortir de la maison", True),
        ("长宽各放大两倍，别把图传到网上去", True),
        ("このスクショは門外不出。2倍サイズに", True),
        ("a photo of a cloud over my house, 2x", False),
        ("I uploaded it and now it is small, double it", False),
        ("the server room photo 2x", False),
        ("Cut out the dog locally", False),  # no model for that runs here: it would rule out all of them
    ],
)
def test_a_picture_that_must_not_go_anywhere_wants_a_model_that_runs_here(question: str, here: bool) -> None:
    task = read_question(question)
    assert task.runs_here == here
    assert not here or any(facet.value == "runs_here" and facet.quote in question for facet in task.facets)


@pytest.mark.parametrize(
    ("question", "family"),
    [
        ("Waifu2x and I are divorced. Who else would take my cartoon fox to 2x?", "waifu2x"),
        ("SwinIR may stay at home, 2x of the windmill please", "SwinIR"),
        ("LaMa smudged the grass. What else could take the hose out of my photo?", "LaMa"),
        ("what does it better, appart from Real-ESRGAN? double the photo", "Real-ESRGAN"),
    ],
)
def test_a_model_that_is_refused_in_words_that_no_pattern_knows_is_ruled_out(question: str, family: str) -> None:
    assert family in read_question(question).excluded


@pytest.mark.parametrize(
    "question",
    [
        "SwinIR, please, no other",
        "no watermark please, Real-ESRGAN 4x",
        "사진을 자르지 말고 SwinIR로 2배 확대",
        "SwinIR 2x did a nice job on my hotel photo last year, now I need 3x of it",
        "How does Real-ESRGAN differ from SwinIR?",
    ],
)
def test_a_model_that_is_welcome_is_not_ruled_out(question: str) -> None:
    assert read_question(question).excluded == ()


@pytest.mark.parametrize(
    ("question", "task"),
    [
        ("흑백 사진에 색을 입히고 싶은데 오픈소스 라이선스만 가능합니다.", "colorization"),
        ("Reconstituer une image HDR à partir d'une seule photo, licence open source obligatoire", "hdr"),
        ("庭の写真にゴッホが乗り移ったみたいにしてほしい。ただし手元にあるのはグラボなしのPCだけ", "style_transfer"),
        ("photo à doubler pour un client qui paie, licence commerciale obligatoire", "super_resolution"),
        ("6x with what you've got installed, no internet here", "super_resolution"),
    ],
)
def test_a_limit_does_not_say_what_is_to_be_done(question: str, task: str) -> None:
    assert read_question(question).id == task


def test_no_wish_to_sell_is_no_wish_for_a_licence() -> None:
    assert read_question("enlarge it, I won't sell the prints").licence is None


@pytest.mark.parametrize(
    "question",
    [
        "4x, nothing from the ESRGAN family",
        "4x, no ESRGAN-style models",
        "4x, no ESRGAN of any kind",
        "4x, none of the ESRGANs",
        "4x, neither ESRGAN nor its successors",
        "4x, not Real-ESRGAN or other models of that sort",
        "4x ohne Real-ESRGAN und Konsorten",
        "不要Real-ESRGAN这类，放大4倍",
    ],
)
def test_a_family_that_is_refused_with_its_like_stands_for_its_kind(question: str) -> None:
    assert read_question(question).excluded_kinds == ("gan",)


def test_a_family_whose_like_is_wished_for_is_not_refused() -> None:
    assert read_question("4x with SwinIR-like fidelity").excluded == ()
    assert read_question("no JPEG artefacts, ESRGAN family please").excluded == ()
