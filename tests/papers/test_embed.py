"""Texts become vectors of their meaning in one of three ways."""

import numpy as np
import pytest

from apercu.errors import EvidenceError, InputError, MissingDependencyError
from apercu.papers import embed
from apercu.papers.embed import WAYS, embedder


@pytest.mark.parametrize("way", ["apercu", "wordllama"])
def test_what_means_the_same_is_nearer_than_what_does_not(way):
    try:
        made = embedder(way)
    except MissingDependencyError as error:
        pytest.skip(error.message)
    one, same, other = made.embed(
        ["enlarging photographs", "image upscaling and super-resolution", "speech translation of dialogue"]
    )
    assert one @ same > one @ other + 0.1


@pytest.mark.parametrize("text", ["", "   ", "🎨", "\x00", "zzxxqq", "\ud800"])
def test_a_text_without_a_known_word_is_zeros_and_no_error(text):
    assert not embedder().embed([text]).any()


def test_vectors_have_unit_length_and_a_text_does_not_depend_on_its_neighbours():
    texts = ["Image super-resolution", "", "rain removal from video"]
    made = embedder()
    together = made.embed(texts)
    assert np.allclose(np.linalg.norm(together, axis=1), [1, 0, 1], atol=1e-5)
    assert np.array_equal(together, np.concatenate([made.embed([text]) for text in texts]))
    assert made.embed([]).shape == (0, made.size)


def test_a_way_that_is_not_there_is_named(monkeypatch):
    with pytest.raises(InputError, match="'word2vec' is no way to vectors"):
        embedder("word2vec")
    monkeypatch.setattr(embed, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="not installed"):
        WAYS["wordllama"].__wrapped__()


def test_a_damaged_table_is_named(monkeypatch, tmp_path):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "words.safetensors").write_bytes(b"nothing of the kind")
    monkeypatch.setattr(embed, "files", lambda package: tmp_path)
    with pytest.raises(EvidenceError, match=r"words\.safetensors is damaged"):
        embed.own_words.__wrapped__()
