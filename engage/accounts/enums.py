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


class Scheme(StrEnum):
    """The registers whose numbers identify an organisation, by their org-id.guide codes."""

    COMPANIES_HOUSE = "GB-COH"
    CHARITY_COMMISSION = "GB-CHC"
    SCOTTISH_CHARITIES = "GB-SC"
    NORTHERN_IRISH_CHARITIES = "GB-NIC"
    PPON = "GB-PPON"
    GOVERNMENT_ORGANISATIONS = "GB-GOR"
    LEI = "XI-LEI"
    NONE = "none"
    """The organisation is in no register: a person looks at it before it is verified."""
