"""The bound is one whatever the duals, and a plan called proven is the best."""

from __future__ import annotations

import itertools

import numpy as np
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.matching.assignment.linear import Certificate, Effort, Whole, certify, solve

NUMBER = st.integers(-9, 9)


@st.composite
def programs(draw: st.DrawFn) -> Whole:
    columns, rows = draw(st.integers(1, 5)), draw(st.integers(0, 4))
    matrix = [[draw(st.integers(-2, 2)) for _ in range(columns)] for _ in range(rows)]
    upper = [draw(st.sampled_from([3.0, 1.0, 0.0, np.inf])) for _ in range(rows)]
    lower = [draw(st.sampled_from([-np.inf, -2.0, 0.0])) for _ in range(rows)]
    return Whole(
        cost=np.array([draw(NUMBER) * 1000 + draw(NUMBER) for _ in range(columns)], np.int64),
        lower=np.zeros(columns, np.int64),
        upper=np.array([draw(st.integers(0, 2)) for _ in range(columns)], np.int64),
        matrix=sparse.csc_matrix(np.array(matrix, np.int64).reshape(rows, columns)),
        row_lower=np.array(lower),
        row_upper=np.array(upper),
    )


def best_by_trying(whole: Whole) -> int | None:
    worths = []
    for values in itertools.product(*(range(upper + 1) for upper in whole.upper)):
        rows = whole.matrix @ np.array(values)
        if (rows >= whole.row_lower).all() and (rows <= whole.row_upper).all():
            worths.append(int(whole.cost @ np.array(values)))
    return max(worths, default=None)


@settings(max_examples=200, deadline=None)
@given(programs())
def test_the_solution_is_the_best_and_proven(whole: Whole) -> None:
    found, best = solve(whole, Effort.of(10_000, 60)), best_by_trying(whole)
    assert (None if found is None else found.objective) == best
    assert found is None or found.bound == best


@settings(max_examples=200, deadline=None)
@given(programs(), st.lists(st.floats(-1e4, 1e4), min_size=4, max_size=4))
def test_any_duals_give_a_bound(whole: Whole, duals: list[float]) -> None:
    best = best_by_trying(whole)
    certificate = certify(whole, np.array(duals[: len(whole.row_lower)]))
    assert best is None or certificate.bound >= best


@given(st.lists(st.integers(-(2**30), 2**30), min_size=1, max_size=20))
def test_the_widest_search_holds_no_column(reduced: list[int]) -> None:
    losses = np.array(reduced, np.int64)
    certificate = Certificate(total=0, reduced=losses, duals=np.zeros(0, np.int64))
    assert not certificate.losing(certificate.width_of(len(losses))).any()
