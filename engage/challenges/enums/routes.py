"""States of a change of route."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class RouteChangeState(StrEnum):
    """Where a change of route stands."""

    PROPOSED = "proposed"
    MADE = "made"
    DECLINED = "declined"


_S = RouteChangeState

ROUTE_CHANGE_TRANSITIONS: Transitions[RouteChangeState] = {_S.PROPOSED: frozenset({_S.MADE, _S.DECLINED})}
