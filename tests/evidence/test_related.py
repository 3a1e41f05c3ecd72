"""Related papers are about the task of the question, and come from the user's own index where there is one."""

import json
import re
from pathlib import Path

import pytest

from apercu.evidence.brief import brief_of
from apercu.evidence.related import is_about
from apercu.papers.library import curated, import_papers
from apercu.question.prompt import read_prompt_file
from apercu.question.read import read_question
from apercu.records import Brief, BriefEntry
from apercu.scientist import answer, ask, recommend
from apercu.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"
ENLARGES = re.compile(r"super-?\s?resolution|upscal|upsampl|enlarg|larger|any size|continuous image", re.IGNORECASE)
GANS = "networks trained as a GAN"
QUESTION = "How does AI enlarge a small icon 3x without blur?"


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path / "data")


def imported(settings, tmp_path, *records):
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records), "utf-8")
    import_papers(path, settings=settings)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the example prompts are not beside this checkout")
@pytest.mark.parametrize("number", range(5))
def test_of_the_five_first_papers_for_an_example_question_at_least_four_are_about_enlarging(settings, number):
    question = read_prompt_file(sorted(SEEDS.glob("*.txt"))[number]).question
    papers = recommend(question, settings=settings).papers[:5]
    assert len(papers) == 5
    assert sum(bool(ENLARGES.search(f"{paper.title} {paper.summary}")) for paper in papers) >= 4
    assert all(paper.verdict == "direct" and paper.links for paper in papers)


@pytest.mark.parametrize(
    ("question", "among"),
    [
        ("enlarge my photo 4x", ("2107.10833", "2108.10257")),
        ("enlarge my photo 4x, nothing invented", ("1711.06077",)),
        ("upscale an anime screenshot 2x", ("2107.10833", "2403.01598")),
    ],
)
def test_papers_of_the_models_and_of_the_wish_are_among_the_first_six(settings, question, among):
    assert set(among) <= {paper.id for paper in recommend(question, settings=settings).papers[:6]}


def test_pixel_art_is_no_reason_for_papers_that_have_pixel_in_their_names(settings):
    papers = recommend("make a pixel art sprite 4x bigger", settings=settings).papers[:6]
    assert not {paper.id for paper in papers} & {"2010.01073", "2308.14469", "1606.01299"}


def test_another_task_gets_papers_about_that_task(settings):
    papers = recommend("Colour my old black and white photo", settings=settings).papers
    assert re.search(r"colou?r", papers[0].title, re.IGNORECASE)


def test_a_question_that_nothing_fits_gets_no_papers(settings):
    assert recommend("How long do I boil an egg?", settings=settings).papers == ()


def test_a_paper_of_the_users_own_index_is_found_if_it_is_about_the_task_and_only_then(settings, tmp_path):
    about = {
        "arxiv_id": "2901.00001",
        "title": "Icon super-resolution by three without blur",
        "abstract": "Small icons.",
    }
    other = {"arxiv_id": "2901.00002", "title": "Small icon search, 3x quicker", "abstract": "We enlarge nothing."}
    imported(settings, tmp_path, about, other)
    ids = [paper.id for paper in recommend(QUESTION, settings=settings).papers]
    assert "2901.00001" in ids[:3]
    assert "2901.00002" not in ids
    sources = ask(QUESTION, settings=settings).answer
    assert any(source.name == about["title"] for source in sources.sources)
    assert sources.unsupported == ()


def test_an_answer_to_a_prompt_uses_no_paper_of_the_users_index(settings, tmp_path):
    imported(settings, tmp_path, {"arxiv_id": "2901.00001", "title": "Icon super-resolution", "abstract": "Icons."})
    brief = Brief(question=QUESTION, models=(BriefEntry(name="SISR-Any-LIIF-EDSR"),))
    found = answer(brief, settings=settings).answer
    assert [source.kind for source in found.sources] == ["model"]
    assert "2901.00001" not in found.model_dump_json()


@pytest.mark.parametrize(
    ("title", "abstract", "about"),
    [
        ("Image super-resolution by attention", "", True),
        ("Sharper", "Super-resolution is hard. We do super-resolution.", True),
        ("Sharper", "Unlike super-resolution, we remove rain.", False),
        ("Sharper", "Object detection is hard; super-resolution and again super-resolution helps.", False),
        ("", "", False),
    ],
)
def test_a_paper_is_about_a_task_by_its_title_or_by_what_its_abstract_names_first_and_again(title, abstract, about):
    assert is_about(title, abstract, read_question(QUESTION)) is about


@pytest.mark.parametrize(
    ("question", "kind", "told"),
    [
        ("upscale my old family photo 4x, no GANs please", "gan", GANS),
        (
            "crisp sharp 4x enlargement of a photo for printing and selling, no GANs, commercial use",
            "gan",
            "networks trained as a GAN",
        ),
        ("Photo 4x vergr\u00f6\u00dfern, aber ohne Diffusion", "diffusion", "diffusion"),
        ("fill the hole in my photo, but no diffusion models", "diffusion", "diffusion"),
    ],
)
def test_papers_about_networks_that_a_question_rules_out_come_last_say_so_and_are_not_cited(
    settings, question, kind, told
):
    found = recommend(question, settings=settings)
    about = {paper.arxiv or paper.short for paper in curated() if kind in paper.topics}
    ruled_out = [bool(paper.ruled_out) for paper in found.papers]
    assert ruled_out == sorted(ruled_out)
    assert any(ruled_out)
    for paper in found.papers:
        if paper.id in about:
            assert paper.ruled_out == f"It is about {told}, which the question rules out."
    assert any(paper.id in about for paper in recommend(question.split(",")[0], settings=settings).papers)
    cited = {entry.name for entry in brief_of(question, found, ()).papers}
    assert len(cited) == 4
    assert not cited & {paper.title for paper in found.papers if paper.ruled_out}


def test_papers_of_a_family_that_a_question_rules_out_come_last(settings):
    asked = recommend("enlarge my photo 4x with a transformer such as SwinIR", settings=settings).papers
    assert any(paper.title.startswith("SwinIR") and not paper.ruled_out for paper in asked)
    found = recommend("enlarge my photo 4x, but not with SwinIR", settings=settings).papers
    assert not any(paper.title.startswith("SwinIR") and not paper.ruled_out for paper in found)


def test_a_paper_of_the_users_own_index_is_ruled_out_by_its_own_words_and_not_by_what_it_says_of_others(
    settings, tmp_path
):
    own = "Icon super-resolution. We train a generative adversarial network for it."
    others = "Icon super-resolution. Unlike generative adversarial networks, we invent nothing."
    imported(
        settings,
        tmp_path,
        {"arxiv_id": "2901.00001", "title": "Icon super-resolution for you", "abstract": own},
        {"arxiv_id": "2901.00002", "title": "Icon super-resolution for me", "abstract": others},
    )
    found = {paper.id: paper for paper in recommend(f"{QUESTION} No GANs.", settings=settings).papers}
    assert found["2901.00001"].ruled_out
    assert not found["2901.00002"].ruled_out
