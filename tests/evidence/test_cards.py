"""What the cards say: each sentence stands alone, names only its own subject, and says where it comes from."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from apercu.errors import EvidenceError
from apercu.evidence.cards import arxiv_id, find_paper, paper_cards, repository
from apercu.records import CardClaim, ModelCard, Paper, Relation, Weights
from apercu.registry import find_model, model_cards, read_cards
from apercu.resample import resample_matrix

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"
PROJECT = "apercu"
OUR_FILES = ("benchmarks/", "models/", "networks/", "train/")

# A name that may stand in a sentence, and the cards on which it may.
NAMES = {
    r"LIIF": ("liif-edsr", "liif-edsr-art", "liif-edsr-web", "liif-fast", "liif-rdn", "2012.09161"),
    r"EDSR": ("liif-edsr", "liif-edsr-art", "liif-edsr-web"),
    r"LIIF-EDSR(?!-Art|-Web)": ("liif-edsr",),
    r"LIIF-EDSR-Art": ("liif-edsr-art",),
    r"LIIF-EDSR-Web": ("liif-edsr-web",),
    r"LIIF-Fast": ("liif-fast",),
    r"RDN": ("liif-rdn",),
    r"(?i:bicubic)": ("bicubic",),
    r"(?i:lanczos)": ("lanczos",),
    r"(?i:nearest-neighbour)": ("nearest",),
    r"(?i:latent[ -]?diffusion)|\bLDM\b": ("ldm-inpainting", "2112.10752"),
    r"(?i:stable[ -]?diffusion)|(?i:dreamshaper)": ("sd15-dreamshaper",),
    r"(?i:deepart)": ("2312.10407",),
    r"(?i:featsharp)": ("2502.16025",),
    r"(?i:fontdiffuser)": ("2312.12142",),
    r"AIGI": ("2412.15677",),
    r"\bCoF\b": ("2412.16869",),
    r"UMAIR": ("2402.10381",),
    r"(?i:artxai)": ("2308.15284",),
    r"\bREAL\b": ("2502.10663",),
    r"(?i:cherry-picker)|\bACP\b|\bCLIS\b": ("2406.20085",),
    r"Saliency Suppressed": ("2404.18772",),
    r"(?i:real-?esrgan)": ("realesrgan-x4plus", "realesrgan-x4plus-anime", "realesrgan-animevideov3"),
    r"(?i:waifu2x)": ("waifu2x-cunet", "waifu2x-anime", "waifu2x-photo"),
    r"(?i:real-?cugan)": ("realcugan-2x", "realcugan-3x", "realcugan-4x"),
    r"RealSR": ("realsr-df2k",),
    r"GPT|\bCLIP\b|ResNet|\bViT|RADIO|LLaVA|InstructBLIP|Sentence-Transformers|DCN|SDEdit|VQGAN": (),
    r"(?<!Real-)ESRGAN|SwinIR": (),
}


def all_cards() -> list[ModelCard | Paper]:
    return [*model_cards().values(), *paper_cards().values()]


def sentences() -> Iterator[tuple[str, str, str]]:
    """(card id, where, text) of everything that an answer may say."""
    for card in all_cards():
        yield card.id, "about", card.about
        yield from ((card.id, f"relation {relation.task}", relation.reason) for relation in card.relations)
        yield from ((card.id, f"claim {claim.id}", claim.text) for claim in card.claims)


def seed_entries(section: str) -> list[tuple[str, tuple[str, ...]]]:
    """(name, links) of every entry in one section of the seed prompts."""
    if not SEEDS.is_dir():
        pytest.skip("needs the seed prompts in ../shared/seeds")
    found = []
    for file in sorted(SEEDS.glob("*.txt")):
        models, papers = file.read_text().split("### Related Papers:")
        for entry in {"models": models, "papers": papers}[section].split("\nModel: ")[1:]:
            links = tuple(re.findall(r"^(?:Paper|GitHub): (http\S+)", entry, re.MULTILINE))
            found.append((entry.splitlines()[0], links))
    return found


def test_every_recommended_model_of_the_seeds_has_a_card():
    entries = seed_entries("models")
    assert len(entries) == 5
    ids = {find_model(name).id for name, _ in entries}
    assert ids == {"ldm-inpainting", "liif-rdn", "sd15-dreamshaper", "liif-edsr"}


def test_every_related_paper_of_the_seeds_has_a_card_by_link_and_by_title():
    entries = seed_entries("papers")
    assert len(entries) == 15
    for title, links in entries:
        by_link, by_title = find_paper("", links), find_paper(title.upper(), ())
        assert by_link is not None, links
        assert by_title == by_link, title
    assert len({arxiv_id(links[0]) for _, links in entries}) == 10


def test_every_repository_that_the_seeds_name_for_a_paper_leads_to_its_card():
    for title, links in seed_entries("papers"):
        code = [link for link in links if repository(link)]
        if code:
            assert find_paper("", code) == find_paper(title, ()), title


def test_the_paper_of_a_model_card_is_a_paper_card_with_a_link_in_common():
    for card in model_cards().values():
        if card.paper:
            assert set(card.links) & set(paper_cards()[card.paper].links)


@pytest.mark.parametrize(
    "url",
    [
        "https://arxiv.org/abs/2502.16025",
        "http://arxiv.org/pdf/2502.16025v1.pdf",
        "https://arxiv.org/pdf/2502.16025",
        "HTTPS://ArXiv.org/abs/2502.16025v12",
        "https://www.arxiv.org/html/2502.16025v2#S1",
        "http://export.arxiv.org/abs/2502.16025?context=cs",
        " arxiv.org/abs/2502.16025/ ",
    ],
)
def test_every_spelling_of_an_arxiv_address_gives_the_same_number(url: str):
    assert arxiv_id(url) == "2502.16025"


def test_an_old_arxiv_number_is_read_too():
    assert arxiv_id("https://arxiv.org/abs/math.GT/0309136v1") == "math.gt/0309136"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "None",
        "https://example.org/arxiv.org/abs/2502.16025",
        "https://arxiv.org.example.org/abs/2502.16025",
        "https://arxiv.org/list/cs.CV",
        "https://github.com/yinboc/liif",
        "https://arxiv.org/abs/2502.16025 and https://arxiv.org/abs/2012.09161",
    ],
)
def test_an_address_that_is_not_an_arxiv_paper_gives_no_number(url: str):
    assert arxiv_id(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/yinboc/liif",
        "http://www.github.com/YinboC/LIIF/",
        "https://github.com/yinboc/liif.git",
        "github.com/yinboc/liif/tree/main/models#top",
    ],
)
def test_every_spelling_of_a_repository_gives_the_same_name(url: str):
    assert repository(url) == "yinboc/liif"


@pytest.mark.parametrize(
    "url", ["https://github.com/yinboc", "https://gitlab.com/yinboc/liif", "https://evil.org/github.com/a/b", "None"]
)
def test_an_address_that_is_not_a_repository_gives_no_name(url: str):
    assert repository(url) is None


def test_a_paper_is_found_by_its_title_whatever_the_capitals_and_spaces():
    paper = find_paper("  featsharp:  YOUR vision model features,\n sharper ", ())
    assert paper is not None
    assert paper.id == "2502.16025"


def test_an_arxiv_number_without_a_card_is_not_overruled_by_repository_or_title():
    links = ("https://arxiv.org/abs/2204.11824", "https://github.com/CompVis/latent-diffusion")
    assert find_paper("High-Resolution Image Synthesis with Latent Diffusion Models", links) is None


def test_an_unknown_paper_has_no_card():
    assert find_paper("A title that nobody gave", ("https://github.com/nobody/nothing",)) is None


def test_every_claim_is_one_short_sentence_without_an_address():
    for card in all_cards():
        for claim in card.claims:
            assert claim.text.endswith("."), (card.id, claim.id)
            assert len(claim.text) <= 220, (card.id, claim.id, len(claim.text))
            assert not re.search(r"[.!?] [A-Z]", claim.text), (card.id, claim.id)
            assert claim.text == " ".join(claim.text.split()), (card.id, claim.id)


def test_no_sentence_of_a_card_holds_an_address():
    assert [entry for entry in sentences() if re.search(r"https?:|www\.|\.(com|org|io)\b", entry[2])] == []


def test_no_sentence_names_a_model_or_paper_of_another_card():
    foreign = [
        (id, where, pattern)
        for id, where, text in sentences()
        for pattern, own in NAMES.items()
        if re.search(pattern, text) and id not in own and (id, where) != ("2012.09161", "claim encoders")
    ]
    assert foreign == []


def test_the_list_of_names_knows_every_card():
    for card in all_cards():
        title = card.name if isinstance(card, ModelCard) else card.short
        assert any(card.id in own and re.search(pattern, title) for pattern, own in NAMES.items()), card.id


def test_every_claim_names_its_subject():
    for card in all_cards():
        own = [pattern for pattern, cards in NAMES.items() if card.id in cards]
        for claim in card.claims:
            assert any(re.search(pattern, claim.text) for pattern in own) or "interpolation" in claim.text, claim.id


def test_the_two_encoders_are_named_in_one_claim_only():
    claims = paper_cards()["2012.09161"].claims
    assert [claim.id for claim in claims if "EDSR" in claim.text or "RDN" in claim.text] == ["encoders"]


def test_claim_ids_are_unique_on_their_card_and_every_claim_says_how_it_was_checked():
    for card in all_cards():
        ids = [claim.id for claim in card.claims]
        assert len(set(ids)) == len(ids), card.id
        for claim in card.claims:
            assert claim.locator, (card.id, claim.id)
            assert claim.verified, (card.id, claim.id)
            ours = claim.source == PROJECT and (not card.links or claim.locator.startswith(OUR_FILES))
            assert claim.source in card.links or ours, (card.id, claim.id)


def test_every_file_of_ours_that_a_claim_names_exists():
    named = {
        re.match(r"[\w./-]+\.\w+", part.strip())
        for card in all_cards()
        for claim in card.claims
        if claim.source == PROJECT and claim.locator.startswith(OUR_FILES)
        for part in claim.locator.split(";")
    }
    files = [match[0] for match in named if match]
    assert "networks/fast.py" in files
    assert [name for name in files if not any((ROOT / place / name).exists() for place in (".", "src/apercu"))] == []


def test_every_model_walks_from_input_to_output_and_says_what_it_does_not_do():
    for card in model_cards().values():
        kinds = [claim.kind for claim in card.claims]
        assert 3 <= kinds.count("step") <= 5, card.id
        assert kinds[: kinds.count("step")] == ["step"] * kinds.count("step"), card.id
        assert kinds.count("mechanism") >= 2, card.id
        assert "limit" in kinds, card.id


def test_every_paper_has_claims_and_a_limit():
    for card in paper_cards().values():
        assert len(card.claims) >= 3, card.id
        assert "limit" in [claim.kind for claim in card.claims], card.id


def test_a_result_in_decibels_names_its_protocol_or_its_table():
    for card in all_cards():
        for claim in card.claims:
            if " dB" in claim.text:
                assert "PSNR" in claim.text, claim.id
                assert "border" in claim.text or "64 to 256 pixels" in claim.text, claim.id


def test_every_card_says_how_it_bears_on_enlarging_and_only_the_enlargers_are_direct():
    verdicts = {
        card.id: relation.verdict
        for card in all_cards()
        for relation in card.relations
        if relation.task == "super_resolution"
    }
    assert set(verdicts) == {card.id for card in all_cards()}
    direct = {id for id, verdict in verdicts.items() if verdict == "direct"}
    enlargers = {card.id for card in model_cards().values() if card.factors}
    assert direct == {*enlargers, "2012.09161"}
    assert {"bicubic", "lanczos", "liif-edsr", "liif-rdn", "realesrgan-x4plus", "waifu2x-cunet"} <= direct


def test_a_card_is_direct_for_its_own_tasks_and_for_no_other():
    for card in all_cards():
        own = {card.task} if isinstance(card, ModelCard) else set(card.tasks) - {"other"}
        assert {relation.task for relation in card.relations if relation.verdict == "direct"} == own, card.id
        tasks = [relation.task for relation in card.relations]
        assert len(set(tasks)) == len(tasks), card.id


def test_what_a_paper_is_about_completes_a_sentence():
    for card in paper_cards().values():
        assert not card.about.endswith("."), card.id
        assert card.about[0].islower(), card.id


def test_a_paper_is_dated_by_its_arxiv_number_and_linked_to_it():
    for card in paper_cards().values():
        assert card.arxiv == card.id
        assert arxiv_id(card.links[0]) == card.id
        assert card.year == 2000 + int(card.id[:2])


def test_a_damaged_paper_card_is_refused_with_its_file_and_field(tmp_path: Path):
    (tmp_path / "2000.00001.toml").write_text(
        'id = "2000.00001"\ntitle = "T"\nshort = "T"\nabout = "t"\nyear = "soon"\n'
    )
    with pytest.raises(EvidenceError, match=r"the card 2000\.00001\.toml is damaged: field year: Input should be"):
        read_cards(tmp_path, Paper)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_what_the_interpolation_cards_say_about_added_detail_is_true(factor: int):
    """Claims adds-nothing, adds-little and limit-round-trip: the part of the result outside the row space of A."""
    size, margin = 64, 24 * factor  # the influence of the border fades away from it
    shrink = resample_matrix(size * factor, size, "bicubic").toarray()
    determined = np.linalg.pinv(shrink) @ shrink
    added = {}
    for kernel in ("bicubic", "lanczos"):
        enlarge = resample_matrix(size, size * factor, kernel).toarray()
        added[kernel] = np.abs(enlarge - determined @ enlarge)[margin:-margin].max()
        assert np.abs(shrink @ enlarge - np.eye(size)).max() > 0.05
    assert added["bicubic"] < 1e-10
    assert 1e-3 < added["lanczos"] < 0.1


def test_the_documentation_lists_every_card_and_every_field():
    text = (ROOT / "docs" / "cards.md").read_text(encoding="utf-8")
    for card in all_cards():
        assert card.id in text, card.id
    for record in (ModelCard, Paper, Relation, CardClaim, Weights):
        for field in record.model_fields:
            assert f"`{field}`" in text or f"[{field}]" in text, field
