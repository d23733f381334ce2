"""Who may run sessions, take part in them, and read their joining details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.permissions import Permission

if TYPE_CHECKING:
    from engage.advisory.models import AdvisorySession, Seat, VolunteerOffer
    from engage.challenges.models import Challenge
    from engage.matchmaking.models import Invitation

_DEPARTMENT = {Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR}


class AdvisoryPermission(Permission):
    """What the advisory room lets people do."""

    SEE = ("see the sessions of a challenge", _DEPARTMENT | {Role.AUDITOR})
    RUN = ("run advisory sessions", {Role.POLICY_AUTHOR, Role.FACILITATOR})
    TAKE_PART = ("take part in advisory sessions", {Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT})


def can_run(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may schedule and run sessions of ``challenge``, and answer those who volunteer."""
    return _owns(actor, challenge) and actor.organisation_verified and AdvisoryPermission.RUN.allows(actor)


def can_see_drafts(actor: Actor, challenge: Challenge) -> bool:
    """Whether ``actor`` may read the sessions of ``challenge`` that are not published: its department, nobody else."""
    return _owns(actor, challenge) and actor.has(*_DEPARTMENT)


def _owns(actor: Actor, challenge: Challenge) -> bool:
    return (
        actor.organisation_kind is OrganisationKind.DEPARTMENT
        and actor.organisation_id == challenge.organisation_id
    )


def can_volunteer(actor: Actor) -> bool:
    """Whether ``actor`` may offer help: people of a verified supplier."""
    return actor.organisation_verified and AdvisoryPermission.TAKE_PART.allows(actor)


def can_answer(actor: Actor, invitation: Invitation) -> bool:
    """Whether ``actor`` may accept or decline ``invitation``: people of the supplier, if verified."""
    return actor.organisation_id == invitation.supplier.organisation_id and can_volunteer(actor)


def can_release(actor: Actor, seat: Seat) -> bool:
    """Whether ``actor`` may give up ``seat``: people of the supplier that holds it, verified or not."""
    return _of_supplier(actor, seat.supplier.organisation_id)


def attends(actor: Actor, seat: Seat) -> bool:
    """Whether ``actor`` is the person who attends on ``seat``, acting for the supplier that holds it."""
    return seat.person_id == actor.person_id and can_release(actor, seat)


def can_withdraw(actor: Actor, offer: VolunteerOffer) -> bool:
    """Whether ``actor`` may take ``offer`` back."""
    return _of_supplier(actor, offer.supplier.organisation_id)


def _of_supplier(actor: Actor, organisation_id: int) -> bool:
    return actor.organisation_id == organisation_id and AdvisoryPermission.TAKE_PART.allows(actor)


def can_read_joining_details(actor: Actor, meeting: AdvisorySession, seats: list[Seat]) -> bool:
    """Whether ``actor`` may read how to join: who has one of the live ``seats``, and who runs the session.

    Nobody of a suspended organisation does, whatever seat is theirs.
    """
    attends = actor.organisation_verified and any(
        seat.person_id == actor.person_id and seat.supplier.organisation_id == actor.organisation_id
        for seat in seats
    )
    return attends or can_run(actor, meeting.challenge)
