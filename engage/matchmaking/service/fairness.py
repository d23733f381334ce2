"""Who was invited in the last year, and who could have been: for everybody to read."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from engage.matching import Band
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun
from engage.matchmaking.service.tags import NEW_ENTRANT, SME, VCSE, YEAR

ENVIED_FROM = 2
"""How many invitations more than an equally qualified supplier are a cause for envy."""


@dataclass(frozen=True)
class Share:
    """How many of the places a kind of supplier got, beside its part of those who qualified."""

    qualified: int
    invited: int
    of_qualified: float
    """From 0 to 1; 0 when nobody qualified."""
    of_invited: float


@dataclass(frozen=True)
class FairnessReport:
    """A rolling year of released matches. To qualify is to be a candidate whose match is at least possible."""

    since: datetime
    until: datetime
    releases: int
    qualified: int
    """Places on ranked lists: a supplier that qualified for three matches counts three times."""
    invited: int
    suppliers: int
    """Different suppliers that qualified at least once."""
    invitations: dict[int, int]
    """Number of invitations → how many of those suppliers had as many."""
    shares: dict[str, Share]
    """By tag: ``new_entrant``, ``sme``, ``vcse``."""
    envy_pairs: int
    """Pairs in which one was invited at least twice more often, in matches for which both qualified."""
    worst_envy: int
    """The largest such difference; 0 without such a pair."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values, numbers of invitations as text keys."""
        told = asdict(self) | {"since": self.since.isoformat(), "until": self.until.isoformat()}
        told["invitations"] = {str(number): count for number, count in self.invitations.items()}
        return told


def report(session: Session, *, now: datetime) -> FairnessReport:
    """Return the report of the matches that were released in the 365 days before ``now``. Four statements."""
    year = (MatchRun.released_at > now - YEAR, MatchRun.released_at <= now)
    qualified = MatchCandidate.band != Band.NONE
    releases = session.scalar(sa.select(sa.func.count()).select_from(MatchRun).where(*year)) or 0
    chosen = _was_invited(MatchCandidate)
    counts = [sa.func.count(), sa.func.count().filter(chosen)]
    for tag in (NEW_ENTRANT, SME, VCSE):
        has = MatchCandidate.tags.contains([tag])
        counts += [sa.func.count().filter(has), sa.func.count().filter(has, chosen)]
    everybody = sa.select(*counts).join(MatchCandidate.run).where(*year, qualified)
    numbers = list(session.execute(everybody).one())
    each = (
        sa.select(sa.func.count().filter(chosen).label("times"))
        .join(MatchCandidate.run)
        .where(*year, qualified)
        .group_by(MatchCandidate.supplier_id)
    )
    times = Counter(session.scalars(each).all())
    envy = _envy(session, *year)
    return FairnessReport(
        since=now - YEAR,
        until=now,
        releases=releases,
        qualified=numbers[0],
        invited=numbers[1],
        suppliers=times.total(),
        invitations=dict(sorted(times.items())),
        shares={
            tag: _share(numbers[0], numbers[1], *numbers[place : place + 2])
            for place, tag in zip((2, 4, 6), (NEW_ENTRANT, SME, VCSE), strict=True)
        },
        envy_pairs=envy.total(),
        worst_envy=max(envy, default=0),
    )


def _share(qualified: int, invited: int, of_kind: int, of_kind_invited: int) -> Share:
    return Share(
        qualified=of_kind,
        invited=of_kind_invited,
        of_qualified=of_kind / qualified if qualified else 0.0,
        of_invited=of_kind_invited / invited if invited else 0.0,
    )


def _was_invited(candidate: type[MatchCandidate]) -> sa.ColumnElement[bool]:
    """Whether it was given a place by its own match: chosen at once, or stepped in.

    An invitation that still waits for somebody to have an account counts: the place is not given to another.
    """
    return sa.exists().where(
        Invitation.run_id == candidate.run_id, Invitation.supplier_id == candidate.supplier_id, given()
    )


def given() -> sa.ColumnElement[bool]:
    """Whether an invitation went out, or waits for somebody to have an account; not while it waits for its release."""
    released = sa.or_(Invitation.drawn_at.is_(None), Invitation.wave_id.is_not(None))
    return sa.or_(
        Invitation.sent_at.is_not(None), sa.and_(Invitation.state == InvitationState.HELD, released)
    )


def _envy(session: Session, *year: sa.ColumnElement[bool]) -> Counter[int]:
    """Return how many pairs there are for each difference that is a cause for envy; counted in the database."""
    one, other = aliased(MatchCandidate), aliased(MatchCandidate)
    chosen = [sa.cast(_was_invited(side), sa.Integer) for side in (one, other)]
    often = (
        sa.select(MatchCandidate.supplier_id)
        .join(MatchCandidate.run)
        .where(*year, _was_invited(MatchCandidate))
        .group_by(MatchCandidate.supplier_id)
        .having(sa.func.count() >= ENVIED_FROM)
    )
    more = sa.func.sum(chosen[0] - chosen[1])
    pairs = (
        sa.select(more.label("more"))
        .select_from(one)
        .join(other, sa.and_(other.run_id == one.run_id, other.supplier_id != one.supplier_id))
        .join(MatchRun, MatchRun.id == one.run_id)
        .where(*year, one.supplier_id.in_(often), one.band != Band.NONE, other.band != Band.NONE)
        .group_by(one.supplier_id, other.supplier_id)
        .having(more >= ENVIED_FROM)
        .subquery()
    )
    counted = sa.select(pairs.c.more, sa.func.count()).group_by(pairs.c.more)
    return Counter({int(difference): count for difference, count in session.execute(counted).all()})
