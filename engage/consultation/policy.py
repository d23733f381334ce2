"""Who may ask, and who may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.permissions import Permission

if TYPE_CHECKING:
    from engage.challenges.models import Challenge


class ConsultationPermission(Permission):
    """What the consultation room lets people do."""

    SEE = (
        "see the questions about a challenge",
        {Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR, Role.AUDITOR},
    )
    ANSWER = ("answer questions", {Role.POLICY_AUTHOR, Role.FACILITATOR})
    ASK = ("ask a question", {Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT})


def can_ask(actor: Actor) -> bool:
    """Whether ``actor`` may ask about an open challenge: people of a verified supplier."""
    return actor.organisation_verified and ConsultationPermission.ASK.allows(actor)


def can_answer(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may answer questions about ``challenge``: its department."""
    return (
        actor.organisation_kind is OrganisationKind.DEPARTMENT
        and actor.organisation_id == challenge.organisation_id
        and actor.organisation_verified
        and ConsultationPermission.ANSWER.allows(actor)
    )
