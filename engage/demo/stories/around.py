"""Around the sessions of one challenge: access needs, files, who was there for the department, feedback, a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.advisory import queries, service
from engage.advisory.enums import NeedState, Part, SeatState, Side
from engage.advisory.models import Seat
from engage.advisory.service import Presence
from engage.demo import texts
from engage.demo.accounts import FACILITATOR
from engage.demo.files import page
from engage.demo.script import Diary, Step
from engage.demo.world import World
from engage.kernel.actor import Actor

Story = Mapping[str, Any]


def steps(today: date) -> list[Step]:
    """Return what stands around the sessions of the demo department."""
    diary, one = Diary(today), texts.around()
    past, coming = one["past"], one["coming"]
    diary.note(past["officials_day"], "15:10", "who of the department was there", partial(_officials, one))
    diary.note(past["files_day"], "15:40", "slides of a session", partial(_files, one))
    rated = {
        **past,
        "challenge": one["challenge"],
        "day": past["feedback_day"],
        "attendees": past["feedback"],
    }
    for each in (*one["rated"], rated):
        _note_feedback(diary, each)
    for number, need in enumerate(coming["needs"]):
        diary.note(need["day"], "10:30", f"access need {number + 1}", partial(_asks, one, number))
        if "answer" in need:
            diary.note(
                need["answered"],
                "14:30",
                f"access need {number + 1} answered",
                partial(_arranges, one, number),
            )
    diary.note(coming["calendar_day"], "16:10", "a calendar of one's own", partial(_calendar, one))
    return diary.steps()


def _note_feedback(diary: Diary, one: Story) -> None:
    """Write down what those who came, and who ran it, say of a session."""
    where = f"{one['challenge']}, {one['session']}"
    for number, answers in enumerate(one.get("attendees", ())):
        name = f"{where}: what attendee {number + 1} says"
        diary.note(one["day"], "09:10", name, partial(_says, one, number, answers))
    diary.note(one["day"], "11:20", f"{where}: what the facilitator says", partial(_facilitator_says, one))


def _officials(one: Story, session: Session, world: World) -> None:
    meeting = world.meeting(session, one["challenge"], one["past"]["session"])
    actor = world.actor(session, FACILITATOR.email)
    there = Presence(part=Part.FACILITATOR, joined_at=meeting.starts_at, left_at=meeting.ends_at)
    service.record_official(session, actor=actor, meeting=meeting, person_id=actor.person_id, presence=there)


def _files(one: Story, session: Session, world: World) -> None:
    """Add the slides; they go out with the minutes."""
    meeting = world.meeting(session, one["challenge"], one["past"]["session"])
    file = one["past"]["file"]
    service.add_material(
        session,
        actor=world.actor(session, FACILITATOR.email),
        meeting=meeting,
        name=file["name"],
        data=page(file["title"], file["text"]),
    )


def _says(one: Story, number: int, answers: list[int], session: Session, world: World) -> None:
    meeting = world.meeting(session, one["challenge"], one["session"])
    came = [seat for seat in queries.live_seats(meeting) if seat.state is SeatState.ATTENDED]
    if number < len(came):
        actor = _actor(session, came[number])
        service.give_feedback(session, actor=actor, meeting=meeting, side=Side.ATTENDEE, answers=answers)


def _facilitator_says(one: Story, session: Session, world: World) -> None:
    meeting = world.meeting(session, one["challenge"], one["session"])
    actor, answers = world.actor(session, FACILITATOR.email), one["facilitator"]
    service.give_feedback(session, actor=actor, meeting=meeting, side=Side.FACILITATOR, answers=answers)


def _asks(one: Story, number: int, session: Session, world: World) -> None:
    meeting = world.meeting(session, one["challenge"], one["coming"]["session"])
    seats = queries.live_seats(meeting)
    if number < len(seats):
        text = one["coming"]["needs"][number]["text"]
        service.ask_need(session, actor=_actor(session, seats[number]), meeting=meeting, text=text)


def _arranges(one: Story, number: int, session: Session, world: World) -> None:
    meeting = world.meeting(session, one["challenge"], one["coming"]["session"])
    need = one["coming"]["needs"][number]
    actor = world.actor(session, FACILITATOR.email)
    for asked in queries.needs_of_session(session, session_id=meeting.id):
        if asked.text == need["text"]:
            service.answer_need(
                session,
                actor=actor,
                need=asked,
                state=NeedState.ARRANGED,
                answer=need["answer"],
                owner_id=actor.person_id,
            )


def _calendar(one: Story, session: Session, world: World) -> None:
    meeting = world.meeting(session, one["challenge"], one["coming"]["session"])
    for seat in queries.live_seats(meeting)[:1]:
        service.make_feed(session, actor=_actor(session, seat))


def _actor(session: Session, seat: Seat) -> Actor:
    organisation_id = seat.supplier.organisation_id
    membership = accounts.member(session, person_id=seat.person_id, organisation_id=organisation_id)
    assert membership is not None
    return accounts.actor_of(seat.person, membership)
