"""What waits to be sent when a challenge goes out of view never leaves; who heard nothing is told nothing."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges import service
from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.models import Challenge
from engage.digests.enums import Matter, SubscriptionState
from engage.digests.models import Subscription
from engage.digests.service import tell_subscribers
from engage.kernel.actor import System
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.service import letters as inviting
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter
from tests.db.challenges.trail import Team
from tests.factories import advisory, digests
from tests.support.records import letters

NOTICE = ("012345-2026", "ocds-h6vhtk-0abc12")


class World:
    """A public challenge, somebody whose invitation has left and somebody whose invitation still waits."""

    def __init__(self, session: Session) -> None:
        self.session, self.team = session, Team(session)
        self.challenge: Challenge = self.team.published()
        service.start_engaging(session, actor=self.team.author, challenge=self.challenge)
        self.heard, self.unheard = (
            advisory.team(session, name="heard"),
            advisory.team(session, name="unheard"),
        )
        for each in (self.heard, self.unheard):
            invitation = advisory.invitation(
                session, challenge=self.challenge, supplier=each.supplier, state=InvitationState.SENT
            )
            inviting.tell(session, sender=System(), invitation=invitation)
        sent = self.letters_to("heard", "invitation")[0]
        sent.state, sent.sent_at = LetterState.SENT, sent.created_at
        session.flush()

    def letters_to(self, name: str, template: str) -> list[Letter]:
        email = getattr(self, name).person.email
        return [one for one in letters(self.session, template) if one.recipient == email]

    def change_route(self) -> None:
        change = service.propose_route(
            self.session,
            actor=self.team.author,
            challenge=self.challenge,
            to=Route.PRELIMINARY_MARKET_ENGAGEMENT,
            purposes=[EngagementPurpose.SUPPLIERS],
            reason="It will be bought.",
        )
        service.make_route_change(self.session, actor=self.team.approver, change=change)

    def come_back(self) -> None:
        number, ocid = NOTICE
        service.record_notice(
            self.session, actor=self.team.author, challenge=self.challenge, notice_number=number, ocid=ocid
        )
        service.publish(self.session, actor=self.team.author, challenge=self.challenge)


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def states(found: list[Letter]) -> list[str]:
    return [one.state.value for one in found]


def test_out_of_view_the_invitation_that_waits_is_cancelled_and_its_reader_hears_nothing(
    world: World,
) -> None:
    world.change_route()
    world.session.expire_all()
    (waiting,) = world.letters_to("unheard", "invitation")
    assert (waiting.state, waiting.steps[-1].note) == (
        LetterState.CANCELLED, "The page is out of view until the notice is published.",
    )  # fmt: skip
    assert states(world.letters_to("heard", "invitation")) == ["sent"]
    assert len(world.letters_to("heard", "engagement_paused")) == 1
    assert world.letters_to("unheard", "engagement_paused") == []


def test_back_in_view_it_is_written_again_to_who_did_not_get_it(world: World) -> None:
    world.change_route()
    world.come_back()
    world.session.expire_all()
    assert world.challenge.state is ChallengeState.ENGAGING
    assert states(world.letters_to("unheard", "invitation")) == ["cancelled", "queued"]
    assert states(world.letters_to("heard", "invitation")) == ["sent"]


@pytest.mark.parametrize("end", [service.withdraw, service.end_early])
def test_withdrawn_or_ended_who_was_never_invited_hears_of_no_end_either(world: World, end: object) -> None:
    assert callable(end)
    end(
        world.session,
        actor=world.team.author,
        challenge=world.challenge,
        reason="Ministers decided otherwise.",
    )
    world.session.expire_all()
    waiting = [one for one in letters(world.session) if one.state is LetterState.QUEUED]
    told = Counter(one.recipient for one in waiting if "Ministers decided otherwise." in one.text)
    assert told == Counter([world.heard.person.email])
    assert states(world.letters_to("unheard", "invitation")) == ["cancelled"]


def test_subscribers_are_told_nothing_while_the_challenge_is_not_public(
    session: Session, world: World
) -> None:
    reader = digests.subscription(session)
    world.change_route()

    def tell(matter: Matter, version: int | None) -> int:
        return tell_subscribers(
            session,
            matter=matter,
            challenge_id=world.challenge.id,
            version=version,
            subscription_ids=[reader.id],
        )

    assert world.challenge.is_public is False
    assert tell(Matter.CHANGED, 1) == 0
    assert [one for one in letters(session) if one.recipient == reader.email] == []


def test_the_letters_to_subscribers_that_wait_are_cancelled_too(session: Session, world: World) -> None:
    reader: Subscription = digests.subscription(session)
    assert reader.state is SubscriptionState.ACTIVE
    waiting = inviting_letter(session, world, reader)
    world.change_route()
    session.expire_all()
    assert waiting.state is LetterState.CANCELLED


def inviting_letter(session: Session, world: World, reader: Subscription) -> Letter:
    """A letter that tells a subscriber of a change and waits."""
    from tests.factories.letters import letter

    made = letter(session, to=reader.email, challenge_ref=world.challenge.ref)
    session.execute(sa.update(Letter).where(Letter.id == made.id).values(template="challenge_changed"))
    session.refresh(made)
    return made
