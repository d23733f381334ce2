"""Digests that wait to be sent when a challenge in them changes or goes: taken back at once, written anew by a job."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.audit import service as audit
from engage.challenges.models import Challenge
from engage.digests import queries
from engage.digests.enums import SubscriptionState
from engage.digests.models import DigestEdition, DigestIssue, Subscription
from engage.digests.service.choosing import Chosen
from engage.digests.service.news import Entry, read_again
from engage.digests.service.planning import take_turn
from engage.digests.service.wording import Press
from engage.digests.service.writing import SENDER, addressed, keep_editions
from engage.kernel import jobs
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter
from engage.outbox.service.bulk import cancel_all, post_all

REWRITE = "digests.rewrite"
CHUNK = 200


def leave_out(session: Session, *, challenge: Challenge) -> int:
    """Take a challenge that nobody can take part in any more out of the digests that have not left yet."""
    return take_back(session, challenge=challenge, reason="A challenge in this digest is no longer open.")


def renew(session: Session, *, challenge: Challenge) -> int:
    """Have the digests that have not left yet say what the text of a challenge says now."""
    return take_back(session, challenge=challenge, reason="The text of a challenge in this digest changed.")


def take_back(session: Session, *, challenge: Challenge, reason: str) -> int:
    """Cancel the digests that wait and tell of ``challenge``; return how many.

    Side effects, in order: the letters are cancelled with ``reason``, whatever their number, in this transaction:
    nobody can read there any more what is not so; an audit line; jobs that write them anew without it, or not at all.
    """
    waiting = queries.waiting_letters(challenge.id)
    cancelled = cancel_all(session, letters=waiting, reason=reason)
    if not cancelled:
        return 0
    audit.record(
        session,
        actor=SENDER,
        tag="digests:digest:taken_back",
        subject=f"challenge:{challenge.ref}",
        letters=len(cancelled),
        reason=reason,
    )
    ids = queries.issues_of(session, letter_ids=cancelled)
    for first in range(0, len(ids), CHUNK):
        jobs.defer(session, REWRITE, issue_ids=list(ids[first : first + CHUNK]))
    return len(cancelled)


def rewrite(session: Session, *, issue_ids: Sequence[int]) -> int:
    """Write digests anew whose letter was cancelled by ``take_back``; return how many letters came of it.

    Side effects, in order: ``take_turn``; the issues are locked, and for reading the challenges they tell of; new
    editions, letters, and the issues that name them. Where nothing is left to tell there is no letter, and for a
    subscription that ended meanwhile neither. Twice is as good as once.
    """
    take_turn(session)
    issues = _cancelled(session, issue_ids)
    editions = {issue.edition.id: issue.edition for issue in issues if issue.edition}
    told = {number for edition in editions.values() for number in edition.challenge_ids}
    queries.stamps(session, told, hold=True)
    new = _editions(session, list(editions.values()))
    about = queries.abouts(session, [issue.subscription for issue in issues])
    press, written = Press(), []
    for issue in issues:
        assert issue.edition_id is not None
        edition_id, entries = new[issue.edition_id]
        issue.edition_id, issue.letter_id = edition_id, None
        if edition_id is not None:
            chosen = Chosen(issue.subscription, issue.window_start, issue.window_end, entries)
            letter = addressed(chosen, edition_id, about[issue.subscription_id], press)
            written.append((issue, letter))
    ids = post_all(session, [letter for _, letter in written], sender=SENDER)
    for (issue, _), number in zip(written, ids, strict=True):
        issue.letter_id = number
    session.flush()
    return sum(number is not None for number in ids)


def _cancelled(session: Session, issue_ids: Sequence[int]) -> Sequence[DigestIssue]:
    query = (
        sa.select(DigestIssue)
        .join(Letter, Letter.id == DigestIssue.letter_id)
        .join(Subscription, Subscription.id == DigestIssue.subscription_id)
        .where(
            DigestIssue.id.in_(issue_ids),
            DigestIssue.edition_id.is_not(None),
            Letter.state == LetterState.CANCELLED,
            Subscription.state == SubscriptionState.ACTIVE,
        )
        .order_by(DigestIssue.id)
        .with_for_update(of=DigestIssue)
        .options(joinedload(DigestIssue.edition), joinedload(DigestIssue.subscription))
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def _editions(
    session: Session, former: Sequence[DigestEdition]
) -> dict[int, tuple[int | None, tuple[Entry, ...]]]:
    """Return for each edition, by its id, the one that takes its place: ``None`` when nothing is left to tell."""
    found: dict[int, tuple[int | None, tuple[Entry, ...]]] = {}
    for old in former:
        entries = tuple(read_again(session, old.items))
        ids = keep_editions(session, run_id=old.run_id, told=[entries]) if entries else [None]
        found[old.id] = (ids[0], entries)
    return found
