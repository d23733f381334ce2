"""Who may ask, who may answer, and who records and releases what was told elsewhere."""

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
    TELL = (
        "record what was told to a supplier",
        {Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR},
    )
    RELEASE = ("release to everyone what was told to some", {Role.POLICY_AUTHOR, Role.APPROVER})
    ASK = ("ask a question", {Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT})


ONLY_THE_DEPARTMENT = "Only people of this challenge’s department can do this."


def can_ask(actor: Actor) -> bool:
    """Whether ``actor`` may ask about an open challenge: people of a verified supplier."""
    return actor.organisation_verified and ConsultationPermission.ASK.allows(actor)


def can_answer(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may answer questions about ``challenge``: its department."""
    return _of_department(actor, challenge) and ConsultationPermission.ANSWER.allows(actor)


def can_tell(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may record what was told about ``challenge`` elsewhere: its department."""
    return _of_department(actor, challenge) and ConsultationPermission.TELL.allows(actor)


def can_release(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may release it to everyone: authors and approvers of the department."""
    return _of_department(actor, challenge) and ConsultationPermission.RELEASE.allows(actor)


def _of_department(actor: Actor, challenge: Challenge) -> bool:
    return (
        actor.organisation_kind is OrganisationKind.DEPARTMENT
        and actor.organisation_id == challenge.organisation_id
        and actor.organisation_verified
    )
