"""What comes out of choosing whom to invite: plain, frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """How good a plan is known to be."""

    #: No plan within the rules is better: proven.
    OPTIMAL = "optimal"
    #: Within the rules; ``Plan.gap`` says how much better another might be at most.
    FEASIBLE = "feasible"
    #: What was asked for contradicts itself: there is no plan.
    INFEASIBLE = "infeasible"


class Reason(StrEnum):
    """What decided about a pair; ``floor`` and ``cap`` are followed by ``:`` and the tag.

    Chosen: pinned, fit, floor:<tag>, exploration, parity, lot. Left out:
    excluded, conflict, capacity, group, cap:<tag>, fit (others fit better),
    lot, floor:<tag> and parity (the place went to meet that rule), exploration
    (the place was drawn).
    """

    PINNED = "pinned"
    FIT = "fit"
    FLOOR = "floor"
    EXPLORATION = "exploration"
    PARITY = "parity"
    LOT = "lot"
    EXCLUDED = "excluded"
    CONFLICT = "conflict"
    CAPACITY = "capacity"
    GROUP = "group"
    CAP = "cap"


def split_reason(reason: str) -> tuple[Reason, str]:
    """Return the reason and its tag ("" without one): ``floor:sme`` is (FLOOR, "sme")."""
    word, _, tag = reason.partition(":")
    return Reason(word), tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place given to a supplier. ``score`` is as handed in.

    ``probability`` is the chance the supplier had in the draw; only places that were drawn have one.
    """

    session: str
    supplier: str
    score: float
    reason: str
    probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A pair with a score that was not chosen, and what decided."""

    session: str
    supplier: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """A newcomer's exact probability in the draw for a session's exploration places, and its outcome."""

    session: str
    supplier: str
    probability: float
    drawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """What a session lacks (or, for a cap, has too much of): ``rule`` is places, floor:<tag> or cap:<tag>."""

    session: str
    rule: str
    by: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a floor or cap costs: points the total would gain were it one lower (a cap: one higher).

    ``exact`` is false where ``points`` is the solver's upper limit of that gain.
    """

    session: str
    rule: str
    points: float
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What choosing a pair that was left out would have cost.

    ``points`` is taken off the total (never negative, 0 for a tie); ``None``
    where it cannot be chosen at all, and ``blocked`` says by what (a reason).
    ``shortages`` more places of floors would stay unmet.
    """

    points: float | None
    shortages: int = 0
    blocked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Something that was asked for and takes part in a contradiction.

    ``kind``: places, floor, cap, pin, capacity, group, conflict or exclusion.
    """

    kind: str
    words: str
    session: str = ""
    supplier: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step of the smallest relaxation: set ``order`` to ``to`` (a number), or drop it (``None``)."""

    order: Order
    to: int | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evenness:
    """The part of its own best that each session has at least, in whole per cent.

    ``possible`` is the greatest that was not ruled out before places were drawn; ``cost`` what
    reaching ``percent`` took off the objective, in points.
    """

    percent: int
    possible: int
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Newcomers' places: how many there are, their share of all places, and the share aimed at.

    ``qualified`` is their share of the suppliers with a score, ``cost`` what the aim took off the objective, in points;
    ``held`` whether the plan would have had fewer without it. ``bonus`` is what was added, in points, to
    every newcomer's score to reach it: the same for all, and as little as does it.
    """

    places: int
    share: float
    aim: float
    qualified: float
    cost: float
    bonus: float
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who is invited where, why, and how good that is known to be.

    ``objective`` is what was made as large as possible: the chosen scores,
    less what balance took off, plus lots among near-ties (both 0 by default).
    No plan that keeps the same rules and draws reaches more than ``bound``;
    ``gap`` = (bound - objective) / max(1, |objective|). ``score`` is the sum of
    the chosen scores as handed in. ``places`` are sorted by session, then by
    falling score; ``alternates`` are in the order in which they step in.
    When ``status`` is infeasible there are no places; ``conflicting`` cannot
    be met together, and ``relaxation`` is the least to change.
    """

    status: Status
    objective: float = 0.0
    bound: float = 0.0
    gap: float = 0.0
    score: float = 0.0
    places: tuple[Place, ...] = ()
    alternates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shortages: tuple[Shortage, ...] = ()
    prices: tuple[Price, ...] = ()
    chances: tuple[Chance, ...] = ()
    exploration_cost: float = 0.0
    evenness: Evenness | None = None
    parity: Parity | None = None
    conflicting: tuple[Order, ...] = ()
    relaxation: tuple[Change, ...] = ()
    seed: str = ""
    version: str = ""
    solver: str = ""
