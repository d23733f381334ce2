"""What sessions, seats and offers do when something happens in the rooms below."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.accounts.events import OrganisationSuspended
from engage.advisory import service
from engage.challenges.events import ChallengeWithdrawn
from engage.kernel.actor import System
from engage.matchmaking.events import InvitationWithdrawn

WITHDRAWN = "The department withdrew the challenge."


def on_challenge_withdrawn(session: Session, event: ChallengeWithdrawn) -> None:
    """Answer the offers that wait and cancel the sessions of the challenge.

    It locks offers, then the challenge's invitations, then its sessions: the order of ``service.seats``. In the
    table of reactions it stands before whatever withdraws the invitations.
    """
    service.decline_waiting(session, actor=System(), challenge_id=event.challenge_id, reason=WITHDRAWN)
    service.cancel_all(session, actor=System(), challenge_id=event.challenge_id, reason=WITHDRAWN)


def on_invitation_withdrawn(session: Session, event: InvitationWithdrawn) -> None:
    """Give up the place that the invitation held."""
    service.release_withdrawn(session, invitation_id=event.invitation_id)


def on_organisation_suspended(session: Session, event: OrganisationSuspended) -> None:
    """Take back the invitations of a suspended supplier, and with them its places to come."""
    service.withdraw_all(session, actor=System(), organisation_id=event.organisation_id)
