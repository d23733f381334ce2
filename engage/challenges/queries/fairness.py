"""Reading what keeps an engagement fair: steps, justifications, changes of route, and what is not settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges.enums.routes import RouteChangeState
from engage.challenges.models import Challenge, EngagementStep, Justification, RouteChange
from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.ledger import queries as ledger
from engage.ledger.queries import Asymmetry, OpenFact


def unsettled(session: Session, *, challenge: Challenge) -> Sequence[Asymmetry]:
    """Return what some know, not everyone could, and nothing justifies: it keeps the challenge from being closed."""
    found = ledger.asymmetries(session, challenge_ref=challenge.ref, now=clock.now())
    justified = justified_facts(session, challenge_id=challenge.id)
    return [each for each in found if each.is_open and not is_justified(each, justified)]


def justified_facts(session: Session, *, challenge_id: int) -> Mapping[str, datetime]:
    """Return the facts whose difference is justified, as the ledger calls them, with when somebody last did."""
    reasons = justifications(session, challenge_id=challenge_id)
    return {fact: each.at for each in reasons for fact in each.facts}


def is_justified(found: Asymmetry | OpenFact, justified: Mapping[str, datetime]) -> bool:
    """Whether the reasons were given with everybody in view who had the fact: telling another asks for them anew."""
    return found.fact in justified and justified[found.fact] >= found.last_told_at


def justifications(session: Session, *, challenge_id: int) -> Sequence[Justification]:
    """Return the reasons given for differences, oldest first, with who gave them."""
    query = (
        sa.select(Justification)
        .where(Justification.challenge_id == challenge_id)
        .options(joinedload(Justification.by))
        .order_by(Justification.id)
    )
    return session.scalars(query).all()


def engagement_steps(session: Session, *, challenge_id: int) -> Sequence[EngagementStep]:
    """Return the steps taken under s.16(3), by day, with who recorded them."""
    query = (
        sa.select(EngagementStep)
        .where(EngagementStep.challenge_id == challenge_id)
        .options(joinedload(EngagementStep.recorded_by))
        .order_by(EngagementStep.taken_on, EngagementStep.id)
    )
    return session.scalars(query).all()


def route_changes(session: Session, *, challenge_id: int) -> Sequence[RouteChange]:
    """Return the changes of route of a challenge, newest first, with the people."""
    query = (
        sa.select(RouteChange)
        .where(RouteChange.challenge_id == challenge_id)
        .options(joinedload(RouteChange.proposed_by), joinedload(RouteChange.decided_by))
        .order_by(RouteChange.id.desc())
    )
    return session.scalars(query).all()


def told_route_changes(session: Session, *, challenge_id: int) -> Sequence[RouteChange]:
    """Return the changes of route that everybody may read of, newest first."""
    found = route_changes(session, challenge_id=challenge_id)
    return [each for each in found if each.state is RouteChangeState.MADE and each.told_at is not None]


def waiting_route_change(session: Session, *, challenge_id: int) -> RouteChange | None:
    """Return the change of route that waits for an approver, or ``None``."""
    found = route_changes(session, challenge_id=challenge_id)
    return next((each for each in found if each.state is RouteChangeState.PROPOSED), None)


def route_change(session: Session, *, change_id: int, challenge: Challenge) -> RouteChange:
    """Return a change of route of ``challenge``. Raises ``NotFound``."""
    query = sa.select(RouteChange).where(
        RouteChange.id == change_id, RouteChange.challenge_id == challenge.id
    )
    found = session.scalar(query.options(joinedload(RouteChange.challenge)))
    if found is None:
        raise NotFound
    return found
