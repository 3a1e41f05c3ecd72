import pytest

from apercu.papers.embed import NoVectors, own_words
from apercu.papers.fuse import Fused
from apercu.papers.rank import Asked, Question, features, ranked, rarity
from apercu.papers.stems import Stems

HOLDS, NEAR, FAR = "Denoising photographs.", "Removing noise from images.", "Grammars of spoken Latin."


@pytest.fixture
def stems():
    opened = Stems()
    yield opened
    opened.close()


def asked(stems, query, count=1000):
    return Question(query, [Asked(stem, word, 10) for stem, word in stems.of(query).items()], count)


def numbers(stems, query, *texts):
    return features(asked(stems, query), texts, [0] * len(texts), own_words(), stems)


def test_a_word_counts_in_any_of_its_forms_and_words_near_it_count_less(stems):
    found = numbers(stems, "denoised photograph", HOLDS, NEAR, FAR)
    assert found[:, 1].tolist() == pytest.approx([1, 0, 0])
    assert found[0, 0] > 0
    assert found[1, 0] == 0
    assert found[0, 2] == 0
    assert found[1, 2] > found[2, 2]


@pytest.mark.parametrize(
    ("query", "held"),
    [
        ("happiness", "happy"),
        ("pony", "ponies"),
        ("relational", "relate"),
        ("hop", "hopping"),
        ("detection", "détection"),
        ("fréchet", "frechet"),
    ],
)
def test_words_of_one_stem_are_found_though_their_ends_and_accents_differ(stems, query, held):
    assert numbers(stems, query, f"{held} and more", FAR)[:, 1].tolist() == pytest.approx([1, 0])


def test_papers_are_ordered_by_their_texts_and_those_not_read_stay_behind(stems):
    named = [Fused(key, 1.0, (None, None)) for key in (9, 1, 2, 3)]
    texts = {1: FAR, 2: NEAR, 3: HOLDS}
    told = ranked(named, texts, asked(stems, "denoised photograph"), {}, own_words(), stems)
    assert [entry.key for entry in told] == [3, 2, 1, 9]


def test_without_words_of_a_query_or_vectors_of_words_papers_are_ordered_all_the_same(stems):
    named = [Fused(key, 1.0, (None, None)) for key in (1, 2)]
    assert [
        entry.key for entry in ranked(named, {1: "", 2: HOLDS}, Question("", [], 10), {2: 0.5}, own_words(), stems)
    ] == [2, 1]
    words = asked(stems, "photographs", 10)
    assert [entry.key for entry in ranked(named, {1: "", 2: HOLDS}, words, {}, NoVectors(), stems)] == [2, 1]


def test_a_text_that_is_about_other_things_too_is_answered_less_and_a_word_said_twice_counts_once(stems):
    found = numbers(stems, "denoising photographs", HOLDS, f"{HOLDS} {FAR}", f"{HOLDS} {HOLDS} {FAR}", FAR)[:, 4]
    assert found[0] == pytest.approx(1)
    assert found[0] > found[1] > found[3]
    assert found[2] == found[1]
    of_no_vectors = features(
        asked(stems, "denoising photographs"), [HOLDS, f"{HOLDS} {FAR}"], [0, 0], NoVectors(), stems
    )
    assert of_no_vectors[0, 4] > of_no_vectors[1, 4] > 0


def test_words_that_are_neighbours_in_the_query_count_where_they_are_neighbours_in_a_text(stems):
    query = "neural image restoration"
    texts = ("image restoration", "restoring images", "image of a restoration", "image", "a neural image restored")
    assert numbers(stems, query, *texts)[:, 5].tolist() == pytest.approx([0.5, 0.5, 0, 0, 1])
    assert numbers(stems, query, "the last word is image", "restoration is the first")[:, 5].tolist() == [0, 0]
    assert numbers(stems, "image image", "image image")[0, 5] == 0


def test_a_rare_word_counts_more_than_a_common_one_and_none_counts_against_a_paper():
    assert rarity(1, 1000) > rarity(400, 1000) > rarity(1000, 1000) == rarity(2000, 1000) > 0
