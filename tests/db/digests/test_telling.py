"""Who was told of a challenge is told that it changed, was withdrawn or ended early: each once, and nobody else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory.models import AdvisorySession, Seat
from engage.challenges import service
from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.models import Challenge, ChallengeVersion
from engage.digests.enums import Matter, SubscriptionState
from engage.digests.jobs import rewrite
from engage.digests.models import DigestIssue, Subscription
from engage.digests.service import Digest, tell_subscribers, write_digest
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.ledger.enums import EVERYONE
from engage.ledger.models import Disclosure
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter
from engage.outbox.service import delivery
from tests.db.challenges.trail import Team
from tests.factories import accounts, advisory, consultation, digests
from tests.support.queue import run_waiting
from tests.support.records import letters

_I = InvitationState
WHY = "We counted again: it is one in four."
HOUR = timedelta(hours=1)


class World:
    """A challenge that everybody below was told of, each in another way, and some who were not."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.team = Team(session)
        self.challenge: Challenge = self.team.published()
        service.start_engaging(session, actor=self.team.author, challenge=self.challenge)
        self.meeting: AdvisorySession = advisory.meeting(session, challenge=self.challenge)
        teams = {name: advisory.team(session, name=name) for name in (
            "invited", "seated", "accepted", "volunteer", "asker", "declined", "gone", "stranger",
        )}  # fmt: skip
        self.teams = teams
        self.colleague = accounts.member(
            session, Role.SUPPLIER_EXPERT, organisation=teams["invited"].supplier.organisation
        ).person
        self.invitations: dict[str, Invitation] = {
            name: advisory.invitation(
                session, challenge=self.challenge, supplier=teams[name].supplier, state=state,
                answered_at=clock.now() if state is _I.ACCEPTED else None,
            )
            for name, state in (
                ("invited", _I.SENT), ("accepted", _I.ACCEPTED), ("seated", _I.ACCEPTED), ("declined", _I.DECLINED),
            )
        }  # fmt: skip
        self.seat: Seat = advisory.seat(
            session, meeting=self.meeting, team=teams["seated"], invitation_row=self.invitations["seated"]
        )
        self.offer = advisory.offer(session, challenge=self.challenge, team=teams["volunteer"])
        # Who is invited asked and volunteered too: one letter all the same.
        for name in ("asker", "invited", "gone"):
            consultation.question(session, challenge=self.challenge, team=teams[name])
        session.get_one(Membership, teams["gone"].membership.id).ended_at = clock.now()
        self.readers = {
            name: digests.subscription(session, email=f"{name}@reader.test", covered_until=clock.now() - HOUR)
            for name in ("told", "waiting", "ended", "untold")
        }
        self.readers["double"] = digests.subscription(
            session, email=teams["asker"].person.email.upper(), covered_until=clock.now() - HOUR
        )
        session.flush()

    def digest(self, *names: str, sent: bool) -> dict[str, Digest]:
        """Write the digests of these readers in ten days, and send them or not."""
        found: dict[str, Digest] = {}
        for name in names:
            issue = write_digest(self.session, subscription_id=self.readers[name].id, now=clock.now())
            assert issue is not None
            assert issue.letter_id is not None
            found[name] = issue
            if sent:
                letter = self.session.get_one(Letter, issue.letter_id)
                letter.state, letter.sent_at = LetterState.SENT, clock.now()
        self.session.flush()
        return found

    def change(self, *, material: bool = True, **answers: object) -> ChallengeVersion:
        author, made = self.team.author, self.challenge
        service.open_revision(self.session, actor=author, challenge=made)
        new = answers or {"problem": "One in four booked seats travels empty."}
        service.save_answers(self.session, actor=author, challenge=made, answers=new)
        version = service.submit_revision(
            self.session, actor=author, challenge=made, material=material, reason=WHY
        )
        service.approve_revision(
            self.session,
            actor=self.team.approver,
            challenge=made,
            content_hash=version.content_hash,
            version_read=version.number,
        )
        return service.publish_revision(self.session, actor=author, challenge=made)

    def emails(self, *names: str) -> set[str]:
        return {self.teams[name].person.email for name in names}

    def run_jobs(self) -> None:
        """Do what was deferred for subscribers."""
        waiting = sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'digests.tell' ORDER BY id")
        for arguments in self.session.scalars(waiting).all():
            values = {**arguments, "matter": Matter(arguments["matter"])}
            tell_subscribers(self.session, **values)
        run_waiting(self.session, rewrite.name)

    def told(self, template: str) -> Counter[str]:
        return Counter(letter.recipient.lower() for letter in letters(self.session, template))


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


LATER = timedelta(days=10)


class TestAMaterialChange:
    def test_everyone_who_was_told_gets_one_letter(self, session: Session, world: World) -> None:
        with time_machine.travel(clock.now() + LATER):
            world.digest("told", "ended", "double", sent=True)
            world.readers["ended"].state = SubscriptionState.ENDED
            session.flush()
            world.change()
            world.run_jobs()
            world.run_jobs()  # a worker that died has its job run again
        people = world.emails("invited", "seated", "accepted", "volunteer", "asker") | {world.colleague.email}
        assert world.told("challenge_changed") == Counter({*people, "told@reader.test"})

    def test_the_letter_has_reason_difference_and_link(self, session: Session, world: World) -> None:
        world.change()
        found = {letter.recipient: letter for letter in letters(session, "challenge_changed")}
        asker = found[world.teams["asker"].person.email]
        ref = world.challenge.ref
        assert asker.subject == "The text changed: Fewer empty seats"
        for part in (
            WHY,
            "One in five booked seats travels empty.",
            "One in four booked seats travels empty.",
            f"/challenges/{ref}/changes",
        ):
            assert part in asker.text
        assert [asker.html.count(tag) for tag in ("<del", "<ins")] == [1, 1]
        assert (asker.fact, asker.audience) == (
            f"version:{ref}/2", f"supplier:{world.teams['asker'].supplier.ref}",
        )  # fmt: skip
        assert "/confirm" not in asker.text

    def test_who_accepted_is_asked_to_confirm(self, session: Session, world: World) -> None:
        world.change()
        found = {letter.recipient: letter for letter in letters(session, "challenge_changed")}
        for name in ("seated", "accepted"):
            letter = found[world.teams[name].person.email]
            assert letter.subject == "Confirm your place, the text changed: Fewer empty seats"
            assert f"/supplier/invitations/{world.invitations[name].ref}/confirm" in letter.text
        sent = found[world.teams["invited"].person.email]
        assert f"/supplier/invitations/{world.invitations['invited'].ref}\n" in sent.text
        assert [invitation.reopened for invitation in world.invitations.values()] == [
            False,
            True,
            True,
            False,
        ]

    def test_a_digest_that_waits_is_written_anew_and_its_reader_told_nothing_else(
        self, session: Session, world: World
    ) -> None:
        with time_machine.travel(clock.now() + LATER):
            before = world.digest("waiting", sent=False)["waiting"].letter_id
            world.change(title="Fewer empty seats on Sundays")
            world.run_jobs()
        issue = session.scalars(sa.select(DigestIssue)).one()
        old, new = session.get_one(Letter, before), session.get_one(Letter, issue.letter_id)
        assert (old.state, new.state) == (LetterState.CANCELLED, LetterState.QUEUED)
        assert ("Fewer empty seats on Sundays" in new.text, new.id != old.id) == (True, True)
        assert world.told("challenge_changed")["waiting@reader.test"] == 0

    def test_each_change_is_told_anew(self, world: World) -> None:
        world.change()
        world.change(problem="One in three.")
        email = world.teams["asker"].person.email
        assert world.told("challenge_changed")[email] == 2

    def test_who_was_told_stands_in_the_ledger(self, session: Session, world: World) -> None:
        world.change()
        asker = next(
            letter
            for letter in letters(session, "challenge_changed")
            if letter.recipient == world.teams["asker"].person.email
        )
        while (claimed := delivery.claim(session)) is not None:
            delivery.sent(session, claimed)
        line = session.scalars(
            sa.select(Disclosure).where(
                Disclosure.fact == f"version:{world.challenge.ref}/2", Disclosure.audience == asker.audience
            )
        ).one()
        assert line.challenge_ref == world.challenge.ref


def test_a_minor_change_is_told_to_nobody_and_asks_nobody(session: Session, world: World) -> None:
    before = [letter.id for letter in letters(session)]
    with time_machine.travel(clock.now() + LATER):
        world.digest("told", sent=True)
        world.change(material=False)
        world.run_jobs()
    assert world.told("challenge_changed") == Counter()
    assert [each.reopened for each in world.invitations.values()] == [False] * 4
    assert len(letters(session)) > len(before)


class TestWithdrawing:
    def test_everyone_who_was_told_hears_of_it_once_with_the_reason(
        self, session: Session, world: World
    ) -> None:
        with time_machine.travel(clock.now() + LATER):
            world.meeting.starts_at += LATER
            world.meeting.ends_at += LATER
            world.digest("told", "double", sent=True)
            waiting = world.digest("waiting", sent=False)["waiting"]
            world.challenge.closes_on = clock.uk_today() + LATER
            session.flush()
            reason = "Ministers decided otherwise."
            service.withdraw(session, actor=world.team.author, challenge=world.challenge, reason=reason)
            world.run_jobs()
            world.run_jobs()
        everyone = [letter for letter in letters(session) if reason in letter.text]
        people = world.emails("invited", "seated", "accepted", "volunteer", "asker") | {world.colleague.email}
        assert Counter(letter.recipient.lower() for letter in everyone) == Counter(
            {*people, "told@reader.test"}
        )
        kinds = {letter.recipient: letter.template for letter in everyone}
        assert [kinds[world.teams[name].person.email] for name in ("invited", "seated", "volunteer")] == [
            "invitation_withdrawn", "session_cancelled", "offer_declined",
        ]  # fmt: skip
        assert kinds[world.teams["accepted"].person.email] == "challenge_withdrawn"
        assert waiting.letter_id is None
        assert "you can choose one" not in next(
            letter.text for letter in everyone if letter.template == "session_cancelled"
        )

    def test_who_knew_it_before_it_was_taken_from_view_hears_of_it_too(
        self, session: Session, world: World
    ) -> None:
        reason = "Ministers decided otherwise."
        with time_machine.travel(clock.now() + LATER):
            world.digest("told", "double", sent=True)
            change = service.propose_route(
                session,
                actor=world.team.author,
                challenge=world.challenge,
                to=Route.PRELIMINARY_MARKET_ENGAGEMENT,
                purposes=[EngagementPurpose.TERMS],
                reason="A procurement is planned now.",
            )
            service.make_route_change(session, actor=world.team.approver, change=change)
            service.withdraw(session, actor=world.team.author, challenge=world.challenge, reason=reason)
            world.run_jobs()
            world.run_jobs()
        assert world.challenge.is_public is False
        everyone = [letter for letter in letters(session) if reason in letter.text]
        people = world.emails("invited", "seated", "accepted", "volunteer", "asker") | {world.colleague.email}
        assert Counter(letter.recipient.lower() for letter in everyone) == Counter(
            {*people, "told@reader.test"}
        )
        told = next(letter for letter in everyone if letter.recipient == "told@reader.test")
        assert "Its page is no longer public." in told.text
        assert [f"/challenges/{world.challenge.ref}" in part for part in (told.text, told.html)] == [
            False,
            False,
        ]
        to_everyone = sa.select(Disclosure).where(
            Disclosure.fact == f"withdrawal:{world.challenge.ref}", Disclosure.audience == EVERYONE
        )
        assert session.scalars(to_everyone).all() == []

    def test_nobody_is_told_of_what_was_never_public(self, session: Session) -> None:
        team = Team(session)
        made = team.approved()
        before = len(letters(session))
        service.withdraw(session, actor=team.author, challenge=made, reason="Ministers decided otherwise.")
        assert len(letters(session)) == before


class TestEndingEarly:
    def test_everyone_who_was_told_hears_of_it_once(self, session: Session, world: World) -> None:
        reason = "Forty suppliers told us the same."
        service.end_early(session, actor=world.team.author, challenge=world.challenge, reason=reason)
        people = world.emails("invited", "seated", "accepted", "volunteer", "asker") | {world.colleague.email}
        everyone = Counter(letter.recipient for letter in letters(session) if reason in letter.text)
        assert everyone == Counter(people)
        assert [each.state for each in world.invitations.values()] == [
            _I.WITHDRAWN, _I.ACCEPTED, _I.ACCEPTED, _I.DECLINED,
        ]  # fmt: skip
        assert (world.challenge.state, world.challenge.ended_early_reason) == (
            ChallengeState.FINDINGS_DUE,
            reason,
        )

    def test_a_session_that_has_begun_goes_on(self, session: Session, world: World) -> None:
        world.meeting.starts_at = clock.now() - timedelta(minutes=10)
        session.flush()
        service.end_early(session, actor=world.team.author, challenge=world.challenge, reason="Enough.")
        assert (world.meeting.state.value, world.seat.state.value) == ("scheduled", "confirmed")

    def test_after_the_closing_date_it_is_not_early(self, session: Session, world: World) -> None:
        with (
            time_machine.travel(clock.now() + timedelta(days=40)),
            pytest.raises(Exception, match="has passed"),
        ):
            service.end_early(session, actor=world.team.author, challenge=world.challenge, reason="Enough.")
        assert world.challenge.state is ChallengeState.ENGAGING


def test_the_readers_are_found_whatever_their_number(session: Session, world: World) -> None:
    """So many subscribers make one job for each two hundred, and the change itself writes to none of them."""
    with time_machine.travel(clock.now() + LATER):
        for number in range(3):
            world.readers[f"more {number}"] = digests.subscription(
                session, covered_until=clock.now() - LATER - HOUR
            )
        world.digest("told", "more 0", "more 1", "more 2", sent=True)
        world.change()
    arguments = session.scalars(
        sa.text("SELECT args FROM procrastinate_jobs WHERE task_name = 'digests.tell'")
    ).all()
    ids = sorted(
        subscription.id for name, subscription in world.readers.items() if name[:4] in ("told", "more")
    )
    assert [each["subscription_ids"] for each in arguments] == [ids]
    assert isinstance(world.readers["told"], Subscription)
