"""Who was there, as what and when; corrections; what everyone reads of it, and when minutes are late."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.queries import actor_of
from engage.advisory import queries, service
from engage.advisory.enums import Part, SeatState
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import Presence
from engage.audit.queries import history
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid
from engage.ledger.queries import disclosures as lines
from tests.factories import accounts, advisory


def held(session: Session, *, seats: int = 2) -> tuple[AdvisorySession, list[Seat], Actor]:
    """A session that ended an hour ago with places, and who runs it."""
    meeting = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=clock.now() - timedelta(hours=2)
    )
    runner = accounts.member(session, Role.FACILITATOR, organisation=meeting.challenge.organisation)
    meeting.facilitator_id = runner.person_id
    return (
        meeting,
        [advisory.seat(session, meeting=meeting) for _ in range(seats)],
        actor_of(runner.person, runner),
    )


def rows(session: Session, meeting: AdvisorySession) -> list[tuple[int | None, Part]]:
    return [(each.seat_id, each.part) for each in queries.attendance_of(session, session_id=meeting.id)]


def test_who_came_as_what_and_when(session: Session) -> None:
    meeting, (one, two), actor = held(session)
    early = Presence(
        part=Part.PRESENTER,
        joined_at=meeting.starts_at,
        left_at=meeting.starts_at + timedelta(minutes=20),
    )
    service.record_attendance(
        session, actor=actor, meeting=meeting, came={one.id: True, two.id: False}, presences={one.id: early}
    )
    assert rows(session, meeting) == [(one.id, Part.PRESENTER)]
    (told,) = lines(session, challenge_ref=meeting.challenge.ref)
    assert (told.audience, told.delivered_at) == (f"supplier:{one.supplier.ref}", early.left_at)


def test_a_correction_keeps_what_it_said_in_the_audit_trail(session: Session) -> None:
    meeting, (one, two), actor = held(session)
    service.record_attendance(session, actor=actor, meeting=meeting, came={one.id: True, two.id: False})
    for _again in range(2):
        service.correct_attendance(session, actor=actor, meeting=meeting, came={one.id: False, two.id: True})
    assert (one.state, two.state) == (SeatState.NO_SHOW, SeatState.ATTENDED)
    assert rows(session, meeting) == [(two.id, Part.PARTICIPANT)]
    found = [
        (line.details["supplier"], bool(line.details["before"]), bool(line.details["after"]))
        for line in history(session, subject=f"session:{meeting.ref}")
        if line.tag == "advisory:attendance:corrected"
    ]
    assert sorted(found) == sorted([(one.supplier.ref, True, False), (two.supplier.ref, False, True)])
    audiences = {line.audience for line in lines(session, challenge_ref=meeting.challenge.ref)}
    assert audiences == {f"supplier:{one.supplier.ref}", f"supplier:{two.supplier.ref}"}


@pytest.mark.parametrize(
    ("joined", "left", "field"), [(-120, 30, "joined"), (10, 10, "left"), (0, 900, "left")]
)
def test_times_that_cannot_be(session: Session, joined: int, left: int, field: str) -> None:
    meeting, (one,), actor = held(session, seats=1)
    wrong = Presence(
        joined_at=meeting.starts_at + timedelta(minutes=joined),
        left_at=meeting.starts_at + timedelta(minutes=left),
    )
    with pytest.raises(Invalid) as refusal:
        service.record_attendance(
            session, actor=actor, meeting=meeting, came={one.id: True}, presences={one.id: wrong}
        )
    assert list(refusal.value.fields) == [f"{field}_{one.id}"]


def test_nothing_is_corrected_before_it_was_recorded(session: Session) -> None:
    meeting, (one,), actor = held(session, seats=1)
    with pytest.raises(Conflict):
        service.correct_attendance(session, actor=actor, meeting=meeting, came={one.id: True})


def test_people_of_the_department(session: Session) -> None:
    meeting, (one,), actor = held(session, seats=1)
    service.record_attendance(session, actor=actor, meeting=meeting, came={one.id: True})
    there = Presence(part=Part.NOTE_TAKER, joined_at=meeting.starts_at, left_at=meeting.ends_at)
    stranger = accounts.member(session, Role.FACILITATOR)
    with pytest.raises(Invalid) as refusal:
        service.record_official(
            session, actor=actor, meeting=meeting, person_id=stranger.person_id, presence=there
        )
    assert list(refusal.value.fields) == ["person"]
    for _again in range(2):
        service.record_official(
            session, actor=actor, meeting=meeting, person_id=actor.person_id, presence=there
        )
    assert rows(session, meeting) == [(one.id, Part.PARTICIPANT), (None, Part.NOTE_TAKER)]
    service.remove_official(session, actor=actor, meeting=meeting, person_id=actor.person_id)
    assert rows(session, meeting) == [(one.id, Part.PARTICIPANT)]


def test_everyone_reads_organisations_and_parts_with_the_minutes_and_no_names(session: Session) -> None:
    meeting, (one,), actor = held(session, seats=1)
    service.record_attendance(session, actor=actor, meeting=meeting, came={one.id: True})

    def public() -> list[tuple[str, Part, int]]:
        (found,) = queries.public_sessions(session, challenge_id=meeting.challenge_id)
        return [(each.organisation, each.part, each.people) for each in found.attended]

    assert public() == []
    service.publish_minutes(session, actor=actor, meeting=meeting, text="We spoke.")
    assert public() == [(one.supplier.organisation.name, Part.PARTICIPANT, 1)]


@pytest.mark.parametrize(("day", "late"), [(20, False), (21, True)])
def test_minutes_are_due_after_working_days_and_everyone_reads_when_they_are_late(
    session: Session, day: int, late: bool
) -> None:
    # Thursday, 13 May 2027, and five working days: Thursday the 20th.
    meeting = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=advisory.at(2027, 5, 13, 9)
    )
    with time_machine.travel(advisory.at(2027, 5, day, 12), tick=False):
        (found,) = queries.public_sessions(session, challenge_id=meeting.challenge_id)
        assert (str(found.minutes_due_on), found.minutes_late) == ("2027-05-20", late)
        due = queries.due(session, organisation_id=meeting.challenge.organisation_id)
        (minutes,) = [each for each in due if each.path.endswith("/minutes")]
        assert (str(minutes.by), bool(minutes.late)) == ("2027-05-20", late)
