"""A person's calendar: where its address is found, and which sessions stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership, Organisation
from engage.advisory.enums import RECORDED, SeatState, SessionState
from engage.advisory.models import AdvisorySession, CalendarFeed, Seat
from engage.advisory.policy import AdvisoryPermission
from engage.advisory.queries.public import CALENDAR_LOOKS_BACK
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.suppliers.models import Supplier

_HELD = (SeatState.CONFIRMED, *RECORDED)


@dataclass(frozen=True)
class PersonsSessions:
    """What stands in one person's calendar."""

    places: Sequence[Seat]
    """For suppliers: at most one for each session."""
    runs: Sequence[AdvisorySession]
    """For departments: the sessions the person runs."""


def feed_of(session: Session, *, person_id: int) -> CalendarFeed | None:
    """Return a person's calendar address, when they have made one."""
    return session.scalar(sa.select(CalendarFeed).where(CalendarFeed.person_id == person_id))


def feed_by_handle(session: Session, *, handle: str) -> CalendarFeed | None:
    """Return the calendar address that begins with ``handle``, with its person."""
    query = sa.select(CalendarFeed).where(CalendarFeed.handle == handle)
    return session.scalar(query.options(joinedload(CalendarFeed.person)))


def sessions_of_person(session: Session, *, person_id: int) -> PersonsSessions:
    """Return the sessions to come and of the last month that a person attends or runs, cancelled ones too.

    For organisations that are verified and that the person acts for now. Two statements.
    """
    held = sa.or_(Seat.state.in_(_HELD), AdvisorySession.state == SessionState.CANCELLED)
    places = (
        sa.select(Seat)
        .join(Seat.session)
        .join(AdvisorySession.challenge)
        .join(Seat.supplier)
        .options(
            contains_eager(Seat.session)
            .contains_eager(AdvisorySession.challenge)
            .joinedload(Challenge.organisation),
            contains_eager(Seat.supplier),
        )
        .where(
            Seat.person_id == person_id,
            held,
            _recent(),
            _acts_for(person_id, Supplier.organisation_id, AdvisoryPermission.TAKE_PART),
        )
        .order_by(AdvisorySession.starts_at, Seat.id)
    )
    runs = (
        sa.select(AdvisorySession)
        .join(AdvisorySession.challenge)
        .options(contains_eager(AdvisorySession.challenge))
        .where(
            AdvisorySession.facilitator_id == person_id,
            _recent(),
            _acts_for(person_id, Challenge.organisation_id, AdvisoryPermission.RUN),
        )
        .order_by(AdvisorySession.starts_at, AdvisorySession.id)
    )
    once = {seat.session_id: seat for seat in session.scalars(places)}
    return PersonsSessions(list(once.values()), session.scalars(runs).all())


def _recent() -> sa.ColumnElement[bool]:
    return AdvisorySession.ends_at > clock.now() - CALENDAR_LOOKS_BACK


def _acts_for(
    person_id: int, organisation_id: sa.orm.InstrumentedAttribute[int], may: AdvisoryPermission
) -> sa.ColumnElement[bool]:
    """Tell, as a condition, whether the person acts for a verified organisation in a role that ``may`` do this."""
    return sa.exists().where(
        Membership.person_id == person_id,
        Membership.organisation_id == organisation_id,
        Membership.ended_at.is_(None),
        Membership.roles.overlap([role.value for role in may.roles]),
        Organisation.id == organisation_id,
        Organisation.state == OrganisationState.VERIFIED,
    )
