"""Challenges as they come to the stages of the public list, in a span of time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.audit.models import AuditEvent
from engage.challenges.enums import PUBLIC_STATES, ChallengeState, Listed
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel.clock import UK

_ENDED = "challenges:challenge:engagement_ended"
_RESTORED = "accounts:organisation:restored"


@dataclass(frozen=True)
class Happening:
    """A public challenge came to a stage."""

    challenge: Challenge
    stage: Listed
    at: datetime
    again: bool = False
    """Whether it stood in the list before: it came back into view, or its department is no longer suspended."""


def happenings(session: Session, *, after: datetime, until: datetime) -> list[Happening]:
    """Return what happened to challenges that are public now, later than ``after``, not later than ``until``.

    Oldest first; organisations are loaded; one statement. A challenge comes to ``OPEN`` when it is published, and
    again when the suspension of its department is lifted (nobody could take part meanwhile); to ``FINDINGS_DUE`` when
    nobody can take part any more (ended by its department, or the day after its closing date, UK time); to ``CLOSED``
    when it is closed or withdrawn. One that was withdrawn has no other stages any more.
    """
    heard, opened = _heard_at(), _opened_at()
    within = [sa.and_(moment > after, moment <= until) for moment in (opened, heard)]
    ended = [
        sa.and_(moment > after, moment <= until) for moment in (Challenge.closed_at, Challenge.withdrawn_at)
    ]
    public = Challenge.state.in_(PUBLIC_STATES)
    gone = sa.and_(Challenge.state == ChallengeState.WITHDRAWN, Challenge.published_at.is_not(None))
    query = (
        sa.select(
            Challenge,
            heard.label("heard_at"),
            opened.label("opened_at"),
            sa.or_(opened > Challenge.published_at, _was_public_before()).label("again"),
        )
        .where(sa.or_(sa.and_(public, sa.or_(*within, ended[0])), sa.and_(gone, ended[1])))
        .options(joinedload(Challenge.organisation))
    )
    found = [
        Happening(row.Challenge, stage, at, again=row.again and stage is Listed.OPEN)
        for row in session.execute(query)
        for stage, at in _stages(row.Challenge, row.opened_at, row.heard_at)
        if after < at <= until
    ]
    return sorted(found, key=lambda one: (one.at, one.challenge.id))


def found_by(
    session: Session, searches: Collection[str], challenge_ids: Collection[int]
) -> Mapping[int, Sequence[str]]:
    """Return which of the searches find each of the challenges, as the public list would: one statement."""
    if not searches or not challenge_ids:
        return {}
    words = sa.func.unnest(sa.literal(sorted(set(searches)), sa.ARRAY(sa.Text))).table_valued("words")
    words = words.render_derived()
    asked = (
        sa.select(words.c.words, sa.func.websearch_to_tsquery("english", words.c.words).label("query"))
        .cte("asked")
        .prefix_with("MATERIALIZED")
    )
    query = (
        sa.select(Challenge.id, sa.func.array_agg(asked.c.words))
        .join(asked, Challenge.search.op("@@")(asked.c.query))
        .where(Challenge.id == sa.any_(sa.literal(list(challenge_ids), sa.ARRAY(sa.BigInteger))))
        .group_by(Challenge.id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _stages(
    challenge: Challenge, opened_at: datetime, heard_at: datetime | None
) -> Iterator[tuple[Listed, datetime]]:
    if challenge.state is ChallengeState.WITHDRAWN:
        assert challenge.withdrawn_at is not None
        yield Listed.CLOSED, challenge.withdrawn_at
        return
    yield Listed.OPEN, opened_at
    if heard_at is not None:
        yield Listed.FINDINGS_DUE, heard_at
    if challenge.closed_at is not None:
        yield Listed.CLOSED, challenge.closed_at


def _opened_at() -> sa.ColumnElement[datetime]:
    """When suppliers could take part, the last time that they could not before."""
    department = "organisation:" + sa.cast(Challenge.organisation_id, sa.Text())
    restored = (
        sa.select(sa.func.max(AuditEvent.at))
        .where(AuditEvent.subject == department, AuditEvent.tag == _RESTORED)
        .scalar_subquery()
    )
    return sa.func.greatest(Challenge.published_at, restored)


def _was_public_before() -> sa.ColumnElement[bool]:
    """Whether a text of it was public earlier than it was published last."""
    return sa.exists().where(
        ChallengeVersion.challenge_id == Challenge.id, ChallengeVersion.published_at < Challenge.published_at
    )


def _heard_at() -> sa.ColumnElement[datetime]:
    """When suppliers could no longer take part; ``least`` passes over what did not happen."""
    ended = (
        sa.select(sa.func.min(AuditEvent.at))
        .where(AuditEvent.subject == "challenge:" + Challenge.ref, AuditEvent.tag == _ENDED)
        .scalar_subquery()
    )
    next_day = sa.cast(Challenge.closes_on + 1, sa.DateTime())
    return sa.func.least(Challenge.ended_early_at, ended, sa.func.timezone(UK.key, next_day))
