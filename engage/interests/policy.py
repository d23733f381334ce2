"""Who may declare, who may read what was declared, who decides about it."""

from __future__ import annotations

from engage.challenges import policy as challenges
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.interests.models import Declaration, Mitigation
from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.permissions import Permission

_DEPARTMENT = {Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR}
_SUPPLIER = {Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT}


class InterestsPermission(Permission):
    """What roles may do with interests. Reading depends on the challenge: see ``can_read``."""

    DECLARE = ("declare interests", _DEPARTMENT | _SUPPLIER)
    SEE = ("see who has declared interests", _DEPARTMENT | {Role.AUDITOR})
    STATE = ("say that you have nothing to declare", _DEPARTMENT)
    READ = ("read declared interests", {Role.POLICY_AUTHOR, Role.APPROVER, Role.AUDITOR})
    PROPOSE = ("propose steps against a conflict", {Role.POLICY_AUTHOR, Role.APPROVER})
    DECIDE = ("decide about steps against a conflict", {Role.APPROVER})
    TEAM = ("see what people of your organisation declared", {Role.SUPPLIER_ADMIN})


NOT_A_READER = (
    "What people declared is read by the approvers of the department, by those who wrote the challenge, and by "
    "auditors."
)
NOT_AN_APPROVER = "Only an approver of the department can decide about steps against a conflict."
OWN_INTEREST = (
    "You declared this interest or proposed these steps, so somebody else has to decide about them."
)
NAMES_FROM = (
    ChallengeState.APPROVED,
    ChallengeState.NOTICE_PENDING,
    ChallengeState.PUBLISHED,
    ChallengeState.ENGAGING,
    ChallengeState.FINDINGS_DUE,
    ChallengeState.CLOSED,
)
"""From when on the suppliers concerned are named: as in the match, not before the text is approved."""


def can_declare(actor: Actor) -> bool:
    """Whether ``actor`` may declare an interest, acting for a department or a supplier."""
    return InterestsPermission.DECLARE.allows(actor) and actor.organisation_id is not None


def can_state_none(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may say that there is nothing to declare about ``challenge``: people of its department."""
    return InterestsPermission.STATE.allows(actor) and challenges.belongs(actor, challenge)


def can_read(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may read what was declared: the department's approvers, who wrote the text, auditors."""
    if actor.has(Role.AUDITOR):
        return True
    if not challenges.belongs(actor, challenge):
        return False
    wrote = actor.person_id in {challenge.author_id, *challenge.writer_ids}
    return actor.has(Role.APPROVER) or (actor.has(Role.POLICY_AUTHOR) and wrote)


def names_suppliers(challenge: Challenge) -> bool:
    """Whether the department may read by now which suppliers are concerned."""
    withdrawn = challenge.state is ChallengeState.WITHDRAWN and challenge.approved_by_id is not None
    return withdrawn or challenge.state in NAMES_FROM


def can_propose(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may propose steps against a conflict."""
    return (
        InterestsPermission.PROPOSE.allows(actor)
        and challenges.belongs(actor, challenge)
        and actor.organisation_verified
        and can_read(actor, challenge)
    )


def can_decide(actor: Actor, mitigation: Mitigation) -> bool:
    """Whether ``actor`` may decide: an approver of the department, never who declared or who proposed the steps."""
    hands = {mitigation.declarer_id, mitigation.proposed_by_id}
    return is_decider(actor, mitigation.challenge) and actor.person_id not in hands


def is_decider(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` is an approver of the department that owns ``challenge``."""
    return (
        InterestsPermission.DECIDE.allows(actor)
        and challenges.belongs(actor, challenge)
        and actor.organisation_verified
    )


def is_own(actor: Actor, declaration: Declaration) -> bool:
    """Whether ``actor`` declared it, acting for the same organisation as then."""
    return actor.person_id == declaration.person_id and actor.organisation_id == declaration.organisation_id


def looks_after(actor: Actor, declaration: Declaration) -> bool:
    """Whether ``actor`` is an administrator of the supplier for which it was declared."""
    return can_see_team(actor) and actor.organisation_id == declaration.organisation_id


def can_see_team(actor: Actor) -> bool:
    """Whether ``actor`` may see what people of their supplier declared."""
    return actor.organisation_kind is OrganisationKind.SUPPLIER and InterestsPermission.TEAM.allows(actor)
