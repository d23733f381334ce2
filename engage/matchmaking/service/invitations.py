"""The life of one invitation: held, sent, answered, expired, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload

from engage.accounts.models import Organisation
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge
from engage.interests import service as interests
from engage.kernel import clock, jobs, uktime
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict, DomainError
from engage.kernel.events import emit
from engage.kernel.ids import short_id
from engage.kernel.states import check
from engage.matchmaking.enums import INVITATION_TRANSITIONS, InvitationState, Origin
from engage.matchmaking.events import InvitationSent, InvitationWithdrawn
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, Wave
from engage.matchmaking.models.invitations import DAYS_TO_ANSWER
from engage.matchmaking.service import letters
from engage.matchmaking.service.tags import fold
from engage.suppliers.models import Supplier

LAST_MINUTE = time(23, 59)
DRAW = "matchmaking.draw_alternates"
_ONE_EACH = "uq_invitation_challenge_id_supplier_id"


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Who stepped in: when it was drawn, and in place of whom, where that was somebody who had been invited.

    Nobody was drawn when a person invited somebody against the plan.
    """

    drawn_at: datetime | None = None
    instead_of: Invitation | None = None


def invite(
    session: Session,
    *,
    actor: Anyone,
    challenge: Challenge,
    supplier: Supplier,
    origin: Origin = Origin.VOLUNTEERED,
    run: MatchRun | None = None,
    wave: Wave | None = None,
    steps: Steps | None = None,
) -> Invitation:
    """Invite ``supplier`` to the advisory sessions of ``challenge`` now.

    Side effects: those of ``hold``, then what ``send`` does. When nobody from the supplier has an account yet the
    invitation stays held, and goes out by itself once somebody has (see ``send_waiting``). An invitation that was
    already held is sent. Raises what ``hold`` raises.
    """
    invitation = hold(
        session,
        actor=actor,
        challenge=challenge,
        supplier=supplier,
        origin=origin,
        run=run,
        wave=wave,
        steps=steps,
    )
    if letters.readers(session, invitation):
        send(session, actor=actor, invitation=invitation)
    return invitation


def hold(
    session: Session,
    *,
    actor: Anyone,
    challenge: Challenge,
    supplier: Supplier,
    origin: Origin,
    run: MatchRun | None = None,
    wave: Wave | None = None,
    steps: Steps | None = None,
) -> Invitation:
    """Give ``supplier`` an invitation that nobody is told of yet.

    Side effects: the challenge's row locked, then the organisation's, the invitation, an audit line. One that was
    already held is returned; an alternate that waited for somebody to release it then belongs to the wave of whom it
    stands for.

    Raises ``Conflict`` when the challenge is not open, the supplier is not verified, a conflict of interest stands in
    the way, or it was invited before.
    """
    _check_invitable(session, challenge, supplier)
    found = find(session, challenge=challenge, supplier=supplier)
    if found is None:
        made = Invitation(
            ref=short_id(),
            challenge=challenge,
            supplier=supplier,
            run=run,
            origin=origin,
            corporate_group=_group(session, supplier, run),
            state=InvitationState.HELD,
            created_at=clock.now(),
            wave=wave,
            drawn_at=steps.drawn_at if steps else None,
            instead_of=steps.instead_of if steps else None,
        )
        return _keep(session, actor, made)
    if found.state is not InvitationState.HELD:
        raise Conflict(f"{supplier.organisation.name} has already been invited to this challenge.")
    if found.waits_for_release and found.instead_of is not None:
        found.wave = found.instead_of.wave
    return found


def let_answer(session: Session, *, actor: Anyone, challenge: Challenge, supplier: Supplier) -> Invitation:
    """Return an invitation of ``supplier`` that it can answer or has accepted, beside the places of any plan.

    One that it has stays, with the usual time to answer from now on. One that has ended is opened again as that of who
    asked (``Origin.ASKED``): its place in the plan is another's by now. Without one it is invited as who asked.

    Side effects: the challenge's row locked; the state and its times, an audit line; or those of ``invite``. Raises
    what that raises.
    """
    found = find(session, challenge=challenge, supplier=supplier)
    if found is None or found.state is InvitationState.HELD:
        return invite(session, actor=actor, challenge=challenge, supplier=supplier, origin=Origin.ASKED)
    if found.state is InvitationState.ACCEPTED:
        return found
    until = last_moment(challenge)
    if found.state is InvitationState.SENT:
        found.expires_at = max(found.expires_at or until, until)
        session.flush()
        return found
    _open_again(session, actor, found, Origin.ASKED)
    return found


def invite_who_offered(
    session: Session, *, actor: Anyone, challenge: Challenge, supplier: Supplier
) -> Invitation:
    """Invite a supplier that offered help, also when an invitation to the challenge has ended before.

    One that was declined, expired or was withdrawn is opened again as a volunteer's, with the usual time to answer: its
    place in the plan is another's by now, and how it ended stays in the audit trail.

    Side effects: the challenge's row locked, then the organisation's and the invitation's; the state and its times, an
    audit line, a letter to each member of the supplier, the event ``InvitationSent``; or those of ``invite``. Raises
    what that raises.
    """
    _check_invitable(session, challenge, supplier)
    found = find(session, challenge=challenge, supplier=supplier)
    if found is None or not found.has_ended:
        return invite(session, actor=actor, challenge=challenge, supplier=supplier)
    if found.state is InvitationState.SENT:
        expire(session, actor=actor, invitation=found)
    _open_again(session, actor, found, Origin.VOLUNTEERED)
    found.sent_at = clock.now()
    session.flush()
    letters.tell_again(session, sender=actor, invitation=found)
    emit(session, InvitationSent(found.id))
    return found


def _open_again(session: Session, actor: Anyone, invitation: Invitation, origin: Origin) -> None:
    """Let an invitation that ended be answered: the one way back, because the supplier itself asked to be heard."""
    until = last_moment(invitation.challenge)
    invitation.state, invitation.origin, invitation.expires_at = InvitationState.SENT, origin, until
    invitation.answered_at, invitation.answered_by_id, invitation.decline_reason = None, None, ""
    invitation.sent_at = invitation.sent_at or clock.now()
    session.flush()
    _record(session, actor, invitation, "opened_again", expires_at=until.isoformat())


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
    days = invitation.wave.days_to_answer if invitation.wave else DAYS_TO_ANSWER
    invitation.state = InvitationState.SENT
    invitation.sent_at, invitation.expires_at = clock.now(), last_moment(invitation.challenge, days=days)
    session.flush()
    _record(session, actor, invitation, "sent", expires_at=invitation.expires_at.isoformat())
    letters.tell(session, sender=actor, invitation=invitation)
    emit(session, InvitationSent(invitation.id))


def last_moment(challenge: Challenge, *, days: int = DAYS_TO_ANSWER) -> datetime:
    """Return until when an invitation sent today can be answered: so many days, or the challenge's last day."""
    day = clock.uk_today() + timedelta(days=days)
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
    supplier's own words), a job that draws the next in line. Raises ``Conflict`` when there is nothing left to decline.
    """
    now = lock(session, invitation)
    if now.state is InvitationState.DECLINED:
        return now
    check(INVITATION_TRANSITIONS, now=now.state, to=InvitationState.DECLINED, thing="invitation")
    _answer(now, actor, InvitationState.DECLINED)
    now.decline_reason = reason
    session.flush()
    _record(session, actor, now, "declined", gave_reason=bool(reason))
    _place_is_free(session, now)
    return now


def withdraw(
    session: Session, *, actor: Anyone, invitation: Invitation, reason: str, told: str = ""
) -> Invitation:
    """Take an invitation back; ``reason`` is a sentence without personal data that the audit trail keeps.

    Side effects, in order: the state, an audit line, a letter with ``told``, or the reason, if the supplier was still
    to answer (who had accepted hears of the session, and with ``told`` gets this letter too), the event
    ``InvitationWithdrawn`` if the supplier had been told, a job that draws the next in line. Raises ``Conflict`` when
    the invitation was declined or has expired.
    """
    now = lock(session, invitation)
    check(INVITATION_TRANSITIONS, now=now.state, to=InvitationState.WITHDRAWN, thing="invitation")
    former, now.state = now.state, InvitationState.WITHDRAWN
    session.flush()
    _record(session, actor, now, "withdrawn", reason=reason)
    if former is InvitationState.SENT or (told and former is InvitationState.ACCEPTED):
        letters.tell_withdrawn(session, sender=actor, invitation=now, reason=told or reason)
    if former is not InvitationState.HELD:
        emit(session, InvitationWithdrawn(now.id))
    _place_is_free(session, now)
    return now


def put_back(session: Session, *, actor: Anyone, invitation: Invitation) -> None:
    """Put an alternate that nobody was told of back into the line, as if it had not been drawn.

    The caller holds the challenge's row. Side effects: an audit line, the invitation is gone. One that was let go out
    meanwhile stays.
    """
    now = lock(session, invitation)
    if not now.waits_for_release:
        return
    _record(session, actor, now, "put_back")
    session.delete(now)
    session.flush()


def expire(session: Session, *, actor: Anyone, invitation: Invitation) -> Invitation:
    """Close an invitation that nobody answered in time.

    Side effects: the state, an audit line, a job that draws the next in line.
    """
    now = lock(session, invitation)
    if now.expires_at is None or now.expires_at > clock.now():
        raise DomainError("This invitation can still be answered.")
    check(INVITATION_TRANSITIONS, now=now.state, to=InvitationState.EXPIRED, thing="invitation")
    now.state = InvitationState.EXPIRED
    session.flush()
    _record(session, actor, now, "expired")
    _place_is_free(session, now)
    return now


def lock(session: Session, invitation: Invitation) -> Invitation:
    """Return ``invitation`` as it stands now, locked until the transaction ends.

    Its supplier is read after the lock is had: merged meanwhile, it is another one.
    """
    query = (
        sa.select(Invitation)
        .where(Invitation.id == invitation.id)
        .options(joinedload(Invitation.challenge), selectinload(Invitation.supplier))
        .with_for_update(of=Invitation, key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one()


def _check_invitable(session: Session, challenge: Challenge, supplier: Supplier) -> None:
    """Raise ``Conflict`` unless ``supplier`` can be invited to ``challenge`` today; both are locked by that."""
    if challenges.lock(session, challenge).state not in OPEN_STATES:
        raise Conflict("Invitations can go out only while the challenge is open.")
    if not is_verified(session, supplier):
        raise Conflict(f"{supplier.organisation.name} is not verified, so it cannot be invited.")
    if interests.is_blocked(session, challenge=challenge, supplier_id=supplier.id, on=clock.uk_today()):
        raise Conflict(
            f"{supplier.organisation.name} cannot be invited while a conflict of interest stands in the way. "
            "The page on interests of this challenge says what can be done."
        )


def _group(session: Session, supplier: Supplier, run: MatchRun | None) -> str:
    """Return the corporate group of ``supplier`` as the match knew it, or as it is now for who was not matched."""
    matched = session.get(MatchCandidate, (run.id, supplier.id)) if run is not None else None
    return fold(supplier.corporate_group) if matched is None else matched.corporate_group


def _keep(session: Session, actor: Anyone, invitation: Invitation) -> Invitation:
    try:
        with session.begin_nested():
            session.add(invitation)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _ONE_EACH:
            raise
        name = invitation.supplier.organisation.name
        raise Conflict(f"{name} has already been invited to this challenge.") from error
    drawn: dict[str, object] = {}
    if invitation.drawn_at is not None:
        drawn["instead_of"] = invitation.instead_of.ref if invitation.instead_of else None
    _record(session, actor, invitation, "held", origin=invitation.origin, **drawn)
    return invitation


def _place_is_free(session: Session, invitation: Invitation) -> None:
    """Have the next in line drawn for the place that ``invitation`` gives free, once this transaction has ended.

    Apart from it, because drawing locks the challenge and the suppliers that could come before any invitation. The
    job counts the free places itself, so that one too many changes nothing.
    """
    if invitation.origin is Origin.MATCHED and invitation.challenge.is_open:
        jobs.defer(session, DRAW, challenge_id=invitation.challenge_id)


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
