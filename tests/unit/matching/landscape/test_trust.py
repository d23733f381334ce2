"""Trustworthiness against a case worked out by hand, against the library others use, and at its ends."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as reference

from engage.matching.landscape import trustworthiness
from engage.matching.landscape.arrays import unit_rows


def on_an_arc(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return unit_rows(np.column_stack([np.cos(angles), np.sin(angles)]))


def test_a_case_worked_out_by_hand() -> None:
    # Six in a row of meanings, 0 to 50 degrees; the picture has the first and the last changed about.
    vectors = on_an_arc(0, 10, 21, 33, 46, 60)
    places = np.array([[60.0, 0], [10, 0], [21, 0], [33, 0], [46, 0], [0, 0]])
    # k = 2. Neighbours in the picture, with their ranks by meaning:
    # 0 (at 60): 4 (rank 4), 3 (rank 3) -> 2 + 1; 1: 5 (rank 5), 2 (rank 2) -> 3; 2: 1, 3 -> 0; 3: 2, 4 -> 0;
    # 4 (at 46): 3 (rank 1), 0 (rank 5) -> 3; 5 (at 0): 1 (rank 4), 2 (rank 3) -> 2 + 1. Sum: 12.
    found = trustworthiness(vectors, places, neighbours=2)
    assert found is not None
    assert (found.neighbours, found.sampled) == (2, 6)
    assert found.value == pytest.approx(1 - 2 / (6 * 2 * (12 - 6 - 1)) * 12)


def test_it_is_one_when_the_picture_keeps_every_neighbour() -> None:
    degrees = [0, 2, 5, 9, 14, 20, 27, 35, 44, 54, 65, 77]
    vectors = on_an_arc(*degrees)
    places = np.column_stack([np.array(degrees, dtype=float), np.zeros(12)])
    found = trustworthiness(vectors, places, neighbours=5)
    assert found is not None
    assert found.value == 1.0


def test_it_is_what_others_compute() -> None:
    random = np.random.default_rng(3)
    vectors = unit_rows(random.standard_normal((120, 9)))
    places = random.standard_normal((120, 2))
    found = trustworthiness(vectors, places, neighbours=15)
    assert found is not None
    assert found.value == pytest.approx(reference(vectors, places, n_neighbors=15), abs=1e-4)


def test_a_sample_comes_near_the_whole() -> None:
    random = np.random.default_rng(4)
    vectors = unit_rows(random.standard_normal((900, 6)))
    places = vectors[:, :2].astype(np.float64)
    whole = trustworthiness(vectors, places)
    part = trustworthiness(vectors, places, sample=400)
    assert whole is not None
    assert part is not None
    assert (whole.sampled, part.sampled) == (900, 400)
    assert part.value == pytest.approx(whole.value, abs=0.03)


def test_few_suppliers_have_fewer_neighbours_and_very_few_none() -> None:
    vectors = on_an_arc(*range(0, 70, 10))
    places = np.column_stack([np.arange(7.0), np.zeros(7)])
    found = trustworthiness(vectors, places)
    assert found is not None
    assert found.neighbours == 3
    assert trustworthiness(vectors[:4], places[:4]) is None


def test_suppliers_on_one_place_are_counted_too() -> None:
    vectors = on_an_arc(*range(0, 80, 8))
    found = trustworthiness(vectors, np.zeros((10, 2)), neighbours=2)
    assert found is not None
    assert 0 <= found.value < 1
