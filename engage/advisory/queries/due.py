"""What people of a department have to do with sessions: who came, the minutes, offers that wait."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory.enums import TO_COME, OfferState, SessionState
from engage.advisory.models import AdvisorySession, Seat, VolunteerOffer
from engage.advisory.policy import AdvisoryPermission
from engage.advisory.queries.minutes import minutes_due_on, minutes_late
from engage.advisory.queries.needs import due_needs
from engage.challenges.enums import PUBLIC_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.due import Due, Who, until, waited
from engage.kernel.uktime import uk_date

_RUN = Who(AdvisoryPermission.RUN.roles)
_RUNNING = [state for state in PUBLIC_STATES if state is not ChallengeState.CLOSED]


def due(session: Session, *, organisation_id: int) -> list[Due]:
    """Return what waits for somebody after a department's sessions, and the offers to help that have no answer.

    Nothing of challenges that are over. Three statements, however many there are.
    """
    mine = sa.and_(Challenge.organisation_id == organisation_id, Challenge.state.in_(_RUNNING))
    return [*_held(session, mine), *_offers(session, mine), *due_needs(session, mine, _RUN)]


def facilitated(session: Session, *, person_id: int) -> set[str]:
    """Return the references of the challenges of which a person runs a session."""
    query = (
        sa.select(Challenge.ref)
        .join(AdvisorySession, AdvisorySession.challenge_id == Challenge.id)
        .where(AdvisorySession.facilitator_id == person_id)
    )
    return set(session.scalars(query.distinct()))


def _held(session: Session, mine: sa.ColumnElement[bool]) -> Iterator[Due]:
    expected = sa.exists().where(Seat.session_id == AdvisorySession.id, Seat.state.in_(TO_COME))
    query = (
        sa.select(
            Challenge.ref,
            Challenge.title,
            AdvisorySession.ref,
            AdvisorySession.title,
            AdvisorySession.ends_at,
            AdvisorySession.minutes_published_at,
            expected,
        )
        .join(AdvisorySession.challenge)
        .where(
            mine,
            AdvisorySession.state != SessionState.CANCELLED,
            AdvisorySession.ends_at <= clock.now(),
            sa.or_(expected, AdvisorySession.minutes_published_at.is_(None)),
        )
        .order_by(AdvisorySession.ends_at, AdvisorySession.id)
    )
    for ref, title, key, name, ended, published, open_seats in session.execute(query):
        here = f"/department/sessions/{key}"
        if open_seats:
            what, late = f"Record who came to “{name}”", waited(ended, "Attendance not recorded")
            yield Due(ref, title, what, f"{here}/attendance", _RUN, until(ended), late)
        if published is None:
            due_on = minutes_due_on(ended)
            late = f"Minutes were due on {uk_date(due_on)}" if minutes_late(ended, published) else ""
            yield Due(ref, title, f"Publish the minutes of “{name}”", f"{here}/minutes", _RUN, due_on, late)


def _offers(session: Session, mine: sa.ColumnElement[bool]) -> Iterator[Due]:
    query = (
        sa.select(Challenge.ref, Challenge.title, sa.func.count(), sa.func.min(VolunteerOffer.created_at))
        .join(VolunteerOffer.challenge)
        .where(mine, VolunteerOffer.state == OfferState.MADE)
        .group_by(Challenge.id)
        .order_by(Challenge.id)
    )
    for ref, title, number, since in session.execute(query):
        offers = "an offer" if number == 1 else f"{number} offers"
        late = waited(since, "An offer to help has waited")
        path = f"/department/challenges/{ref}/sessions"
        yield Due(ref, title, f"Answer {offers} to help", path, _RUN, until(since), late)
