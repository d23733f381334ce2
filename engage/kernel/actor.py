"""Who acts, and as which organisation. Every action is taken as one membership."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is on engage."""

    DEPARTMENT = "department"
    SUPPLIER = "supplier"
    PLATFORM = "platform"


class Role(StrEnum):
    """What a person may do for an organisation."""

    POLICY_AUTHOR = "policy_author"
    APPROVER = "approver"
    FACILITATOR = "facilitator"
    SUPPLIER_ADMIN = "supplier_admin"
    SUPPLIER_EXPERT = "supplier_expert"
    AUDITOR = "auditor"
    PLATFORM_ADMIN = "platform_admin"

    @property
    def label(self) -> str:
        """The role in words, for people."""
        return self.value.replace("_", " ")


ROLES_OF: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.DEPARTMENT: frozenset({Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR}),
    OrganisationKind.SUPPLIER: frozenset({Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT}),
    OrganisationKind.PLATFORM: frozenset({Role.AUDITOR, Role.PLATFORM_ADMIN}),
}


@dataclass(frozen=True)
class Actor:
    """A signed-in person acting for one organisation; ``verified`` is the organisation's state."""

    person_id: int
    person_name: str
    email: str
    membership_id: int | None
    organisation_id: int | None
    organisation_name: str
    organisation_kind: OrganisationKind | None
    organisation_verified: bool = False
    roles: frozenset[Role] = field(default_factory=frozenset)

    def has(self, *roles: Role) -> bool:
        """Tell whether the actor holds any of ``roles``."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True)
class System:
    """engage itself, when a job or a command acts; ``name`` says which."""

    name: str = "engage"


Anyone = Actor | System
