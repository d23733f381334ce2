"""Choosing whom to invite: the best plan over all sessions at once, within the rules, with its proof.

``solve(instance) -> Plan`` decides. ``left_out(instance, plan) -> tuple[LeftOut, ...]`` says what
decided about each pair that was not chosen, ``costs(instance, plan, pairs) -> dict[Pair, Cost]`` what
choosing it would have cost, ``next_alternate(instance, plan, *, session, gone) -> str | None`` who
steps in for those who are ``gone``. ``instance_from_json``/``instance_to_json`` and
``plan_from_json``/``plan_to_json`` (bytes, canonical: equal data gives equal bytes).
"""

from __future__ import annotations

from engage.matching.assignment.plan import (
    Chance,
    Change,
    Cost,
    Evenness,
    LeftOut,
    Order,
    Parity,
    Place,
    Plan,
    Price,
    Reason,
    Shortage,
    Status,
    split_reason,
)
from engage.matching.assignment.types import (
    ASSIGNMENT_VERSION,
    FAIR_TERMS,
    Entrant,
    Instance,
    Pair,
    Scores,
    Session,
    Terms,
)

__all__ = [
    "ASSIGNMENT_VERSION",
    "FAIR_TERMS",
    "Chance",
    "Change",
    "Cost",
    "Entrant",
    "Evenness",
    "Instance",
    "LeftOut",
    "Order",
    "Pair",
    "Parity",
    "Place",
    "Plan",
    "Price",
    "Reason",
    "Scores",
    "Session",
    "Shortage",
    "Status",
    "Terms",
    "split_reason",
]
