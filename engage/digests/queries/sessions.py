"""What everybody got of sessions: minutes, and files released to all at one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, contains_eager

from engage.advisory.models import AdvisorySession, SessionMaterial
from engage.challenges.enums import PUBLIC_STATES
from engage.challenges.models import Challenge
from engage.digests.enums import Kind


@dataclass(frozen=True)
class Published:
    """Minutes with the files that came with them, or files that were released by themselves at one moment."""

    meeting: AdvisorySession
    kind: Kind
    number: int
    """Of the session, for minutes; of the first file, for files: with the kind, what must not be told twice."""
    at: datetime
    """When it could be read; if its challenge was out of view since, when that came back."""
    files: Sequence[str] = ()


def published_of_sessions(session: Session, *, after: datetime, until: datetime) -> list[Published]:
    """Return what was published of sessions of public challenges later than ``after``, not later than ``until``.

    Oldest first; challenges and organisations are loaded. Three statements at most.
    """

    def within(moment: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
        shown = sa.func.greatest(moment, Challenge.published_at)
        return sa.and_(moment.is_not(None), shown > after, shown <= until)

    minutes = _minutes(
        session, within(sa.type_coerce(AdvisorySession.minutes_published_at, sa.DateTime(True)))
    )
    files = _files(session, within(sa.type_coerce(SessionMaterial.released_at, sa.DateTime(True))))
    return sorted([*minutes, *files], key=lambda one: (one.at, one.kind.value, one.number))


def published_again(session: Session, *, kind: Kind, number: int) -> Published | None:
    """Return what was told before as ``kind`` and ``number``; ``None`` when its challenge is out of view."""
    if kind is Kind.MINUTES:
        condition = sa.and_(AdvisorySession.id == number, AdvisorySession.minutes_published_at.is_not(None))
        return next(iter(_minutes(session, condition)), None)
    first = aliased(SessionMaterial)
    same = sa.exists().where(
        first.id == number,
        first.session_id == SessionMaterial.session_id,
        first.released_at == SessionMaterial.released_at,
    )
    return next(iter(_files(session, same)), None)


def _minutes(session: Session, condition: sa.ColumnElement[bool]) -> list[Published]:
    query = (
        sa.select(AdvisorySession)
        .join(AdvisorySession.challenge)
        .join(Challenge.organisation)
        .where(condition, Challenge.state.in_(PUBLIC_STATES))
        .options(contains_eager(AdvisorySession.challenge).contains_eager(Challenge.organisation))
    )
    found = session.scalars(query).all()
    came_along = defaultdict[int, list[str]](list)
    if found:
        names = (
            sa.select(SessionMaterial.session_id, SessionMaterial.name)
            .join(SessionMaterial.session)
            .where(
                AdvisorySession.id.in_([one.id for one in found]),
                SessionMaterial.released_at == AdvisorySession.minutes_published_at,
            )
            .order_by(SessionMaterial.id)
        )
        for row in session.execute(names):
            came_along[row.session_id].append(row.name)
    return [
        Published(one, Kind.MINUTES, one.id, _shown(one, one.minutes_published_at), came_along[one.id])
        for one in found
    ]


def _files(session: Session, condition: sa.ColumnElement[bool]) -> list[Published]:
    query = (
        sa.select(SessionMaterial)
        .join(SessionMaterial.session)
        .join(AdvisorySession.challenge)
        .join(Challenge.organisation)
        .where(
            condition,
            Challenge.state.in_(PUBLIC_STATES),
            AdvisorySession.minutes_published_at.is_distinct_from(SessionMaterial.released_at),
        )
        .order_by(SessionMaterial.id)
        .options(
            contains_eager(SessionMaterial.session)
            .contains_eager(AdvisorySession.challenge)
            .contains_eager(Challenge.organisation)
        )
    )
    together = defaultdict[tuple[int, datetime | None], list[SessionMaterial]](list)
    for one in session.scalars(query):
        together[one.session_id, one.released_at].append(one)
    return [
        Published(
            of[0].session,
            Kind.FILES,
            of[0].id,
            _shown(of[0].session, of[0].released_at),
            [each.name for each in of],
        )
        for of in together.values()
    ]


def _shown(meeting: AdvisorySession, moment: datetime | None) -> datetime:
    published = meeting.challenge.published_at
    assert moment is not None
    assert published is not None
    return max(moment, published)
