"""What every use case of challenges begins and ends with."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges.enums import TRANSITIONS, ChallengeState, RevisionState
from engage.challenges.models import Challenge, ChallengeRevision
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.kernel.errors import Conflict, NotAllowed
from engage.kernel.states import check, label

SCHEDULABLE = (ChallengeState.APPROVED, ChallengeState.NOTICE_PENDING)
NOT_EDITABLE = "This text cannot be changed: it was submitted, and what is approved must be what was read."


def lock(session: Session, challenge: Challenge) -> Challenge:
    """Read ``challenge`` again and keep others from changing it, and its state, until the transaction ends.

    Who writes rows that belong to a challenge, and asks for its state, calls this before any other lock. Others can
    write such rows meanwhile (``key_share``, as for everything that other rows refer to): the database looks at the
    challenge again when a row that refers to it is written twice in one transaction, and must not wait for that.
    """
    query = sa.select(Challenge).where(Challenge.id == challenge.id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def lock_text(session: Session, challenge: Challenge) -> Challenge | ChallengeRevision:
    """Return the text that is being written: an open change of what was published, else the challenge itself.

    Side effects: the challenge's row is locked and read again, and the change with it, so that nobody else writes in
    either until the transaction ends. Raises ``Conflict`` when the text is not being written.
    """
    lock(session, challenge)
    if challenge.open_revision is not None:
        session.refresh(challenge.open_revision)
    if not challenge.takes_answers:
        raise Conflict(NOT_EDITABLE)
    return challenge.writing


def allow(allowed: bool, otherwise: str) -> None:
    """Raise ``NotAllowed`` with the sentence ``otherwise`` unless ``allowed``."""
    if not allowed:
        raise NotAllowed(otherwise)


def may_become(challenge: Challenge, state: ChallengeState) -> None:
    """Raise ``Conflict`` in plain words unless ``challenge`` can go to ``state`` from where it is."""
    if challenge.state is state:
        raise Conflict(f"This challenge is already {label(state)}. Nothing was done a second time.")
    check(TRANSITIONS, now=challenge.state, to=state, thing="challenge")


def move(challenge: Challenge, state: ChallengeState) -> None:
    """Put ``challenge`` into ``state``. Raises ``Conflict`` when it cannot go there.

    A publication that was arranged for later ends with the approval it was arranged for.
    """
    may_become(challenge, state)
    if state not in SCHEDULABLE:
        unschedule(challenge)
    challenge.state = state
    challenge.updated_at = clock.now()


def unschedule(challenge: Challenge, *, because: str | None = None) -> None:
    """Forget the publication that was arranged, if one was; ``because`` is kept for the department to read."""
    challenge.schedule_ended = because
    challenge.publish_at = challenge.scheduled_by_id = None
    challenge.scheduled_at = challenge.scheduled_hash = None


def drop_open(session: Session, challenge: Challenge, *, because: str) -> ChallengeRevision | None:
    """Drop the revision that is being prepared, if there is one, and return it; what was written is kept."""
    revision = challenge.open_revision
    if revision is None:
        return None
    revision.state = RevisionState.DROPPED
    revision.dropped_reason = because
    revision.ended_at = revision.updated_at = clock.now()
    session.flush()
    session.expire(challenge, ["open_revision"])
    return revision


def note(session: Session, actor: Anyone, challenge: Challenge, action: str, **details: Any) -> None:
    """Write the audit line ``challenges:challenge:<action>`` once what it speaks of is in the database."""
    session.flush()
    tag = f"challenges:challenge:{action}"
    audit.record(session, actor=actor, tag=tag, subject=f"challenge:{challenge.ref}", **details)
