"""Reminders: thirty and seven days before, once each, to those who can act on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.outbox.models import Letter
from engage.suppliers import service
from engage.suppliers.models import Supplier
from tests.factories import suppliers as made

Expiring = Callable[..., None]


@pytest.fixture
def supplier(session: Session) -> Supplier:
    found = made.supplier(session, name="Riverbank Ltd")
    made.member(session, found)
    made.member(session, found, role=Role.SUPPLIER_EXPERT)
    return found


def _expiring(session: Session, supplier: Supplier, title: str, *, days: int) -> None:
    made.statement(session, supplier, title=title, expires_on=clock.uk_today() + timedelta(days=days))


def _day(session: Session, days: int) -> list[tuple[str, list[str]]]:
    """Run the daily job so many days from now, at this time on UK clocks; return what it wrote: subject, and lines."""
    before = set(session.scalars(sa.select(Letter.id)))
    with time_machine.travel(clock.now().astimezone(clock.UK) + timedelta(days=days), tick=False):
        for supplier_id in service.to_remind(session):
            service.remind(session, supplier_id=supplier_id)
        again = [
            service.remind(session, supplier_id=each) for each in session.scalars(sa.select(Supplier.id))
        ]
    assert sum(again) == 0, "a second run on the same day writes nothing"
    letters = session.scalars(sa.select(Letter).where(Letter.id.not_in(before)).order_by(Letter.id)).all()
    return [
        (one.subject, [line for line in one.text.splitlines() if line.startswith("* ")]) for one in letters
    ]


def test_a_statement_is_reminded_of_twice_and_then_no_more(session: Session, supplier: Supplier) -> None:
    _expiring(session, supplier, "Sirens", days=40)
    written = {day: [subject for subject, _ in _day(session, day)] for day in range(45)}
    assert {day: subjects for day, subjects in written.items() if subjects} == {
        10: ["1 statement expires soon: does it still hold?"],
        33: ["1 statement expires soon: does it still hold?"],
    }


def test_one_letter_tells_of_all_and_leads_to_an_inert_page(session: Session, supplier: Supplier) -> None:
    _expiring(session, supplier, "Sirens", days=5)
    _expiring(session, supplier, "Gauges", days=20)
    _expiring(session, supplier, "Maps", days=31)
    ((subject, lines),) = _day(session, 0)
    assert subject == "2 statements expire soon: do they still hold?"
    assert [line.split(":")[0] for line in lines] == ["* Sirens", "* Gauges"]
    letter = session.scalars(sa.select(Letter)).one()
    assert "http://engage.test/supplier/statements/expiring" in letter.text
    assert letter.recipient in letter.dedupe_key or str(letter.person_id) in letter.dedupe_key


def test_after_an_outage_the_later_reminder_comes_alone(session: Session, supplier: Supplier) -> None:
    _expiring(session, supplier, "Sirens", days=40)
    assert len(_day(session, 35)) == 1
    assert _day(session, 36) == []


def test_a_confirmed_statement_is_reminded_of_next_year(session: Session, supplier: Supplier) -> None:
    _expiring(session, supplier, "Sirens", days=5)
    assert len(_day(session, 0)) == 1
    service.confirm_statement(session, actor=None, statement=supplier.statements[0])  # type: ignore[arg-type]  # nobody in particular
    assert _day(session, 1) == []
    assert len(_day(session, 340)) == 1


@pytest.mark.parametrize("state", [OrganisationState.PENDING, OrganisationState.SUSPENDED])
def test_nobody_is_told_who_cannot_act(session: Session, state: OrganisationState) -> None:
    alone = made.supplier(session, name="Imported Ltd")
    _expiring(session, alone, "Nobody looks after it", days=5)
    hidden = made.supplier(session, name="Hidden Ltd", state=state)
    made.member(session, hidden)
    _expiring(session, hidden, "Hidden", days=5)
    assert _day(session, 0) == []
    assert [service.remind(session, supplier_id=each.id) for each in (alone,)] == [0]


def test_nothing_is_written_when_nothing_expires(session: Session, supplier: Supplier) -> None:
    _expiring(session, supplier, "Sirens", days=300)
    _expiring(session, supplier, "Gone", days=-1)
    assert _day(session, 0) == []
