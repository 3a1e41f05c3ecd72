"""Vectors in 8 bits, and finding the nearest."""

import numpy as np
import pytest

from apercu.papers import vectors
from apercu.papers.fuse import MEANING, mixed, without_twins
from apercu.papers.vectors import VectorFile, largest, packed_signs, products, quantised


def random_vectors(count, size=96, seed=0):
    found = np.random.default_rng(seed).standard_normal((count, size)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_eight_bits_keep_a_vector_to_within_a_hundredth():
    given = random_vectors(200, 256)
    rows = quantised(3 * given)
    again = rows["values"].astype(np.float32) * rows["scale"][:, None]
    assert np.abs((again * given).sum(axis=1) - 1).max() < 0.01
    assert np.abs(again - given).max() < 0.01
    assert not quantised(np.zeros((1, 8), np.float32))["values"].any()


@pytest.mark.parametrize("shapes", [(0, 3, 8), (5_000, 1, 192), (3_000, 40, 192), (2, 1, 20_000), (7, 0, 5)])
def test_products_in_parts_are_those_of_the_whole(shapes):
    count, others, size = shapes
    rows, columns = random_vectors(count, size), random_vectors(others, size, seed=1)
    found = products(rows, columns)
    assert found.shape == (count, others)
    assert np.allclose(found, rows @ columns.T, atol=1e-6)


@pytest.mark.parametrize("size", [64, 96, 100])
def test_the_nearest_are_those_of_a_full_comparison(tmp_path, size):
    given = random_vectors(3_000, size)
    file = VectorFile(tmp_path / "v", size)
    file.write(0, given[:1_000])
    file.write(1_000, given[1_000:])
    query = random_vectors(1, size, seed=9)[0]
    places, cosines = file.nearest(query, 3_000, 10)
    truth = given @ query
    assert np.allclose(cosines, np.sort(truth)[::-1][:10], atol=0.01)
    assert np.allclose(truth[places], cosines, atol=0.01)
    assert len(file.nearest(query, 5, 10)[0]) == 5
    assert len(file.nearest(query, 0, 10)[0]) == 0


def test_of_many_vectors_the_signs_choose_and_hardly_lose_any(tmp_path, monkeypatch):
    centres = random_vectors(200, 128)
    given = centres[np.arange(8_000) % 200] + 0.5 * random_vectors(8_000, 128, seed=1)
    file = VectorFile(tmp_path / "v", 128)
    file.write(0, given)
    query = centres[7]
    every = set(file.nearest(query, 8_000, 20)[0].tolist())
    monkeypatch.setattr(vectors, "ALL_UP_TO", 1_000)
    monkeypatch.setattr(vectors, "_LEAST_CHOSEN", 400)
    monkeypatch.setattr(vectors, "_CHOSEN", 20)
    fresh = VectorFile(tmp_path / "v", 128)
    assert len(every & set(fresh.nearest(query, 8_000, 20)[0].tolist())) >= 19


def test_what_is_written_again_and_what_comes_later_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "ALL_UP_TO", 10)
    given = random_vectors(60, 64)
    writer, reader = VectorFile(tmp_path / "v", 64), VectorFile(tmp_path / "v", 64)
    writer.write(0, given[:30])
    assert reader.nearest(given[3], 30, 1)[0].tolist() == [3]
    writer.write(30, given[30:])
    assert reader.nearest(given[40], 60, 1)[0].tolist() == [40]
    writer.nearest(given[3], 60, 1)
    writer.write(3, given[40:41])
    assert set(writer.nearest(given[40], 60, 2)[0].tolist()) == {3, 40}


def test_signs_are_packed_into_whole_words():
    signs = packed_signs(np.array([[1, -1, 0, 5] * 17], np.int8))  # 68 numbers
    assert signs.shape == (1, 2)
    assert int(np.bitwise_count(signs).sum()) == 34


def test_scores_are_drawn_out_over_their_own_search_and_added():
    found = mixed(([1, 2], [2, 3]), {1: 8.0, 2: 4.0}, {1: 0.2, 2: 0.6, 3: 0.4})
    assert [entry.key for entry in found] == [2, 1, 3]
    assert [entry.score for entry in found] == pytest.approx([0.5 + MEANING, 1.0, 0.5 * MEANING])
    assert [entry.ranks for entry in found] == [(2, 1), (1, None), (None, 2)]
    assert [entry.key for entry in mixed(([5, 4], []), {5: 2.0, 4: 1.0}, {})] == [5, 4]
    assert mixed(([], []), {}, {}) == []


def test_twins_wait_but_are_not_lost():
    one, other = random_vectors(2, 8)
    found = mixed(([1, 2, 3], []), {1: 3.0, 2: 2.0, 3: 1.0}, {})
    kept = without_twins(found, {1: one, 2: one, 3: other}, 3)
    assert [entry.key for entry in kept] == [1, 3, 2]
    assert [entry.key for entry in without_twins(found, {}, 2)] == [1, 2]


@pytest.mark.parametrize("values", [np.float32, np.int16])
def test_the_largest_of_many_are_those_of_sorting_all(values):
    rng = np.random.default_rng(0)
    many = (rng.standard_normal(30_000) * 100).astype(values).astype(np.float32)
    for limit in (1, 200, 29_999):
        assert many[largest(many, limit)].tolist() == sorted(many.tolist(), reverse=True)[:limit]
    assert largest(np.zeros(20_000, np.float32), 3).size == 3
