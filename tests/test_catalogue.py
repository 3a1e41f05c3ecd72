"""The catalogue of all models, and the curated papers: every file is whole, every name is there once."""

from collections import Counter
from pathlib import Path

import pytest

from apercu.catalogue import catalogue, families, find_entry
from apercu.papers.library import curated, indexed
from apercu.settings import Settings


def test_at_least_200_models_in_families_with_their_variants_each_name_once(tmp_path):
    entries = catalogue(Settings(data_dir=tmp_path))
    assert len(entries) >= 200
    counted = Counter(variant.id for family in families() for variant in family.variants)
    assert [name for name, count in counted.items() if count > 1] == []
    assert {entry.task for entry in entries.values()} >= {"super_resolution", "inpainting", "ocr", "text_to_speech"}


def test_a_model_that_runs_stands_there_once_with_what_its_family_says(tmp_path):
    entry = catalogue(Settings(data_dir=tmp_path))["SISR-Any-LIIF-EDSR"]
    assert (entry.status, entry.family, entry.factors) == ("runs", "LIIF", "any")
    assert entry.paper
    assert entry.paper.arxiv == "2012.09161"


def test_only_a_network_that_enlarges_is_said_to_need_nothing_but_its_file(tmp_path):
    entries = catalogue(Settings(data_dir=tmp_path))
    assert entries["SISR-SwinIR-Classical-DF2K-64-M-2x"].status == "needs-file"
    assert entries["Restoration-SwinIR-Jpeg40"].status == "described"  # `apercu models add` refuses it


def test_every_fact_says_where_it_was_checked():
    for family in families():
        assert all(variant.verified for variant in family.variants), family.family
        assert all(note.verified and note.source for note in family.notes), family.family


def test_the_curated_papers_are_many_and_different():
    papers = curated()
    assert len(papers) >= 150
    assert sum("super_resolution" in paper.tasks for paper in papers) >= 80
    for name in ("title", "short", "arxiv"):
        values = [getattr(paper, name) for paper in papers if getattr(paper, name)]
        assert len(set(values)) == len(values), name
    assert all(paper.links and paper.about and paper.verified for paper in papers)


def test_every_curated_paper_has_an_id_a_link_topics_and_a_summary_of_one_line_of_our_own():
    kept = [indexed(paper) for paper in curated()]
    assert len({paper.id for paper in kept}) == len(kept)
    for paper in curated():
        assert paper.title.strip() == paper.title, paper.short
        assert paper.topics, paper.short
        assert paper.tasks, paper.short
        assert all(link.startswith(("https://", "http://")) for link in paper.links), paper.short
        assert 20 <= len(paper.about) <= 300, paper.short
        assert "\n" not in paper.about, paper.short
        assert paper.about.casefold() != paper.title.casefold(), paper.short
        assert paper.arxiv is None or any(paper.arxiv in link for link in paper.links), paper.short


def test_every_model_of_the_platform_is_there_under_its_name(tmp_path):
    facts = Path(__file__).parents[2] / "shared" / "data" / "catalogue_facts.tsv"
    if not facts.is_file():
        pytest.skip(f"the list of the platform's models is not at {facts}")
    names = [line.split("\t")[0] for line in facts.read_text("utf-8").splitlines()[1:]]
    assert len(names) == 158
    entries = catalogue(Settings(data_dir=tmp_path))
    assert [name for name in names if name not in entries] == []


def test_a_variant_trained_against_a_discriminator_is_known_as_such_whatever_its_family(tmp_path):
    entries = catalogue(Settings(data_dir=tmp_path))
    drawn = {id for id, entry in entries.items() if entry.draws == "gan"}
    assert {"SISR-HAT-Real-GAN-4x", "SISR-SwinIR-Real-DFO-64-M-4x", "Real-ESRGAN x4plus", "RealSR DF2K"} <= drawn
    assert not {"SISR-HAT-4x", "SISR-SwinIR-Classical-DF2K-64-M-2x", "SISR-Any-LIIF-EDSR"} & drawn


def test_every_id_that_is_listed_is_the_id_of_that_model_and_of_no_other(tmp_path):
    settings = Settings(data_dir=tmp_path)
    entries = catalogue(settings)
    assert entries["SISR-Any-LIIF-EDSR"].called == "liif-edsr"
    with_a_card = [entry for entry in entries.values() if entry.card]
    some = (*with_a_card, *list(entries.values())[::40])
    assert [entry.called for entry in some if find_entry(entry.called, settings) != entry] == []
    listed = Counter(entry.called.casefold() for entry in entries.values())
    assert set(listed.values()) == {1}
    named = Counter(
        name for entry in entries.values() for name in {known.casefold() for known in (entry.id, *entry.aliases)}
    )
    assert [id for id in listed if named[id] > 1] == []
