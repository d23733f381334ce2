"""What goes into whose digest: each thing once to an address, nothing that it knows, the most relevant first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.challenges import service as challenging
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.digests import service
from engage.digests.enums import Cadence, Matter, Topic
from engage.digests.models import DigestEdition, DigestRun, Subscription
from engage.kernel import clock
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter
from tests.db.challenges.trail import Team
from tests.factories import advisory, challenges, consultation, digests
from tests.support.queue import run_waiting
from tests.support.records import letters

TUESDAY = datetime(2026, 3, 3, 8, 5, tzinfo=UTC)
DAY = timedelta(days=1)
SAM = "sam@example.test"


@pytest.fixture(autouse=True)
def on_a_tuesday() -> Iterator[None]:
    with time_machine.travel(TUESDAY, tick=False):
        yield


def published(session: Session, title: str, *, days_ago: float = 1, **values: Any) -> Challenge:
    at = clock.now() - days_ago * DAY
    return challenges.challenge(
        session, title=title, state=ChallengeState.PUBLISHED, published_at=at, updated_at=at, **values
    )


def reader(session: Session, **values: object) -> Subscription:
    week_ago = clock.now() - 7 * DAY
    return digests.subscription(
        session, **{"email": SAM, "covered_until": week_ago, "confirmed_at": week_ago, **values}
    )


def run(session: Session) -> list[Letter]:
    """Run what is due, and return the digests that wait, oldest first."""
    from engage.digests import jobs

    session.commit()
    jobs.open_runs(clock.now())
    assert jobs.write_runs()[1] is True
    session.expire_all()
    return [one for one in letters(session, "digest") if one.state is LetterState.QUEUED]


def titles(letter: Letter, found: Sequence[Challenge]) -> list[str]:
    """The titles that a letter tells, in order."""
    return sorted((one.title for one in found if one.title in letter.text), key=letter.text.index)


def sent(session: Session) -> None:
    session.execute(
        sa.update(Letter)
        .where(Letter.state == LetterState.QUEUED)
        .values(state=LetterState.SENT, sent_at=TUESDAY)
    )
    session.commit()


def test_an_address_gets_each_thing_once_from_the_alert_that_says_most_about_why(session: Session) -> None:
    rail, river = published(session, "Quieter railways"), published(session, "Cleaner rivers")
    reader(session)
    reader(session, email=SAM.upper(), topic=Topic.SEARCH, value="railway")
    reader(session, topic=Topic.DEPARTMENT, value=str(rail.organisation_id))
    found = run(session)
    assert sorted(titles(one, [rail, river]) for one in found) == [["Cleaner rivers"], ["Quieter railways"]]
    (about_rail,) = [one for one in found if "Quieter" in one.subject]
    assert "about “railway”" in about_rail.why


def test_what_one_alert_told_at_once_another_does_not_tell_a_week_later(session: Session) -> None:
    first = published(session, "Quieter railways", days_ago=0.5)
    soon = reader(session, cadence=Cadence.IMMEDIATE, topic=Topic.SEARCH, value="railway")
    weekly = reader(session, weekday=3)
    assert [one.recipient for one in run(session)] == [soon.email]
    sent(session)
    second = published(session, "Cleaner rivers", days_ago=-1)
    with time_machine.travel(TUESDAY + 2 * DAY, tick=False):
        (letter,) = run(session)
    assert titles(letter, [first, second]) == ["Cleaner rivers"]
    session.refresh(weekly)
    assert weekly.covered_until == TUESDAY + 2 * DAY - timedelta(minutes=2)


def test_who_ended_before_the_mail_left_is_told_by_another_alert(session: Session) -> None:
    made = published(session, "Quieter railways")
    first = reader(session, topic=Topic.SEARCH, value="railway")
    run(session)
    service.end(session, subscription_id=first.id)
    reader(session)
    with time_machine.travel(TUESDAY + timedelta(minutes=20), tick=False):
        assert [titles(one, [made]) for one in run(session)] == [["Quieter railways"]]


def test_what_somebody_takes_part_in_is_no_news_to_them(session: Session) -> None:
    invited, offered, asked, new = (published(session, f"Problem {name}") for name in "abcd")
    team = advisory.team(session, name="ours")
    invitation = advisory.invitation(session, challenge=invited, supplier=team.supplier)
    from engage.kernel.actor import System
    from engage.matchmaking.service import letters as inviting

    inviting.tell(session, sender=System(), invitation=invitation)
    advisory.offer(session, challenge=offered, team=team)
    consultation.question(session, challenge=asked, team=team)
    reader(session, email=team.person.email, person_id=team.person.id)
    (digest,) = run(session)
    assert titles(digest, [invited, offered, asked, new]) == ["Problem d"]


def test_what_closes_within_a_week_stands_first_then_the_newest(session: Session) -> None:
    soon = published(session, "Soon", days_ago=3, closes_on=date(2026, 3, 8))
    sooner = published(session, "Earlier still", days_ago=4, closes_on=date(2026, 3, 5))
    new = published(session, "New", days_ago=1, closes_on=date(2026, 5, 5))
    old = published(session, "Old", days_ago=2, closes_on=date(2026, 4, 5))
    reader(session)
    (letter,) = run(session)
    assert titles(letter, [soon, sooner, new, old]) == ["Earlier still", "Soon", "New", "Old"]


def test_what_is_searched_for_in_the_title_stands_before_what_is_in_the_text(session: Session) -> None:
    text = published(session, "Noise at night", problem="A railway is loud.", days_ago=1)
    named = published(session, "Quieter railway lines", days_ago=3)
    reader(session, topic=Topic.SEARCH, value="railway")
    (letter,) = run(session)
    assert titles(letter, [text, named]) == ["Quieter railway lines", "Noise at night"]


def test_a_holiday_delays_and_one_mail_catches_up(session: Session) -> None:
    kept = published(session, "Before", days_ago=2)
    found = reader(session, cadence=Cadence.DAILY)
    service.pause(session, email=SAM, from_on=TUESDAY.date(), until_on=(TUESDAY + 3 * DAY).date())
    assert run(session) == []
    published_later = published(session, "Within", days_ago=-2)
    with time_machine.travel(TUESDAY + 3 * DAY, tick=False):
        assert run(session) == []
    with time_machine.travel(TUESDAY + 4 * DAY, tick=False):
        (letter,) = run(session)
    assert titles(letter, [kept, published_later]) == ["Within", "Before"]
    assert found.covered_until == TUESDAY + 4 * DAY - timedelta(minutes=2)


def test_everybody_who_wants_the_same_gets_one_edition(session: Session) -> None:
    made = published(session, "Quieter railways")
    for number in range(3):
        reader(session, email=f"reader{number}@example.test")
    run(session)
    (edition,) = session.scalars(sa.select(DigestEdition)).all()
    assert (edition.challenge_ids, edition.items) == (
        [made.id], [{"challenge": made.id, "kind": "open", "version": 1}],
    )  # fmt: skip
    (done,) = session.scalars(sa.select(DigestRun)).all()
    assert (done.letters, done.finished_at) == (3, TUESDAY)


class TestWhatBecameOfIt:
    """Who was told of a challenge hears what became of it: by a letter at once, or in the digest after a holiday."""

    @pytest.fixture
    def team(self, session: Session) -> Team:
        return Team(session)

    @pytest.fixture
    def told(self, session: Session, team: Team) -> Challenge:
        """A challenge that two readers were told of; one of them goes on holiday."""
        with time_machine.travel(TUESDAY - DAY, tick=False):
            made = team.published(closes_on=date(2026, 6, 1))
        for email in (SAM, "away@example.test"):
            reader(session, email=email)
        assert len(run(session)) == 2
        sent(session)
        session.commit()
        with time_machine.travel(TUESDAY + timedelta(minutes=5), tick=False):
            service.pause(
                session,
                email="away@example.test",
                from_on=TUESDAY.date(),
                until_on=(TUESDAY + 3 * DAY).date(),
            )
        return made

    def test_a_change_with_what_was_and_what_is(self, session: Session, team: Team, told: Challenge) -> None:
        with time_machine.travel(TUESDAY + timedelta(hours=1), tick=False):
            author = team.author
            challenging.open_revision(session, actor=author, challenge=told)
            answers = {"problem": "One in four booked seats travels empty."}
            challenging.save_answers(session, actor=author, challenge=told, answers=answers)
            version = challenging.submit_revision(
                session, actor=author, challenge=told, material=True, reason="We counted again."
            )
            challenging.approve_revision(
                session,
                actor=team.approver,
                challenge=told,
                content_hash=version.content_hash,
                version_read=version.number,
            )
            challenging.publish_revision(session, actor=author, challenge=told)
            self.tell(session)
            at_once = [one.recipient for one in letters(session, "challenge_changed")]
            assert at_once == [SAM]
        with time_machine.travel(TUESDAY + 7 * DAY, tick=False):
            (digest,) = run(session)
        assert digest.recipient == "away@example.test"
        assert digest.subject == f"The text of a challenge changed: {told.title}"
        for part in (
            "We counted again.",
            "Before:\nOne in five booked seats travels empty.",
            "Now:\nOne in four booked seats travels empty.",
        ):
            assert part in digest.text
        assert [digest.html.count(tag) for tag in ("<del", "<ins")] == [1, 1]

    def test_a_withdrawal_with_its_reason(self, session: Session, team: Team, told: Challenge) -> None:
        with time_machine.travel(TUESDAY + timedelta(hours=1), tick=False):
            reason = "Ministers decided otherwise."
            challenging.withdraw(session, actor=team.author, challenge=told, reason=reason)
            self.tell(session)
            assert [one.recipient for one in letters(session, "challenge_withdrawn")] == [SAM]
        with time_machine.travel(TUESDAY + 7 * DAY, tick=False):
            (digest,) = run(session)
        assert digest.recipient == "away@example.test"
        assert digest.subject == f"A challenge was withdrawn: {told.title}"
        assert reason in digest.text

    def test_who_muted_it_hears_nothing(self, session: Session, team: Team, told: Challenge) -> None:
        with time_machine.travel(TUESDAY + timedelta(hours=1), tick=False):
            for email in (SAM, "away@example.test"):
                service.mute(session, email=email, ref=told.ref)
            challenging.withdraw(session, actor=team.author, challenge=told, reason="No.")
            self.tell(session)
            assert letters(session, "challenge_withdrawn") == []
        with time_machine.travel(TUESDAY + 7 * DAY, tick=False):
            assert run(session) == []

    def tell(self, session: Session) -> None:
        session.commit()
        assert run_waiting(session, service.TELL) == 1
        assert Matter.CHANGED


def test_it_takes_as_many_statements_for_three_as_for_thirty(session: Session) -> None:
    """What is read and written for a batch does not depend on how many are in it."""
    counted: list[int] = []
    for number in (3, 30):
        published(session, f"Problem {number}")
        for place in range(number):
            reader(session, email=f"reader{number}.{place}@example.test", weekday=1)
        session.commit()
        statements: list[str] = []

        def note(*arguments: object, into: list[str] = statements) -> None:
            into.append(str(arguments[2]))

        sa.event.listen(session.get_bind(), "before_cursor_execute", note)
        run(session)
        sa.event.remove(session.get_bind(), "before_cursor_execute", note)
        counted.append(len(statements))
        with session.begin_nested():
            session.execute(sa.text("DELETE FROM digest_issue"))
    assert counted[1] - counted[0] <= 2
