"""Two people: one submits an exact text, another approves that text or sends it back with reasons."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.challenges import policy, queries
from engage.challenges.enums import ChallengeState, Decision, Route
from engage.challenges.enums.questions import missing
from engage.challenges.events import ReviewDecided, ReviewRequested
from engage.challenges.models import Challenge, ChallengeReview, ChallengeRevision, ChallengeVersion
from engage.challenges.service.attachments import unready
from engage.challenges.service.shared import allow, lock, may_become, move, note, unschedule
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.events import emit
from engage.kernel.text import required_text
from engage.kernel.uktime import uk_time

OWN_TEXT = "You wrote or submitted this text, so somebody else has to approve it."
NOT_AN_APPROVER = "Only approvers of the department can decide on this text."
OTHER_TEXT = (
    "The text is not the one you read: it changed after you opened the page. Read it again, then decide on "
    "what it says now."
)
LONGEST_REASONS = 5000


def submit(session: Session, *, actor: Actor, challenge: Challenge) -> ChallengeVersion:
    """Send the text to the department's approvers: it can no longer be changed.

    Side effects, in order: state ``in_review``; a frozen ``ChallengeVersion`` with the hash of its
    canonical JSON; an audit line; the event ``ReviewRequested`` (letters to approvers).

    Raises ``NotAllowed``, ``Conflict`` when the challenge is not a draft (a second click finds it in
    review), and ``Invalid`` with a message for each answer that is missing or no longer fits.
    """
    allow(policy.can_edit(actor, challenge), "Only policy authors of the department can submit this text.")
    allow(policy.can_submit(actor, challenge), policy.NOT_VERIFIED)
    lock(session, challenge)
    may_become(challenge, ChallengeState.IN_REVIEW)
    problems = {**unfit(challenge), **unready(session, challenge)}
    if problems:
        raise Invalid(problems)
    move(challenge, ChallengeState.IN_REVIEW)
    challenge.submitted_by_id, challenge.submitted_at = actor.person_id, challenge.updated_at
    version = freeze(session, actor, challenge, challenge)
    note(session, actor, challenge, "submitted", version=version.number, hash=version.content_hash)
    emit(session, ReviewRequested(challenge_id=challenge.id))
    return version


def freeze(
    session: Session,
    actor: Actor,
    challenge: Challenge,
    text: Challenge | ChallengeRevision,
    *,
    material: bool | None = None,
    reason: str = "",
) -> ChallengeVersion:
    """Keep the exact ``text`` that was submitted just now, the first or a changed one, with its hash; return it."""
    assert text.submitted_at is not None
    last = queries.latest_version(session, challenge_id=challenge.id)
    version = ChallengeVersion(
        challenge_id=challenge.id,
        number=last.number + 1 if last else 1,
        content=text.content,
        content_hash=text.content_hash,
        submitted_by_id=actor.person_id,
        submitted_at=text.submitted_at,
        material=material,
        reason=reason,
    )
    session.add(version)
    return version


def unfit(challenge: Challenge) -> dict[str, str]:
    """Return what keeps the text from being submitted: a message by column, in the order of the questions."""
    problems = {answer.field: answer.missing for _, answer in missing(challenge.content)}
    if challenge.closes_on is not None and challenge.closes_on <= clock.uk_today():
        problems["closes_on"] = "The closing date must be in the future"
    return problems


def approve(session: Session, *, actor: Actor, challenge: Challenge, content_hash: str) -> ChallengeReview:
    """Approve the exact text whose hash is ``content_hash``: the one the approver has read.

    Side effects, in order: the hash is kept as ``approved_hash``; state ``approved``, and at once
    ``notice_pending`` for preliminary market engagement; a ``ChallengeReview``; audit lines; the event
    ``ReviewDecided`` (a letter to the author). Nothing becomes public.

    Raises ``NotAllowed`` for who wrote or submitted the text (the database refuses it too) and for who is
    no approver of the department, ``Conflict`` when the challenge is not in review or the text differs from
    what was read.
    """
    lock(session, challenge)
    may_decide(actor, challenge)
    if challenge.state is ChallengeState.NOTICE_PENDING:
        raise Conflict(
            "This text is approved already and waits for its notice. Nothing was done a second time."
        )
    may_become(challenge, ChallengeState.APPROVED)
    version = frozen(session, challenge)
    if not (content_hash == version.content_hash == challenge.content_hash):
        raise Conflict(OTHER_TEXT)
    move(challenge, ChallengeState.APPROVED)
    challenge.approved_by_id, challenge.approved_at = actor.person_id, challenge.updated_at
    challenge.approved_hash = version.content_hash
    review = decided(session, actor, challenge, version, Decision.APPROVED, "")
    note(session, actor, challenge, "approved", version=version.number, hash=version.content_hash)
    if challenge.route is Route.PRELIMINARY_MARKET_ENGAGEMENT:
        move(challenge, ChallengeState.NOTICE_PENDING)
        note(session, actor, challenge, "notice_awaited")
    emit(session, ReviewDecided(challenge_id=challenge.id, review_id=review.id))
    return review


def request_changes(
    session: Session, *, actor: Actor, challenge: Challenge, reasons: str, content_hash: str | None = None
) -> ChallengeReview:
    """Send the text back to its author with ``reasons``; an approval given before is taken back.

    ``content_hash`` is that of the text the reasons are about, where a page showed it.

    Possible until publication. Side effects, in order: state ``changes_requested``, the approval forgotten, and
    with it a time set for publication; a
    ``ChallengeReview``; an audit line; the event ``ReviewDecided`` (a letter to the author).

    Raises ``NotAllowed``, ``Conflict`` when the challenge is not under review or approved, or the text is another,
    ``Invalid`` without reasons.
    """
    lock(session, challenge)
    may_decide(actor, challenge)
    may_become(challenge, ChallengeState.CHANGES_REQUESTED)
    words = checked_reasons(reasons)
    version = frozen(session, challenge)
    if content_hash not in {None, version.content_hash}:
        raise Conflict(OTHER_TEXT)
    set_for = challenge.publish_at
    move(challenge, ChallengeState.CHANGES_REQUESTED)
    if set_for:
        unschedule(
            challenge, because=f"It is not published on {uk_time(set_for)}: an approver sent the text back."
        )
    challenge.approved_by_id = challenge.approved_at = challenge.approved_hash = None
    review = decided(session, actor, challenge, version, Decision.CHANGES_REQUESTED, words)
    note(session, actor, challenge, "changes_requested", version=version.number)
    emit(session, ReviewDecided(challenge_id=challenge.id, review_id=review.id))
    return review


def checked_reasons(reasons: str) -> str:
    """Return what an author is to change. Raises ``Invalid`` (field ``reasons``) when empty or too long."""
    return required_text(
        reasons,
        field="reasons",
        missing="Say what should change, and why",
        longest=LONGEST_REASONS,
        called="The reasons",
    )


def may_decide(actor: Actor, challenge: Challenge) -> None:
    """Raise ``NotAllowed`` unless ``actor`` may decide on the text that waits: an approver, none of its writers."""
    allow(not policy.has_written(actor, challenge), OWN_TEXT)
    allow(policy.can_review(actor, challenge), NOT_AN_APPROVER)


def frozen(session: Session, challenge: Challenge) -> ChallengeVersion:
    """Return the exact text that was submitted last."""
    version = queries.latest_version(session, challenge_id=challenge.id)
    assert version is not None, "a challenge past its draft has a frozen text"
    return version


def decided(
    session: Session,
    actor: Actor,
    challenge: Challenge,
    version: ChallengeVersion,
    decision: Decision,
    reasons: str,
) -> ChallengeReview:
    """Write down a decision on a frozen text and return it."""
    review = ChallengeReview(
        challenge_id=challenge.id,
        version_id=version.id,
        reviewer_id=actor.person_id,
        decision=decision,
        reasons=reasons,
        at=clock.now(),
    )
    session.add(review)
    session.flush()
    return review
