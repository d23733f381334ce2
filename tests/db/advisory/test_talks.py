"""One-to-one talks: after an open session, on one set of terms, offered to every asker at once or to nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import AskState, SessionFormat, SessionState
from engage.advisory.service import SessionDetails, TalkTimes, one_to_one
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking import queries as invitations
from engage.matchmaking.enums import InvitationState, Origin
from tests.factories import accounts, advisory
from tests.factories.advisory import SupplierTeam
from tests.support.records import letters

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

    def talks(self, number: int) -> Sequence[object]:
        first = clock.now().replace(microsecond=0) + timedelta(days=9)
        times = TalkTimes(first_at=first, number=number, pause=timedelta(minutes=10), place="Online")
        return service.schedule_talks(self.session, actor=self.actor, challenge=self.challenge, times=times)

    def over(self) -> None:
        """The last moment for asking has passed."""
        row = one_to_one.terms_of(self.session, challenge_id=self.challenge.id)
        assert row is not None
        row.ask_until = clock.now() - timedelta(minutes=1)
        self.session.flush()

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
    assert (declined.state, declined.origin) == (InvitationState.SENT, Origin.VOLUNTEERED)
    seat = service.accept(
        scene.session,
        actor=team.actor,
        invitation=declined,
        meeting=talk,  # type: ignore[arg-type]  # a test's short cut
    )
    assert seat.session.format is SessionFormat.ONE_TO_ONE


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
            meeting=talk,  # type: ignore[arg-type]  # a test's short cut
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
    assert (found.state, found.origin) == (InvitationState.SENT, Origin.VOLUNTEERED)
