"""After publication: the engagement starts, ends, and the challenge is closed."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.challenges import policy
from engage.challenges.enums import ChallengeState
from engage.challenges.events import ChallengeEndedEarly
from engage.challenges.models import Challenge
from engage.challenges.service.attachments import tidy
from engage.challenges.service.fairness import check_fair_to_close
from engage.challenges.service.publication import checked_reason
from engage.challenges.service.shared import allow, drop_open, lock, may_become, move, note
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict
from engage.kernel.events import emit
from engage.kernel.uktime import uk_date
from engage.ledger import service as ledger
from engage.ledger.enums import Channel

STILL_OPEN = (
    "Suppliers can take part until {}, so the engagement does not end yet. To stop before the closing date, end it "
    "early with a reason."
)
FIRST_THE_CHANGE = "A change of the text is being prepared. Publish it or drop it first."


def start_engaging(session: Session, *, actor: Actor, challenge: Challenge) -> None:
    """Record that conversations with suppliers have begun: ``published`` to ``engaging``, and an audit line.

    Scheduling the first session does it, so facilitators may too. Raises ``NotAllowed``, ``Conflict`` when
    the challenge is not published.
    """
    allow(policy.can_start(actor, challenge), policy.NOT_ONE_OF_YOU)
    _go(session, actor, challenge, ChallengeState.ENGAGING, "engagement_started")


def end_engaging(session: Session, *, actor: Actor, challenge: Challenge) -> None:
    """Record that the closing date has passed and the last conversation is over: to ``findings_due``; an audit line.

    Raises ``NotAllowed``; ``Conflict`` when the challenge is not open, its closing date is still to come (``end_early``
    asks for the reason) or a change of the text is being prepared.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    lock(session, challenge)
    may_become(challenge, ChallengeState.FINDINGS_DUE)
    if challenge.closes_on and not challenge.is_past:
        raise Conflict(STILL_OPEN.format(uk_date(challenge.closes_on)))
    if challenge.open_revision is not None:
        raise Conflict(FIRST_THE_CHANGE)
    _go(session, actor, challenge, ChallengeState.FINDINGS_DUE, "engagement_ended")


def end_early(session: Session, *, actor: Actor, challenge: Challenge, reason: str) -> None:
    """Stop taking part before the closing date, for a ``reason`` that everybody reads: findings are due next.

    Side effects, in order: state ``findings_due`` with the reason; a revision that is being prepared is dropped; an
    audit line; a ledger line to everyone with the reason; the event ``ChallengeEndedEarly`` (offers answered,
    sessions to come cancelled, open invitations taken back, everybody who was told of the challenge told).

    Raises ``NotAllowed``, ``Conflict`` when nobody can take part any more or the closing date has passed (the
    engagement then ends without a reason), ``Invalid`` without reason.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    lock(session, challenge)
    may_become(challenge, ChallengeState.FINDINGS_DUE)
    if challenge.is_past:
        raise Conflict(
            "The closing date has passed, so the engagement does not end early. End it without a reason."
        )
    words = checked_reason(reason, missing="Say why the engagement ends early")
    drop_open(session, challenge, because="The engagement ended early.")
    tidy(session, challenge)
    move(challenge, ChallengeState.FINDINGS_DUE)
    challenge.ended_early_at, challenge.ended_early_reason = challenge.updated_at, words
    note(session, actor, challenge, "ended_early")
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact=f"early-end:{challenge.ref}",
        summary="The engagement ended before its closing date, with the reason",
        channel=Channel.PAGE,
        body=words,
    )
    emit(session, ChallengeEndedEarly(challenge_id=challenge.id))


def close(session: Session, *, actor: Actor, challenge: Challenge) -> None:
    """Close the challenge, its findings told: ``findings_due`` to ``closed``, and an audit line.

    Raises ``NotAllowed``; ``Conflict`` when no findings are due, while some know what not everyone could know and
    nothing justifies it, and for a preliminary market engagement without a step recorded under s.16(3).
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    lock(session, challenge)
    may_become(challenge, ChallengeState.CLOSED)
    check_fair_to_close(session, challenge)
    _go(session, actor, challenge, ChallengeState.CLOSED, "closed")


def _go(session: Session, actor: Actor, challenge: Challenge, state: ChallengeState, action: str) -> None:
    lock(session, challenge)
    move(challenge, state)
    if state is ChallengeState.CLOSED:
        challenge.closed_at = challenge.updated_at
    note(session, actor, challenge, action)
