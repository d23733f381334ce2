"""Writing digests: a batch of subscriptions at a time, in one transaction each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.digests import queries
from engage.digests.enums import SubscriptionState, Topic
from engage.digests.models import DigestEdition, DigestIssue, DigestRun, Subscription
from engage.digests.service.choosing import Chosen, choose
from engage.digests.service.needs import write_needs
from engage.digests.service.news import Entry, News, StaleNewsError, read_news
from engage.digests.service.personal import by_fit
from engage.digests.service.planning import due_in
from engage.digests.service.tokens import page_address
from engage.digests.service.wanting import Filter, filter_of
from engage.digests.service.wording import Press, Reasons
from engage.kernel import clock
from engage.kernel.actor import System
from engage.kernel.chain import canonical
from engage.kernel.text import sha256
from engage.outbox.service.bulk import Addressed, post_all

SENDER = System()
BATCH = 500
"""Addresses in one transaction: a fraction of a second, and little memory."""


@dataclass
class Desk:
    """What a job keeps from one batch of a run to the next."""

    run_id: int
    news: News | None = None
    press: Press = field(default_factory=Press)
    editions: dict[tuple[int, ...], int] = field(default_factory=dict)
    """By the numbers of the entries; only what was committed."""

    def forget(self) -> None:
        """Read the news anew before the next batch."""
        self.news = None
        self.editions.clear()


def next_addresses(session: Session, run: DigestRun, *, limit: int = BATCH) -> Sequence[str]:
    """Return the next addresses, in lower case and in order, with subscriptions that are due in ``run``."""
    address = sa.func.lower(Subscription.email)
    query = sa.select(address).where(due_in(run), address > run.reached)
    return session.scalars(query.distinct().order_by(address).limit(limit)).all()


def write_batch(session: Session, *, run: DigestRun, addresses: Collection[str], desk: Desk) -> int:
    """Write the digests of all subscriptions of ``addresses`` that are due in ``run``; return how many letters came.

    Call ``take_turn`` before. Side effects, in order: the subscriptions are locked, then (for reading) the challenges
    that are told; editions; letters; issues; ``covered_until`` of each subscription; the counts of the run. Raises
    ``StaleNewsError`` before anything is written when a challenge has changed since the news were read.
    """
    address = sa.func.lower(Subscription.email)
    query = (
        sa.select(Subscription)
        .where(
            address == sa.any_(sa.literal(sorted(addresses), sa.ARRAY(sa.Text))),
            due_in(run),
        )
        .order_by(Subscription.id)
        .with_for_update(of=Subscription)
        .execution_options(populate_existing=True)
    )
    return write(session, run=run, subscriptions=session.scalars(query).all(), desk=desk)


def write(session: Session, *, run: DigestRun, subscriptions: Sequence[Subscription], desk: Desk) -> int:
    """Write the digests of these subscriptions, locked and due in ``run``; see ``write_batch``.

    Left out is who has one of this run: they are due again because something was handed over to them, and the run
    after this one tells it.
    """
    written = sa.select(DigestIssue.subscription_id).where(
        DigestIssue.run_id == run.id, DigestIssue.subscription_id.in_([one.id for one in subscriptions])
    )
    has_one = set(session.scalars(written))
    subscriptions = [one for one in subscriptions if one.id not in has_one]
    if not subscriptions:
        return 0
    if desk.news is None:
        desk.news = _read_news(session, run, subscriptions)
    needing = [one for one in subscriptions if one.topic is Topic.NEEDS]
    chosen = choose_for(session, subscriptions, news=desk.news, end=run.window_end)
    _hold(session, desk.news, chosen)
    telling = by_fit(session, [one for one in chosen if one.entries])
    needed = write_needs(session, run=run, subscriptions=needing)
    letters = _issue(session, run, telling, desk)
    session.execute(
        sa.update(Subscription)
        .where(Subscription.id.in_([one.subscription.id for one in chosen]))
        .values(covered_until=run.window_end)
    )
    run.letters += letters + needed
    run.failed += len(telling) - letters
    run.silent += len(chosen) - len(telling) - needed
    session.flush()
    return letters + needed


def choose_for(
    session: Session, subscriptions: Sequence[Subscription], *, news: News, end: datetime
) -> list[Chosen]:
    """Return what each of the subscriptions is told of ``news`` up to ``end``; reads only."""
    people = {one.email.lower(): one.person_id for one in subscriptions}
    several = set(people) if news.known_to_some else _several(session, people)
    refs = {entry.ref: entry.challenge_id for entry in news.entries}
    known = queries.known(session, people=people, challenges=refs, several=several)
    arranged = queries.arranged(session, people)
    return choose(subscriptions, news=news, arranged=arranged, known=known, end=end)


def _several(session: Session, people: Collection[str]) -> set[str]:
    """Return those of the addresses that have, or had, more than one subscription."""
    address = sa.func.lower(Subscription.email)
    query = (
        sa.select(address)
        .where(
            address == sa.any_(sa.literal(sorted(people), sa.ARRAY(sa.Text))),
            Subscription.state != SubscriptionState.PENDING,
        )
        .group_by(address)
        .having(sa.func.count() > 1)
    )
    return set(session.scalars(query))


def _read_news(session: Session, run: DigestRun, subscriptions: Sequence[Subscription]) -> News:
    """Read what anybody in the run can be told: from the earliest beginning of a window on, for every filter."""
    own = (Subscription.topic, Subscription.value, Subscription.stage, Subscription.department_id)
    query = sa.select(sa.func.min(Subscription.covered_until), *own).where(due_in(run))
    rows = session.execute(query.group_by(*own)).all()
    starts = [row[0] for row in rows if row[0] is not None]
    starts += [one.covered_until for one in subscriptions if one.covered_until is not None]
    filters = {Filter(*row[1:]) for row in rows} | {filter_of(one) for one in subscriptions}
    return read_news(session, after=min(starts), until=run.window_end, filters=filters)


def _hold(session: Session, news: News, chosen: Sequence[Chosen]) -> None:
    """Keep the challenges that are told as they were read, until the letters are committed."""
    ids = {entry.challenge_id for one in chosen for entry in one.entries}
    if not ids:
        return
    held = queries.stamps(session, ids, hold=True)
    if any(news.stamps[number] != held.get(number) for number in ids):
        raise StaleNewsError


def _issue(session: Session, run: DigestRun, telling: Sequence[Chosen], desk: Desk) -> int:
    if not telling:
        return 0
    editions = _editions(session, run, telling, desk)
    ids = post_all(session, _letters(session, telling, editions, desk.press), sender=SENDER)
    now = clock.now()
    rows = [
        {
            "run_id": run.id,
            "subscription_id": one.subscription.id,
            "edition_id": edition,
            "window_start": one.start,
            "window_end": one.end,
            "letter_id": letter,
            "created_at": now,
        }
        for one, edition, letter in zip(telling, editions, ids, strict=True)
    ]
    session.execute(sa.insert(DigestIssue), rows)
    return sum(letter is not None for letter in ids)


def _editions(session: Session, run: DigestRun, telling: Sequence[Chosen], desk: Desk) -> list[int]:
    """Return the edition of each digest; those that are new are written."""
    numbers = [tuple(entry.number for entry in one.entries) for one in telling]
    new = {
        number: one.entries
        for number, one in zip(numbers, telling, strict=True)
        if number not in desk.editions
    }
    ids = keep_editions(session, run_id=run.id, told=list(new.values()))
    desk.editions.update(zip(new, ids, strict=True))
    return [desk.editions[number] for number in numbers]


def keep_editions(session: Session, *, run_id: int, told: Sequence[Sequence[Entry]]) -> list[int]:
    """Return the ids of the editions of a run that tell these entries, in order; written where there is none yet."""
    rows = [_edition(run_id, entries) for entries in told]
    if not rows:
        return []
    session.execute(postgresql.insert(DigestEdition).on_conflict_do_nothing(), rows)
    known = sa.select(DigestEdition.key, DigestEdition.id).where(
        DigestEdition.run_id == run_id, DigestEdition.key.in_({row["key"] for row in rows})
    )
    ids = {row.key: row.id for row in session.execute(known)}
    return [ids[row["key"]] for row in rows]


def _edition(run_id: int, entries: Sequence[Entry]) -> dict[str, Any]:
    items = [entry.kept for entry in entries]
    return {
        "run_id": run_id,
        "key": sha256(canonical({"items": items})),
        "challenge_ids": sorted({entry.challenge_id for entry in entries}),
        "items": items,
    }


def _letters(
    session: Session, telling: Sequence[Chosen], editions: Sequence[int], press: Press
) -> list[Addressed]:
    about = queries.abouts(session, [one.subscription for one in telling])
    return [
        addressed(one, edition, about[one.subscription.id], press)
        for one, edition in zip(telling, editions, strict=True)
    ]


def addressed(
    one: Chosen, edition_id: int, what: str, press: Press, *, instead_of: int | None = None
) -> Addressed:
    """Return the letter that brings a digest, ``instead_of`` one that was cancelled, by its id: it may say the same."""
    found = one.subscription
    reasons = Reasons.of(found, what)
    key = f"digest:{found.id}:{one.start.isoformat()}:{edition_id}"
    return Addressed(
        sheet=press.sheet(one.entries, reasons, edition_id=edition_id, why=one.why),
        to=found.email,
        dedupe_key=key if instead_of is None else f"{key}:{instead_of}",
        why=reasons.sentence(found),
        unsubscribe_url=page_address(found.id),
        person_id=found.person_id,
    )
