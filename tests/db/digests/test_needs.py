"""The digest of a department: what needs its reader, as the board says it, and nothing when nothing does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.challenges import service as challenging
from engage.digests import jobs, service
from engage.digests.enums import Cadence
from engage.digests.models import Subscription
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.db import unit_of_work
from engage.kernel.due import Due, Who
from engage.kernel.errors import Invalid, NotAllowed
from engage.outbox.models import Letter
from tests.db.challenges.trail import Team
from tests.factories import advisory
from tests.support.processes import until
from tests.support.records import letters

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_a_monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


def morning(session: Session, found: Subscription, *, days: int = 1) -> Letter | None:
    """Write what is due so many mornings later."""
    now = MONDAY + timedelta(days=days, hours=-3)
    with time_machine.travel(now, tick=False):
        digest = service.write_digest(session, subscription_id=found.id, now=now)
        assert digest is not None
        return session.get(Letter, digest.letter_id) if digest.letter_id else None


def test_an_approver_reads_what_to_decide_and_the_author_of_it_does_not(session: Session) -> None:
    team = Team(session)
    made = team.submitted()
    asked = [service.ask_for_needs(session, actor=who) for who in (team.approver, team.author)]
    approver, author = (morning(session, one) for one in asked)
    assert approver is not None
    assert approver.subject == f"Read the text and decide: {made.title}"
    assert f"http://engage.test/department/challenges/{made.ref}/review" in approver.text
    assert approver.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/review" not in (author.text if author else "")


def test_what_still_waits_is_said_again_and_what_is_done_is_not(session: Session) -> None:
    team = Team(session)
    made = team.submitted()
    found = service.ask_for_needs(session, actor=team.approver)
    assert [morning(session, found, days=day) is not None for day in (1, 2)] == [True, True]
    challenging.withdraw(session, actor=team.author, challenge=made, reason="Not now.")
    assert morning(session, found, days=3) is None


def test_asking_twice_is_asking_once_and_suppliers_cannot_ask(session: Session) -> None:
    team = Team(session)
    first, second = (service.ask_for_needs(session, actor=team.author) for _ in range(2))
    assert first.id == second.id
    supplier: Actor = advisory.team(session, name="ours").actor
    with pytest.raises(NotAllowed):
        service.ask_for_needs(session, actor=supplier)


def test_a_board_is_read_once_for_all_who_read_it(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    team, read = Team(session), list[int]()
    made = team.submitted()

    def waiting(_session: Session, *, organisation_id: int) -> list[Due]:
        read.append(organisation_id)
        return [Due(made.ref, made.title, "Read the text", "/", Who(frozenset(Role)))]

    monkeypatch.setattr("engage.kernel.due._sources", [waiting])
    for who in (team.author, team.approver):
        service.ask_for_needs(session, actor=who)
    session.commit()
    with time_machine.travel(MONDAY + timedelta(hours=21), tick=False):
        jobs.open_runs(clock.now())
        assert jobs.write_runs() == (2, True)
    assert read == [team.department.id]


def test_it_comes_at_an_hour_and_not_with_every_piece_of_news(session: Session) -> None:
    found = service.ask_for_needs(session, actor=Team(session).author)
    with pytest.raises(Invalid) as refused:
        service.change(session, subscription_id=found.id, cadence=Cadence.IMMEDIATE, weekday=0, hour=8)
    assert refused.value.fields == {"cadence": "What needs you can come once a day or once a week"}
    service.change(session, subscription_id=found.id, cadence=Cadence.WEEKLY, weekday=4, hour=9)
    assert found.cadence is Cadence.WEEKLY


def test_a_double_click_asks_once(committed: sa.Engine) -> None:
    asked: list[int] = []
    with unit_of_work() as session:
        author = Team(session).author

    def ask() -> None:
        with unit_of_work() as session:
            asked.append(service.ask_for_needs(session, actor=author).id)

    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    second = threading.Thread(target=ask)
    with unit_of_work() as session:
        asked.append(service.ask_for_needs(session, actor=author).id)
        second.start()
        assert until(lambda: session.scalar(waiting) == 1)
    second.join()
    assert len(asked) == 2
    assert len(set(asked)) == 1


def test_who_left_the_department_gets_nothing(session: Session) -> None:
    team = Team(session)
    team.submitted()
    found = service.ask_for_needs(session, actor=team.approver)
    left = sa.update(Membership).where(Membership.person_id == team.approver.person_id)
    session.execute(left.values(ended_at=MONDAY))
    session.expire_all()
    assert morning(session, found) is None
    assert letters(session, "due_digest") == []
    assert Role.APPROVER in team.approver.roles
