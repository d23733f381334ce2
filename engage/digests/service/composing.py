"""Writing one digest: the window, what it tells, the letter; all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engage.challenges.models import Challenge
from engage.digests import queries
from engage.digests.models import DigestIssue, Subscription
from engage.digests.service.planning import LAG, is_due
from engage.digests.service.schedule import in_words
from engage.digests.service.tokens import page_address
from engage.kernel import clock
from engage.kernel.actor import System
from engage.kernel.settings import settings
from engage.kernel.text import excerpt
from engage.kernel.uktime import uk_date
from engage.outbox import service as outbox
from engage.outbox.models import Letter

SENDER = System()
EXCERPT = 280


@dataclass(frozen=True)
class Draft:
    """A digest before it is written: the window (``start``, ``end``] and what is told in it."""

    subscription: Subscription
    start: datetime
    end: datetime
    items: Sequence[Challenge]


def draft(session: Session, *, subscription_id: int, now: datetime, lock: bool = False) -> Draft | None:
    """Return the digest of a subscription that is due at ``now``; ``None`` when none is, or no longer.

    The window begins where the last one ended and ends two minutes before ``now``, never later than two
    minutes ago: whatever is published afterwards belongs to the next. After an outage one digest catches up.
    """
    found = session.get(Subscription, subscription_id, with_for_update=lock or None, populate_existing=True)
    if found is None or found.covered_until is None or not is_due(found, now=now):
        return None
    start, end = found.covered_until, min(now, clock.now()) - LAG
    if end <= start:
        return None
    return Draft(found, start, end, queries.told(session, found, after=start, until=end))


def write_digest(session: Session, *, subscription_id: int, now: datetime) -> DigestIssue | None:
    """Write the digest of a subscription if one is due at ``now``; ``None`` when it is not, or no longer.

    Where there is nothing to say the window is kept without a letter, so that the windows of a subscription
    always touch. Side effects: the issue, the letter, ``covered_until``. The row is locked and the window
    unique: late, twice or at once come to the same.
    """
    planned = draft(session, subscription_id=subscription_id, now=now, lock=True)
    if planned is None:
        return None
    issue = DigestIssue(
        subscription_id=subscription_id,
        window_start=planned.start,
        window_end=planned.end,
        challenge_ids=[item.id for item in planned.items],
        created_at=clock.now(),
    )
    session.add(issue)
    session.flush()
    if planned.items:
        issue.letter_id = _post(session, planned.subscription, issue, planned.items).id
    planned.subscription.covered_until = planned.end
    session.flush()
    return issue


def leave_out(session: Session, *, challenge_id: int) -> None:
    """Take a withdrawn challenge out of the digests that have not left yet: they are written anew, or not at
    all.
    """
    for issue in queries.waiting_issues(session, challenge_id=challenge_id):
        assert issue.letter_id is not None
        why = "A challenge in this digest was withdrawn."
        if not outbox.cancel_waiting(session, actor=SENDER, letter_ids=[issue.letter_id], reason=why):
            continue
        kept = [one for one in issue.challenge_ids if one != challenge_id]
        found = queries.subscription(session, issue.subscription_id)
        items = queries.still_open(session, kept)
        issue.challenge_ids = [item.id for item in items]
        issue.letter_id = _post(session, found, issue, items).id if items else None
        session.flush()


def renew(session: Session, *, challenge_id: int, version: int) -> None:
    """Write the digests that have not left yet anew, with what a challenge says since ``version``."""
    for issue in queries.waiting_issues(session, challenge_id=challenge_id):
        assert issue.letter_id is not None
        why = "The text of a challenge in this digest changed."
        if not outbox.cancel_waiting(session, actor=SENDER, letter_ids=[issue.letter_id], reason=why):
            continue
        found = queries.subscription(session, issue.subscription_id)
        items = queries.still_open(session, issue.challenge_ids)
        issue.challenge_ids = [item.id for item in items]
        again = f":{challenge_id}/{version}"
        issue.letter_id = _post(session, found, issue, items, again=again).id if items else None
        session.flush()


def _post(
    session: Session, found: Subscription, issue: DigestIssue, items: Sequence[Challenge], *, again: str = ""
) -> Letter:
    what = queries.about(session, found)
    link = page_address(found.id)
    told = ",".join(str(item.id) for item in items)
    key = f"digest:{found.id}:{issue.window_start.isoformat()}:{told}{again}"
    letter = outbox.post(
        session,
        template="digest",
        to=found.email,
        context={
            "items": [_item(item) for item in items],
            "what": what,
            "when": in_words(cadence=found.cadence, weekday=found.weekday, hour=found.hour),
            "link": link,
            "all_url": f"{settings().base_url}/challenges",
        },
        dedupe_key=key,
        why=_why(found, what),
        sender=SENDER,
        person_id=found.person_id,
        unsubscribe_url=link,
    )
    assert letter is not None, "the window is unique, so its letter is"
    return letter


def _item(challenge: Challenge) -> dict[str, Any]:
    return {
        "title": challenge.title,
        "department": challenge.organisation.name,
        "excerpt": excerpt(challenge.problem, length=EXCERPT),
        "closes_on": challenge.closes_on,
        "url": f"{settings().base_url}/challenges/{challenge.ref}",
    }


def _why(found: Subscription, what: str) -> str:
    when = in_words(cadence=found.cadence, weekday=found.weekday, hour=found.hour)
    assert found.confirmed_at is not None
    asked = uk_date(found.confirmed_at)
    return f"You get this email because you asked engage on {asked} to tell you about {what} {when}."
