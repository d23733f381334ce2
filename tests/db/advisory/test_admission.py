"""A conflict of interest stands in the way of a place: before it is taken, after it, and at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.queries import actor_of
from engage.advisory import service
from engage.advisory.enums import SeatState
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import admission
from engage.challenges.models import Challenge
from engage.interests import service as interests
from engage.interests.enums import CheckPoint, Kind
from engage.interests.models import Declaration
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking import service as matchmaking
from engage.matchmaking.models import Invitation
from tests.factories import accounts, advisory
from tests.factories import interests as made
from tests.support.records import letters
from tests.support.statements import selects


@dataclass
class Scene:
    challenge: Challenge
    meeting: AdvisorySession
    team: advisory.SupplierTeam
    invitation: Invitation
    official: Actor

    def declare(self, session: Session, **values: Any) -> Declaration:
        return made.declared(session, self.official, counterpart=self.team.supplier.organisation, **values)

    def accept(self, session: Session) -> Seat:
        return service.accept(
            session, actor=self.team.actor, invitation=self.invitation, meeting=self.meeting
        )


@pytest.fixture
def scene(session: Session) -> Scene:
    challenge = advisory.open_challenge(session)
    team = advisory.team(session, name="Riverbank Ltd")
    return Scene(
        challenge=challenge,
        meeting=advisory.meeting(session, challenge=challenge),
        team=team,
        invitation=advisory.invitation(session, challenge=challenge, supplier=team.supplier),
        official=made.official(session, challenge),
    )


def held(session: Session, seat: Seat) -> bool:
    return admission.on_hold(session, held=[seat]) == {seat.id}


def test_a_conflict_stands_in_the_way_of_an_acceptance_and_tells_nothing(
    session: Session, scene: Scene
) -> None:
    declared = scene.declare(session)
    with pytest.raises(Conflict) as caught, session.begin_nested():
        scene.accept(session)
    assert caught.value.message == admission.NOT_NOW
    made.in_place(session, scene.challenge, declared)
    assert scene.accept(session).state is SeatState.CONFIRMED


def test_the_day_of_the_session_counts(session: Session, scene: Scene) -> None:
    first = admission.day_of(scene.meeting)
    scene.declare(session, kind=Kind.CONTRACT, starts_on=first + timedelta(days=1))
    assert scene.accept(session).state is SeatState.CONFIRMED
    other = advisory.meeting(session, challenge=scene.challenge, starts_at=clock.now() + timedelta(days=20))
    assert interests.is_blocked(
        session, challenge=scene.challenge, supplier_id=scene.team.supplier.id, on=admission.day_of(other)
    )


def test_a_conflict_added_after_acceptance_blocks_the_seat_and_stands_in_the_assessment_with_its_time(
    session: Session, scene: Scene
) -> None:
    seat = scene.accept(session)
    assert not held(session, seat)
    approver = made.official(session, scene.challenge, Role.APPROVER)
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        moment = clock.now()
        declared = scene.declare(session)
        assert held(session, seat)
        assert seat.state is SeatState.CONFIRMED
        assessment = interests.assess(session, challenge=scene.challenge)
    (tie,) = assessment.ties
    assert (tie.supplier, tie.conflict.declaration, tie.conflict.blocks) == (
        scene.team.supplier,
        declared,
        True,
    )
    (found,) = tie.found
    assert (found.point, found.found_at, tie.conflict.since) == (CheckPoint.SEAT, moment, moment)
    assert found.found_at > seat.created_at
    assert found.words.startswith(f"the place in “{scene.meeting.title}”, taken on ")
    (said,) = interests.document(assessment)["conflicts_assessment"]["conflicts"]
    assert said["stood_in_the_way"][0]["at"] == moment.isoformat(timespec="seconds")
    assert approver.email in {letter.recipient for letter in letters(session, "seat_on_hold")}


def test_who_is_on_hold_was_not_there_until_steps_are_in_place(session: Session, scene: Scene) -> None:
    seat = scene.accept(session)
    declared = scene.declare(session)
    runner = accounts.actor(session, Role.FACILITATOR, organisation=scene.challenge.organisation)
    with time_machine.travel(scene.meeting.starts_at + timedelta(minutes=5), tick=False):
        with pytest.raises(Invalid) as caught, session.begin_nested():
            service.record_attendance(session, actor=runner, meeting=scene.meeting, came={seat.id: True})
        assert caught.value.fields == {f"seat_{seat.id}": admission.ON_HOLD}
        made.in_place(session, scene.challenge, declared)
        service.record_attendance(session, actor=runner, meeting=scene.meeting, came={seat.id: True})
    session.refresh(seat)
    assert seat.state is SeatState.ATTENDED


def test_who_is_on_hold_can_be_recorded_as_not_there_and_that_is_noted(
    session: Session, scene: Scene
) -> None:
    seat = scene.accept(session)
    scene.declare(session)
    runner = accounts.actor(session, Role.FACILITATOR, organisation=scene.challenge.organisation)
    with time_machine.travel(scene.meeting.starts_at + timedelta(minutes=5), tick=False):
        service.record_attendance(session, actor=runner, meeting=scene.meeting, came={seat.id: False})
        (tie,) = interests.assess(session, challenge=scene.challenge).ties
    assert [each.point for each in tie.found] == [CheckPoint.SEAT, CheckPoint.SESSION]


def test_just_before_a_session_also_what_nobody_declared_is_found(session: Session, scene: Scene) -> None:
    seat = scene.accept(session)
    accounts.membership(
        session,
        person=scene.team.person,
        organisation=scene.challenge.organisation,
        roles={Role.FACILITATOR},
    )
    assert admission.check_starting(session, now=clock.now()) == 0
    soon = scene.meeting.starts_at - timedelta(minutes=30)
    assert admission.check_starting(session, now=soon) == 1
    (tie,) = interests.assess(session, challenge=scene.challenge).ties
    assert (tie.conflict.declaration, [each.subject for each in tie.found]) == (
        None,
        [f"session:{seat.session.ref}"],
    )


def test_who_is_tied_is_not_invited(session: Session, scene: Scene) -> None:
    other = advisory.team(session, name="Wet Ltd")
    declared = made.declared(session, scene.official, counterpart=other.supplier.organisation)
    author = accounts.actor(session, Role.POLICY_AUTHOR, organisation=scene.challenge.organisation)
    with pytest.raises(Conflict, match="Wet Ltd cannot be invited while a conflict of interest"):
        matchmaking.invite(session, actor=author, challenge=scene.challenge, supplier=other.supplier)
    made.in_place(session, scene.challenge, declared)
    made_out = matchmaking.invite(session, actor=author, challenge=scene.challenge, supplier=other.supplier)
    assert made_out.sent_at is not None


def test_what_a_supplier_declares_blocks_its_own_place(session: Session, scene: Scene) -> None:
    seat = scene.accept(session)
    expert = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=scene.team.supplier.organisation)
    made.declared(session, actor_of(expert.person, expert), counterpart=scene.challenge.organisation)
    assert held(session, seat)


def test_who_acts_for_two_suppliers_confirms_for_each(session: Session, scene: Scene) -> None:
    first, second = advisory.team(session), advisory.team(session)
    held = [
        advisory.seat(session, meeting=scene.meeting, team=team, confirmed=False) for team in (first, second)
    ]
    other = accounts.membership(
        session,
        person=first.person,
        organisation=second.supplier.organisation,
        roles={Role.SUPPLIER_ADMIN},
    )
    held[1].person = first.person
    session.flush()
    service.confirm_entry(session, actor=first.actor, seat=held[0])
    assert admission.unconfirmed(session, held=held) == {held[1].id}
    service.confirm_entry(session, actor=actor_of(first.person, other), seat=held[1])
    assert admission.unconfirmed(session, held=held) == set()


def test_places_on_hold_are_found_for_all_sessions_at_once(
    session: Session, engine: sa.Engine, scene: Scene
) -> None:
    """As for each by itself: another challenge, another department, another day."""
    days = [scene.meeting, advisory.meeting(session, challenge=scene.challenge)]
    days[1].starts_at += timedelta(days=30)
    days[1].ends_at += timedelta(days=30)
    others = [advisory.meeting(session, challenge=advisory.open_challenge(session)) for _ in range(3)]
    held = [advisory.seat(session, meeting=meeting) for meeting in [*days, *others]]
    later = admission.day_of(days[1])
    for seat in held[:2]:
        made.declared(session, scene.official, counterpart=seat.supplier.organisation, starts_on=later)
    elsewhere = made.official(session, others[1].challenge)
    for seat in held[2:]:
        made.declared(session, elsewhere, counterpart=seat.supplier.organisation)
    with selects(engine) as seen:
        found = admission.on_hold(session, held=held)
    assert found == {held[1].id, held[3].id}
    assert len(seen) == 2, seen
