"""Neighbours, repulsion, frame, clusters: each against what it stands for."""

from __future__ import annotations

import numpy as np
import pytest

from engage.matching.landscape import clustering, frame, neighbours, repulsion
from engage.matching.landscape.arrays import unit_rows


def test_neighbours_found_in_blocks_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", 7)
    vectors = unit_rows(np.random.default_rng(1).standard_normal((40, 5)))
    found = neighbours.nearest(vectors, count=9)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    wanted = np.argsort(-cosines, axis=1)[:, :9]
    assert np.array_equal(found.places, wanted)
    assert np.allclose(found.cosines, np.take_along_axis(cosines, wanted, axis=1))


@pytest.mark.parametrize("spread", [0.001, 1.0, 15.0])
def test_the_grid_pushes_as_every_pair_does(spread: float) -> None:
    places = np.random.default_rng(2).normal(0, spread, (800, 2))
    exact, total = repulsion._exactly(places)
    push, about = repulsion._on_a_grid(places)
    assert about == pytest.approx(total, rel=0.02)
    assert np.abs(push - exact).mean() < 0.05 * np.abs(exact).mean()


def test_a_turned_mirrored_and_shrunk_picture_is_laid_onto_the_old_one() -> None:
    random = np.random.default_rng(5)
    before = random.standard_normal((30, 2)) * 100 + 400
    turned = (before - 400) @ np.array([[0.6, 0.8], [0.8, -0.6]]) * 0.3 + 7
    assert np.allclose(frame.aligned(turned, before, np.ones(30, dtype=bool)), before)


def test_everybody_is_inside_the_frame_and_apart() -> None:
    places = np.repeat(np.random.default_rng(6).normal(0, 1, (20, 2)), 5, axis=0)  # five on each place
    made = frame.spread(frame.fitted(places), np.ones(100, dtype=bool))
    gaps = np.sqrt(((made[:, None] - made[None]) ** 2).sum(axis=2)) + np.eye(100) * 99
    assert made.min() >= 0
    assert (made.max(axis=0) <= [frame.WIDTH, frame.HEIGHT]).all()
    assert gaps.min() >= frame.apart_for(100) * 0.9


def test_those_who_may_not_move_do_not() -> None:
    places = np.full((10, 2), 500.0)
    free = np.arange(10) >= 5
    made = frame.spread(places, free)
    assert np.array_equal(made[~free], places[~free])
    assert not np.allclose(made[free], places[free])


def test_islands_are_clusters() -> None:
    random = np.random.default_rng(7)
    centres = np.array([[200.0, 200], [1000, 250], [600, 800]])
    places = np.concatenate([centre + random.normal(0, 30, (40, 2)) for centre in centres])
    found = clustering.clusters_of(places)
    groups = [set(found.of[start : start + 40].tolist()) for start in (0, 40, 80)]
    largest = [
        max(group, key=found.of[start : start + 40].tolist().count)
        for group, start in zip(groups, (0, 40, 80), strict=True)
    ]
    assert len(set(largest)) == 3
    assert not groups[0] & groups[1] | groups[1] & groups[2] | groups[0] & groups[2]


def test_there_are_never_more_clusters_than_the_size_allows() -> None:
    places = np.random.default_rng(8).uniform(0, 1000, (500, 2))
    assert len(clustering.clusters_of(places).centres) <= clustering.how_many(500)
    assert len(clustering.clusters_of(places[:1]).centres) == 1


def test_a_cluster_keeps_the_number_of_most_of_its_suppliers() -> None:
    before = np.array([4, 4, 4, 2, 2, 0, 0])
    now = np.array([0, 0, 1, 1, 1, 2, 2])
    assert clustering.numbered(now, before) == {0: 4, 1: 2, 2: 1}
