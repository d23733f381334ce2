"""Reading subscriptions, and the challenges that a subscription is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts import queries as accounts
from engage.challenges import queries as challenges
from engage.challenges.models import Challenge
from engage.digests.enums import SubscriptionState, Topic
from engage.digests.models import DigestIssue, Subscription
from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.outbox.enums import WAITING, LetterState
from engage.outbox.models import Letter

PREVIEW = timedelta(days=30)


def subscription(session: Session, subscription_id: int) -> Subscription:
    """Return one subscription. Raises ``NotFound``."""
    found = session.get(Subscription, subscription_id)
    if found is None:
        raise NotFound
    return found


def of_address(session: Session, email: str) -> Sequence[Subscription]:
    """Return the subscriptions of an address that have not ended, oldest first."""
    query = sa.select(Subscription).where(
        sa.func.lower(Subscription.email) == email.lower(), Subscription.state != SubscriptionState.ENDED
    )
    return session.scalars(query.order_by(Subscription.id)).all()


def about(session: Session, wanted: Subscription) -> str:
    """Return what a subscription is about: "all new challenges", "new challenges from …", "… about “…”"."""
    return abouts(session, [wanted])[wanted.id]


def abouts(session: Session, subscriptions: Sequence[Subscription]) -> dict[int, str]:
    """Return ``about`` of each subscription by its id; one statement, and only when departments are among
    them.
    """
    with_names = any(one.topic is Topic.DEPARTMENT for one in subscriptions)
    names = {str(each.id): each.name for each in accounts.departments(session)} if with_names else {}
    return {one.id: _in_words(one, names) for one in subscriptions}


def _in_words(wanted: Subscription, names: Mapping[str, str]) -> str:
    if wanted.topic is Topic.SEARCH:
        return f"new challenges about “{wanted.value}”"
    if wanted.topic is Topic.DEPARTMENT:
        return f"new challenges from {names.get(wanted.value, 'one department')}"
    return "all new challenges"


def told(
    session: Session, wanted: Subscription, *, after: datetime, until: datetime, only_open: bool = True
) -> list[Challenge]:
    """Return the public challenges published later than ``after``, not later than ``until``, that a
    subscription is about, newest first; with ``only_open`` those in which suppliers can take part today.
    """
    published = challenges.published_between(session, after=after, until=until)
    found = [one for one in reversed(published) if one.is_open or not only_open]
    if wanted.topic is Topic.DEPARTMENT:
        return [one for one in found if str(one.organisation_id) == wanted.value]
    if wanted.topic is Topic.SEARCH:
        fitting = _fitting(session, [one.id for one in found], wanted.value)
        return [one for one in found if one.id in fitting]
    return found


def still_open(session: Session, challenge_ids: Sequence[int]) -> list[Challenge]:
    """Return those of the challenges in which suppliers can take part today, in the order given."""
    if not challenge_ids:
        return []
    query = (
        sa.select(Challenge)
        .where(Challenge.id.in_(challenge_ids))
        .options(joinedload(Challenge.organisation))
    )
    known = {one.id: one for one in session.scalars(query)}
    return [known[number] for number in challenge_ids if number in known and known[number].is_open]


def preview(session: Session, wanted: Subscription) -> list[Challenge]:
    """Return what a subscription would have told in the last 30 days, newest first, closed ones too."""
    now = clock.now()
    return told(session, wanted, after=now - PREVIEW, until=now, only_open=False)


def waiting_issues(session: Session, *, challenge_id: int) -> Sequence[DigestIssue]:
    """Return the digests that tell of a challenge and whose letter still waits to be sent."""
    query = (
        sa.select(DigestIssue)
        .join(Letter, Letter.id == DigestIssue.letter_id)
        .where(DigestIssue.challenge_ids.contains([challenge_id]), Letter.state.in_(WAITING))
    )
    return session.scalars(query.order_by(DigestIssue.id)).all()


def told_of(session: Session, *, challenge_id: int, before: datetime) -> Sequence[int]:
    """Return the ids of the subscriptions with a digest, written before ``before``, that told of a challenge.

    Only digests that were sent or are on their way count.
    """
    query = (
        sa.select(DigestIssue.subscription_id)
        .join(Letter, Letter.id == DigestIssue.letter_id)
        .where(
            DigestIssue.challenge_ids.contains([challenge_id]),
            Letter.state.in_((LetterState.SENT, LetterState.SENDING)),
            Letter.created_at < before,
        )
        .distinct()
    )
    return session.scalars(query.order_by(DigestIssue.subscription_id)).all()


def active(session: Session, subscription_ids: Sequence[int]) -> Sequence[Subscription]:
    """Return those of the subscriptions that have not ended, by id."""
    query = sa.select(Subscription).where(
        Subscription.id.in_(subscription_ids), Subscription.state == SubscriptionState.ACTIVE
    )
    return session.scalars(query.order_by(Subscription.id)).all()


def letter_ids(session: Session, *, subscription_id: int) -> Sequence[int]:
    """Return the ids of the letters written for a subscription's digests."""
    query = sa.select(DigestIssue.letter_id).where(
        DigestIssue.subscription_id == subscription_id, DigestIssue.letter_id.is_not(None)
    )
    return [found for found in session.scalars(query) if found is not None]


def _fitting(session: Session, challenge_ids: Sequence[int], words: str) -> set[int]:
    """Return those of the challenges that a search for ``words`` finds, as the public list would."""
    wanted = sa.func.websearch_to_tsquery("english", words)
    query = sa.select(Challenge.id).where(Challenge.id.in_(challenge_ids), Challenge.search.op("@@")(wanted))
    return set(session.scalars(query))
