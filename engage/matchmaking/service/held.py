"""Invitations that were released and that nobody could read: sent once somebody can, ended when it takes too long."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.interests import service as interests
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.kernel.errors import Conflict
from engage.matchmaking import queries
from engage.matchmaking.enums import InvitationState, Origin
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import letters
from engage.matchmaking.service.invitations import is_verified, lock, send, withdraw
from engage.matchmaking.service.sifting import sift
from engage.matchmaking.service.waves import check_challenge, locked

UNREAD = "Nobody of the supplier could be told within the time to answer."


def send_waiting(session: Session, *, actor: Anyone) -> int:
    """Send the held invitations that can go out now, in one transaction, and return how many: see ``send_held``."""
    found = queries.unsent(session)
    return sum(send_held(session, actor=actor, invitation_id=number) for number in found)


def send_held(session: Session, *, actor: Anyone, invitation_id: int) -> bool:
    """Send one invitation that was held until somebody could read it, if it can go out now; return whether it did.

    It can when the challenge is open, somebody of the supplier has an account, the supplier is verified, and no
    conflict of interest stands in the way. One of a match is held to what a release is held to: the text is that which
    the match was made of, and no hard rule leaves the supplier out by now. An alternate that waits for somebody to
    release it goes on waiting. Side effects, in order: the challenge's row locked, the supplier's, the invitation's;
    those of ``send``.
    """
    waiting = session.get_one(Invitation, invitation_id)
    challenge = challenges.lock(session, waiting.challenge)
    if not challenge.is_open or not letters.readers(session, waiting):
        return False
    locked(session, [waiting.supplier_id])
    held = lock(session, waiting)
    if held.state is not InvitationState.HELD or held.waits_for_release:
        return False
    if not _may_go(session, challenge, held):
        return False
    send(session, actor=actor, invitation=held)
    return True


def end_unread(session: Session, *, actor: Anyone, invitation_id: int) -> None:
    """Take a held invitation back that nobody could read within the time to answer; the next in line gets the place.

    While nobody can answer anyway, because the challenge is not open, it stays. Side effects, in order: the
    challenge's row locked, the invitation's; those of ``withdraw``, without a letter.
    """
    waiting = session.get_one(Invitation, invitation_id)
    challenge = challenges.lock(session, waiting.challenge)
    held = lock(session, waiting)
    too_late = held.id in queries.unread(session, moment=clock.now())
    if challenge.is_open and too_late:
        withdraw(session, actor=actor, invitation=held, reason=UNREAD)


def _may_go(session: Session, challenge: Challenge, held: Invitation) -> bool:
    if held.origin is not Origin.MATCHED or held.run is None:
        return is_verified(session, held.supplier) and not interests.is_blocked(
            session, challenge=challenge, supplier_id=held.supplier_id, on=clock.uk_today()
        )
    try:
        check_challenge(session, held.run)
    except Conflict:
        return False
    sifted = sift(session, department=challenge.organisation, challenge=challenge, ids=[held.supplier_id])
    return not sifted.left_out
