"""Who may match, release and answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.permissions import Permission

if TYPE_CHECKING:
    from engage.challenges.models import Challenge
    from engage.matchmaking.models import Invitation

_DEPARTMENT = {Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR}
_SUPPLIER = {Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT}


class MatchmakingPermission(Permission):
    """What matchmaking lets people do."""

    SEE = ("see which suppliers match a challenge", _DEPARTMENT | {Role.AUDITOR})
    RUN = ("match suppliers to a challenge", {Role.POLICY_AUTHOR})
    RELEASE = ("send invitations", {Role.POLICY_AUTHOR, Role.APPROVER})
    OPPORTUNITIES = ("see the opportunities of your organisation", _SUPPLIER)


def owns(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` acts for the department whose challenge it is."""
    return (
        actor.organisation_kind is OrganisationKind.DEPARTMENT
        and actor.organisation_id == challenge.organisation_id
    )


def can_see(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may see the match of ``challenge``: its own department, and the auditor."""
    return actor.has(Role.AUDITOR) or (owns(actor, challenge) and MatchmakingPermission.SEE.allows(actor))


def can_run(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may match suppliers to ``challenge`` and choose among them."""
    return owns(actor, challenge) and actor.organisation_verified and MatchmakingPermission.RUN.allows(actor)


def can_release(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may send the invitations of ``challenge``."""
    return (
        owns(actor, challenge) and actor.organisation_verified and MatchmakingPermission.RELEASE.allows(actor)
    )


def is_invited(actor: Actor, invitation: Invitation) -> bool:
    """Whether ``invitation`` is addressed to the supplier that ``actor`` acts for."""
    return (
        actor.organisation_kind is OrganisationKind.SUPPLIER
        and actor.organisation_id == invitation.supplier.organisation_id
    )
