"""Whole-number programs solved by HiGHS, each with a bound that is checked in whole numbers."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sparse

from engage.matching.assignment.table import Bools
from engage.matching.assignment.types import Floats, Ints
from engage.matching.errors import MatchingError

#: Fixed, so that the same program is solved the same way wherever it runs.
_SEED = 1
#: Row duals are rounded to this part of a unit before the bound is computed from them.
PARTS = 2**16
#: Without this, whole numbers beyond 2**53 could be rounded on their way through the solver.
_GREATEST = 2**53
_INFINITE = np.iinfo(np.int64).max


class SolverError(MatchingError):
    """The solver could not do its work; never expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Make ``cost`` times the columns as large as possible; everything is in whole numbers.

    ``lower <= columns <= upper`` and ``row_lower <= matrix @ columns <= row_upper``,
    where a missing limit of a row is ``-inf`` or ``inf``. ``matrix`` is a csc matrix of int64.
    """

    cost: Ints
    lower: Ints
    upper: Ints
    matrix: Any
    row_lower: Floats
    row_upper: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A bound that holds whatever the solver did, in units of 1/65536 of the cost (see ``certify``).

    A column that leaves its better limit (``upper`` where ``reduced`` is above 0) loses
    at least ``|reduced|``; a row that leaves its own, at least ``|duals|`` a unit.
    """

    total: int
    reduced: Ints
    duals: Ints

    @property
    def bound(self) -> int:
        """Return the bound in units of the cost."""
        return self.total // PARTS

    def losing(self, width: int) -> Bools:
        """Mark the columns that lose more than ``width`` by leaving their better limit."""
        return np.abs(self.reduced) > width * PARTS

    def width_of(self, count: int) -> int:
        """Return the least width at which about ``count`` columns, those that lose least, are not losing."""
        losses = np.sort(np.abs(self.reduced))
        return -(-int(losses[min(count, len(losses) - 1)]) // PARTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whole-number ``values`` of the columns that keep every limit; no others reach more than ``bound``."""

    values: Ints
    objective: int
    bound: int
    certificate: Certificate

    @property
    def proven(self) -> bool:
        """Whether no better values exist."""
        return self.objective >= self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much work the search for whole numbers may take; HiGHS counts ``nodes`` the same everywhere.

    ``until`` (on ``time.monotonic``) is a safeguard: a search that reaches it ends with what it has,
    and may then have something else elsewhere. ``columns``: among how many columns it looks for a
    better plan than it has; unless it is ``thorough``, also for any plan at all.
    """

    nodes: int
    until: float
    columns: int = 12_000
    thorough: bool = True

    def quick(self) -> Effort:
        """Return the effort for trying what may well be impossible."""
        return replace(self, nodes=min(self.nodes, 200), thorough=False, columns=2_000)

    @classmethod
    def of(cls, nodes: int, seconds: float) -> Effort:
        """Return the effort that ends ``seconds`` from now."""
        return cls(nodes=nodes, until=time.monotonic() + seconds)

    @property
    def seconds(self) -> float:
        """What is left of the time, but always enough for a first plan."""
        return max(1.0, self.until - time.monotonic())


def solver_name() -> str:
    """Return the solver and its version."""
    return f"HiGHS {_new().version()}"


def solve(whole: Whole, effort: Effort, *, hint: Ints | None = None) -> Answer | None:
    """Solve the program; ``None`` when no values keep the limits, or none were found with this effort.

    With a ``hint``, values that keep the limits, the answer is at least as good as those.

    First without asking for whole numbers: assignment programs mostly have
    them anyway. The bound of that relaxation is computed from HiGHS's row
    duals in whole numbers, and needs no trust in its tolerances. Where the
    values are fractional, a search over the columns that could still matter
    (see ``_search``) follows.
    """
    relaxed = relax(whole)
    if relaxed is None:
        return None
    values, certificate = relaxed
    rounded = np.rint(values).astype(np.int64)
    if np.abs(values - rounded).max(initial=0.0) < 1e-6 and _keeps(whole, rounded):
        objective = int(whole.cost @ rounded)
        if objective >= certificate.bound:
            return Answer(
                values=rounded, objective=objective, bound=certificate.bound, certificate=certificate
            )
    return _search(whole, effort, certificate, hint)


def relax(whole: Whole) -> tuple[Floats, Certificate] | None:
    """Solve the program without asking for whole numbers; ``None`` when no values keep the limits."""
    if not len(whole.cost):
        empty = np.zeros(0, np.int64)
        nothing = Certificate(total=0, reduced=empty, duals=np.zeros(len(whole.row_lower), np.int64))
        return (np.zeros(0), nothing) if _keeps(whole, empty) else None
    highs = _load(whole)
    highs.setOptionValue("solver", "simplex")
    highs.setOptionValue("presolve", "off")
    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise SolverError(f"The solver gave up: {highs.modelStatusToString(highs.getModelStatus())}.")
    solution = highs.getSolution()
    return np.array(solution.col_value), certify(whole, np.array(solution.row_dual))


def certify(whole: Whole, duals: Floats) -> Certificate:
    """Return a bound on the objective that holds for any ``duals``.

    Weak duality in whole numbers: with y = ``duals`` rounded to 1/65536 (0 where the
    row has no such limit), cost x = (cost - y A) x + y (A x), and each part is at
    most its value at the better limit of its column or row.
    """
    parts = np.rint(duals * PARTS)
    parts[(parts > 0) & ~np.isfinite(whole.row_upper)] = 0
    parts[(parts < 0) & ~np.isfinite(whole.row_lower)] = 0
    y = parts.astype(np.int64)
    limits = np.where(y > 0, whole.row_upper, whole.row_lower)
    limits = np.where(y == 0, 0, limits).astype(np.int64)
    reduced = whole.cost * PARTS - whole.matrix.T @ y
    total = int((reduced * _better(whole, reduced)).sum()) + int((y * limits).sum())
    return Certificate(total=total, reduced=reduced, duals=y)


def ties(whole: Whole, answer: Answer) -> Whole:
    """Return the program whose solutions are those of ``whole`` worth ``answer.objective``.

    When the certificate is tight, they are exactly the values whose columns and
    rows are at the limits it asks for. Otherwise the worth is one more row.
    """
    certificate = answer.certificate
    held = certificate.losing(answer.bound - answer.objective)
    exact = certificate.total == answer.objective * PARTS
    if exact:
        held = certificate.reduced != 0
    tied = _hold(whole, held, certificate)
    if exact:
        down, up = certificate.duals < 0, certificate.duals > 0
        return replace(
            tied,
            row_lower=np.where(up, whole.row_upper, whole.row_lower),
            row_upper=np.where(down, whole.row_lower, whole.row_upper),
        )
    scale = max(1, int(np.gcd.reduce(whole.cost)))
    return replace(
        tied,
        matrix=sparse.vstack([whole.matrix, sparse.csr_matrix(whole.cost // scale)], format="csc"),
        row_lower=np.append(whole.row_lower, answer.objective / scale),
        row_upper=np.append(whole.row_upper, np.inf),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trialled:
    """What a trial came to, without whole numbers."""

    values: Floats
    objective: float


class Trial:
    """A program solved without whole numbers again and again, each time with another column forced up."""

    def __init__(self, whole: Whole) -> None:
        self._whole = whole
        self._highs = _load(whole)
        self._highs.setOptionValue("solver", "simplex")
        self._highs.setOptionValue("presolve", "off")

    def run(self, *, forced: int | None = None) -> Trialled | None:
        """Return the best values with the column ``forced`` at its upper limit; ``None`` when there are none."""
        if not len(self._whole.cost):
            return Trialled(values=np.zeros(0), objective=0.0)
        lower, upper = self._whole.lower, self._whole.upper
        if forced is not None:
            self._highs.changeColBounds(forced, float(upper[forced]), float(upper[forced]))
        self._highs.run()
        best = self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        found = None
        if best:
            values = np.array(self._highs.getSolution().col_value)
            found = Trialled(values=values, objective=float(self._highs.getInfo().objective_function_value))
        if forced is not None:
            self._highs.changeColBounds(forced, float(lower[forced]), float(upper[forced]))
        return found


def _better(whole: Whole, reduced: Ints) -> Ints:
    return np.where(reduced > 0, whole.upper, whole.lower)


def _search(whole: Whole, effort: Effort, certificate: Certificate, hint: Ints | None) -> Answer | None:
    """Find whole numbers, holding the columns that matter least.

    Columns that lose more than ``width`` by leaving their better limit are held
    there: a solution that uses one of them is worth less than ``bound - width``.
    When the solution found is worth that, holding them was no loss; otherwise
    ``width`` grows to where it is none, or as far as the effort allows.
    """
    width = max(1, int(np.abs(whole.cost).max(initial=0)) // 1600)
    widest = certificate.width_of(effort.columns)
    while True:
        held = certificate.losing(width)
        if hint is not None:
            held &= hint == _better(whole, certificate.reduced)
        found = _branch(_hold(whole, held, certificate), effort, hint=hint)
        if found is not None:
            hint, limit = found
            objective = int(whole.cost @ hint)
            limit = max(limit, certificate.bound - width) if held.any() else limit
            bound = max(objective, min(certificate.bound, limit))
            wider = min(certificate.bound - objective, widest)
            if bound <= objective or wider <= width:
                return Answer(values=hint, objective=objective, bound=bound, certificate=certificate)
            width = wider
        elif not held.any() or (width >= widest and not effort.thorough):
            return None
        else:
            width = 8 * width + 1 if effort.thorough else min(8 * width + 1, widest)


def _hold(whole: Whole, held: Bools, certificate: Certificate) -> Whole:
    at = _better(whole, certificate.reduced)
    return replace(whole, lower=np.where(held, at, whole.lower), upper=np.where(held, at, whole.upper))


def _branch(whole: Whole, effort: Effort, *, hint: Ints | None) -> tuple[Ints, int] | None:
    """Return whole values and a bound; ``None`` when there are none."""
    free = np.flatnonzero(whole.lower < whole.upper)
    small, offset = _shrink(whole, free)
    if not len(free):
        fixed = whole.lower.copy()
        return (fixed, offset) if _keeps(whole, fixed) else None
    highs = _load(small)
    for name, value in (
        ("presolve", "on"),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.5),
        ("mip_max_nodes", effort.nodes),
        ("time_limit", effort.seconds),
    ):
        highs.setOptionValue(name, value)
    kinds = np.full(len(free), 1, np.uint8)
    highs.changeColsIntegrality(len(free), np.arange(len(free), dtype=np.int32), kinds)
    if hint is not None:
        highs.setSolution(len(free), np.arange(len(free), dtype=np.int32), hint[free].astype(np.float64))
    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    info = highs.getInfo()
    if info.primal_solution_status != highspy.kSolutionStatusFeasible:
        raise SolverError("The search for a plan ended before it found one: allow more nodes or seconds.")
    values = whole.lower.copy()
    values[free] = np.rint(np.array(highs.getSolution().col_value)).astype(np.int64)
    if not _keeps(whole, values):
        raise SolverError("The solver's plan breaks a rule once it is rounded.")
    limit = info.mip_dual_bound + offset
    return values, int(np.floor(limit + 1e-3)) if np.isfinite(limit) else _INFINITE


def _shrink(whole: Whole, free: Ints) -> tuple[Whole, int]:
    """Take the columns that cannot move out of the program."""
    rest = whole.lower.copy()
    rest[free] = 0
    used = whole.matrix @ rest
    matrix = whole.matrix[:, free]
    return (
        Whole(
            cost=whole.cost[free],
            lower=whole.lower[free],
            upper=whole.upper[free],
            matrix=matrix,
            row_lower=whole.row_lower - used,
            row_upper=whole.row_upper - used,
        ),
        int(whole.cost @ rest),
    )


def _new() -> highspy.Highs:
    highs: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call] # its constructor has no annotations
    highs.silent()
    return highs


def _load(whole: Whole) -> highspy.Highs:
    if int(np.abs(whole.cost).astype(object).sum()) >= _GREATEST:
        raise SolverError("The scores are too many and too large to add up exactly: scale them.")
    matrix = sparse.csc_matrix(whole.matrix)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(whole.cost), len(whole.row_lower)
    program.col_cost_ = whole.cost.astype(np.float64)
    program.col_lower_ = whole.lower.astype(np.float64)
    program.col_upper_ = whole.upper.astype(np.float64)
    program.row_lower_, program.row_upper_ = whole.row_lower, whole.row_upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    program.a_matrix_.index_ = matrix.indices.astype(np.int32)
    program.a_matrix_.value_ = matrix.data.astype(np.float64)
    program.sense_ = highspy.ObjSense.kMaximize
    highs = _new()
    for name, value in (("threads", 1), ("parallel", "off"), ("random_seed", _SEED)):
        highs.setOptionValue(name, value)
    highs.passModel(program)
    return highs


def _keeps(whole: Whole, values: Ints) -> bool:
    rows = whole.matrix @ values
    inside = (values >= whole.lower).all() and (values <= whole.upper).all()
    return bool(inside and (rows >= whole.row_lower).all() and (rows <= whole.row_upper).all())
