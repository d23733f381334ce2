"""Kinds and states of accounts."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class OrganisationState(StrEnum):
    """Whether an organisation may act."""

    PENDING = "pending"
    VERIFIED = "verified"
    REFUSED = "refused"
    SUSPENDED = "suspended"


TRANSITIONS: Transitions[OrganisationState] = {
    OrganisationState.PENDING: frozenset({OrganisationState.VERIFIED, OrganisationState.REFUSED}),
    OrganisationState.REFUSED: frozenset({OrganisationState.VERIFIED}),
    OrganisationState.VERIFIED: frozenset({OrganisationState.SUSPENDED}),
    OrganisationState.SUSPENDED: frozenset({OrganisationState.VERIFIED}),
}
