"""Who may prepare a notice, and who may say what followed from a challenge."""

from __future__ import annotations

from engage.challenges import policy as challenges
from engage.challenges.enums import PUBLIC_STATES, ChallengeState, Route
from engage.challenges.models import Challenge
from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.permissions import Permission


class TransparencyPermission(Permission):
    """What roles may do with notices. Reading depends on the challenge: see ``challenges.policy.can_see``."""

    PREPARE = ("prepare a notice", {Role.POLICY_AUTHOR, Role.APPROVER})
    LINK = ("say what followed from a challenge", {Role.POLICY_AUTHOR, Role.APPROVER})


NOT_ONE_OF_YOU = "Only policy authors and approvers of the department can do this."
OVER = (ChallengeState.CLOSED, ChallengeState.WITHDRAWN)
LINKED_STATES = (ChallengeState.NOTICE_PENDING, *PUBLIC_STATES)


def needs_notice(challenge: Challenge) -> bool:
    """Tell whether the law asks for a notice: preliminary market engagement, not policy exploration."""
    return challenge.route is Route.PRELIMINARY_MARKET_ENGAGEMENT


def can_prepare(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` may write what the notice of ``challenge`` says."""
    return TransparencyPermission.PREPARE.allows(actor) and challenges.belongs(actor, challenge)


def can_describe(actor: Actor) -> bool:
    """Tell whether ``actor`` may write what the department says about itself in its notices."""
    return (
        TransparencyPermission.PREPARE.allows(actor)
        and actor.organisation_kind is OrganisationKind.DEPARTMENT
    )


def can_link(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` may say which procurements followed from ``challenge``: everybody will read it."""
    return (
        TransparencyPermission.LINK.allows(actor)
        and actor.organisation_verified
        and challenges.belongs(actor, challenge)
    )
