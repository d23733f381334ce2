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


class Notice(StrEnum):
    """The mails about an account; the values are the names of their templates."""

    VERIFY_EMAIL = "verify_email"
    ACCOUNT_EXISTS = "account_exists"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a template


class Decision(StrEnum):
    """What the platform's team decides about an organisation."""

    VERIFY = "verify"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    LIFT = "lift"

    @property
    def needs_reason(self) -> bool:
        """Whether the organisation is told why."""
        return self in {Decision.REFUSE, Decision.SUSPEND}


DECISIONS: dict[OrganisationState, tuple[Decision, ...]] = {
    OrganisationState.PENDING: (Decision.VERIFY, Decision.REFUSE),
    OrganisationState.REFUSED: (Decision.VERIFY,),
    OrganisationState.VERIFIED: (Decision.SUSPEND,),
    OrganisationState.SUSPENDED: (Decision.LIFT,),
}
"""What may be decided about an organisation in each state."""

OUTCOME: dict[Decision, OrganisationState] = {
    Decision.VERIFY: OrganisationState.VERIFIED,
    Decision.REFUSE: OrganisationState.REFUSED,
    Decision.SUSPEND: OrganisationState.SUSPENDED,
    Decision.LIFT: OrganisationState.VERIFIED,
}


class JoinState(StrEnum):
    """What became of a request to act for an organisation."""

    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"


JOINING: Transitions[JoinState] = {
    JoinState.WAITING: frozenset({JoinState.APPROVED, JoinState.DECLINED}),
}
