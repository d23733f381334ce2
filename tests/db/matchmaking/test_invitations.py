"""Invitations: released once by a named person, answered, expired, withdrawn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.audit.models import AuditEvent
from engage.audit.queries import history
from engage.challenges.enums import ChallengeState
from engage.challenges.events import ChallengeWithdrawn
from engage.kernel import clock, events
from engage.kernel.actor import Actor, Role, System
from engage.kernel.db import new_session, unit_of_work
from engage.kernel.errors import Conflict, NotFound
from engage.matchmaking import jobs, queries, service
from engage.matchmaking.enums import HardRule, InvitationState, Origin, RunState
from engage.matchmaking.events import InvitationSent
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.service import invitations as life
from engage.matchmaking.service.letters import VOLUNTEERED
from engage.outbox.models import Letter
from engage.suppliers.models import Supplier
from tests.factories import accounts, advisory, challenges
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms

S, STATE = ChallengeState, InvitationState
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


@pytest.fixture
def market(session: Session) -> made.Market:
    """Everybody has an account; the two nearest are chosen."""
    found = made.market(session)
    made.everybody_has_people(session, found)
    return found


@pytest.fixture
def run(session: Session, market: made.Market) -> MatchRun:
    return made.run(session, market, first=2)


def letters(session: Session) -> list[Letter]:
    return list(session.scalars(sa.select(Letter).order_by(Letter.id)))


def states(session: Session, market: made.Market) -> dict[str, str]:
    found = queries.for_challenge(session, challenge_id=market.challenge.id)
    return {invitation.supplier.organisation.name: invitation.state.value for invitation in found}


@time_machine.travel(NOON, tick=False)
def test_releasing_tells_the_chosen_and_records_who_did_it(
    session: Session, market: made.Market, run: MatchRun
) -> None:
    market.challenge.closes_on = date(2026, 6, 1)
    colleague = firms.member(session, market.best)
    actor = made.author(session, market)
    released = service.release(session, actor=actor, run=run)
    assert (len(released.sent), released.waiting, released.left_out) == (2, [], {})
    assert states(session, market) == {made.BEST: "sent", "Gauge Works": "sent"}
    assert (run.state, run.released_by_id, run.released_at) == (RunState.RELEASED, actor.person_id, NOON)
    best = queries.invitation(session, ref=released.sent[0].ref)
    assert (best.supplier, best.origin, best.run_id) == (market.best, Origin.MATCHED, run.id)
    assert best.expires_at == datetime(2026, 3, 17, 23, 59, tzinfo=UTC)
    sent = letters(session)
    assert len(sent) == 3
    assert [letter.recipient for letter in sent[:2]][1] == colleague.person.email
    assert (sent[0].challenge_ref, sent[0].audience) == (market.challenge.ref, f"supplier:{market.best.ref}")
    assert [line.tag for line in history(session, subject=f"run:{run.ref}")][-1] == "matchmaking:run:released"
    assert [line.tag for line in history(session, subject=f"invitation:{best.ref}")] == [
        "matchmaking:invitation:held",
        "matchmaking:invitation:sent",
    ]


def test_the_letter_says_why_and_until_when_and_nothing_of_others(
    session: Session, market: made.Market, run: MatchRun
) -> None:
    service.release(session, actor=made.author(session, market), run=run)
    letter = letters(session)[0]
    invitation = queries.invitation_of(session, challenge_id=market.challenge.id, supplier_id=market.best.id)
    assert invitation is not None
    for part in (
        "Earlier flood warnings",
        "River Office invites Floodwise Ltd",
        run.candidates[0].why,
        "never counts for or against you",
        f"http://engage.test/supplier/invitations/{invitation.ref}",
        f"http://engage.test/challenges/{market.challenge.ref}",
    ):
        assert part in letter.text
    assert [name for name in made.TEXTS if name != made.BEST and name in letter.text + letter.html] == []


def test_releasing_twice_sends_once(session: Session, market: made.Market, run: MatchRun) -> None:
    actor = made.author(session, market)
    service.release(session, actor=actor, run=run)
    before = len(letters(session)), session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    again = service.release(session, actor=actor, run=run)
    assert (again.sent, again.waiting) == ([], [])
    assert (
        len(letters(session)),
        session.scalar(sa.select(sa.func.count()).select_from(AuditEvent)),
    ) == before


def test_an_invitation_closes_with_the_challenge_at_the_latest(session: Session) -> None:
    with time_machine.travel(NOON, tick=False):
        soon = challenges.challenge(session, closes_on=date(2026, 3, 5))
        assert life.last_moment(soon) == datetime(2026, 3, 5, 23, 59, tzinfo=UTC)
        endless = challenges.challenge(session, closes_on=None)
        assert life.last_moment(endless) == datetime(2026, 3, 17, 23, 59, tzinfo=UTC)
    with time_machine.travel(datetime(2026, 3, 20, tzinfo=UTC), tick=False):
        assert life.last_moment(endless) == datetime(2026, 4, 3, 22, 59, tzinfo=UTC)  # summer time


@pytest.mark.parametrize("change", ["nobody", "not open", "past", "new text", "replaced"])
def test_what_stands_in_the_way_of_a_release(
    session: Session, market: made.Market, run: MatchRun, change: str
) -> None:
    if change == "nobody":
        made.choose_first(session, run, 0)
    elif change == "not open":
        market.challenge.state = S.FINDINGS_DUE
    elif change == "past":
        market.challenge.closes_on = clock.uk_today() - timedelta(days=1)
    elif change == "new text":
        version = market.challenge.versions[0]
        market.challenge.approved_hash = version.content_hash = "0" * 64
    else:
        made.run(session, market)
    session.flush()
    with pytest.raises(Conflict):
        service.release(session, actor=made.author(session, market), run=run)
    assert (letters(session), states(session, market)) == ([], {})


def test_the_rules_are_checked_again_at_the_release(
    session: Session, market: made.Market, run: MatchRun
) -> None:
    market.best.paused = True
    session.flush()
    released = service.release(session, actor=made.author(session, market), run=run)
    assert (len(released.sent), released.left_out) == (1, {HardRule.PAUSED: 1})
    assert states(session, market) == {"Gauge Works": "sent"}


def test_a_supplier_without_people_waits_until_somebody_can_read(session: Session) -> None:
    market = made.market(session)
    run = made.run(session, market, first=1)
    released = service.release(session, actor=made.author(session, market), run=run)
    assert (released.sent, len(released.waiting), letters(session)) == ([], 1, [])
    held = released.waiting[0]
    with pytest.raises(NotFound):
        queries.invitation(session, ref=held.ref)
    assert service.send_waiting(session, actor=System()) == 0
    unread = firms.member(session, market.best)
    unread.person.email_verified_at = None
    session.flush()
    assert service.send_waiting(session, actor=System()) == 0
    unread.person.email_verified_at = clock.now()
    session.flush()
    assert service.send_waiting(session, actor=System()) == 1
    assert (held.state, len(letters(session))) == (STATE.SENT, 1)
    assert service.send_waiting(session, actor=System()) == 0


def test_a_second_wave_invites_others(session: Session, market: made.Market, run: MatchRun) -> None:
    actor = made.author(session, market)
    service.release(session, actor=actor, run=run)
    again = made.run(session, market)
    assert run.state is RunState.SUPERSEDED
    third = again.candidates[2].supplier
    made.choose_first(session, again, 3)
    service.release(session, actor=actor, run=again)
    assert states(session, market) == {
        made.BEST: "sent",
        "Gauge Works": "sent",
        third.organisation.name: "sent",
    }
    assert len(letters(session)) == 3


class TestInvite:
    def test_a_volunteer_is_told_at_once(self, session: Session, market: made.Market) -> None:
        seen: list[int] = []
        team = advisory.team(session)
        events_before = events._handlers.get(InvitationSent, ())
        events._handlers[InvitationSent] = (lambda _, event: seen.append(event.invitation_id),)
        try:
            invitation = service.invite(
                session,
                actor=made.author(session, market),
                challenge=market.challenge,
                supplier=team.supplier,
            )
        finally:
            events._handlers[InvitationSent] = events_before
        assert (invitation.state, invitation.origin, seen) == (
            STATE.SENT,
            Origin.VOLUNTEERED,
            [invitation.id],
        )
        assert VOLUNTEERED in letters(session)[0].text

    def test_nobody_is_invited_twice(self, session: Session, market: made.Market) -> None:
        service.invite(session, actor=System(), challenge=market.challenge, supplier=market.best)
        with pytest.raises(Conflict, match="already been invited"):
            service.invite(session, actor=System(), challenge=market.challenge, supplier=market.best)
        assert len(letters(session)) == 1

    @pytest.mark.parametrize("state", [S.DRAFT, S.APPROVED, S.FINDINGS_DUE, S.CLOSED])
    def test_only_to_an_open_challenge(
        self, session: Session, market: made.Market, state: ChallengeState
    ) -> None:
        other = challenges.challenge(session, state=state)
        with pytest.raises(Conflict):
            service.invite(session, actor=System(), challenge=other, supplier=market.best)

    def test_only_a_verified_supplier(self, session: Session, market: made.Market) -> None:
        market.best.organisation.state = OrganisationState.SUSPENDED
        with pytest.raises(Conflict):
            service.invite(session, actor=System(), challenge=market.challenge, supplier=market.best)


@pytest.fixture
def invitation(session: Session, market: made.Market) -> Invitation:
    return service.invite(session, actor=System(), challenge=market.challenge, supplier=market.best)


class TestAnswers:
    def test_accepting_twice_is_recorded_once(self, session: Session, invitation: Invitation) -> None:
        actor = accounts.actor(session, Role.SUPPLIER_EXPERT, organisation=invitation.supplier.organisation)
        for _ in range(2):
            service.mark_accepted(session, actor=actor, invitation=invitation)
        assert (invitation.state, invitation.answered_by_id) == (STATE.ACCEPTED, actor.person_id)
        tags = [line.tag for line in history(session, subject=f"invitation:{invitation.ref}")]
        assert tags.count("matchmaking:invitation:accepted") == 1

    def test_declining_keeps_the_reason_out_of_the_audit_trail(
        self, session: Session, invitation: Invitation
    ) -> None:
        actor = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=invitation.supplier.organisation)
        service.mark_declined(session, actor=actor, invitation=invitation, reason="Ann is on leave")
        assert (invitation.state, invitation.decline_reason) == (STATE.DECLINED, "Ann is on leave")
        last = history(session, subject=f"invitation:{invitation.ref}")[-1]
        assert (last.details["gave_reason"], "Ann" in last.payload) == (True, False)
        with pytest.raises(Conflict):
            service.mark_accepted(session, actor=actor, invitation=invitation)

    def test_who_accepted_can_still_decline(self, session: Session, invitation: Invitation) -> None:
        actor = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=invitation.supplier.organisation)
        service.mark_accepted(session, actor=actor, invitation=invitation)
        assert service.mark_declined(session, actor=actor, invitation=invitation).state is STATE.DECLINED

    @pytest.mark.parametrize("late", ["expired", "closed"])
    def test_too_late_is_too_late(self, session: Session, invitation: Invitation, late: str) -> None:
        actor = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=invitation.supplier.organisation)
        if late == "expired":
            invitation.expires_at = clock.now()
        else:
            invitation.challenge.state = S.CLOSED
        session.flush()
        with pytest.raises(Conflict):
            service.mark_accepted(session, actor=actor, invitation=invitation)
        assert invitation.state is STATE.SENT


def test_withdrawing_a_challenge_takes_its_invitations_back(
    session: Session, market: made.Market, run: MatchRun
) -> None:
    actor = made.author(session, market)
    service.release(session, actor=actor, run=run)
    best, gauge = queries.for_challenge(session, challenge_id=market.challenge.id)
    people = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=best.supplier.organisation)
    service.mark_accepted(session, actor=people, invitation=best)
    market.challenge.state, market.challenge.withdrawn_reason = S.WITHDRAWN, "The policy changed."
    market.challenge.withdrawn_at = clock.now()
    session.flush()
    events.emit(session, ChallengeWithdrawn(market.challenge.id, was_public=True))
    assert states(session, market) == {made.BEST: "withdrawn", "Gauge Works": "withdrawn"}
    assert run.state is RunState.SUPERSEDED
    told = [letter for letter in letters(session) if letter.template == "invitation_withdrawn"]
    assert [letter.audience for letter in told] == [f"supplier:{gauge.supplier.ref}"]
    assert "The challenge was withdrawn." in told[0].text


class TestReading:
    def test_a_supplier_sees_its_own_and_only_what_was_sent(
        self, session: Session, market: made.Market, run: MatchRun
    ) -> None:
        service.release(session, actor=made.author(session, market), run=run)
        lonely = firms.supplier(session, name="Lonely")
        service.invite(session, actor=System(), challenge=market.challenge, supplier=lonely)
        own = queries.invitations_for(session, supplier_id=market.best.id)
        assert [each.supplier_id for each in own] == [market.best.id]
        assert queries.invitations_for(session, supplier_id=lonely.id) == []
        assert len(queries.for_challenge(session, challenge_id=market.challenge.id)) == 3


def test_the_job_closes_what_nobody_answered(
    session: Session, invitation: Invitation, market: made.Market
) -> None:
    other = service.invite(
        session, actor=System(), challenge=market.challenge, supplier=market.suppliers["Roof Right"]
    )
    invitation.expires_at = clock.now()
    session.flush()
    jobs.expire(timestamp=0)
    session.expire_all()
    assert (invitation.state, other.state) == (STATE.EXPIRED, STATE.SENT)
    last = history(session, subject=f"invitation:{invitation.ref}")[-1]
    assert (last.tag, last.actor_name) == ("matchmaking:invitation:expired", "engage")


@pytest.mark.usefixtures("committed")
class TestAtOnce:
    """Real connections that meet."""

    def prepare(self, *, capacity: int = 4) -> tuple[Actor, list[int]]:
        """Two matched challenges of one department that both have chosen the best supplier; the ids of both."""
        with unit_of_work() as session:
            market = made.market(session)
            market.best.capacity_per_quarter = capacity
            made.everybody_has_people(session, market)
            run = made.run(session, market)
            other = challenges.challenge(
                session,
                state=S.PUBLISHED,
                organisation=market.department,
                expertise="River gauges and flood warning sirens.",
            )
            made.choose_first(session, service.run(session, actor=System(), challenge=other), 1)
            made.choose_first(session, run, 2)
            return made.author(session, market), [market.challenge.id, other.id]

    def released(self, actor: Actor, challenge_id: int) -> int:
        with unit_of_work() as session:
            run = queries.run_of(session, challenge_id=challenge_id)
            return len(service.release(session, actor=actor, run=run).sent)

    def test_one_of_two_releases_sends(self) -> None:
        actor, (first, _) = self.prepare()
        with ThreadPoolExecutor(2) as pool:
            done = sorted(pool.map(lambda _: self.released(actor, first), range(2)))
        assert done == [0, 2]
        with new_session() as session:
            assert len(letters(session)) == 2

    def test_two_challenges_do_not_overfill_a_supplier(self) -> None:
        actor, both = self.prepare(capacity=1)
        with ThreadPoolExecutor(2) as pool:
            done = sorted(pool.map(lambda challenge_id: self.released(actor, challenge_id), both))
        assert done in ([0, 2], [1, 1])
        with new_session() as session:
            best = (
                sa.select(Supplier.id)
                .join(Organisation)
                .where(Organisation.name == made.BEST)
                .scalar_subquery()
            )
            invited = sa.select(sa.func.count()).where(Invitation.supplier_id == best)
            assert session.scalar(invited) == 1
