"""The challenges that a subscription is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges import queries as challenges
from engage.challenges.models import Challenge
from engage.digests.enums import Topic
from engage.digests.models import Subscription
from engage.kernel import clock

PREVIEW = timedelta(days=30)


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


def _fitting(session: Session, challenge_ids: Sequence[int], words: str) -> set[int]:
    """Return those of the challenges that a search for ``words`` finds, as the public list would."""
    wanted = sa.func.websearch_to_tsquery("english", words)
    query = sa.select(Challenge.id).where(Challenge.id.in_(challenge_ids), Challenge.search.op("@@")(wanted))
    return set(session.scalars(query))
