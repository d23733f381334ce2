"""What sessions, seats and offers do when something happens in the rooms below."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.accounts.events import OrganisationSuspended, OrganisationVerified
from engage.advisory import service
from engage.advisory.service import admission, entry, resuming, taking_back
from engage.challenges import queries as challenges
from engage.challenges.events import (
    ChallengeChanged,
    ChallengeEndedEarly,
    ChallengeWithdrawn,
    EngagementResumed,
)
from engage.interests.events import InterestsChanged
from engage.kernel.actor import System
from engage.matchmaking.events import InvitationTakenBack, InvitationWithdrawn
from engage.suppliers.events import SuppliersMerged

WITHDRAWN = "The department withdrew the challenge. Its reason: {}"
ENDED_EARLY = "The department ended the engagement early. Its reason: {}"


def on_challenge_changed(session: Session, event: ChallengeChanged) -> None:
    """Ask everyone anew who accepted an invitation to a text that changed materially."""
    if event.material:
        service.reopen_acceptances(
            session, actor=System(), challenge_id=event.challenge_id, version=event.version
        )


def on_challenge_ended_early(session: Session, event: ChallengeEndedEarly) -> None:
    """Answer the offers that wait and cancel the sessions that have not begun; locks as below."""
    challenge = challenges.by_id(session, event.challenge_id)
    reason = ENDED_EARLY.format(challenge.ended_early_reason)
    service.decline_waiting(session, actor=System(), challenge_id=challenge.id, reason=reason)
    service.cancel_all(session, actor=System(), challenge_id=challenge.id, reason=reason, only_to_come=True)


def on_engagement_resumed(session: Session, event: EngagementResumed) -> None:
    """Keep the places anew that were kept when the engagement was paused, and offer those that became free."""
    resuming.go_on(session, challenge_id=event.challenge_id)


def on_organisation_verified(session: Session, event: OrganisationVerified) -> None:
    """Do the same for every open challenge of a department whose suspension was lifted."""
    resuming.go_on_everywhere(session, organisation_id=event.organisation_id)


def on_challenge_withdrawn(session: Session, event: ChallengeWithdrawn) -> None:
    """Answer the offers that wait and cancel the sessions of the challenge, with the department's reason.

    It locks offers, then the challenge's invitations, then its sessions: the order of ``service.seats``. In the
    table of reactions it stands before whatever withdraws the invitations.
    """
    challenge = challenges.by_id(session, event.challenge_id)
    reason = WITHDRAWN.format(challenge.withdrawn_reason)
    service.decline_waiting(session, actor=System(), challenge_id=challenge.id, reason=reason)
    service.cancel_all(session, actor=System(), challenge_id=challenge.id, reason=reason)


def on_invitation_taken_back(session: Session, event: InvitationTakenBack) -> None:
    """Refuse it once the place of the invitation was used."""
    taking_back.check_not_used(session, invitation_id=event.invitation_id)


def on_invitation_withdrawn(session: Session, event: InvitationWithdrawn) -> None:
    """Give up the place that the invitation held."""
    service.release_withdrawn(session, invitation_id=event.invitation_id)


def on_organisation_suspended(session: Session, event: OrganisationSuspended) -> None:
    """Take back the invitations of a suspended supplier, and with them its places to come."""
    service.withdraw_all(session, actor=System(), organisation_id=event.organisation_id)


def on_interests_changed(session: Session, event: InterestsChanged) -> None:
    """Keep which places to come the interest stands in the way of; where it no longer does, ask to confirm again."""
    again = admission.look_again(session, declaration_id=event.declaration_id)
    entry.ask_again(session, held=again, declaration_id=event.declaration_id)


def on_suppliers_merged(session: Session, event: SuppliersMerged) -> None:
    """Let what is under way for a supplier that turned out to be another go on for that one."""
    service.follow_merge(session, gone_id=event.gone_id, kept_id=event.kept_id)
