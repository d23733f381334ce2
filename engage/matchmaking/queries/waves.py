"""Waves of invitations: what went out together, who stepped in for whom, and what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge
from engage.kernel.errors import NotFound
from engage.matchmaking.enums import InvitationState, Origin, RunState
from engage.matchmaking.models import Invitation, MatchRun, SelectionRules, Wave
from engage.matchmaking.models.invitations import ENDED
from engage.matchmaking.models.selection import PLACES
from engage.suppliers.models import Supplier

STANDING = (InvitationState.HELD, InvitationState.SENT, InvitationState.ACCEPTED)


@dataclass
class WaveStanding:
    """A wave with its invitations, and how many of them are in which state."""

    wave: Wave
    invitations: list[Invitation] = field(default_factory=list)

    @property
    def states(self) -> Counter[InvitationState]:
        """How many invitations are in which state."""
        return Counter(one.state for one in self.invitations)


def wave(session: Session, *, challenge_id: int, number: int) -> Wave:
    """Return a wave of a challenge by its number. Raises ``NotFound``."""
    query = sa.select(Wave).where(Wave.challenge_id == challenge_id, Wave.number == number)
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def last_wave(session: Session, *, run: MatchRun) -> Wave | None:
    """Return the wave of ``run`` that was released last."""
    query = sa.select(Wave).where(Wave.run_id == run.id).order_by(Wave.number.desc()).limit(1)
    return session.scalar(query)


def waves_of_challenge(session: Session, *, challenge_id: int) -> Sequence[WaveStanding]:
    """Return the waves of a challenge, oldest first, with their invitations. Two statements."""
    query = (
        sa.select(Wave)
        .where(Wave.challenge_id == challenge_id)
        .options(joinedload(Wave.released_by), joinedload(Wave.followed_by))
        .order_by(Wave.number)
    )
    found = {each.id: WaveStanding(each) for each in session.scalars(query)}
    sent = _loaded().where(Invitation.challenge_id == challenge_id, Invitation.wave_id.is_not(None))
    for one in session.scalars(sent.order_by(Invitation.id)):
        if one.wave_id in found:
            found[one.wave_id].invitations.append(one)
    return list(found.values())


def alternates_waiting(session: Session, *, challenge_id: int) -> Sequence[Invitation]:
    """Return the alternates that were drawn and that nobody has let go out, in the order in which they were drawn."""
    query = _loaded().where(
        Invitation.challenge_id == challenge_id,
        Invitation.state == InvitationState.HELD,
        Invitation.drawn_at.is_not(None),
        Invitation.wave_id.is_(None),
    )
    return session.scalars(query.order_by(Invitation.id)).all()


def freed_place(session: Session, *, run: MatchRun) -> Invitation | None:
    """Return the invitation whose place became free first and was given to nobody, of ``run`` before earlier ones."""
    stands_in = aliased(Invitation)
    query = (
        sa.select(Invitation)
        .outerjoin(stands_in, stands_in.instead_of_id == Invitation.id)
        .where(
            Invitation.challenge_id == run.challenge_id,
            Invitation.origin == Origin.MATCHED,
            Invitation.state.in_(ENDED),
            stands_in.id.is_(None),
        )
        .options(joinedload(Invitation.wave))
        .order_by(Invitation.run_id != run.id, Invitation.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return session.scalar(query)


def with_free_places(session: Session) -> Sequence[int]:
    """Return the ids of open challenges with a released match and a place that became free and was given to nobody.

    Not when the rules leave no place: they can give fewer by now, or others had the place without standing in for it.
    """
    stands_in, given = aliased(Invitation), aliased(Invitation)
    taken = sa.select(sa.func.count(given.id)).where(
        given.challenge_id == Challenge.id, given.origin == Origin.MATCHED, given.state.in_(STANDING)
    )
    in_force = (
        sa.select(SelectionRules.places)
        .where(SelectionRules.challenge_id == Challenge.id)
        .order_by(SelectionRules.number.desc())
        .limit(1)
    )
    planned = sa.select(SelectionRules.places).where(SelectionRules.id == MatchRun.rules_id)
    places = sa.func.least(
        in_force.correlate(Challenge).scalar_subquery(), planned.correlate(MatchRun).scalar_subquery()
    )
    query = (
        sa.select(Invitation.challenge_id)
        .join(Challenge, Challenge.id == Invitation.challenge_id)
        .join(
            MatchRun,
            sa.and_(MatchRun.challenge_id == Challenge.id, MatchRun.state == RunState.RELEASED),
        )
        .outerjoin(stands_in, stands_in.instead_of_id == Invitation.id)
        .where(
            Challenge.state.in_(OPEN_STATES),
            Invitation.origin == Origin.MATCHED,
            Invitation.state.in_(ENDED),
            stands_in.id.is_(None),
            taken.correlate(Challenge).scalar_subquery() < sa.func.coalesce(places, PLACES),
        )
        .distinct()
        .order_by(Invitation.challenge_id)
    )
    return session.scalars(query).all()


def _loaded() -> sa.Select[Invitation]:
    return sa.select(Invitation).options(
        joinedload(Invitation.supplier).joinedload(Supplier.organisation),
        joinedload(Invitation.instead_of).joinedload(Invitation.supplier).joinedload(Supplier.organisation),
        joinedload(Invitation.challenge).joinedload(Challenge.organisation),
    )
