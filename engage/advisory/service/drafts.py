"""Preparing a session where only the department sees it, and publishing it as an act of its own.

A draft is a row of another table than the sessions, so no list, feed, calendar, notice or number can tell of it by
mistake; publishing schedules the session and takes the draft away in one transaction.
"""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries
from engage.advisory.models import AdvisorySession, SessionDraft
from engage.advisory.service import one_to_one, session_details
from engage.advisory.service.session_details import SessionDetails
from engage.advisory.service.sessions import schedule
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.enums import OPEN_STATES, OVER_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, NotFound
from engage.kernel.ids import short_id
from engage.kernel.uktime import uk_time

NO_MORE = "This challenge takes no more sessions."
LEFT_OVER = f"{NO_MORE} The draft stays with your department and cannot be published: you can remove it."
NOT_OPEN_YET = "The challenge is not published yet. The draft can be published once the challenge is."
GONE = "This draft was published or removed meanwhile."
CHANGED_SINCE = (
    "The draft was changed since you opened the page. Read it again: nothing has been published or changed."
)
NO_FACILITATOR = "Who was to run it cannot do so any more: choose somebody else."


def can_be_prepared(challenge: Challenge) -> bool:
    """Tell whether sessions of ``challenge`` can come at all: also before it is published, not after it is over."""
    return challenge.state not in (*OVER_STATES, ChallengeState.FINDINGS_DUE)


def prepare(session: Session, *, actor: Actor, challenge: Challenge, details: SessionDetails) -> SessionDraft:
    """Keep what a department means to say about a session, for itself, and return the draft.

    Side effects, in order: the draft, an audit line. Nobody is told. Raises ``Conflict`` when the challenge is over,
    ``Invalid`` when the session would begin in the past or the rest does not fit together.
    """
    challenge = challenges.lock(session, challenge)
    if not can_be_prepared(challenge):
        raise Conflict(NO_MORE)
    _check(session, challenge, details)
    now = clock.now()
    draft = SessionDraft(
        ref=short_id(), challenge=challenge, revision=1, created_at=now, updated_at=now, **asdict(details)
    )
    session.add(draft)
    session.flush()
    _record(session, actor, draft, "drafted")
    return draft


def change_draft(
    session: Session, *, actor: Actor, draft: SessionDraft, details: SessionDetails, seen: int | None = None
) -> SessionDraft:
    """Say something else in a draft. The same details again change nothing.

    With ``seen``, the revision that was on the page, nobody replaces unseen what a colleague has written meanwhile.

    Side effects, in order: the draft's row is locked and changed, ``revision`` goes up, an audit line. Raises
    ``Conflict`` when it was published or removed meanwhile or the challenge is over, ``Invalid`` as ``prepare``
    does and when it has changed since it was ``seen``.
    """
    held = _locked(session, draft)
    if held is None:
        raise Conflict(GONE)
    if not can_be_prepared(held.challenge):
        raise Conflict(LEFT_OVER)
    _check(session, held.challenge, details)
    changes = session_details.differing(details, held)
    if not changes:
        return held
    session_details.check_seen(seen, now=held.revision)
    for name in changes:
        setattr(held, name, getattr(details, name))
    held.revision += 1
    held.updated_at = clock.now()
    session.flush()
    _record(session, actor, held, "draft_changed", changed=changes)
    return held


def remove_draft(session: Session, *, actor: Actor, draft: SessionDraft) -> None:
    """Take a draft away for good. Side effects: the row is deleted, an audit line.

    Raises ``Conflict`` when it was published or removed meanwhile.
    """
    held = _locked(session, draft)
    if held is None:
        raise Conflict(GONE)
    _record(session, actor, held, "draft_removed")
    session.delete(held)
    session.flush()


def obstacles(session: Session, *, draft: SessionDraft) -> list[str]:
    """Return why ``draft`` cannot be published now, each a sentence that says what to do; empty when it can."""
    challenge, details = draft.challenge, session_details.details_of(draft)
    if not can_be_prepared(challenge):
        return [LEFT_OVER]
    found = [] if challenge.state in OPEN_STATES else [NOT_OPEN_YET]
    wrong = _passed(details) or list(session_details.wrong(details).values())
    found += [f"{message.rstrip('.')}." for message in wrong]
    runners = queries.who_can_run(session, organisation_id=challenge.organisation_id)
    if draft.facilitator_id is not None and draft.facilitator_id not in {person.id for person in runners}:
        found.append(NO_FACILITATOR)
    return found


def publish_draft(session: Session, *, actor: Actor, draft: SessionDraft, revision: int) -> AdvisorySession:
    """Make the session of a draft public, in the words of ``revision``, and return it.

    Side effects, in order: the challenge's row and the draft's are locked, everything that ``service.schedule`` does,
    the draft is deleted. Whoever publishes what somebody has published meanwhile gets that session, and nothing
    happens again. Raises ``NotFound`` when the draft was removed, ``Conflict`` when it says something else than
    ``revision`` did, and with ``obstacles``.
    """
    challenge = challenges.lock(session, draft.challenge)
    ref = draft.ref
    held = _locked(session, draft)
    if held is None:
        return _published(session, ref)
    if held.revision != revision:
        raise Conflict(CHANGED_SINCE)
    if found := obstacles(session, draft=held):
        raise Conflict(" ".join(found))
    meeting = schedule(
        session, actor=actor, challenge=challenge, details=session_details.details_of(held), ref=ref
    )
    session.delete(held)
    session.flush()
    return meeting


def _check(session: Session, challenge: Challenge, details: SessionDetails) -> None:
    session_details.check(details)
    one_to_one.check_time(session, challenge=challenge, details=details)


def _passed(details: SessionDetails) -> list[str]:
    """Say of each moment that has passed when it was, and what to do. Only these change while a draft waits."""
    now = clock.now()
    if details.starts_at <= now:
        return [f"It would have begun on {uk_time(details.starts_at)}: choose a later date and time"]
    found = []
    if details.closes_at is not None and details.closes_at <= now:
        found.append(
            f"The last place could have been taken until {uk_time(details.closes_at)}: choose a later last moment, "
            "or a later date"
        )
    if details.reserved and details.reserved_until is not None and details.reserved_until <= now:
        found.append(
            f"The places for volunteers would have been for everybody since {uk_time(details.reserved_until)}: keep "
            "none, or choose a later moment or a later date"
        )
    return found


def _locked(session: Session, draft: SessionDraft) -> SessionDraft | None:
    query = sa.select(SessionDraft).where(SessionDraft.id == draft.id).with_for_update(of=SessionDraft)
    return session.scalar(query.execution_options(populate_existing=True))


def _published(session: Session, ref: str) -> AdvisorySession:
    found = session.scalar(sa.select(AdvisorySession).where(AdvisorySession.ref == ref))
    if found is None:
        raise NotFound(GONE)
    return found


def _record(session: Session, actor: Actor, draft: SessionDraft, deed: str, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:session:{deed}",
        subject=f"session:{draft.ref}",
        challenge=draft.challenge.ref,
        **details,
    )
