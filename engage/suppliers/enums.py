"""Levels of evidence, sizes, sectors, and what becomes of requests."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class EvidenceLevel(StrEnum):
    """How well a statement is backed."""

    DECLARED = "declared"
    EVIDENCED = "evidenced"
    VERIFIED = "verified"


LEVELS: Transitions[EvidenceLevel] = {
    EvidenceLevel.DECLARED: frozenset({EvidenceLevel.EVIDENCED}),
    EvidenceLevel.EVIDENCED: frozenset({EvidenceLevel.DECLARED, EvidenceLevel.VERIFIED}),
    EvidenceLevel.VERIFIED: frozenset({EvidenceLevel.EVIDENCED, EvidenceLevel.DECLARED}),
}
"""Only what others can check can be verified; what is written anew has not been checked."""


class NamedBy(StrEnum):
    """How a statement came to name a capability."""

    SUPPLIER = "supplier"
    CPV = "cpv"
    """Taken from the CPV codes of an imported statement, which nobody has looked after yet."""
    WORDS = "words"
    """Taken by the engine from the words of such a statement, which has no code that says as much."""


class SupplierSize(StrEnum):
    """How large a supplier is, by the people who work there."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Sector(StrEnum):
    """For whom a supplier works."""

    CENTRAL_GOVERNMENT = "central_government"
    LOCAL_GOVERNMENT = "local_government"
    HEALTH = "health"
    EDUCATION = "education"
    JUSTICE = "justice"
    TRANSPORT = "transport"
    ENERGY = "energy"
    HOUSING = "housing"
    CHARITIES = "charities"
    BUSINESS = "business"


SECTOR_NAMES: dict[Sector, str] = {
    Sector.CENTRAL_GOVERNMENT: "Central government",
    Sector.LOCAL_GOVERNMENT: "Local government",
    Sector.HEALTH: "Health and social care",
    Sector.EDUCATION: "Schools, colleges and universities",
    Sector.JUSTICE: "Police, courts and prisons",
    Sector.TRANSPORT: "Transport",
    Sector.ENERGY: "Energy, water and waste",
    Sector.HOUSING: "Housing",
    Sector.CHARITIES: "Charities and communities",
    Sector.BUSINESS: "Private companies",
}


class Fact(StrEnum):
    """What is known of a supplier with a source and a date."""

    SIZE = "size"
    VCSE = "vcse"
    REGIONS = "regions"
    SECTORS = "sectors"


class RequestState(StrEnum):
    """What became of a request to delete a supplier's data."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


REQUESTS: Transitions[RequestState] = {
    RequestState.OPEN: frozenset({RequestState.DONE, RequestState.REFUSED}),
}
