"""Digests that wait to be sent when a challenge in them changes or goes, or their reader arranges something else: taken
back at once, written anew by a job.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.audit import service as audit
from engage.challenges.models import Challenge
from engage.digests import queries
from engage.digests.enums import SubscriptionState
from engage.digests.models import DigestIssue, Subscription
from engage.digests.queries import Arranged
from engage.digests.service.choosing import Chosen
from engage.digests.service.effective import settings_of
from engage.digests.service.news import Entry, read_again
from engage.digests.service.personal import by_fit
from engage.digests.service.planning import take_turn
from engage.digests.service.wording import Press
from engage.digests.service.writing import SENDER, addressed, keep_editions
from engage.kernel import clock, jobs
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
    nobody can read there any more what is not so; jobs that write them anew without it, or not at all; an audit line.
    """
    cancelled = _take_back(session, queries.waiting_letters(challenge.id), reason)
    if cancelled:
        audit.record(
            session,
            actor=SENDER,
            tag="digests:digest:taken_back",
            subject=f"challenge:{challenge.ref}",
            letters=cancelled,
            reason=reason,
        )
    return cancelled


def take_back_from(session: Session, *, email: str, reason: str, challenge: Challenge | None = None) -> int:
    """Cancel the digests that wait for an address (and tell of ``challenge``); return how many.

    Side effects: as ``take_back``, without the line: the audit says already what the reader arranged.
    """
    waiting = queries.waiting_for(email, challenge_id=challenge.id if challenge else None)
    return _take_back(session, waiting, reason)


def _take_back(session: Session, waiting: sa.Select[int], reason: str) -> int:
    cancelled = cancel_all(session, letters=waiting, reason=reason)
    ids = queries.issues_of(session, letter_ids=cancelled) if cancelled else ()
    for first in range(0, len(ids), CHUNK):
        jobs.defer(session, REWRITE, issue_ids=list(ids[first : first + CHUNK]))
    return len(cancelled)


def rewrite(session: Session, *, issue_ids: Sequence[int]) -> int:
    """Write digests anew whose letter was cancelled by ``take_back``; return how many letters came of it.

    Side effects, in order: ``take_turn``; the subscriptions and issues are locked, and for reading the challenges they
    tell of; new editions, letters, and the issues that name them. Left out is what the address has muted since, and an
    end that a letter told it since. Where nothing is left to tell there is no letter, and for a subscription that
    ended meanwhile neither. Who is on holiday gets the issue taken away: their next digest begins where this one
    began. Twice is as good as once.
    """
    take_turn(session)
    issues = _cancelled(session, issue_ids)
    told = {number for issue in issues if issue.edition for number in issue.edition.challenge_ids}
    queries.stamps(session, told, hold=True)
    arranged = queries.arranged(session, [issue.subscription.email for issue in issues])
    issues = [issue for issue in issues if not _given_back(session, issue, arranged)]
    chosen = by_fit(session, _chosen(session, issues, arranged))
    numbers = _editions(session, issues, chosen)
    about = queries.abouts(session, [issue.subscription for issue in issues])
    press, written = Press(), []
    for issue, one, number in zip(issues, chosen, numbers, strict=True):
        cancelled, issue.edition_id, issue.letter_id = issue.letter_id, number, None
        if number is not None:
            what = about[issue.subscription_id]
            written.append((issue, addressed(one, number, what, press, instead_of=cancelled)))
    ids = post_all(session, [letter for _, letter in written], sender=SENDER)
    for (issue, _), letter_id in zip(written, ids, strict=True):
        issue.letter_id = letter_id
    session.flush()
    return sum(letter_id is not None for letter_id in ids)


def _cancelled(session: Session, issue_ids: Sequence[int]) -> Sequence[DigestIssue]:
    """Return the digests whose letter was cancelled and that are still wanted, locked after their subscriptions."""
    theirs = sa.select(DigestIssue.subscription_id).where(DigestIssue.id.in_(issue_ids))
    own = sa.select(Subscription.id).where(Subscription.id.in_(theirs))
    session.execute(own.order_by(Subscription.id).with_for_update())
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


def _given_back(session: Session, issue: DigestIssue, arranged: Arranged) -> bool:
    """Take the issue away when its reader is on holiday: the first digest afterwards begins where it began."""
    found = issue.subscription
    if settings_of(found, arranged, day=clock.uk_today()).tells:
        return False
    if found.covered_until is None or issue.window_start < found.covered_until:
        found.covered_until = issue.window_start
    session.delete(issue)
    return True


def _chosen(session: Session, issues: Sequence[DigestIssue], arranged: Arranged) -> list[Chosen]:
    """Return what each digest tells now; the words of an edition are read once."""
    editions = {issue.edition.id: issue.edition for issue in issues if issue.edition}
    again = {number: read_again(session, edition.items) for number, edition in editions.items()}
    written = queries.known(
        session,
        people={issue.subscription.email.lower(): None for issue in issues},
        challenges={entry.ref: entry.challenge_id for entries in again.values() for entry in entries},
        several=(),
    ).written
    chosen = []
    for issue in issues:
        assert issue.edition_id is not None
        address = issue.subscription.email.lower()
        muted, heard = arranged.muted.get(address, ()), written.get(address, ())
        entries = (one for one in again[issue.edition_id] if one.challenge_id not in muted)
        told = tuple(one for one in entries if not one.fact or one.fact not in heard)
        chosen.append(Chosen(issue.subscription, issue.window_start, issue.window_end, told))
    return chosen


def _editions(session: Session, issues: Sequence[DigestIssue], chosen: Sequence[Chosen]) -> list[int | None]:
    """Return the edition that each digest has now: ``None`` when nothing is left to tell."""
    told = defaultdict[int, dict[tuple[Entry, ...], None]](dict)
    for issue, one in zip(issues, chosen, strict=True):
        if one.entries:
            told[issue.run_id][one.entries] = None
    ids = {
        (run_id, entries): number
        for run_id, distinct in told.items()
        for entries, number in zip(
            distinct, keep_editions(session, run_id=run_id, told=list(distinct)), strict=True
        )
    }
    return [ids.get((issue.run_id, one.entries)) for issue, one in zip(issues, chosen, strict=True)]
