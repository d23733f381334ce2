"""Publication at a set time: arranged by a person and done in that person's name, or given up with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.challenges import policy, queries
from engage.challenges.enums import ChallengeState
from engage.challenges.events import PublicationFailed
from engage.challenges.models import Challenge
from engage.challenges.service.publication import publish, publishable
from engage.challenges.service.shared import allow, lock, may_become, note, unschedule
from engage.kernel import clock, jobs
from engage.kernel.actor import Actor, System
from engage.kernel.errors import Conflict, DomainError, Invalid
from engage.kernel.events import emit
from engage.kernel.uktime import to_uk, uk_date, uk_time

PUBLISH = "challenges.publish_scheduled"
FURTHEST = timedelta(days=365)
OTHER_TEXT = "the approval is no longer the one for which the time was set"


def schedule(session: Session, *, actor: Actor, challenge: Challenge, at: datetime) -> None:
    """Have the approved text published by itself at the moment ``at`` (aware), in the actor's name.

    A time set before is replaced. Side effects, in order: the columns, an audit line, a job for that moment.
    Raises ``NotAllowed``; ``Conflict`` for a challenge that ``publish`` would refuse today; ``Invalid`` (field
    ``day``) for a moment that has passed, lies more than a year ahead or after the closing date.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    lock(session, challenge)
    may_become(challenge, ChallengeState.PUBLISHED)
    version = publishable(session, challenge)
    _check_moment(challenge, at)
    former = challenge.publish_at
    unschedule(challenge)
    challenge.publish_at, challenge.scheduled_at = at, clock.now()
    challenge.scheduled_by_id, challenge.scheduled_hash = actor.person_id, version.content_hash
    deed = "rescheduled" if former else "scheduled"
    note(session, actor, challenge, deed, publish_at=at.isoformat(), version=version.number)
    session.expire(challenge, ["scheduled_by"])
    jobs.defer(session, PUBLISH, at=at, challenge_id=challenge.id)


def cancel_schedule(session: Session, *, actor: Actor, challenge: Challenge) -> None:
    """Take a set time back; the text stays approved. Side effects: the columns, an audit line.

    Raises ``NotAllowed``, ``Conflict`` when no time is set (any more).
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    lock(session, challenge)
    if challenge.publish_at is None:
        raise Conflict(
            "No time is set for the publication of this challenge: it may just have been published."
        )
    at = challenge.publish_at
    unschedule(challenge)
    note(session, actor, challenge, "schedule_cancelled", publish_at=at.isoformat())


def publish_due(session: Session, *, challenge_id: int) -> bool:
    """Publish a challenge whose set time has come, and tell whether it is published now by this call.

    Done once, however many workers ask and however late: the row is locked, and a time that is not due or was
    dealt with changes nothing. Side effects: exactly those of ``publish``, in the name of who set the time. When
    that person may not publish any more, or the text cannot be published, the time is taken back instead, with
    the reason: an audit line, the event ``PublicationFailed`` (letters).
    """
    challenge = lock(session, queries.by_id(session, challenge_id))
    at = challenge.publish_at
    if at is None or at > clock.now():
        return False
    try:
        with session.begin_nested():
            actor = _in_whose_name(session, challenge)
            if challenge.scheduled_hash != challenge.approved_hash:
                raise Conflict(OTHER_TEXT)
            publish(session, actor=actor, challenge=challenge, scheduled=at)
    except DomainError as refusal:
        _give_up(session, challenge, at, refusal.message)
        return False
    return True


def _check_moment(challenge: Challenge, at: datetime) -> None:
    wrong = ""
    if at <= clock.now():
        wrong = f"{uk_time(at)} has passed: choose a time in the future, or publish now"
    elif at > clock.now() + FURTHEST:
        wrong = f"Choose a day within a year, {uk_date(to_uk(clock.now() + FURTHEST))} at the latest"
    elif challenge.closes_on and to_uk(at).date() > challenge.closes_on:
        wrong = (
            f"The challenge closes on {uk_date(challenge.closes_on)}: choose a day before that, "
            "so that suppliers have time to respond"
        )
    if wrong:
        raise Invalid({"day": wrong})


def _in_whose_name(session: Session, challenge: Challenge) -> Actor:
    """Return who set the time as they act for the department now. Raises ``Conflict`` when they may not publish."""
    department, who = challenge.organisation, challenge.scheduled_by
    assert who is not None, "a set time has its person"
    member = accounts.member(session, person_id=who.id, organisation_id=department.id)
    if member is None or who.disabled_at is not None:
        raise Conflict(f"{who.name}, who set the time, no longer acts for {department.name}")
    actor = accounts.actor_of(who, member)
    if not department.verified:
        raise Conflict(f"{department.name} is not verified at the moment")
    if not policy.can_conduct(actor, challenge):
        raise Conflict(f"{who.name}, who set the time, is neither a policy author nor an approver any more")
    return actor


def _give_up(session: Session, challenge: Challenge, at: datetime, reason: str) -> None:
    """Take the time back with the reason; the names in it stay out of the audit trail."""
    person_id, because = (
        challenge.scheduled_by_id,
        f"It was not published on {uk_time(at)}: {reason.rstrip('.')}.",
    )
    assert person_id is not None
    unschedule(challenge, because=because)
    challenge.updated_at = clock.now()
    note(session, System(), challenge, "schedule_failed", publish_at=at.isoformat())
    emit(session, PublicationFailed(challenge_id=challenge.id, person_id=person_id, due=at))
