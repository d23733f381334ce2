"""One-to-one talks: after an open session, on one set of terms, offered to every asker at once or to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import AskState, SeatState, SessionFormat, SessionState
from engage.advisory.errors import NoPlaces
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import SessionDetails, TalkTimes, one_to_one
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking import queries as invitations
from engage.matchmaking.enums import InvitationState, Origin
from engage.matchmaking.queries import Deviations, Summary, public_summary
from engage.matchmaking.service.letters import ASKED, reasons
from tests.factories import accounts, advisory
from tests.factories.advisory import SupplierTeam
from tests.support.records import letters

NONE = Deviations(pins=0, exclusions=0, ended=0, after_release=0, rate=0.0)
QUESTIONS = "What first?\nWhat does it cost?"


class Scene:
    """A challenge with an open session that was held."""

    def __init__(self, session: Session, *, held: SessionFormat = SessionFormat.BRIEFING) -> None:
        self.session = session
        self.challenge: Challenge = advisory.open_challenge(session)
        past = clock.now() - timedelta(days=2)
        advisory.meeting(
            session, challenge=self.challenge, starts_at=past, state=SessionState.HELD, format=held
        )
        self.actor: Actor = accounts.actor(
            session, Role.POLICY_AUTHOR, organisation=self.challenge.organisation
        )

    def terms(self, *, minutes: int = 30) -> None:
        service.set_terms(
            self.session,
            actor=self.actor,
            challenge=self.challenge,
            minutes=minutes,
            questions=QUESTIONS,
            ask_until=clock.now() + timedelta(days=3),
        )

    def asks(self) -> SupplierTeam:
        team = advisory.team(self.session)
        service.ask(self.session, actor=team.actor, challenge=self.challenge, supplier=team.supplier)
        return team

    def talks(self, number: int) -> Sequence[AdvisorySession]:
        first = clock.now().replace(microsecond=0) + timedelta(days=9)
        times = TalkTimes(first_at=first, number=number, pause=timedelta(minutes=10), place="Online")
        return service.schedule_talks(self.session, actor=self.actor, challenge=self.challenge, times=times)

    def over(self) -> None:
        """The last moment for asking has passed."""
        row = one_to_one.terms_of(self.session, challenge_id=self.challenge.id)
        assert row is not None
        row.ask_until = clock.now() - timedelta(minutes=1)
        self.session.flush()

    def takes(self, team: SupplierTeam, talk: AdvisorySession) -> Seat:
        found = invitations.invitation_of(
            self.session, challenge_id=self.challenge.id, supplier_id=team.supplier.id
        )
        assert found is not None
        return service.accept(self.session, actor=team.actor, invitation=found, meeting=talk)

    @property
    def free(self) -> int:
        return queries.free_talks(self.session, challenge_id=self.challenge.id)

    def offer(self) -> list[str]:
        offered = service.offer_talks(self.session, actor=self.actor, challenge=self.challenge)
        return [each.supplier.ref for each in offered]


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


@pytest.mark.parametrize("held", [SessionFormat.ONE_TO_ONE, SessionFormat.WRITTEN])
def test_only_after_an_open_session(session: Session, held: SessionFormat) -> None:
    with pytest.raises(Conflict, match="come after an open session"):
        Scene(session, held=held).terms()


def test_no_talk_is_scheduled_beside_the_terms(scene: Scene) -> None:
    begin = clock.now() + timedelta(days=9)
    details = SessionDetails(
        title="A quiet word",
        format=SessionFormat.ONE_TO_ONE,
        starts_at=begin,
        ends_at=begin + timedelta(minutes=45),
        places=1,
        agenda="Just between us",
    )

    def refused(**values: object) -> list[str]:
        with pytest.raises(Invalid) as wrong:
            service.schedule(
                scene.session,
                actor=scene.actor,
                challenge=scene.challenge,
                details=replace(details, **values),  # type: ignore[arg-type]  # a test's short cut
            )
        return list(wrong.value.fields)

    assert refused() == ["format"]
    scene.terms()
    right = {"ends_at": begin + timedelta(minutes=30)}
    assert (refused(), refused(**right), refused(**right, places=2)) == (["length"], ["agenda"], ["places"])


def test_everybody_who_asked_is_offered_one_or_nobody_is(scene: Scene) -> None:
    scene.terms()
    first, second = scene.asks(), scene.asks()
    scene.talks(1)
    with pytest.raises(Conflict, match="Suppliers can ask until"):
        scene.offer()
    scene.over()
    with pytest.raises(Conflict, match="Schedule one more first"):
        scene.offer()
    assert letters(scene.session) == []
    scene.talks(1)
    assert scene.offer() == [first.supplier.ref, second.supplier.ref]
    with pytest.raises(Conflict, match="could be asked for until"):
        scene.asks()
    told = [each.template for each in letters(scene.session)]
    assert told.count("talk_offered") == 2


def test_who_declined_before_is_offered_one_like_everybody(scene: Scene) -> None:
    scene.terms()
    team = scene.asks()
    run = advisory.run(scene.session, challenge=scene.challenge)
    declined = advisory.invitation(
        scene.session,
        challenge=scene.challenge,
        supplier=team.supplier,
        state=InvitationState.DECLINED,
        origin=Origin.MATCHED,
        run=run,
    )
    (talk,) = scene.talks(1)
    scene.over()
    scene.offer()
    assert (declined.state, declined.origin) == (InvitationState.SENT, Origin.ASKED)
    assert reasons(scene.session, declined) == [ASKED]
    assert public_summary(scene.session, challenge_id=scene.challenge.id) == Summary(0, 1, 0, NONE)
    seat = service.accept(
        scene.session,
        actor=team.actor,
        invitation=declined,
        meeting=talk,
    )
    assert (seat.session.format, seat.volunteered) == (SessionFormat.ONE_TO_ONE, False)


def test_who_did_not_ask_takes_no_talk(scene: Scene) -> None:
    scene.terms()
    scene.asks()
    (talk,) = scene.talks(1)
    team = advisory.team(scene.session)
    invited = advisory.invitation(scene.session, challenge=scene.challenge, supplier=team.supplier)
    with pytest.raises(Conflict, match="for the suppliers that asked"):
        service.accept(
            scene.session,
            actor=team.actor,
            invitation=invited,
            meeting=talk,
        )


def test_terms_stay_once_somebody_counts_on_them(scene: Scene) -> None:
    scene.terms()
    scene.terms(minutes=20)
    team = scene.asks()
    with pytest.raises(Conflict, match="count on these terms"):
        scene.terms(minutes=40)
    asked = queries.ask_of(scene.session, challenge_id=scene.challenge.id, supplier_id=team.supplier.id)
    assert asked is not None
    service.take_back(scene.session, actor=team.actor, asked=asked)
    service.take_back(scene.session, actor=team.actor, asked=asked)
    assert asked.state is AskState.WITHDRAWN
    scene.terms(minutes=40)


def test_an_offer_invites_who_was_not_invited(scene: Scene) -> None:
    scene.terms()
    team = scene.asks()
    scene.talks(1)
    scene.over()
    scene.offer()
    found = invitations.invitation_of(
        scene.session, challenge_id=scene.challenge.id, supplier_id=team.supplier.id
    )
    assert found is not None
    assert (found.state, found.origin) == (InvitationState.SENT, Origin.ASKED)
    (letter,) = letters(scene.session, "invitation")
    assert ASKED in " ".join(letter.text.split())
    assert "You offered to take part" not in letter.text


def test_who_asked_takes_no_place_that_is_kept_for_volunteers(scene: Scene) -> None:
    scene.terms()
    team = scene.asks()
    scene.talks(1)
    scene.over()
    scene.offer()
    soon = clock.now() + timedelta(days=1)
    kept = advisory.meeting(
        scene.session, challenge=scene.challenge, places=1, reserved=1, held_back=1, reserved_until=soon
    )
    with pytest.raises(NoPlaces, match="kept for suppliers that volunteered"):
        scene.takes(team, kept)


class TestOneTalkEach:
    """Two suppliers were offered a talk, and there are two."""

    @pytest.fixture
    def offered(self, scene: Scene) -> tuple[list[SupplierTeam], Sequence[AdvisorySession]]:
        scene.terms()
        teams = [scene.asks(), scene.asks()]
        talks = scene.talks(2)
        scene.over()
        scene.offer()
        return teams, talks

    def test_nobody_takes_a_second_one_after_the_first(
        self, scene: Scene, offered: tuple[list[SupplierTeam], Sequence[AdvisorySession]]
    ) -> None:
        (first, second), (one, other) = offered
        seat = scene.takes(first, one)
        seat.state, one.state = SeatState.ATTENDED, SessionState.HELD
        scene.session.flush()
        assert not queries.can_choose_talk(
            scene.session, challenge_id=scene.challenge.id, supplier_id=first.supplier.id
        )
        with pytest.raises(Conflict, match="has one talk, and you have yours"):
            scene.takes(first, other)
        assert (scene.free, scene.takes(second, other).state) == (0, SeatState.CONFIRMED)

    def test_who_no_longer_wants_it_gives_its_place_up(
        self, scene: Scene, offered: tuple[list[SupplierTeam], Sequence[AdvisorySession]]
    ) -> None:
        (first, _), (one, _) = offered
        seat = scene.takes(first, one)
        asked = queries.ask_of(scene.session, challenge_id=scene.challenge.id, supplier_id=first.supplier.id)
        assert (asked is not None, scene.free) == (True, 0)
        service.take_back(scene.session, actor=first.actor, asked=asked)  # type: ignore[arg-type]  # just asserted
        assert (seat.state, scene.free) == (SeatState.RELEASED, 1)

    def test_who_had_it_cannot_take_the_wish_back(
        self, scene: Scene, offered: tuple[list[SupplierTeam], Sequence[AdvisorySession]]
    ) -> None:
        (first, _), (one, _) = offered
        scene.takes(first, one)
        one.starts_at = clock.now() - timedelta(minutes=5)
        asked = queries.ask_of(scene.session, challenge_id=scene.challenge.id, supplier_id=first.supplier.id)
        with pytest.raises(Conflict, match="has taken place"):
            service.take_back(scene.session, actor=first.actor, asked=asked)  # type: ignore[arg-type]  # it is there

    def test_a_talk_that_somebody_needs_is_cancelled_once_there_is_another(
        self, scene: Scene, offered: tuple[list[SupplierTeam], Sequence[AdvisorySession]]
    ) -> None:
        teams, (one, other) = offered
        scene.takes(teams[0], one)
        for needed in (one, other):
            with pytest.raises(Conflict, match="Schedule another talk first"), scene.session.begin_nested():
                service.cancel(scene.session, actor=scene.actor, meeting=needed, reason="Ill")
        scene.talks(1)
        service.cancel(scene.session, actor=scene.actor, meeting=one, reason="Ill")
        assert (one.state, scene.free) == (SessionState.CANCELLED, 0)

    def test_who_cannot_answer_any_more_needs_none(
        self, scene: Scene, offered: tuple[list[SupplierTeam], Sequence[AdvisorySession]]
    ) -> None:
        (first, _), _ = offered
        found = invitations.invitation_of(
            scene.session, challenge_id=scene.challenge.id, supplier_id=first.supplier.id
        )
        assert found is not None
        found.state = InvitationState.EXPIRED
        scene.session.flush()
        assert scene.free == 1


@pytest.mark.parametrize("talk", [True, False])
def test_no_session_becomes_a_talk_or_the_other_way_round(scene: Scene, talk: bool) -> None:
    scene.terms()
    (meeting,) = scene.talks(1)
    if not talk:
        meeting = advisory.meeting(scene.session, challenge=scene.challenge, places=1, agenda=QUESTIONS)
        meeting.ends_at = meeting.starts_at + timedelta(minutes=30)
    now = service.details_of(meeting)
    other = SessionFormat.BRIEFING if talk else SessionFormat.ONE_TO_ONE
    with pytest.raises(Invalid) as wrong:
        service.change(scene.session, actor=scene.actor, meeting=meeting, details=replace(now, format=other))
    assert list(wrong.value.fields) == ["format"]


def test_when_who_asked_has_left_the_others_are_told(scene: Scene) -> None:
    scene.terms()
    team = scene.asks()
    colleague = accounts.member(scene.session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    team.membership.ended_at = clock.now()
    scene.talks(1)
    scene.over()
    scene.offer()
    assert [each.recipient for each in letters(scene.session, "talk_offered")] == [colleague.person.email]
