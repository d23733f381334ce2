"""The calendars of people who attend: they follow by mail alone, and never show a session twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import SeatState
from engage.advisory.models import AdvisorySession, Seat
from engage.kernel.actor import Role, System
from engage.matchmaking.models import Invitation
from tests.factories import accounts, advisory
from tests.factories.advisory import SupplierTeam
from tests.support.calendars import Calendar, understood
from tests.support.records import letters

BEGIN = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
TUESDAY = datetime(2027, 3, 23, 14, 30, tzinfo=UTC)  # five days before the clocks go forward
WEEK = timedelta(days=7)


class Scene:
    """A session with a place for a supplier; each deed comes a minute after the one before."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.minutes = 0
        with self.later():
            self.team: SupplierTeam = advisory.team(session)
            self.meeting: AdvisorySession = advisory.meeting(
                session, challenge=advisory.open_challenge(session), starts_at=TUESDAY
            )
            self.invitation: Invitation = advisory.invitation(
                session, challenge=self.meeting.challenge, supplier=self.team.supplier
            )

    @contextmanager
    def later(self) -> Iterator[None]:
        self.minutes += 1
        with time_machine.travel(BEGIN + timedelta(minutes=self.minutes), tick=False):
            yield

    def take(self) -> Seat:
        with self.later():
            return service.accept(
                self.session, actor=self.team.actor, invitation=self.invitation, meeting=self.meeting
            )

    def give_up(self, seat: Seat) -> None:
        with self.later():
            service.release_seat(self.session, actor=self.team.actor, seat=seat)

    def move(self, **values: object) -> None:
        now = service.details_of(self.meeting)
        changed = replace(now, **values)  # type: ignore[arg-type]  # a test's short cut
        with self.later():
            service.change(self.session, actor=System(), meeting=self.meeting, details=changed)

    def cancel(self) -> None:
        with self.later():
            service.cancel(self.session, actor=System(), meeting=self.meeting, reason="The room is flooded.")

    def files(self, address: str = "") -> list[str]:
        """The calendar files that were mailed to the supplier's person, or to ``address``, oldest first."""
        to = address or self.team.person.email
        return [each.calendar for each in letters(self.session) if each.calendar and each.recipient == to]

    def shown(self, address: str = "") -> list[tuple[str, str]]:
        """What that person's calendar shows, when every mail has come."""
        calendar = Calendar()
        for text in self.files(address):
            calendar.receive(text)
        return [(entry.wall, entry.summary.partition(" (")[0]) for entry in calendar]


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


def test_a_change_replaces_the_entry_and_a_cancelled_session_leaves(scene: Scene) -> None:
    scene.take()
    assert scene.shown() == [("2027-03-23 14:30", "Roundtable on empty seats")]
    scene.move(starts_at=TUESDAY + WEEK, ends_at=TUESDAY + WEEK + timedelta(hours=1), title="Moved")
    assert scene.shown() == [("2027-03-30 15:30", "Moved")]  # clocks went forward meanwhile
    scene.cancel()
    assert scene.shown() == []
    found = [understood(text) for text in scene.files()]
    assert [file.method for file in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [entry.sequence for file in found for entry in file.entries] == [0, 1, 2]
    assert len({entry.uid for file in found for entry in file.entries}) == 1


def test_a_place_taken_again_stands_in_the_calendar_again(scene: Scene) -> None:
    first = scene.take()
    scene.give_up(first)
    assert scene.shown() == []
    scene.take()
    assert scene.shown() == [("2027-03-23 14:30", "Roundtable on empty seats")]


def test_the_entry_moves_to_who_attends_instead_and_back(scene: Scene) -> None:
    session = scene.session
    organisation = scene.team.supplier.organisation
    other = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=organisation).person
    seat = scene.take()
    for person, shown in ((other, ([], 1)), (scene.team.person, (["2027-03-23 14:30"], 0))):
        with scene.later():
            service.change_attendee(session, actor=scene.team.actor, seat=seat, person_id=person.id)
        mine = [when for when, _ in scene.shown()]
        assert (mine, len(scene.shown(other.email))) == shown


def test_a_kept_place_stands_in_no_calendar_until_it_is_taken(scene: Scene) -> None:
    scene.move(places=1)
    with scene.later():
        holder = advisory.seat(scene.session, meeting=scene.meeting)
    with scene.later():
        service.accept_or_wait(
            scene.session, actor=scene.team.actor, invitation=scene.invitation, meeting=scene.meeting
        )
    scene.give_up(holder)
    (kept,) = [seat for seat in scene.meeting.seats if seat.state is SeatState.OFFERED]
    assert scene.files() == []
    with scene.later():
        service.take_kept_place(scene.session, actor=scene.team.actor, seat=kept)
    assert scene.shown() == [("2027-03-23 14:30", "Roundtable on empty seats")]


@pytest.mark.parametrize("seed", range(5))
def test_mails_that_come_late_or_twice_change_nothing(scene: Scene, seed: int) -> None:
    scene.give_up(scene.take())
    scene.take()
    scene.move(starts_at=TUESDAY + WEEK, ends_at=TUESDAY + WEEK + timedelta(hours=1))
    scene.move(place="Leeds")
    files = scene.files() * 2
    assert len(files) == 10
    random.Random(seed).shuffle(files)
    calendar = Calendar()
    for text in files:
        calendar.receive(text)
    assert [(entry.wall, entry.sequence) for entry in calendar] == [("2027-03-30 15:30", 2)]


def test_the_public_calendar_shows_a_moved_session_once(scene: Scene) -> None:
    scene.move(starts_at=TUESDAY + WEEK, ends_at=TUESDAY + WEEK + timedelta(hours=1))
    with scene.later():
        file = understood(service.public_file(queries.sessions_in_calendar(scene.session)))
    assert [(entry.wall, entry.sequence, entry.status) for entry in file.entries] == [
        ("2027-03-30 15:30", 1, "CONFIRMED")
    ]
    scene.cancel()
    with scene.later():
        file = understood(service.public_file(queries.sessions_in_calendar(scene.session)))
    assert [(entry.sequence, entry.status) for entry in file.entries] == [(2, "CANCELLED")]
