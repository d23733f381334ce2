"""Choosing whom to invite: the best plan over all sessions at once, within the rules, with its proof.

``solve`` decides; ``left_out`` says what decided about each pair that was not chosen, ``costs`` what
choosing it would have cost, ``next_alternate`` who steps in. How it is decided: docs/selection.md.
"""

from __future__ import annotations

from engage.matching.assignment.alternates import next_alternate
from engage.matching.assignment.files import (
    instance_from_json,
    instance_to_json,
    plan_from_json,
    plan_to_dict,
    plan_to_json,
)
from engage.matching.assignment.inclusion import costs, left_out
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
from engage.matching.assignment.solving import solve
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
    "costs",
    "instance_from_json",
    "instance_to_json",
    "left_out",
    "next_alternate",
    "plan_from_json",
    "plan_to_dict",
    "plan_to_json",
    "solve",
    "split_reason",
]
