"""Changing a published text: a revision is written, submitted, approved word for word, and becomes the next version."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.challenges import policy
from engage.challenges.enums import OPEN_STATES, REVISION_TRANSITIONS, Decision, RevisionState
from engage.challenges.enums.questions import ANSWERS, ROUTE_ANSWERS, missing, plain
from engage.challenges.events import ReviewDecided, ReviewRequested
from engage.challenges.models import Challenge, ChallengeReview, ChallengeRevision, ChallengeVersion
from engage.challenges.service.attachments import tidy, unready
from engage.challenges.service.review import (
    OTHER_TEXT,
    checked_reasons,
    decided,
    freeze,
    frozen,
    may_decide,
)
from engage.challenges.service.shared import allow, drop_open, lock, note
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.events import emit
from engage.kernel.states import check, label

LONGEST_REASON = 1000
ONE_OPEN = "uq_challenge_revision_open"
NOT_A_WRITER = "Only policy authors of the department can change this text."
ALREADY_OPEN = (
    "A change of this text is already being prepared. There can be one at a time: go on with that one."
)
NOTHING_OPEN = "No change of this text is being prepared. It may just have been published or dropped."
NOTHING_DIFFERS = "Nothing differs from the published text yet: change at least one answer first."
EARLIER_CLOSING = (
    "The closing date comes earlier, which takes time away from suppliers: say that the change is material"
)


def open_revision(session: Session, *, actor: Actor, challenge: Challenge) -> ChallengeRevision:
    """Begin a change of the published text, which stays as it is until the change is approved and published.

    Side effects: the revision with the answers of today, an audit line. Raises ``NotAllowed``, ``Conflict`` when
    suppliers can no longer take part or a change is being prepared already (the database lets one through).
    """
    allow(policy.can_edit(actor, challenge), NOT_A_WRITER)
    allow(policy.can_submit(actor, challenge), policy.NOT_VERIFIED)
    lock(session, challenge)
    _check_state(challenge)
    if challenge.open_revision is not None:
        raise Conflict(ALREADY_OPEN)
    now = clock.now()
    revision = ChallengeRevision(
        challenge=challenge,
        number=_last_number(session, challenge) + 1,
        state=RevisionState.WRITING,
        answers={field: plain(getattr(challenge, field)) for field in ANSWERS if field not in ROUTE_ANSWERS},
        writer_ids=[actor.person_id],
        opened_by_id=actor.person_id,
        opened_at=now,
        updated_at=now,
    )
    try:
        with session.begin_nested():
            session.add(revision)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != ONE_OPEN:
            raise
        raise Conflict(ALREADY_OPEN) from error
    session.expire(challenge, ["open_revision"])
    note(session, actor, challenge, "revision_opened", revision=revision.number)
    return revision


def submit_revision(
    session: Session, *, actor: Actor, challenge: Challenge, material: bool | None, reason: str
) -> ChallengeVersion:
    """Send the changed text to the approvers, saying whether it is ``material`` and for what ``reason``.

    Side effects, in order: state ``in_review``; a frozen ``ChallengeVersion`` with the whole text, its hash and
    the reason; an audit line; the event ``ReviewRequested`` (letters to approvers).

    Raises ``NotAllowed``, ``Conflict`` when no change is being written, ``Invalid`` when nothing differs, an answer
    is missing or no longer fits, the reason is missing, or an earlier closing date is called minor.
    """
    allow(policy.can_edit(actor, challenge), NOT_A_WRITER)
    allow(policy.can_submit(actor, challenge), policy.NOT_VERIFIED)
    revision = locked(session, challenge)
    may_become(revision, RevisionState.IN_REVIEW)
    words = reason.strip()
    _check_submission(challenge, revision, material, words)
    if problems := unready(session, challenge):
        raise Invalid(problems)
    assert material is not None
    _move(revision, RevisionState.IN_REVIEW)
    revision.material, revision.reason = material, words
    revision.submitted_by_id, revision.submitted_at = actor.person_id, revision.updated_at
    version = freeze(session, actor, challenge, revision, material=material, reason=words)
    note(session, actor, challenge, "revision_submitted", version=version.number, hash=version.content_hash)
    emit(session, ReviewRequested(challenge_id=challenge.id))
    return version


def unfit_revision(challenge: Challenge, revision: ChallengeRevision) -> dict[str, str]:
    """Return what keeps a changed text from being submitted: a message by column, in the order of the questions."""
    content = revision.content
    problems = {answer.field: answer.missing for _, answer in missing(content)}
    closes = _closing(content["closes_on"])
    if closes is not None and closes != challenge.closes_on and closes <= clock.uk_today():
        problems["closes_on"] = "The closing date must be in the future"
    return problems


def approve_revision(
    session: Session, *, actor: Actor, challenge: Challenge, content_hash: str, version_read: int
) -> ChallengeReview:
    """Approve the exact changed text whose hash is ``content_hash``: the one the approver has read.

    ``version_read`` is its number. With it goes what its author said of the change, the reason that everybody will
    read and whether it is material: the same text can be submitted again with others.

    Side effects, in order: state ``approved`` with the hash; a ``ChallengeReview``; an audit line; the event
    ``ReviewDecided`` (a letter to the author). Nothing becomes public.

    Raises ``NotAllowed`` for who wrote or submitted it (the database refuses it too) and for who is no approver of
    the department, ``Conflict`` when no change waits, or the text or what was said of it differs from what was read.
    """
    revision = locked(session, challenge)
    may_decide(actor, challenge)
    may_become(revision, RevisionState.APPROVED)
    version = frozen(session, challenge)
    if not (content_hash == version.content_hash == revision.content_hash) or version_read != version.number:
        raise Conflict(OTHER_TEXT)
    _move(revision, RevisionState.APPROVED)
    revision.approved_by_id, revision.approved_at = actor.person_id, revision.updated_at
    revision.approved_hash = version.content_hash
    review = decided(session, actor, challenge, version, Decision.APPROVED, "")
    note(session, actor, challenge, "revision_approved", version=version.number, hash=version.content_hash)
    emit(session, ReviewDecided(challenge_id=challenge.id, review_id=review.id))
    return review


def send_revision_back(
    session: Session, *, actor: Actor, challenge: Challenge, reasons: str, version_read: int | None = None
) -> ChallengeReview:
    """Send a changed text back to its authors with ``reasons``; an approval given before is taken back.

    ``version_read`` is the number of the text the reasons are about, where a page showed it.

    Possible until it is published. Side effects, in order: state ``writing``, submission and approval forgotten; a
    ``ChallengeReview``; an audit line; the event ``ReviewDecided`` (a letter to the author). What everybody reads
    stays as it is.

    Raises ``NotAllowed``, ``Conflict`` when no change waits or the text is another, ``Invalid`` without reasons.
    """
    revision = locked(session, challenge)
    may_decide(actor, challenge)
    may_become(revision, RevisionState.WRITING)
    words = checked_reasons(reasons)
    version = frozen(session, challenge)
    if version_read not in {None, version.number}:
        raise Conflict(OTHER_TEXT)
    _move(revision, RevisionState.WRITING)
    revision.submitted_by_id = revision.submitted_at = None
    revision.approved_by_id = revision.approved_at = revision.approved_hash = None
    review = decided(session, actor, challenge, version, Decision.CHANGES_REQUESTED, words)
    note(session, actor, challenge, "revision_sent_back", version=version.number)
    emit(session, ReviewDecided(challenge_id=challenge.id, review_id=review.id))
    return review


def drop_revision(session: Session, *, actor: Actor, challenge: Challenge) -> None:
    """Give a change up: the published text stays. What was written is kept in the drafts, unpublished.

    Side effects: state ``dropped``, files that only the change listed are deleted, an audit line. Raises
    ``NotAllowed`` for who neither writes nor conducts,
    ``Conflict`` when no change is being prepared.
    """
    may = policy.can_edit(actor, challenge) or policy.can_conduct(actor, challenge)
    allow(may, policy.NOT_ONE_OF_YOU)
    revision = locked(session, challenge)
    may_become(revision, RevisionState.DROPPED)
    drop_open(session, challenge, because=f"{actor.person_name} gave the change up.")
    tidy(session, challenge)
    note(session, actor, challenge, "revision_dropped", revision=revision.number)


def _check_state(challenge: Challenge) -> None:
    if challenge.state not in OPEN_STATES:
        raise Conflict(
            f"This challenge is {label(challenge.state)}. A published text can be changed from its publication "
            "until the engagement ends."
        )


def locked(session: Session, challenge: Challenge) -> ChallengeRevision:
    """Return the open revision, with the challenge and it locked. Raises ``Conflict`` when there is none."""
    lock(session, challenge)
    if challenge.open_revision is None:
        raise Conflict(NOTHING_OPEN)
    _check_state(challenge)
    query = sa.select(ChallengeRevision).where(ChallengeRevision.id == challenge.open_revision.id)
    return session.scalars(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()


def may_become(revision: ChallengeRevision, state: RevisionState) -> None:
    """Raise ``Conflict`` in plain words unless ``revision`` can go to ``state`` from where it is."""
    check(REVISION_TRANSITIONS, now=revision.state, to=state, thing="change of the text")


def _move(revision: ChallengeRevision, state: RevisionState) -> None:
    may_become(revision, state)
    revision.state, revision.updated_at = state, clock.now()


def _last_number(session: Session, challenge: Challenge) -> int:
    query = sa.select(sa.func.max(ChallengeRevision.number)).where(
        ChallengeRevision.challenge_id == challenge.id
    )
    return session.scalar(query) or 0


def _closing(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _check_submission(
    challenge: Challenge, revision: ChallengeRevision, material: bool | None, reason: str
) -> None:
    if challenge.content == revision.content:
        raise Conflict(NOTHING_DIFFERS)
    problems = unfit_revision(challenge, revision)
    closes = _closing(revision.content["closes_on"])
    if material is None:
        problems["material"] = "Choose whether the change is material"
    elif not material and closes and challenge.closes_on and closes < challenge.closes_on:
        problems["material"] = EARLIER_CLOSING
    if not reason:
        problems["reason"] = "Say what changes and why"
    elif len(reason) > LONGEST_REASON:
        problems["reason"] = f"The reason must be {LONGEST_REASON:,} characters or fewer"
    if problems:
        raise Invalid(problems)
