"""Places kept for volunteers until a time, a limit of one corporate group, a last moment: guarded under the lock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.advisory import jobs, queries, service
from engage.advisory.enums import SeatState
from engage.advisory.errors import GroupFull, NoPlaces
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.advisory.service import waiting
from engage.kernel import clock
from engage.kernel.actor import System
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking.enums import Origin
from engage.matchmaking.models import Invitation, MatchRun
from tests.factories import advisory

assert jobs


class Scene:
    """A session with three places, one of them kept for volunteers until tomorrow."""

    def __init__(self, session: Session, **values: object) -> None:
        self.session = session
        challenge = advisory.open_challenge(session)
        kept = {"reserved": 1, "held_back": 1, "reserved_until": clock.now() + timedelta(days=1)}
        self.meeting: AdvisorySession = advisory.meeting(
            session, challenge=challenge, **({"places": 3} | kept | values)
        )
        self.run: MatchRun = advisory.run(session, challenge=challenge)

    def invited(self, *, group: str = "") -> Invitation:
        return self._invitation(Origin.MATCHED, group, run=self.run)

    def volunteer(self, *, group: str = "") -> Invitation:
        return self._invitation(Origin.VOLUNTEERED, group)

    def _invitation(self, origin: Origin, group: str, **values: Any) -> Invitation:
        team = advisory.team(self.session)
        team.supplier.corporate_group = group
        self.session.flush()
        made = advisory.invitation(
            self.session, challenge=self.meeting.challenge, supplier=team.supplier, origin=origin, **values
        )
        made.team = team  # type: ignore[attr-defined]  # a test's short cut
        return made

    def accept(self, invitation: Invitation) -> Seat | WaitingPlace:
        actor = invitation.team.actor  # type: ignore[attr-defined]  # a test's short cut
        return service.accept_or_wait(self.session, actor=actor, invitation=invitation, meeting=self.meeting)

    def change(self, **values: object) -> None:
        details = replace(service.details_of(self.meeting), **values)  # type: ignore[arg-type]  # a test's short cut
        service.change(self.session, actor=System(), meeting=self.meeting, details=details)

    @property
    def counts(self) -> tuple[int, int, int]:
        self.session.refresh(self.meeting)
        return self.meeting.taken, self.meeting.taken_invited, self.meeting.held_back


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


def test_invited_suppliers_leave_the_place_to_a_volunteer(scene: Scene) -> None:
    assert [type(scene.accept(scene.invited())) for _ in range(3)] == [Seat, Seat, WaitingPlace]
    assert isinstance(scene.accept(scene.volunteer()), Seat)
    assert scene.counts == (3, 2, 1)


def test_the_database_keeps_it_too(scene: Scene) -> None:
    scene.accept(scene.invited())
    with pytest.raises(IntegrityError, match="reserved_is_kept"):
        scene.session.execute(sa.update(AdvisorySession).values(taken=3, taken_invited=3))


def test_what_is_said_when_only_volunteers_places_are_left(scene: Scene) -> None:
    for _ in range(2):
        scene.accept(scene.invited())
    late = scene.invited()
    with pytest.raises(NoPlaces, match="kept for suppliers that volunteered, until"):
        service.accept(
            scene.session,
            actor=late.team.actor,  # type: ignore[attr-defined]  # a test's short cut
            invitation=late,
            meeting=scene.meeting,
        )


def test_at_the_time_the_first_who_waits_gets_it(scene: Scene) -> None:
    invitations = [scene.invited() for _ in range(4)]
    for each in invitations:
        scene.accept(each)
    assert waiting.open_reserved(scene.session, meeting_id=scene.meeting.id) == []
    scene.meeting.reserved_until = clock.now() - timedelta(minutes=1)
    scene.session.flush()
    (offered,) = waiting.open_reserved(scene.session, meeting_id=scene.meeting.id)
    assert (offered.invitation_id, offered.state) == (invitations[2].id, SeatState.OFFERED)
    assert waiting.open_reserved(scene.session, meeting_id=scene.meeting.id) == []
    assert scene.counts == (3, 3, 0)


def test_after_the_time_an_acceptance_does_not_wait_for_the_job(scene: Scene) -> None:
    for _ in range(2):
        scene.accept(scene.invited())
    scene.meeting.reserved_until = clock.now() - timedelta(minutes=1)
    scene.session.flush()
    assert isinstance(scene.accept(scene.invited()), Seat)


class TestWhenTheTimeIsOver:
    """One place is taken, two are for volunteers until now, and two invited suppliers wait for them."""

    @pytest.fixture
    def waiting(self, scene: Scene) -> list[Invitation]:
        scene.change(reserved=2)
        scene.accept(scene.invited())
        found = [scene.invited(), scene.invited()]
        assert [type(scene.accept(each)) for each in found] == [WaitingPlace, WaitingPlace]
        scene.meeting.reserved_until = clock.now() - timedelta(minutes=1)
        scene.session.flush()
        return found

    def offered(self, scene: Scene) -> list[int]:
        query = sa.select(Seat.invitation_id).where(Seat.state == SeatState.OFFERED).order_by(Seat.id)
        return list(scene.session.scalars(query))

    def test_a_newcomer_overtakes_nobody(self, scene: Scene, waiting: list[Invitation]) -> None:
        assert isinstance(scene.accept(scene.invited()), WaitingPlace)
        assert self.offered(scene) == [each.id for each in waiting]
        assert scene.counts == (3, 3, 0)

    def test_who_waits_can_take_it_before_the_job(self, scene: Scene, waiting: list[Invitation]) -> None:
        seat = scene.accept(waiting[0])
        assert isinstance(seat, Seat)
        assert (seat.state, self.offered(scene)) == (SeatState.CONFIRMED, [waiting[1].id])

    def test_a_change_of_something_else_leaves_no_place_free(
        self, scene: Scene, waiting: list[Invitation]
    ) -> None:
        scene.change(agenda="Other questions")
        assert self.offered(scene) == [each.id for each in waiting]
        assert scene.counts == (3, 3, 0)

    def test_no_page_calls_them_free_while_somebody_waits(
        self, scene: Scene, waiting: list[Invitation]
    ) -> None:
        (shown,) = queries.public_sessions(scene.session, challenge_id=scene.meeting.challenge_id)
        assert (len(waiting), shown.free_for_invited) == (2, 0)


def test_a_place_given_up_goes_past_who_cannot_have_it(scene: Scene) -> None:
    seats = [scene.accept(scene.invited()), scene.accept(scene.invited()), scene.accept(scene.volunteer())]
    blocked, volunteer = scene.invited(), scene.volunteer()
    scene.accept(blocked)
    scene.accept(volunteer)
    own = seats[2]
    assert isinstance(own, Seat)
    service.release_seat(scene.session, actor=System(), seat=own)  # type: ignore[arg-type]  # engage itself
    live = sa.select(Seat.invitation_id).where(Seat.state == SeatState.OFFERED)
    assert list(scene.session.scalars(live)) == [volunteer.id]


def test_one_of_a_group_and_the_department_can_let_more(session: Session) -> None:
    scene = Scene(session, reserved=0, held_back=0, reserved_until=None)
    scene.accept(scene.invited(group="Severn Group"))
    sister = scene.invited(group="severn  group")
    with pytest.raises(GroupFull, match="takes one supplier of a corporate group"):
        scene.accept(sister)
    scene.accept(scene.invited())
    scene.change(group_limit=2)
    assert isinstance(scene.accept(sister), Seat)


@pytest.mark.parametrize("first", [True, False])
def test_a_profile_changed_after_the_invitation_evades_no_limit(session: Session, first: bool) -> None:
    scene = Scene(session, reserved=0, held_back=0, reserved_until=None)
    one, other = scene.invited(group="Severn Group"), scene.invited(group="Severn Group")
    (one if first else other).supplier.corporate_group = ""
    session.flush()
    scene.accept(one)
    with pytest.raises(GroupFull, match="takes one supplier of a corporate group"):
        scene.accept(other)


def test_after_the_last_moment_nobody_takes_a_place(session: Session) -> None:
    scene = Scene(session, closes_at=clock.now() - timedelta(minutes=1))
    with pytest.raises(Conflict, match="could be taken until"):
        scene.accept(scene.volunteer())


class TestCapacity:
    def test_more_places_promote_in_order(self, session: Session) -> None:
        scene = Scene(session, places=1, reserved=0, held_back=0, reserved_until=None)
        invitations = [scene.invited() for _ in range(3)]
        for each in invitations:
            scene.accept(each)
        scene.change(places=2)
        offered = sa.select(Seat.invitation_id).where(Seat.state == SeatState.OFFERED)
        assert list(session.scalars(offered)) == [invitations[1].id]

    def test_fewer_than_taken_is_refused_or_lowered_to_taken(self, scene: Scene) -> None:
        for _ in range(2):
            scene.accept(scene.volunteer())
        with pytest.raises(Invalid) as wrong:
            scene.change(places=1, reserved=0)
        assert wrong.value.fields == {"places": "2 places are already taken: enter 2 or more"}
        details = replace(service.details_of(scene.meeting), places=1, reserved=0)
        service.change(
            scene.session, actor=System(), meeting=scene.meeting, details=details, at_least_taken=True
        )
        assert scene.meeting.places == 2

    def test_more_for_volunteers_than_are_left_is_refused(self, scene: Scene) -> None:
        for _ in range(2):
            scene.accept(scene.invited())
        with pytest.raises(Invalid) as wrong:
            scene.change(reserved=2)
        assert list(wrong.value.fields) == ["reserved"]
        assert "keep 1 or fewer for volunteers" in str(wrong.value.fields["reserved"])
