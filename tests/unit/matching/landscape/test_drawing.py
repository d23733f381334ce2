"""The whole picture: the same twice, steady when suppliers come and go, near where near in meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from engage.matching.landscape import HEIGHT, WIDTH, Held, Interrupted, draw
from engage.matching.landscape import drawing as module

Vectors = npt.NDArray[np.float64]


def market(size: int, *, fields: int = 8, seed: int = 11) -> Vectors:
    random = np.random.default_rng(seed)
    centres = random.standard_normal((fields, 24)) * 2
    return centres[np.arange(size) % fields] + random.standard_normal((size, 24))


def held_of(drawn: Any, size: int) -> Held:
    """What a drawing is to the next one of ``size`` suppliers, of which it has the first."""
    places = np.full((size, 2), np.nan)
    places[: len(drawn.places)] = drawn.places[:size]
    clusters = np.zeros(size, dtype=np.int64)
    clusters[: len(drawn.clusters)] = drawn.clusters[:size]
    return Held(places, clusters)


def test_the_same_suppliers_give_the_same_picture() -> None:
    vectors = market(90)
    one, other = draw(vectors), draw(vectors)
    assert np.array_equal(one.places, other.places)
    assert np.array_equal(one.clusters, other.clusters)
    assert one.centres == other.centres


def test_near_in_meaning_is_near_in_the_picture() -> None:
    drawn = draw(market(120))
    assert drawn.trust is not None
    assert drawn.trust.neighbours == 15
    assert drawn.trust.value > 0.95
    assert drawn.places.min() >= 0
    assert (drawn.places.max(axis=0) <= [WIDTH, HEIGHT]).all()


def test_one_in_a_hundred_more_moves_nobody_else() -> None:
    vectors = market(101)
    before = draw(vectors[:100])
    after = draw(vectors, held=held_of(before, 101))
    assert np.array_equal(after.places[:100], before.places)
    assert after.kept.tolist() == [True] * 100 + [False]
    own = np.arange(100) % 8
    near = np.argsort(((after.places[:100] - after.places[100]) ** 2).sum(axis=1))[:5]
    assert (own[near] == 100 % 8).sum() >= 4


def test_who_says_something_else_is_placed_anew_and_nobody_else() -> None:
    vectors = market(100)
    before = draw(vectors)
    vectors[3] = vectors[4]  # of another field
    held = held_of(before, 100)
    held.places[3] = np.nan
    after = draw(vectors, held=held)
    assert np.flatnonzero(~after.kept).tolist() == [3]
    assert np.array_equal(np.delete(after.places, 3, axis=0), np.delete(before.places, 3, axis=0))
    gap = np.sqrt(((after.places[3] - after.places[4]) ** 2).sum())
    assert gap < np.sqrt(((before.places[3] - before.places[4]) ** 2).sum())


def test_many_changes_place_everybody_anew_but_turned_to_lie_on_what_was() -> None:
    before = draw(market(60))
    vectors = market(90)
    vectors[:60] = market(60)
    after = draw(vectors, held=held_of(before, 90))
    assert not after.kept.any()
    moved = np.sqrt(((after.places[:60] - before.places) ** 2).sum(axis=1))
    mirrored = np.sqrt(((after.places[:60] * [-1, 1] + [WIDTH, 0] - before.places) ** 2).sum(axis=1))
    assert moved.mean() < mirrored.mean()
    assert np.median(moved) < HEIGHT / 4


def test_all_can_be_asked_to_be_placed_anew() -> None:
    vectors = market(60)
    before = draw(vectors)
    assert not draw(vectors, held=held_of(before, 60), anew=True).kept.any()


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 17])
def test_a_few_suppliers_are_a_picture_too(size: int) -> None:
    drawn = draw(market(size))
    assert drawn.places.shape == (size, 2)
    assert np.isfinite(drawn.places).all()
    assert len(np.unique(drawn.places.round(3), axis=0)) == size


def test_suppliers_that_say_the_same_or_nothing_do_not_break_it() -> None:
    vectors = np.concatenate([np.repeat(market(1), 20, axis=0), np.zeros((5, 24)), market(20)])
    drawn = draw(vectors)
    assert np.isfinite(drawn.places).all()
    assert drawn.trust is not None


def test_progress_is_told_in_order() -> None:
    steps: list[str] = []

    def tell(step: str, _done: int, _of: int) -> None:
        if step not in steps:
            steps.append(step)

    draw(market(50), report=tell)
    assert steps == ["Comparing", "Arranging", "Mending", "Measuring"]


def test_an_interrupted_drawing_goes_on_to_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MANY", 40)  # from there on it is kept every fifty steps
    vectors = market(80)
    whole = draw(vectors)
    kept: dict[str, Any] = {}

    def keep(arrays: Mapping[str, Any]) -> None:
        kept.clear()
        kept.update({name: np.array(value) for name, value in arrays.items()})

    def stop(step: str, done: int, of: int) -> None:
        if step == "Arranging" and done == 130:
            raise Interrupted

    with pytest.raises(Interrupted):
        draw(vectors, report=stop, save=keep)
    assert int(kept["step"]) == 100
    told: list[int] = []

    def tell(step: str, done: int, _of: int) -> None:
        if step == "Arranging":
            told.append(done)

    again = draw(vectors, saved=kept, report=tell)
    assert told[0] == 101
    assert np.array_equal(again.places, whole.places)
