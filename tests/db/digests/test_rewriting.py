"""Digests that wait when something changes: nothing of them is lost, and nothing leaves that is not wanted any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState, Listed
from engage.challenges.events import ChallengeWithdrawn
from engage.challenges.models import Challenge
from engage.digests import handlers, jobs, service
from engage.digests.enums import Cadence, Topic
from engage.digests.models import DigestRun, Subscription
from engage.kernel import clock
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter
from tests.factories import challenges, digests
from tests.factories.letters import letter
from tests.support.queue import run_waiting
from tests.support.records import letters

TUESDAY = datetime(2026, 3, 3, 8, 5, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SAM = "sam@example.test"


@pytest.fixture(autouse=True)
def on_a_tuesday() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(TUESDAY, tick=False) as traveller:
        yield traveller


def published(session: Session, title: str, *, days_ago: float = 1) -> Challenge:
    at = clock.now() - days_ago * DAY
    return challenges.challenge(
        session,
        title=title,
        state=ChallengeState.PUBLISHED,
        published_at=at,
        updated_at=at,
        closes_on=date(2026, 6, 1),
    )


def reader(session: Session, **values: object) -> Subscription:
    week_ago = clock.now() - 7 * DAY
    return digests.subscription(
        session, **{"email": SAM, "covered_until": week_ago, "confirmed_at": week_ago, **values}
    )


def run(session: Session) -> list[Letter]:
    """Run what is due, and return the digests that wait, oldest first."""
    session.commit()
    jobs.open_runs(clock.now())
    assert jobs.write_runs()[1] is True
    session.expire_all()
    return waiting(session)


def waiting(session: Session) -> list[Letter]:
    return [one for one in letters(session, "digest") if one.state is LetterState.QUEUED]


def withdraw(session: Session, found: Challenge) -> None:
    found.state, found.withdrawn_reason, found.withdrawn_at = ChallengeState.WITHDRAWN, "No.", clock.now()
    session.flush()
    handlers.on_challenge_withdrawn(session, ChallengeWithdrawn(found.id, was_public=True))
    session.commit()


def rewritten(session: Session) -> list[Letter]:
    """Write anew what was taken back, and return the digests that wait."""
    session.commit()
    run_waiting(session, service.REWRITE)
    return waiting(session)


def titles(found: list[Letter], *made: Challenge) -> list[list[str]]:
    return [[each.title for each in made if each.title in one.text] for one in found]


def ended_early(session: Session, found: Challenge) -> None:
    found.state, found.ended_early_reason = ChallengeState.FINDINGS_DUE, "Enough was heard."
    found.ended_early_at = clock.now() - 2 * DAY
    session.flush()


def test_an_end_that_became_a_withdrawal_is_told_as_one_and_the_rest_with_it(session: Session) -> None:
    new, over = published(session, "Quieter railways"), published(session, "Cleaner rivers", days_ago=20)
    ended_early(session, over)
    reader(session, stage=Listed.ALL)
    assert titles(run(session), new, over) == [["Quieter railways", "Cleaner rivers"]]
    withdraw(session, over)
    (found,) = rewritten(session)
    assert titles([found], new, over) == [["Quieter railways", "Cleaner rivers"]]
    assert ("No." in found.text, "Enough was heard." in found.text) == (True, False)


def test_what_says_the_same_again_is_a_letter_all_the_same(session: Session) -> None:
    new = published(session, "Quieter railways")
    reader(session)
    run(session)
    for _ in range(2):
        assert service.renew(session, challenge=new) == 1
        assert titles(rewritten(session), new) == [["Quieter railways"]]


def test_an_end_that_a_letter_has_told_since_is_not_told_again(session: Session) -> None:
    new, over = published(session, "Quieter railways"), published(session, "Cleaner rivers", days_ago=20)
    ended_early(session, over)
    reader(session, stage=Listed.ALL)
    run(session)
    withdraw(session, over)
    told = letter(session, to=SAM, challenge_ref=over.ref)
    told.fact, told.template = f"withdrawal:{over.ref}", "challenge_withdrawn"
    assert titles(rewritten(session), new, over) == [["Quieter railways"]]


def test_what_is_muted_leaves_the_digest_that_waits(session: Session) -> None:
    muted, kept = published(session, "Quieter railways"), published(session, "Cleaner rivers")
    reader(session)
    other = reader(session, email="kim@example.test")
    run(session)
    service.mute(session, email=SAM, ref=muted.ref)
    found = {one.recipient: one for one in rewritten(session)}
    assert {name: titles([one], muted, kept) for name, one in found.items()} == {
        SAM: [["Cleaner rivers"]],
        other.email: [["Quieter railways", "Cleaner rivers"]],
    }
    withdraw(session, kept)
    assert [one.recipient for one in rewritten(session)] == [other.email], "what is muted stays so"


def test_on_holiday_from_today_nothing_leaves_and_the_first_mail_afterwards_tells_it(
    session: Session, on_a_tuesday: time_machine.Traveller
) -> None:
    made = published(session, "Quieter railways")
    reader(session)
    assert len(run(session)) == 1
    service.pause(session, email=SAM, from_on=date(2026, 3, 3), until_on=date(2026, 3, 12))
    assert rewritten(session) == []
    assert run(session) == []
    on_a_tuesday.move_to(TUESDAY + 14 * DAY)
    assert titles(run(session), made) == [["Quieter railways"]]


def test_a_pause_that_is_to_come_takes_nothing_back(session: Session) -> None:
    published(session, "Quieter railways")
    reader(session)
    run(session)
    service.pause(session, email=SAM, from_on=date(2026, 3, 4), until_on=date(2026, 3, 12))
    assert len(rewritten(session)) == 1


class TestOneOfTwoAlertsEnds:
    """Both of one address want the same, and the one that would have told it ends before its mail left."""

    @pytest.mark.parametrize("taken_back", [False, True], ids=["waiting", "cancelled already"])
    def test_the_other_tells_it(
        self, session: Session, on_a_tuesday: time_machine.Traveller, taken_back: bool
    ) -> None:
        rail, river = published(session, "Quieter railways"), published(session, "Cleaner rivers")
        first, second = reader(session, topic=Topic.SEARCH, value="railway"), reader(session)
        assert len(run(session)) == 2
        if taken_back:
            service.renew(session, challenge=rail)
        service.end(session, subscription_id=first.id)
        assert titles(rewritten(session), rail, river) == [["Cleaner rivers"]]
        on_a_tuesday.shift(20 * MINUTE)
        assert titles(run(session), rail, river) == [["Cleaner rivers"], ["Quieter railways"]]
        on_a_tuesday.shift(20 * MINUTE)
        assert len(run(session)) == 2
        session.refresh(second)
        assert second.covered_until == clock.now() - 22 * MINUTE

    def test_nothing_goes_back_for_who_got_the_mail(self, session: Session) -> None:
        published(session, "Quieter railways")
        first, second = reader(session, topic=Topic.SEARCH, value="railway"), reader(session)
        (found,) = run(session)
        found.state, found.sent_at = LetterState.SENT, clock.now()
        session.flush()
        service.end(session, subscription_id=first.id)
        session.refresh(second)
        assert second.covered_until == TUESDAY - 2 * MINUTE

    def test_what_was_before_the_other_was_asked_for_stays_untold(self, session: Session) -> None:
        published(session, "Quieter railways", days_ago=3)
        first = reader(session, topic=Topic.SEARCH, value="railway")
        began = clock.now() - DAY
        second = reader(session, confirmed_at=began, covered_until=began - 2 * MINUTE)
        run(session)
        service.end(session, subscription_id=first.id)
        session.refresh(second)
        assert second.covered_until == began - 2 * MINUTE

    def test_in_a_run_that_goes_on_nobody_gets_two(self, session: Session) -> None:
        rail, river = published(session, "Quieter railways"), published(session, "Cleaner rivers")
        first = reader(session, topic=Topic.SEARCH, value="railway")
        second = reader(session)
        run(session)
        service.end(session, subscription_id=first.id)
        (again,) = session.scalars(sa.select(DigestRun)).all()
        again.finished_at, again.reached = None, ""
        assert titles(run(session), rail, river) == [["Cleaner rivers"]]
        session.refresh(second)
        assert second.covered_until == TUESDAY - 7 * DAY


def test_what_a_digest_told_first_no_letter_tells_again(
    session: Session, on_a_tuesday: time_machine.Traveller
) -> None:
    made = published(session, "Quieter railways")
    reader(session, cadence=Cadence.DAILY)
    reader(session, email="kim@example.test")
    for one in run(session):
        one.state, one.sent_at = LetterState.SENT, clock.now()
    on_a_tuesday.shift(DAY)
    withdraw(session, made)
    on_a_tuesday.shift(DAY)
    assert [one.recipient for one in run(session)] == [SAM], "no worker has told anybody yet"
    run_waiting(session, service.TELL)
    assert [one.recipient for one in letters(session, "challenge_withdrawn")] == ["kim@example.test"]
