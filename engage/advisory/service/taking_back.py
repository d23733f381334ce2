"""An invitation that a person wants to take back: not once its place was used, or is being used."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.advisory import queries
from engage.advisory.service import seats
from engage.kernel.errors import Conflict

USED = (
    "The session in which this supplier has a place has begun, or is over. Its place was used and goes to nobody "
    "else, so the invitation cannot be taken back any more."
)


def check_not_used(session: Session, *, invitation_id: int) -> None:
    """Raise ``Conflict`` when the place of an invitation, whose row the caller has locked, was used.

    That is: it says who came, or the session of a place to come has begun. Side effects: the rows of its sessions
    are locked, so that none of them is moved and none recorded meanwhile.
    """
    seats.lock_of(session, invitation_ids=[invitation_id])
    if queries.used_invitations(session, invitation_ids=[invitation_id]):
        raise Conflict(USED)
