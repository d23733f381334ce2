"""What goes into choosing whom to invite: plain, frozen data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from engage.matching.errors import InputError

ASSIGNMENT_VERSION = "1"

#: A session and a supplier, by their ids.
Pair = tuple[str, str]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Something suppliers are invited to, with ``places`` to fill (0 is allowed: nobody).

    ``floors`` are the least, ``caps`` the greatest number of places by tag.
    A floor that too few suppliers can meet ends as a shortage with a name; a
    cap is only ever passed by pins. ``exploration`` is the share of the places
    that is drawn among newcomers, rounded to whole places. ``floors_give_way``: floors for which there
    are not enough places, whoever the suppliers are, end as a shortage too instead of a contradiction.
    """

    id: str
    places: int
    floors: Mapping[str, int] = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)
    exploration: float = 0.0
    floors_give_way: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A supplier that may be chosen for at most ``capacity`` sessions (0: for none).

    ``group``: of suppliers with the same group, at most one is chosen for a
    session; "" is no group. ``recent``: invitations in the past year (see
    ``Terms.balance``).
    """

    id: str
    capacity: int = 1
    tags: tuple[str, ...] = ()
    group: str = ""
    recent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The numbers that decide how places are given; their meaning is in docs/selection.md.

    The defaults ask for nothing but the greatest total score within the rules,
    exact ties by lot. ``FAIR_TERMS`` are the ones meant for invitations.
    """

    #: Scores nearer than this are decided by lot (0: only equal scores).
    near_tie: float = 0.0
    #: Taken off a score for each invitation of the past year, at most ``balance_most`` times.
    balance: float = 0.0
    balance_most: int = 3
    #: Whether no session may be worth a smaller part of its own best than need be.
    even: bool = False
    #: Whether newcomers hold their share of the qualified, less ``parity_slack``, among all places.
    parity: bool = False
    parity_slack: float = 0.02
    #: Newcomers' share of the qualified; ``None``: as counted among the suppliers with a score.
    newcomer_share: float | None = None
    #: The tag that says who is a newcomer.
    newcomer: str = "new_entrant"
    #: Greatest probability of any supplier to be drawn for an exploration place.
    exploration_cap: float = 0.25
    #: Greatest part of the total that parity and exploration together may cost.
    fairness_cost: float = 0.04
    #: Alternates a session; ``None``: as many as it has places.
    alternates: int | None = None
    #: Nodes, and as a safeguard seconds, the search for whole-number plans may take.
    nodes: int = 2000
    time_limit: float = 60.0

    def to_dict(self) -> dict[str, Any]:
        """Return the terms as JSON-ready data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build terms from ``to_dict`` data; unknown names raise ``InputError``."""
        known = {item.name for item in dataclasses.fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise InputError(f"Unknown terms: {', '.join(unknown)}. Known are {', '.join(sorted(known))}.")
        return cls(**data)


#: Near-ties by lot, room for those not invited lately, no session left behind, newcomers at parity.
FAIR_TERMS = Terms(near_tie=0.05, balance=0.05, even=True, parity=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores as arrays, for large instances: places in ``Instance.sessions`` and ``.suppliers``, and points.

    All three have the shape ``[n]``; the order means nothing.
    """

    session: Ints
    supplier: Ints
    score: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One problem: who is to be invited where.

    ``scores`` lists the qualified pairs as (session, supplier, points), or as
    ``Scores``; a pair without a score is never chosen. ``conflicts`` (of
    interest) and ``exclusions`` (decided by somebody) are never chosen;
    ``pins`` always, and need a score. ``previous`` is the plan in force: its
    pairs win near-ties. ``seed`` is hex and decides lots. The order of
    anything in here means nothing.
    """

    sessions: Sequence[Session]
    suppliers: Sequence[Entrant]
    scores: Sequence[tuple[str, str, float]] | Scores
    conflicts: Sequence[Pair] = ()
    exclusions: Sequence[Pair] = ()
    pins: Sequence[Pair] = ()
    previous: Sequence[Pair] = ()
    seed: str = ""
    terms: Terms = Terms()
