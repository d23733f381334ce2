"""The life of one invitation: held, sent, answered, expired, withdrawn."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from engage.accounts.models import Organisation
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge
from engage.interests import service as interests
from engage.kernel import clock, uktime
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict, DomainError
from engage.kernel.events import emit
from engage.kernel.ids import short_id
from engage.kernel.states import check
from engage.matchmaking.enums import INVITATION_TRANSITIONS, InvitationState, Origin
from engage.matchmaking.events import InvitationSent, InvitationWithdrawn
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.service import letters
from engage.suppliers.models import Supplier

DAYS_TO_ANSWER = 14
LAST_MINUTE = time(23, 59)
_ONE_EACH = "uq_invitation_challenge_id_supplier_id"


def invite(
    session: Session,
    *,
    actor: Anyone,
    challenge: Challenge,
    supplier: Supplier,
    origin: Origin = Origin.VOLUNTEERED,
    run: MatchRun | None = None,
) -> Invitation:
    """Invite ``supplier`` to the advisory sessions of ``challenge`` now.

    Side effects: the challenge's row locked, then the organisation's, the invitation, an audit line, then what
    ``send`` does. When nobody from the supplier has an account yet the invitation is held, and goes out by itself
    once somebody has (see ``send_waiting``). An invitation that was already held is sent.

    Raises ``Conflict`` when the challenge is not open, the supplier is not verified, a conflict of interest stands in
    the way, or it was invited before.
    """
    if challenges.hold(session, challenge).state not in OPEN_STATES:
        raise Conflict("Invitations can go out only while the challenge is open.")
    if not is_verified(session, supplier):
        raise Conflict(f"{supplier.organisation.name} is not verified, so it cannot be invited.")
    if interests.is_blocked(session, challenge=challenge, supplier_id=supplier.id, on=clock.uk_today()):
        raise Conflict(
            f"{supplier.organisation.name} cannot be invited while a conflict of interest stands in the way. "
            "The page on interests of this challenge says what can be done."
        )
    invitation = find(session, challenge=challenge, supplier=supplier)
    if invitation is None:
        invitation = _hold(
            session, actor=actor, challenge=challenge, supplier=supplier, origin=origin, run=run
        )
    elif invitation.state is not InvitationState.HELD:
        raise Conflict(f"{supplier.organisation.name} has already been invited to this challenge.")
    if letters.readers(session, invitation):
        send(session, actor=actor, invitation=invitation)
    return invitation


def is_verified(session: Session, supplier: Supplier) -> bool:
    """Return whether the organisation of ``supplier`` is verified, and keep it so until the transaction ends.

    A suspension at the same moment waits, and then takes back what was sent.
    """
    query = sa.select(Organisation).where(Organisation.id == supplier.organisation_id)
    query = query.with_for_update(read=True).execution_options(populate_existing=True)
    return session.scalars(query).one().verified


def find(session: Session, *, challenge: Challenge, supplier: Supplier) -> Invitation | None:
    """Return the invitation of ``supplier`` to ``challenge``, locked until the transaction ends."""
    query = sa.select(Invitation).where(
        Invitation.challenge_id == challenge.id, Invitation.supplier_id == supplier.id
    )
    return session.scalar(query.with_for_update(key_share=True).execution_options(populate_existing=True))


def send(session: Session, *, actor: Anyone, invitation: Invitation) -> None:
    """Tell the supplier: the held invitation becomes sent, with a last day to answer.

    Side effects, in order: the state and its times, an audit line, a letter to each member of the supplier,
    the event ``InvitationSent``. Raises ``Conflict`` when the invitation is not held.
    """
    check(INVITATION_TRANSITIONS, now=invitation.state, to=InvitationState.SENT, thing="invitation")
    invitation.state = InvitationState.SENT
    invitation.sent_at = clock.now()
    invitation.expires_at = last_moment(invitation.challenge)
    session.flush()
    _record(session, actor, invitation, "sent", expires_at=invitation.expires_at.isoformat())
    letters.tell(session, sender=actor, invitation=invitation)
    emit(session, InvitationSent(invitation.id))


def last_moment(challenge: Challenge) -> datetime:
    """Return until when an invitation sent today can be answered: 14 days, or the challenge's last day."""
    day = clock.uk_today() + timedelta(days=DAYS_TO_ANSWER)
    if challenge.closes_on is not None:
        day = max(min(day, challenge.closes_on), clock.uk_today())
    return uktime.from_uk(day, LAST_MINUTE)


def mark_accepted(session: Session, *, actor: Actor, invitation: Invitation) -> Invitation:
    """Record that the supplier accepts; accepting again changes nothing.

    Side effects: the answer with its time and person, an audit line. Raises ``Conflict`` when the invitation
    has expired, was withdrawn or declined, or the challenge is no longer open.
    """
    now = lock(session, invitation)
    if now.state is InvitationState.ACCEPTED:
        return now
    check(INVITATION_TRANSITIONS, now=now.state, to=InvitationState.ACCEPTED, thing="invitation")
    if now.expires_at is not None and now.expires_at <= clock.now():
        raise Conflict(f"This invitation could be answered until {uktime.uk_time(now.expires_at)}.")
    if now.challenge.state not in OPEN_STATES:
        raise Conflict("This challenge is no longer open, so the invitation cannot be accepted.")
    _answer(now, actor, InvitationState.ACCEPTED)
    session.flush()
    _record(session, actor, now, "accepted")
    return now


def mark_declined(session: Session, *, actor: Actor, invitation: Invitation, reason: str = "") -> Invitation:
    """Record that the supplier declines, or no longer wants the place it had accepted.

    Side effects: the answer with its time, person and reason, an audit line (without the reason: it is the
    supplier's own words). Raises ``Conflict`` when there is nothing left to decline.
    """
    now = lock(session, invitation)
    if now.state is InvitationState.DECLINED:
        return now
    check(INVITATION_TRANSITIONS, now=now.state, to=InvitationState.DECLINED, thing="invitation")
    _answer(now, actor, InvitationState.DECLINED)
    now.decline_reason = reason
    session.flush()
    _record(session, actor, now, "declined", gave_reason=bool(reason))
    return now


def withdraw(session: Session, *, actor: Anyone, invitation: Invitation, reason: str) -> Invitation:
    """Take an invitation back; ``reason`` is a sentence without personal data that the audit trail keeps.

    Side effects, in order: the state, an audit line, a letter if the supplier was still to answer (who had
    accepted hears of the session), the event ``InvitationWithdrawn`` if the supplier had been told. Raises
    ``Conflict`` when the invitation was declined or has expired.
    """
    now = lock(session, invitation)
    check(INVITATION_TRANSITIONS, now=now.state, to=InvitationState.WITHDRAWN, thing="invitation")
    former, now.state = now.state, InvitationState.WITHDRAWN
    session.flush()
    _record(session, actor, now, "withdrawn", reason=reason)
    if former is InvitationState.SENT:
        letters.tell_withdrawn(session, sender=actor, invitation=now, reason=reason)
    if former is not InvitationState.HELD:
        emit(session, InvitationWithdrawn(now.id))
    return now


def expire(session: Session, *, actor: Anyone, invitation: Invitation) -> Invitation:
    """Close an invitation that nobody answered in time. Side effects: the state, an audit line."""
    now = lock(session, invitation)
    if now.expires_at is None or now.expires_at > clock.now():
        raise DomainError("This invitation can still be answered.")
    check(INVITATION_TRANSITIONS, now=now.state, to=InvitationState.EXPIRED, thing="invitation")
    now.state = InvitationState.EXPIRED
    session.flush()
    _record(session, actor, now, "expired")
    return now


def lock(session: Session, invitation: Invitation) -> Invitation:
    """Return ``invitation`` as it stands now, locked until the transaction ends."""
    query = (
        sa.select(Invitation)
        .where(Invitation.id == invitation.id)
        .options(joinedload(Invitation.challenge), joinedload(Invitation.supplier))
        .with_for_update(of=Invitation, key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one()


def _hold(
    session: Session,
    *,
    actor: Anyone,
    challenge: Challenge,
    supplier: Supplier,
    origin: Origin,
    run: MatchRun | None,
) -> Invitation:
    invitation = Invitation(
        ref=short_id(),
        challenge=challenge,
        supplier=supplier,
        run=run,
        origin=origin,
        state=InvitationState.HELD,
        created_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(invitation)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _ONE_EACH:
            raise
        name = supplier.organisation.name
        raise Conflict(f"{name} has already been invited to this challenge.") from error
    _record(session, actor, invitation, "held", challenge=challenge.ref, supplier=supplier.ref, origin=origin)
    return invitation


def _answer(invitation: Invitation, actor: Actor, state: InvitationState) -> None:
    invitation.state = state
    invitation.answered_at = clock.now()
    invitation.answered_by_id = actor.person_id


def _record(session: Session, actor: Anyone, invitation: Invitation, deed: str, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"matchmaking:invitation:{deed}",
        subject=f"invitation:{invitation.ref}",
        **({"challenge": invitation.challenge.ref, "supplier": invitation.supplier.ref} | details),
    )
