"""One session that more suppliers want than it has places: made, and looked at for anything that must not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts.models import Membership, Organisation
from engage.advisory.enums import SeatState, WaitingState
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.kernel.actor import Role
from engage.kernel.db import reading, unit_of_work
from engage.outbox.models import Letter
from tests.factories import accounts, advisory
from tests.factories.advisory import SupplierTeam


@dataclass(frozen=True)
class People:
    """Who takes part: a department with somebody who runs sessions, and one person of each supplier."""

    department: Organisation
    facilitator: Membership
    teams: Sequence[SupplierTeam]

    @classmethod
    def make(cls, number: int) -> People:
        """Write ``number`` suppliers and a department."""
        with unit_of_work() as session:
            department = accounts.new_organisation(session)
            facilitator = accounts.member(session, Role.FACILITATOR, organisation=department)
            return cls(department, facilitator, [advisory.team(session) for _ in range(number)])


@dataclass(frozen=True)
class Standing:
    """How a session stands: by invitation who has a place, who has one kept, and who waits, in order."""

    places: int
    taken: int
    confirmed: Mapping[str, int]
    offered: Mapping[str, int]
    line: Sequence[str]

    @property
    def promised(self) -> set[str]:
        """The invitations with a place, a kept place or a turn."""
        return {*self.confirmed, *self.offered, *self.line}


@dataclass(frozen=True)
class Contest:
    """A session, and an invitation to it for each team, in the order of the teams."""

    meeting_id: int
    meeting_ref: str
    invitations: Sequence[str]

    @classmethod
    def make(cls, people: People, *, places: int) -> Contest:
        """Write an open challenge with one session of ``places`` and invite every team."""
        with unit_of_work() as session:
            challenge = advisory.open_challenge(session, organisation=people.department)
            meeting = advisory.meeting(
                session, challenge=challenge, places=places, facilitator=people.facilitator.person
            )
            rows = [
                advisory.invitation(session, challenge=challenge, supplier=team.supplier)
                for team in people.teams
            ]
            return cls(meeting.id, meeting.ref, [row.ref for row in rows])

    def standing(self) -> Standing:
        """Return how it stands now."""
        with reading() as session:
            meeting = session.get_one(AdvisorySession, self.meeting_id)
            seats = {
                state: {seat.invitation.ref: seat.id for seat in self._seats(session) if seat.state is state}
                for state in (SeatState.CONFIRMED, SeatState.OFFERED)
            }
            line = [
                turn.invitation.ref for turn in self._turns(session) if turn.state is WaitingState.WAITING
            ]
            return Standing(
                meeting.places, meeting.taken, seats[SeatState.CONFIRMED], seats[SeatState.OFFERED], line
            )

    def promoted(self) -> list[str]:
        """Return whose turn became a place, in the order of the line; one line for each promotion."""
        with reading() as session:
            turns = self._turns(session)
            return [turn.invitation.ref for turn in turns if turn.state is WaitingState.PROMOTED]

    def faults(self) -> list[str]:
        """Return in words what must not be; empty when all is well."""
        with reading() as session:
            meeting = session.get_one(AdvisorySession, self.meeting_id)
            seats, turns = self._seats(session), self._turns(session)
            found = [*_overbooked(meeting, seats), *_line(meeting, seats, turns)]
            return [*found, *_promotions(seats, turns), *_letters(session, seats)]

    def _seats(self, session: Session) -> Sequence[Seat]:
        query = sa.select(Seat).where(Seat.session_id == self.meeting_id)
        return session.scalars(query.options(joinedload(Seat.invitation)).order_by(Seat.id)).all()

    def _turns(self, session: Session) -> Sequence[WaitingPlace]:
        query = sa.select(WaitingPlace).where(WaitingPlace.session_id == self.meeting_id)
        return session.scalars(
            query.options(joinedload(WaitingPlace.invitation)).order_by(WaitingPlace.id)
        ).all()


def _live(seats: Sequence[Seat]) -> list[Seat]:
    return [seat for seat in seats if seat.state is not SeatState.RELEASED]


def _overbooked(meeting: AdvisorySession, seats: Sequence[Seat]) -> Iterator[str]:
    live = _live(seats)
    if len(live) > meeting.places:
        yield f"overbooked: {len(live)} seats for {meeting.places} places"
    if len(live) != meeting.taken:
        yield f"counted wrong: {meeting.taken} taken, {len(live)} seats"
    invited = sum(not seat.volunteered for seat in live)
    if invited != meeting.taken_invited:
        yield f"counted wrong: {meeting.taken_invited} taken by those invited, {invited} seats"
    for supplier, number in Counter(seat.supplier_id for seat in live).items():
        if number > 1:
            yield f"supplier {supplier} has {number} seats"


def _line(meeting: AdvisorySession, seats: Sequence[Seat], turns: Sequence[WaitingPlace]) -> Iterator[str]:
    waiting = [turn for turn in turns if turn.state is WaitingState.WAITING]
    if waiting and meeting.taken < meeting.places:
        yield f"{meeting.places - meeting.taken} places idle while {len(waiting)} wait"
    if [turn.joined_at for turn in turns] != sorted(turn.joined_at for turn in turns):
        yield "the line is not in the order of arrival"
    twice = {seat.invitation_id for seat in _live(seats)} & {turn.invitation_id for turn in waiting}
    if twice:
        yield f"{len(twice)} have a place and wait"


def _promotions(seats: Sequence[Seat], turns: Sequence[WaitingPlace]) -> Iterator[str]:
    kept = Counter(seat.invitation_id for seat in seats if seat.held_until is not None)
    promoted = Counter(turn.invitation_id for turn in turns if turn.state is WaitingState.PROMOTED)
    if kept != promoted:
        yield f"{kept.total()} places kept for {promoted.total()} promotions"


def _letters(session: Session, seats: Sequence[Seat]) -> Iterator[str]:
    due, never = set(), set()
    for seat in seats:
        due.add(f"seat:{seat.id}:{'offered' if seat.held_until else 'confirmed'}")
        if seat.state is SeatState.CONFIRMED:
            due.add(f"seat:{seat.id}:confirmed")
        if seat.state is SeatState.OFFERED:
            never.add(f"seat:{seat.id}:confirmed")
    written = set(session.scalars(sa.select(Letter.dedupe_key).where(Letter.dedupe_key.in_(due | never))))
    yield from (f"no letter {key}" for key in sorted(due - written))
    yield from (f"a letter too many: {key}" for key in sorted(never & written))


def deadlocks() -> int:
    """Return how many deadlocks the database has had to break."""
    with reading() as session:
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return int(session.scalar(sa.text(query)) or 0)
