"""Kinds of interests, how they appear, and what becomes of the steps taken about them."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class Kind(StrEnum):
    """What ties a person to an organisation: personal, professional or financial, direct or indirect (s.81)."""

    EMPLOYMENT = "employment"
    DIRECTORSHIP = "directorship"
    FINANCIAL = "financial"
    CONTRACT = "contract"
    RELATIONSHIP = "relationship"
    ADVISORY = "advisory"
    GIFT = "gift"
    OTHER = "other"

    @property
    def words(self) -> str:
        """The kind in words, for people."""
        return _WORDS[self]

    @property
    def cooling_off(self) -> int:
        """For how many months the interest counts after it has ended, at least."""
        return COOLING_OFF[self]


_WORDS = {
    Kind.EMPLOYMENT: "Employment, now or before",
    Kind.DIRECTORSHIP: "Directorship, partnership or trusteeship",
    Kind.FINANCIAL: "Shares or another financial interest",
    Kind.CONTRACT: "A contract in play",
    Kind.RELATIONSHIP: "A family member, partner or close friend",
    Kind.ADVISORY: "Paid or unpaid advice",
    Kind.GIFT: "A gift or hospitality",
    Kind.OTHER: "Something else",
}

COOLING_OFF: dict[Kind, int] = {
    Kind.EMPLOYMENT: 24,
    Kind.DIRECTORSHIP: 24,
    Kind.FINANCIAL: 12,
    Kind.CONTRACT: 12,
    Kind.RELATIONSHIP: 6,
    Kind.ADVISORY: 12,
    Kind.GIFT: 12,
    Kind.OTHER: 12,
}
"""Months for which an interest counts after its end. The reasons stand in docs/interests.md."""


class Appearance(StrEnum):
    """How a conflict appears: it exists, it could arise, or a reasonable person could think that it exists."""

    ACTUAL = "actual"
    POTENTIAL = "potential"
    PERCEIVED = "perceived"


class MitigationState(StrEnum):
    """What was decided about steps against a conflict."""

    PROPOSED = "proposed"
    IN_PLACE = "in_place"
    NOT_ENOUGH = "not_enough"


MITIGATION_TRANSITIONS: Transitions[MitigationState] = {
    MitigationState.PROPOSED: frozenset({MitigationState.IN_PLACE, MitigationState.NOT_ENOUGH}),
    MitigationState.IN_PLACE: frozenset({MitigationState.NOT_ENOUGH}),
}


class Basis(StrEnum):
    """By what a conflict was found: one person on both sides, an organisation, or a mail domain."""

    PERSON = "person"
    ORGANISATION = "organisation"
    DOMAIN = "domain"


class CheckPoint(StrEnum):
    """When a conflict was found."""

    MATCH = "match"
    INVITATION = "invitation"
    SEAT = "seat"
    SESSION = "session"
