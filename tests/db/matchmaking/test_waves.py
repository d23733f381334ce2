"""Waves: what goes out together, and who steps in for a place that becomes free, by itself or after a release."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership
from engage.audit.queries import history
from engage.challenges.enums import ChallengeState
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.matchmaking import queries, service
from engage.matchmaking.enums import HardRule, InvitationState, Origin
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.service import WaveTerms
from engage.matchmaking.service.letters import NEXT_IN_LINE
from engage.outbox.models import Letter
from engage.suppliers.models import Supplier
from tests.factories import accounts
from tests.factories import selection as made

STATE = InvitationState
NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
HELD = WaveTerms(alternates_follow=False)


def released(session: Session, *best: Supplier, terms: WaveTerms | None = None, **asked: object) -> MatchRun:
    """A match whose invitations are out; the best first."""
    run = made.planned(session, {firm: 9.0 - place for place, firm in enumerate(best)}, **asked)
    service.release(session, actor=made.author(session, run), run=run, terms=terms or WaveTerms())
    return run


def again(session: Session, former: MatchRun, *best: Supplier) -> MatchRun:
    """The next match of the same challenge, with its plan."""
    service.supersede(session, actor=made.ROBOT, challenge=former.challenge)
    scores = {firm: 9.0 - place for place, firm in enumerate(best)}
    return made.planned(session, scores, challenge=former.challenge, snapshot=f"after {former.ref}")


def of(session: Session, run: MatchRun, firm: Supplier) -> Invitation:
    found = queries.invitation_of(session, challenge_id=run.challenge_id, supplier_id=firm.id)
    assert found is not None
    return found


def decline(session: Session, run: MatchRun, *firms: Supplier) -> None:
    for firm in firms:
        actor = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=firm.organisation)
        service.mark_declined(session, actor=actor, invitation=of(session, run, firm))


def draw(session: Session, run: MatchRun) -> list[str]:
    """Draw, and return who came."""
    return [one.supplier.ref for one in service.draw_alternates(session, challenge_id=run.challenge_id)]


def standing(session: Session, run: MatchRun) -> dict[str, str]:
    found = queries.for_challenge(session, challenge_id=run.challenge_id)
    return {one.supplier.ref: one.state.value for one in found}


def jobs_waiting(session: Session) -> list[int]:
    """The challenges for which alternates are to be drawn."""
    found = sa.text(
        "SELECT (args->>'challenge_id')::int FROM procrastinate_jobs WHERE task_name = :name ORDER BY id"
    )
    return list(session.scalars(found, {"name": service.DRAW}))


def ledger_of(session: Session, run: MatchRun) -> list[str]:
    subject = f"challenge:{run.challenge.ref}"
    return [line.tag for line in history(session, subject=subject) if line.tag.startswith("matchmaking:wave")]


class TestRelease:
    @time_machine.travel(NOON, tick=False)
    def test_is_a_wave_with_a_name_and_a_time_to_answer(self, session: Session) -> None:
        a, b = made.firms(session, 2)
        run = released(session, a, b, terms=WaveTerms(days_to_answer=7), places=2)
        (wave,) = queries.waves_of_challenge(session, challenge_id=run.challenge_id)
        assert (wave.wave.number, wave.wave.alternates_follow, wave.wave.days_to_answer) == (1, True, 7)
        assert (wave.wave.released_by_id, wave.wave.released_at) == (run.released_by_id, NOON)
        assert [one.supplier.ref for one in wave.invitations] == [a.ref, b.ref]
        assert {one.expires_at for one in wave.invitations} == {datetime(2026, 3, 10, 23, 59, tzinfo=UTC)}
        assert ledger_of(session, run) == ["matchmaking:wave:released"]

    @pytest.mark.parametrize("days", [0, 2, 43])
    def test_gives_neither_too_little_nor_too_much_time(self, session: Session, days: int) -> None:
        run = made.planned(session, {made.firm(session): 9.0})
        with pytest.raises(Invalid, match="between 3 and 42 days"):
            service.release(
                session, actor=made.author(session, run), run=run, terms=WaveTerms(days_to_answer=days)
            )

    def test_draws_for_whom_a_rule_left_out(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        run = made.planned(session, {a: 9.0, b: 8.0, c: 7.0}, places=2)
        a.paused = True
        session.flush()
        service.release(session, actor=made.author(session, run), run=run)
        assert jobs_waiting(session) == [run.challenge_id]
        assert draw(session, run) == [c.ref]
        assert (of(session, run, c).instead_of, of(session, run, c).state) == (None, STATE.SENT)


class TestFollowing:
    @pytest.mark.parametrize("end", ["declined", "expired", "withdrawn"])
    def test_the_next_in_line_comes_for_whatever_ends(self, session: Session, end: str) -> None:
        a, b, c = made.firms(session, 3)
        run = released(session, a, b, c, places=1)
        ended = of(session, run, a)
        if end == "declined":
            decline(session, run, a)
        elif end == "withdrawn":
            service.withdraw(session, actor=made.ROBOT, invitation=ended, reason="Its number is wrong.")
        else:
            ended.expires_at = clock.now() - timedelta(minutes=1)
            session.flush()
            service.expire_overdue(session, actor=System(), invitation_id=ended.id)
        assert jobs_waiting(session) == [run.challenge_id]
        assert draw(session, run) == [b.ref]
        assert standing(session, run) == {a.ref: end, b.ref: "sent"}
        came = of(session, run, b)
        assert (came.wave, came.instead_of, came.origin) == (ended.wave, ended, Origin.MATCHED)

    @time_machine.travel(NOON, tick=False)
    def test_it_has_as_long_to_answer_until_the_challenge_ends(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        run = released(session, a, b, c, terms=WaveTerms(days_to_answer=7), places=1)
        with time_machine.travel(NOON + timedelta(days=5), tick=False):
            decline(session, run, a)
            draw(session, run)
        assert of(session, run, b).expires_at == datetime(2026, 3, 15, 23, 59, tzinfo=UTC)
        run.challenge.closes_on = datetime(2026, 3, 14, tzinfo=UTC).date()
        session.flush()
        with time_machine.travel(NOON + timedelta(days=9), tick=False):
            decline(session, run, b)
            draw(session, run)
        assert of(session, run, c).expires_at == datetime(2026, 3, 14, 23, 59, tzinfo=UTC)

    def test_it_reads_that_it_is_next_in_line_and_nobody_s_name(self, session: Session) -> None:
        a, b = made.firm(session, name="Gone Ltd"), made.firm(session, name="Next Ltd")
        run = released(session, a, b, places=1)
        decline(session, run, a)
        draw(session, run)
        last = session.scalars(sa.select(Letter).order_by(Letter.id.desc())).first()
        assert last is not None
        assert (last.template, NEXT_IN_LINE in last.text, "Gone Ltd" in last.text) == (
            "invitation",
            True,
            False,
        )
        assert last.audience == f"supplier:{b.ref}"
        first = session.scalars(sa.select(Letter).order_by(Letter.id)).first()
        assert first is not None
        assert NEXT_IN_LINE not in first.text

    def test_two_places_free_at_once_are_given_once_each(self, session: Session) -> None:
        a, b, c, d, e = made.firms(session, 5)
        run = released(session, a, b, c, d, e, places=2)
        decline(session, run, a, b)
        assert draw(session, run) == [c.ref, d.ref]
        assert draw(session, run) == []
        assert {of(session, run, c).instead_of, of(session, run, d).instead_of} == {
            of(session, run, a),
            of(session, run, b),
        }

    def test_no_place_is_given_twice_even_by_hand(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        run = released(session, a, b, c, places=1)
        decline(session, run, a)
        draw(session, run)
        second = Invitation(
            ref="twice",
            challenge_id=run.challenge_id,
            supplier_id=c.id,
            run_id=run.id,
            origin=Origin.MATCHED,
            created_at=clock.now(),
            drawn_at=clock.now(),
            instead_of_id=of(session, run, a).id,
        )
        session.add(second)
        with pytest.raises(IntegrityError, match="uq_invitation_instead_of_id"):
            session.flush()

    def test_groups_pauses_capacity_and_suspensions_are_passed_over(self, session: Session) -> None:
        a, sister, paused, full, gone, last = made.firms(session, 6)
        other = made.firm(session)
        a.corporate_group, sister.corporate_group = "Severn Group", "severn  group"
        other.corporate_group = "Wye"
        session.flush()
        run = released(session, other, a, sister, paused, full, gone, last, places=2)
        paused.paused, full.capacity_per_quarter = True, 0
        gone.organisation.state = OrganisationState.SUSPENDED
        session.flush()
        decline(session, run, other)
        assert draw(session, run) == [last.ref]

    @pytest.mark.parametrize("why", ["closed", "over", "text", "nobody left", "replaced"])
    def test_nobody_comes_when_nobody_can(self, session: Session, why: str) -> None:
        a, b = made.firms(session, 2)
        run = released(session, a, *([] if why == "nobody left" else [b]), places=1)
        decline(session, run, a)
        if why == "closed":
            run.challenge.state = ChallengeState.FINDINGS_DUE
        elif why == "over":
            run.challenge.closes_on = clock.uk_today() - timedelta(days=1)
        elif why == "text":
            version = run.challenge.versions[0]
            run.challenge.approved_hash = version.content_hash = "0" * 64
        elif why == "replaced":
            again(session, run, b)
        session.flush()
        assert draw(session, run) == []
        assert standing(session, run) == {a.ref: "declined"}

    def test_a_volunteer_who_declines_frees_no_place(self, session: Session) -> None:
        a, b, volunteer = made.firms(session, 3)
        run = released(session, a, b, places=1)
        service.invite(session, actor=made.ROBOT, challenge=run.challenge, supplier=volunteer)
        decline(session, run, volunteer)
        assert (jobs_waiting(session), draw(session, run)) == ([], [])

    def test_a_candidate_who_volunteers_uses_up_no_cap(self, session: Session) -> None:
        a, b, volunteer = made.firms(session, 3)
        run = released(session, a, b, volunteer, places=1, caps={"new_entrant": 1})
        service.invite(session, actor=made.ROBOT, challenge=run.challenge, supplier=volunteer)
        decline(session, run, a)
        assert draw(session, run) == [b.ref]
        decline(session, run, b)
        assert draw(session, run) == []  # who comes as a volunteer is not drawn beside that

    def test_it_waits_when_who_released_has_left_the_department(self, session: Session) -> None:
        a, b = made.firms(session, 2)
        run = released(session, a, b, places=1)
        leaver = session.scalars(
            sa.select(Membership).where(Membership.person_id == run.released_by_id)
        ).one()
        leaver.ended_at = clock.now()
        session.flush()
        decline(session, run, a)
        draw(session, run)
        assert of(session, run, b).waits_for_release

    @pytest.mark.parametrize(("role", "waits"), [(Role.FACILITATOR, True), (Role.APPROVER, False)])
    def test_it_waits_when_who_released_may_do_so_no_more(
        self, session: Session, role: Role, waits: bool
    ) -> None:
        a, b = made.firms(session, 2)
        run = released(session, a, b, places=1)
        own = Membership.person_id == run.released_by_id
        session.scalars(sa.select(Membership).where(own)).one().roles = [role]
        session.flush()
        decline(session, run, a)
        draw(session, run)
        assert of(session, run, b).waits_for_release is waits

    def test_an_alternate_nobody_of_whom_has_an_account_is_held_and_goes_out_by_itself(
        self, session: Session
    ) -> None:
        a, b = made.firm(session), made.firm(session, people=False)
        run = released(session, a, b, places=1)
        decline(session, run, a)
        draw(session, run)
        assert (of(session, run, b).state, of(session, run, b).waits_for_release) == (STATE.HELD, False)
        accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=b.organisation)
        assert service.send_waiting(session, actor=System()) == 1


class TestWaiting:
    def test_an_alternate_is_drawn_and_nobody_is_told(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        run = released(session, a, b, c, terms=HELD, places=1)
        before = session.scalar(sa.select(sa.func.count(Letter.id)))
        decline(session, run, a)
        assert draw(session, run) == [b.ref]
        assert draw(session, run) == []
        assert standing(session, run) == {a.ref: "declined", b.ref: "held"}
        assert service.send_waiting(session, actor=System()) == 0
        assert session.scalar(sa.select(sa.func.count(Letter.id))) == before
        with pytest.raises(NotFound):
            queries.invitation(session, ref=of(session, run, b).ref)

    def test_a_named_person_lets_it_go_out_as_the_next_wave(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        run = released(session, a, b, c, terms=HELD, places=1)
        decline(session, run, a)
        draw(session, run)
        actor = made.author(session, run)
        waiting = queries.alternates_waiting(session, challenge_id=run.challenge_id)

        done = service.release_alternates(
            session,
            actor=actor,
            challenge=run.challenge,
            terms=WaveTerms(days_to_answer=5),
            seen=service.waiting_mark(waiting),
        )

        assert [one.supplier.ref for one in done.sent] == [b.ref]
        first, second = queries.waves_of_challenge(session, challenge_id=run.challenge_id)
        assert (second.wave.number, second.wave.released_by_id) == (2, actor.person_id)
        assert (of(session, run, b).wave, of(session, run, b).instead_of) == (
            second.wave,
            of(session, run, a),
        )
        decline(session, run, b)
        assert draw(session, run) == [c.ref]  # the second wave's alternates follow by themselves
        assert of(session, run, c).wave == second.wave
        assert first.states == {STATE.DECLINED: 1}

    def test_what_was_not_seen_is_not_sent(self, session: Session) -> None:
        a, b = made.firms(session, 2)
        run = released(session, a, b, terms=HELD, places=1)
        decline(session, run, a)
        draw(session, run)
        with pytest.raises(Conflict, match="Look again"):
            service.release_alternates(
                session, actor=made.author(session, run), challenge=run.challenge, terms=HELD, seen="nobody"
            )
        assert of(session, run, b).state is STATE.HELD

    def test_whom_a_rule_leaves_out_by_then_goes_back_and_the_next_is_drawn(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        run = released(session, a, b, c, terms=HELD, places=1)
        decline(session, run, a)
        draw(session, run)
        b.paused = True
        session.flush()
        done = service.release_alternates(
            session, actor=made.author(session, run), challenge=run.challenge, terms=HELD
        )
        assert (done.sent, done.left_out) == ([], {HardRule.PAUSED: 1})
        assert draw(session, run) == [c.ref]
        assert of(session, run, c).instead_of == of(session, run, a)
        assert queries.invitation_of(session, challenge_id=run.challenge_id, supplier_id=b.id) is None

    def test_a_new_match_puts_who_waits_back(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        run = released(session, a, b, c, terms=HELD, places=1)
        decline(session, run, a)
        draw(session, run)
        second = again(session, run, c, b)
        assert made.chosen(second) == {c.ref}
        assert standing(session, run) == {a.ref: "declined"}

    def test_the_person_can_change_their_mind(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        run = released(session, a, b, c, places=2)
        colleague = made.author(session, run)
        service.let_follow(session, actor=colleague, challenge=run.challenge, number=1, follow=False)
        decline(session, run, a)
        draw(session, run)
        assert of(session, run, c).waits_for_release
        wave = service.let_follow(session, actor=colleague, challenge=run.challenge, number=1, follow=True)
        assert (wave.alternates_follow, wave.followed_by_id) == (True, colleague.person_id)
        assert (wave.released_by_id, run.released_by_id == colleague.person_id) == (run.released_by_id, False)
        assert ledger_of(session, run)[1:] == ["matchmaking:wave:following"] * 2

    def test_one_who_volunteers_meanwhile_can_be_invited(self, session: Session) -> None:
        a, b = made.firms(session, 2)
        run = released(session, a, b, terms=HELD, places=1)
        decline(session, run, a)
        draw(session, run)
        service.invite(session, actor=made.ROBOT, challenge=run.challenge, supplier=b)
        assert (of(session, run, b).state, of(session, run, b).wave) == (
            STATE.SENT,
            of(session, run, a).wave,
        )


class TestReminder:
    @pytest.fixture
    def run(self, session: Session) -> MatchRun:
        with time_machine.travel(NOON, tick=False):
            return released(session, made.firm(session), places=1)

    def at(self, session: Session, day: int, hour: int) -> int:
        moment = datetime(2026, 3, day, hour, tzinfo=UTC)
        with time_machine.travel(moment, tick=False):
            return service.remind_of_invitations(session, now=moment)

    @pytest.mark.usefixtures("run")
    def test_comes_once_three_days_before(self, session: Session) -> None:
        assert [self.at(session, 14, hour) for hour in (8, 9, 10, 23)] == [0, 1, 0, 0]
        last = session.scalars(sa.select(Letter).order_by(Letter.id.desc())).first()
        assert last is not None
        assert last.subject.startswith("Answer by 17 March 2026")

    def test_not_after_an_answer(self, session: Session, run: MatchRun) -> None:
        (one,) = queries.for_challenge(session, challenge_id=run.challenge_id)
        decline(session, run, one.supplier)
        assert self.at(session, 14, 12) == 0

    def test_not_when_it_can_no_longer_be_answered(self, session: Session, run: MatchRun) -> None:
        run.challenge.state = ChallengeState.FINDINGS_DUE
        session.flush()
        assert self.at(session, 14, 12) == 0
        assert self.at(session, 18, 12) == 0

    def test_not_to_who_has_just_been_invited(self, session: Session) -> None:
        with time_machine.travel(NOON, tick=False):
            released(session, made.firm(session), terms=WaveTerms(days_to_answer=4), places=1)
        assert [self.at(session, day, 12) for day in (4, 5, 6, 7)] == [0, 0, 0, 0]
