"""Reading sessions, seats and offers. What everyone may see never carries joining details or names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from engage.accounts.models import Organisation, Person
from engage.advisory.enums import OfferState, SeatState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession, Seat, VolunteerOffer
from engage.challenges import policy as challenges
from engage.challenges.enums import OPEN_STATES, PUBLIC_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import NotFound
from engage.suppliers.models import Supplier

CALENDAR_LOOKS_BACK = timedelta(days=31)
_TO_COME = (SeatState.OFFERED, SeatState.CONFIRMED)


@dataclass(frozen=True)
class PublicChallenge:
    """What a public session says about its challenge."""

    ref: str
    title: str
    department: str


@dataclass(frozen=True)
class PublicSession:
    """What everyone may know of a session: no joining details, nobody's name."""

    ref: str
    title: str
    format: SessionFormat
    state: SessionState
    starts_at: datetime
    ends_at: datetime
    place: str
    agenda: str
    places: int
    free: int
    minutes: str
    """Empty until published."""
    minutes_published_at: datetime | None
    cancel_reason: str
    sequence: int
    updated_at: datetime
    challenge: PublicChallenge

    @property
    def can_be_joined(self) -> bool:
        """Whether a place could be taken now."""
        return self.state is SessionState.SCHEDULED and self.free > 0 and self.starts_at > clock.now()


def public_sessions(session: Session, *, challenge_id: int) -> Sequence[PublicSession]:
    """Return the sessions of a challenge in order of time; none when the challenge is not public."""
    return _public(session, AdvisorySession.challenge_id == challenge_id)


def upcoming_public_sessions(session: Session, *, limit: int) -> Sequence[PublicSession]:
    """Return the next ``limit`` scheduled sessions of all open challenges, soonest first."""
    return _public(
        session,
        AdvisorySession.state == SessionState.SCHEDULED,
        AdvisorySession.starts_at > clock.now(),
        Challenge.state.in_(OPEN_STATES),
        limit=limit,
    )


def sessions_in_calendar(session: Session) -> Sequence[PublicSession]:
    """Return the sessions to come and of the last month, cancelled ones too, for the public calendar."""
    return _public(session, AdvisorySession.ends_at > clock.now() - CALENDAR_LOOKS_BACK)


def sessions_with_places(session: Session, *, challenge_id: int) -> Sequence[PublicSession]:
    """Return the sessions of a challenge in which a place could be taken now, soonest first."""
    return [found for found in public_sessions(session, challenge_id=challenge_id) if found.can_be_joined]


def _public(
    session: Session, *conditions: sa.ColumnElement[bool], limit: int | None = None
) -> Sequence[PublicSession]:
    shown = sa.case((AdvisorySession.minutes_published_at.is_not(None), AdvisorySession.minutes), else_="")
    query = (
        sa.select(
            AdvisorySession.ref,
            AdvisorySession.title,
            AdvisorySession.format,
            AdvisorySession.state,
            AdvisorySession.starts_at,
            AdvisorySession.ends_at,
            AdvisorySession.place,
            AdvisorySession.agenda,
            AdvisorySession.places,
            (AdvisorySession.places - AdvisorySession.taken).label("free"),
            shown.label("minutes"),
            AdvisorySession.minutes_published_at,
            AdvisorySession.cancel_reason,
            AdvisorySession.sequence,
            AdvisorySession.updated_at,
            Challenge.ref.label("challenge_ref"),
            Challenge.title.label("challenge_title"),
            Organisation.name.label("department"),
        )
        .join(Challenge, AdvisorySession.challenge_id == Challenge.id)
        .join(Organisation, Challenge.organisation_id == Organisation.id)
        .where(_challenge_is_public(), *conditions)
        .order_by(AdvisorySession.starts_at, AdvisorySession.id)
        .limit(limit)
    )
    return [_public_session(dict(row)) for row in session.execute(query).mappings()]


def _public_session(row: dict[str, object]) -> PublicSession:
    challenge = PublicChallenge(
        ref=str(row.pop("challenge_ref")),
        title=str(row.pop("challenge_title")),
        department=str(row.pop("department")),
    )
    return PublicSession(challenge=challenge, **row)  # type: ignore[arg-type]  # the columns selected above


def _challenge_is_public() -> sa.ColumnElement[bool]:
    withdrawn = sa.and_(Challenge.state == ChallengeState.WITHDRAWN, Challenge.published_at.is_not(None))
    return sa.or_(Challenge.state.in_(PUBLIC_STATES), withdrawn)


def upcoming_of_department(session: Session, *, organisation_id: int) -> Sequence[AdvisorySession]:
    """Return a department's scheduled sessions that have not ended, soonest first, with their challenges."""
    query = (
        sa.select(AdvisorySession)
        .join(AdvisorySession.challenge)
        .options(contains_eager(AdvisorySession.challenge))
        .where(
            Challenge.organisation_id == organisation_id,
            AdvisorySession.state == SessionState.SCHEDULED,
            AdvisorySession.ends_at > clock.now(),
        )
        .order_by(AdvisorySession.starts_at, AdvisorySession.id)
    )
    return session.scalars(query).all()


def sessions_of_challenge(session: Session, *, challenge_id: int) -> Sequence[AdvisorySession]:
    """Return all sessions of a challenge in order of time, with their seats, suppliers and people."""
    query = (
        sa.select(AdvisorySession)
        .where(AdvisorySession.challenge_id == challenge_id)
        .options(*_with_seats())
        .order_by(AdvisorySession.starts_at, AdvisorySession.id)
    )
    return session.scalars(query).all()


def department_session(session: Session, *, ref: str, actor: Actor) -> AdvisorySession:
    """Return a session for work inside its department, with its challenge and seats.

    Raises ``NotFound`` when there is none, and when ``actor`` is neither of the department nor an auditor.
    """
    found = session_by_ref(session, ref=ref)
    if not challenges.can_see(actor, found.challenge):
        raise NotFound
    return found


def session_by_ref(session: Session, *, ref: str) -> AdvisorySession:
    """Return a session with its challenge and seats, whoever asks. Raises ``NotFound``."""
    query = (
        sa.select(AdvisorySession)
        .where(AdvisorySession.ref == ref)
        .options(joinedload(AdvisorySession.challenge).joinedload(Challenge.organisation), *_with_seats())
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def _with_seats() -> tuple[sa.orm.interfaces.ORMOption, ...]:
    seats = selectinload(AdvisorySession.seats)
    return seats.joinedload(Seat.supplier), seats.joinedload(Seat.person)


def live_seats(found: AdvisorySession) -> list[Seat]:
    """Return the seats of ``found`` that have not been released, in the order they were taken."""
    return [seat for seat in found.seats if seat.state is not SeatState.RELEASED]


def sessions_of_supplier(session: Session, *, supplier_id: int) -> Sequence[Seat]:
    """Return a supplier's seats, without those released, in order of time, with session and challenge."""
    query = (
        sa.select(Seat)
        .join(Seat.session)
        .options(
            contains_eager(Seat.session)
            .joinedload(AdvisorySession.challenge)
            .joinedload(Challenge.organisation),
            joinedload(Seat.person),
            joinedload(Seat.invitation),
        )
        .where(Seat.supplier_id == supplier_id, Seat.state != SeatState.RELEASED)
        .order_by(AdvisorySession.starts_at, Seat.id)
    )
    return session.scalars(query).all()


def seat_to_come(session: Session, *, invitation_id: int) -> Seat | None:
    """Return the place an invitation holds in a session to come, with that session and who attends."""
    query = (
        sa.select(Seat)
        .where(Seat.invitation_id == invitation_id, Seat.state.in_(_TO_COME))
        .options(joinedload(Seat.session).joinedload(AdvisorySession.challenge), joinedload(Seat.person))
    )
    return session.scalar(query)


def seat_by_id(session: Session, *, seat_id: int) -> Seat:
    """Return a seat with its session, supplier and invitation. Raises ``NotFound``."""
    query = sa.select(Seat).where(Seat.id == seat_id)
    loaded = query.options(joinedload(Seat.session), joinedload(Seat.supplier), joinedload(Seat.invitation))
    found = session.scalar(loaded)
    if found is None:
        raise NotFound
    return found


def supplier_of(session: Session, *, organisation_id: int | None) -> Supplier | None:
    """Return the supplier profile of an organisation."""
    return session.scalar(sa.select(Supplier).where(Supplier.organisation_id == organisation_id))


def live_offer(session: Session, *, challenge_id: int, supplier_id: int) -> VolunteerOffer | None:
    """Return the supplier's offer to help with a challenge, unless it was withdrawn."""
    query = sa.select(VolunteerOffer).where(
        VolunteerOffer.challenge_id == challenge_id,
        VolunteerOffer.supplier_id == supplier_id,
        VolunteerOffer.state != OfferState.WITHDRAWN,
    )
    return session.scalar(query)


def offers_of_challenge(session: Session, *, challenge_id: int) -> Sequence[VolunteerOffer]:
    """Return the offers to help with a challenge, those that wait first; withdrawn ones are left out."""
    waiting = sa.case((VolunteerOffer.state == OfferState.MADE, 0), else_=1)
    query = (
        sa.select(VolunteerOffer)
        .where(VolunteerOffer.challenge_id == challenge_id, VolunteerOffer.state != OfferState.WITHDRAWN)
        .options(joinedload(VolunteerOffer.supplier), joinedload(VolunteerOffer.person))
        .order_by(waiting, VolunteerOffer.id)
    )
    return session.scalars(query).all()


def volunteers(session: Session, *, challenge_id: int) -> Sequence[tuple[Person, Supplier]]:
    """Return who offered to help with a challenge, each with the supplier; withdrawn offers are left out."""
    offers = offers_of_challenge(session, challenge_id=challenge_id)
    return [(offer.person, offer.supplier) for offer in offers]


def offer_by_id(session: Session, *, offer_id: int) -> VolunteerOffer:
    """Return an offer with its challenge, supplier and person. Raises ``NotFound``."""
    query = sa.select(VolunteerOffer).where(VolunteerOffer.id == offer_id)
    loaded = query.options(
        joinedload(VolunteerOffer.challenge).joinedload(Challenge.organisation),
        joinedload(VolunteerOffer.supplier),
        joinedload(VolunteerOffer.person),
    )
    found = session.scalar(loaded)
    if found is None:
        raise NotFound
    return found


def count_held(session: Session) -> int:
    """Return how many sessions have been held, on challenges that everybody may see."""
    query = (
        sa.select(sa.func.count())
        .select_from(AdvisorySession)
        .join(AdvisorySession.challenge)
        .where(AdvisorySession.state == SessionState.HELD, _challenge_is_public())
    )
    return session.scalar(query) or 0
