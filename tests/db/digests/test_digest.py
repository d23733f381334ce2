"""One digest: what it tells, when it is due, that it is written once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.events import ChallengeWithdrawn
from engage.challenges.models import Challenge
from engage.digests import handlers, service
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.digests.jobs import open_runs, plan, write_runs
from engage.digests.models import DigestIssue, DigestRun, Subscription
from engage.digests.service import Digest
from engage.kernel import clock
from engage.kernel.db import unit_of_work
from engage.outbox.models import Letter
from tests.factories import accounts, challenges, digests
from tests.support.queue import run_waiting

TUESDAY = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
LAST_TUESDAY = TUESDAY - timedelta(days=7)


def published(session: Session, at: datetime, **values: Any) -> Challenge:
    given = {"state": ChallengeState.PUBLISHED, "published_at": at, **values}
    return challenges.challenge(session, **given)


def weekly(session: Session, **values: Any) -> Subscription:
    return digests.subscription(
        session, **{"covered_until": LAST_TUESDAY, "confirmed_at": LAST_TUESDAY, **values}
    )


def write(session: Session, found: Subscription, now: datetime = TUESDAY) -> Digest | None:
    with time_machine.travel(now, tick=False):
        return service.write_digest(session, subscription_id=found.id, now=now)


def due(session: Session, now: datetime) -> int:
    with time_machine.travel(now, tick=False):
        return service.count_due(session, now=now)


def letters_of(session: Session) -> Sequence[Letter]:
    return session.scalars(sa.select(Letter).order_by(Letter.id)).all()


@pytest.fixture(autouse=True)
def in_march() -> Any:
    """Closing dates of made challenges lie after the digests' days."""
    with time_machine.travel(TUESDAY - timedelta(days=1), tick=False):
        yield


def test_a_digest_tells_what_was_published_since_the_last_newest_first(session: Session) -> None:
    found = weekly(session, email="sam@example.test")
    published(session, LAST_TUESDAY, title="Told last week")
    published(
        session, LAST_TUESDAY + timedelta(seconds=1), title="The older one", problem="Pipes leak. " * 40
    )
    published(session, TUESDAY - timedelta(minutes=2), title="The newer one")
    published(session, TUESDAY - timedelta(minutes=1), title="For next week")
    issue = write(session, found)
    assert issue is not None
    (letter,) = letters_of(session)
    assert (letter.id, letter.bulk) == (issue.letter_id, True)
    assert letter.subject == "2 new challenges: The newer one and 1 more"
    assert letter.text.index("The newer one") < letter.text.index("The older one")
    assert ("Told last week" in letter.text, "For next week" in letter.text) == (False, False)
    assert "Open, closes on Wednesday 1 April 2026" in letter.text
    assert letter.why == (
        "You get this email because you asked engage on 24 February 2026 to tell you about all new challenges "
        "every Tuesday at 8am."
    )
    link = f"http://engage.test/alerts/{service.token_for(found.id)}"
    assert letter.headers["List-Unsubscribe"] == f"<{link}>"
    assert (link in letter.text, link in letter.html) == (True, True)
    assert "<img" not in letter.html
    assert (issue.window_start, issue.window_end) == (LAST_TUESDAY, TUESDAY - timedelta(minutes=2))
    assert found.covered_until == issue.window_end


def test_one_item_is_named_in_the_subject(session: Session) -> None:
    found = weekly(session)
    published(session, TUESDAY - timedelta(days=1), title="Fewer floods\nBcc: all@example.test")
    write(session, found)
    assert letters_of(session)[0].subject == "New challenge: Fewer floods Bcc: all@example.test"


def test_with_nothing_to_say_there_is_no_mail_and_the_next_window_begins_later(session: Session) -> None:
    found = weekly(session)
    issue = write(session, found)
    assert issue is not None
    assert (issue.letter_id, issue.issue) == (None, None)
    assert found.covered_until == TUESDAY - timedelta(minutes=2)
    assert letters_of(session) == []


def test_hidden_withdrawn_and_closed_challenges_are_left_out(session: Session) -> None:
    found, at = weekly(session), TUESDAY - timedelta(days=1)
    for state in (ChallengeState.DRAFT, ChallengeState.APPROVED, ChallengeState.NOTICE_PENDING):
        challenges.challenge(session, state=state)
    published(session, at, state=ChallengeState.WITHDRAWN)
    published(session, at, state=ChallengeState.CLOSED)
    published(session, at, closes_on=(TUESDAY - timedelta(days=1)).date())
    issue = write(session, found)
    assert issue is not None
    assert issue.challenge_ids == []


def test_a_department_and_a_search_narrow_what_is_told(session: Session) -> None:
    at = TUESDAY - timedelta(days=1)
    ours, theirs = accounts.new_organisation(session), accounts.new_organisation(session)
    rail = published(session, at, organisation=ours, title="Quieter railways")
    published(session, at, organisation=theirs, title="Cleaner rivers")
    for topic, value in ((Topic.DEPARTMENT, str(ours.id)), (Topic.SEARCH, "railway")):
        issue = write(session, weekly(session, topic=topic, value=value))
        assert issue is not None
        assert issue.challenge_ids == [rail.id]


@pytest.mark.parametrize("words", ['"', "a & | !", "'; DROP TABLE letter; --", "the", "\\"])
def test_any_words_can_be_searched_for(session: Session, words: str) -> None:
    published(session, TUESDAY - timedelta(days=1))
    issue = write(session, weekly(session, topic=Topic.SEARCH, value=words))
    assert issue is not None
    assert issue.challenge_ids == []


@pytest.mark.parametrize("state", [SubscriptionState.PENDING, SubscriptionState.ENDED])
def test_only_active_subscriptions_are_told(session: Session, state: SubscriptionState) -> None:
    found = weekly(session, state=state)
    published(session, TUESDAY - timedelta(days=1))
    assert service.count_due(session, now=TUESDAY) == 0
    assert write(session, found) is None
    assert letters_of(session) == []


def test_it_is_due_at_its_hour_and_not_again_before_the_next(session: Session) -> None:
    found = weekly(session, covered_until=LAST_TUESDAY)
    early, late = TUESDAY - timedelta(seconds=1), TUESDAY + timedelta(hours=3)
    assert due(session, early) == 0
    assert write(session, found, early) is None
    assert due(session, late) == 1
    assert write(session, found, late) is not None
    for now in (late, late + timedelta(minutes=5), TUESDAY + timedelta(days=7, seconds=-1)):
        assert due(session, now) == 0
        assert write(session, found, now) is None
    assert due(session, TUESDAY + timedelta(days=7)) == 1


def test_after_an_outage_one_digest_catches_up(session: Session) -> None:
    found = weekly(session, cadence=Cadence.DAILY)
    for day in range(1, 5):
        published(session, LAST_TUESDAY + timedelta(days=day))
    issue = write(session, found, TUESDAY + timedelta(hours=5))
    assert issue is not None
    assert len(issue.challenge_ids) == 4
    assert write(session, found, TUESDAY + timedelta(hours=5, minutes=5)) is None


def test_as_of_a_time_to_come_nothing_unpublished_is_skipped(session: Session) -> None:
    found = weekly(session)
    today = TUESDAY - timedelta(days=1)
    issue = service.write_digest(session, subscription_id=found.id, now=TUESDAY + timedelta(days=60))
    assert issue is not None
    assert issue.window_end == today - timedelta(minutes=2)


def test_changing_the_schedule_tells_nothing_twice_and_loses_nothing(session: Session) -> None:
    found = weekly(session)
    first = published(session, TUESDAY - timedelta(days=1))
    issue = write(session, found)
    service.change(session, subscription_id=found.id, cadence=Cadence.DAILY, weekday=1, hour=18)
    second = published(session, TUESDAY + timedelta(hours=1))
    following = write(session, found, TUESDAY + timedelta(hours=10))
    assert issue is not None
    assert following is not None
    assert (issue.challenge_ids, following.challenge_ids) == ([first.id], [second.id])
    assert following.window_start == issue.window_end


def test_a_challenge_withdrawn_before_the_mail_left_is_taken_out(session: Session) -> None:
    kept = published(session, TUESDAY - timedelta(days=1), title="Stays")
    gone = published(session, TUESDAY - timedelta(days=2), title="Goes away")
    both, only_gone = weekly(session), weekly(session, topic=Topic.SEARCH, value="goes away")
    first, second = write(session, both), write(session, only_gone)
    assert first is not None
    assert second is not None
    gone.state, gone.withdrawn_reason = ChallengeState.WITHDRAWN, "No longer wanted."
    gone.withdrawn_at = clock.now()
    session.flush()
    handlers.on_challenge_withdrawn(session, ChallengeWithdrawn(gone.id, was_public=True))
    session.expire_all()
    assert [letter.state.value for letter in letters_of(session)] == ["cancelled", "cancelled"]
    assert run_waiting(session, service.REWRITE) == 1
    assert (first.challenge_ids, second.challenge_ids, second.letter_id) == ([kept.id], [], None)
    found = {letter.id: letter for letter in letters_of(session)}
    assert [letter.state.value for letter in found.values()] == ["cancelled", "cancelled", "queued"]
    assert first.letter_id is not None
    assert "Goes away" not in found[first.letter_id].text
    assert "Stays" in found[first.letter_id].text
    assert [step.note for step in next(iter(found.values())).steps] == [
        "", "A challenge in this digest is no longer open.",
    ]  # fmt: skip


def test_the_job_writes_all_that_is_due_once(session: Session) -> None:
    for _ in range(3):
        weekly(session)
    published(session, TUESDAY - timedelta(days=1))
    session.commit()
    with time_machine.travel(TUESDAY, tick=False):
        plan()
        plan()
        (run,) = session.scalars(sa.select(DigestRun)).all()
        assert run_waiting(session, "digests.write") == 1
        assert (run.letters, run.silent, run.failed, run.finished_at) == (3, 0, 0, TUESDAY)
        plan()
        assert run_waiting(session, "digests.write") == 0
    assert len(letters_of(session)) == 3


def test_one_that_fails_does_not_hold_up_the_others(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine, address = weekly(session), weekly(session), weekly(session, email="not an address")
    published(session, TUESDAY - timedelta(days=1))
    session.commit()

    def fail(number: int) -> str:
        if number == broken.id:
            raise RuntimeError("whatever")
        return service.page_address(number)

    monkeypatch.setattr("engage.digests.service.writing.page_address", fail)
    with time_machine.travel(TUESDAY, tick=False):
        assert open_runs(TUESDAY) == 1
        assert write_runs() == (1, True)
        assert open_runs(TUESDAY) == 0, "it is not tried every minute"
    with time_machine.travel(TUESDAY + timedelta(minutes=16), tick=False):
        monkeypatch.undo()
        assert open_runs(clock.now()) == 1
        assert write_runs() == (1, True)
    assert [letter.recipient for letter in letters_of(session)] == [fine.email, broken.email]
    session.refresh(address)
    assert address.covered_until == TUESDAY - timedelta(minutes=2), "mail can never be sent there"
    runs = session.scalars(sa.select(DigestRun).order_by(DigestRun.id)).all()
    assert [(run.letters, run.failed) for run in runs] == [(1, 2), (1, 0)]


def test_what_takes_long_to_be_published_falls_between_no_two_windows(committed: sa.Engine) -> None:
    much_later = TUESDAY.replace(year=2100)  # than what the clock of the database says
    with time_machine.travel(much_later, tick=False) as traveller:
        published_at = clock.now() - timedelta(hours=1)
        with unit_of_work() as session:
            weekly(session, cadence=Cadence.IMMEDIATE, covered_until=published_at - timedelta(days=2))
            published(session, published_at - timedelta(days=1, hours=1), title="Quick")
        with unit_of_work() as slow:
            published(slow, published_at, title="Slow")
            open_runs(clock.now())
            assert write_runs() == (0, True)
        traveller.shift(timedelta(minutes=20))
        open_runs(clock.now())
        assert write_runs() == (1, True)
        with unit_of_work() as session:
            told = [one.subject for one in letters_of(session)]
    assert told == ["2 new challenges: Slow and 1 more"]


def test_eight_at_once_open_one_run_and_write_each_digest_once(committed: sa.Engine) -> None:
    with unit_of_work() as session:
        emails = {weekly(session).email for _ in range(5)}
        published(session, TUESDAY - timedelta(days=1))
    start = threading.Barrier(8)
    written: list[int] = []

    def race() -> None:
        start.wait()
        open_runs(TUESDAY)
        written.append(write_runs()[0])

    with time_machine.travel(TUESDAY, tick=False):
        threads = [threading.Thread(target=race) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(written) == 5
    with unit_of_work() as session:
        assert len(session.scalars(sa.select(DigestRun)).all()) == 1
        assert len(session.scalars(sa.select(DigestIssue)).all()) == 5
        assert {letter.recipient for letter in letters_of(session)} == emails
