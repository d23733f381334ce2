"""Profiles and statements: kept, checked, audited; what counts in matching."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.service import create_organisation
from engage.audit.queries import history
from engage.kernel import clock, events
from engage.kernel.actor import Actor, OrganisationKind, Role, System
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.suppliers import queries, service
from engage.suppliers.enums import EvidenceLevel
from engage.suppliers.events import StatementsChanged
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service import ProfileText, StatementText
from engage.suppliers.service.statements import MOST_STATEMENTS, a_year_after
from tests.factories import accounts
from tests.factories import suppliers as made

TODAY = date(2026, 3, 3)
CONTENT = StatementText(title="Flood warnings", text="Level gauges for small rivers.", client="Wye Council")
PROFILE = ProfileText(
    summary="We measure rivers.",
    website="https://rivers.example",
    sme=True,
    vcse=None,
    regions=["TLL", "TLC"],
    cpv=["38421100", "38421100-3"],
    corporate_group=" Wye  Group plc ",
    capacity_per_quarter=2,
)


@pytest.fixture
def supplier(session: Session) -> Supplier:
    return made.supplier(session, name="Riverbank Ltd")


@pytest.fixture
def admin(session: Session, supplier: Supplier) -> Actor:
    return accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=supplier.organisation)


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The suppliers whose statements were said to have changed."""
    seen: list[int] = []
    monkeypatch.setitem(
        events._handlers, StatementsChanged, (lambda _, event: seen.append(event.supplier_id),)
    )
    return seen


def tags(session: Session, supplier: Supplier) -> list[str]:
    return [
        line.tag.removeprefix("suppliers:") for line in history(session, subject=f"supplier:{supplier.ref}")
    ]


def test_a_registered_supplier_gets_a_profile_and_a_department_does_not(session: Session) -> None:
    made_by = {"session": session, "identifiers": [], "actor": System()}
    firm = create_organisation(kind=OrganisationKind.SUPPLIER, name="Firm", **made_by)  # type: ignore[arg-type]  # one dict for both
    create_organisation(kind=OrganisationKind.DEPARTMENT, name="Office", **made_by)  # type: ignore[arg-type]  # likewise
    found = session.scalars(sa.select(Supplier)).one()
    assert (found.organisation_id, found.statements, found.paused) == (firm.id, [], False)
    assert tags(session, found) == ["supplier:created"]


def test_a_profile_is_kept_clean_and_only_what_changed_is_recorded(
    session: Session, supplier: Supplier, admin: Actor
) -> None:
    service.update_profile(session, actor=admin, supplier=supplier, profile=PROFILE)
    assert (supplier.regions, supplier.cpv, supplier.sme, supplier.vcse, supplier.corporate_group) == (
        ["TLC", "TLL"],
        ["38421100"],
        True,
        None,
        "Wye Group plc",
    )
    assert service.update_profile(session, actor=admin, supplier=supplier, profile=PROFILE) == []
    lines = history(session, subject=f"supplier:{supplier.ref}")
    assert [line.details for line in lines] == [
        {"fields": ["summary", "website", "sme", "regions", "cpv", "corporate_group", "capacity_per_quarter"]}
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("website", "javascript:alert(1)"),
        ("website", "https://"),
        ("website", "http://user@rivers.example/"),
        ("regions", ["TLX"]),
        ("cpv", ["rivers"]),
        ("capacity_per_quarter", 101),
        ("summary", "x" * 2001),
        ("corporate_group", "x" * 201),
    ],
)
def test_a_wrong_profile_changes_nothing(
    session: Session, supplier: Supplier, admin: Actor, field: str, value: object
) -> None:
    wrong = ProfileText(**{**vars(PROFILE), field: value})
    with pytest.raises(Invalid) as caught:
        service.update_profile(session, actor=admin, supplier=supplier, profile=wrong)
    assert list(caught.value.fields) == [field]
    assert (supplier.summary, tags(session, supplier)) == ("", [])


def test_pausing_twice_is_recorded_once(session: Session, supplier: Supplier, admin: Actor) -> None:
    for paused in (True, True, False):
        service.set_paused(session, actor=admin, supplier=supplier, paused=paused)
    assert (supplier.paused, tags(session, supplier)) == (False, ["supplier:paused", "supplier:resumed"])


@time_machine.travel(TODAY, tick=False)
def test_a_statement_counts_for_a_year_and_is_announced(
    session: Session, supplier: Supplier, admin: Actor, changes: list[int]
) -> None:
    found = service.add_statement(session, actor=admin, supplier=supplier, content=CONTENT)
    assert (found.expires_on, found.level) == (date(2027, 3, 3), EvidenceLevel.DECLARED)
    linked = StatementText(**{**vars(CONTENT), "evidence_url": "https://wye.example/award"})
    assert service.edit_statement(session, actor=admin, statement=found, content=linked)
    assert not service.edit_statement(session, actor=admin, statement=found, content=linked)
    assert (found.expires_on, found.level) == (date(2027, 3, 3), EvidenceLevel.EVIDENCED)
    service.remove_statement(session, actor=admin, statement=found)
    assert session.scalars(sa.select(Statement)).all() == []
    assert tags(session, supplier) == ["statement:added", "statement:edited", "statement:removed"]
    assert changes == [supplier.id] * 3


def test_confirming_gives_another_year(session: Session, supplier: Supplier, admin: Actor) -> None:
    old = made.statement(session, supplier, expires_on=clock.uk_today())
    assert queries.fresh(supplier, today=clock.uk_today()) == []
    service.confirm_statement(session, actor=admin, statement=old)
    assert queries.fresh(supplier, today=clock.uk_today()) == [old]
    assert old.expires_on == a_year_after(clock.uk_today())


def test_a_year_after_a_leap_day() -> None:
    assert a_year_after(date(2028, 2, 29)) == date(2029, 2, 28)


def test_the_same_words_twice_are_refused(session: Session, supplier: Supplier, admin: Actor) -> None:
    service.add_statement(session, actor=admin, supplier=supplier, content=CONTENT)
    spaced = StatementText(title="Flood  warnings", text="Level gauges for small rivers.\n")
    with pytest.raises(Invalid) as caught:
        service.add_statement(session, actor=admin, supplier=supplier, content=spaced)
    assert list(caught.value.fields) == ["text"]
    assert len(supplier.statements) == 1


def test_there_is_an_end_to_statements(session: Session, supplier: Supplier, admin: Actor) -> None:
    for number in range(MOST_STATEMENTS):
        made.statement(session, supplier, text=f"Work number {number}.")
    with pytest.raises(Conflict):
        service.add_statement(session, actor=admin, supplier=supplier, content=CONTENT)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("text", ""),
        ("text", "x" * 6001),
        ("client", "x" * 201),
        ("dated", date(2999, 1, 1)),
        ("cpv", ["12"]),
        ("evidence_url", "data:text/html,x"),
    ],
)
def test_a_wrong_statement_is_refused_by_field(
    session: Session, supplier: Supplier, admin: Actor, field: str, value: object
) -> None:
    with pytest.raises(Invalid) as caught:
        service.add_statement(
            session, actor=admin, supplier=supplier, content=StatementText(**{**vars(CONTENT), field: value})
        )
    assert list(caught.value.fields) == [field]


def test_what_the_matcher_sees_says_why_something_does_not_count(
    session: Session, supplier: Supplier
) -> None:
    first = made.statement(session, supplier, title="Flood warnings", text="Level gauges\u200b for  rivers.")
    made.statement(session, supplier, title="Old", text="Long ago.", expires_on=date(2025, 1, 1))
    made.statement(session, supplier, title="FLOOD warnings", text="Level gauges for rivers.")
    seen = queries.seen(supplier)
    assert seen[0].text == "Flood warnings. Level gauges for rivers."
    assert [each.why_not for each in seen] == [
        "",
        "It expired on 1 January 2025. Confirm it if it still holds.",
        "It has the same words as another statement, and the same words count once.",
    ]
    assert queries.fresh(supplier, today=clock.uk_today()) == [first]


def test_a_statement_of_another_supplier_is_not_found(session: Session, supplier: Supplier) -> None:
    other = made.statement(session, made.supplier(session), text="Somebody else's work.")
    with pytest.raises(NotFound):
        queries.statement(session, supplier=supplier, statement_id=other.id)


@pytest.mark.parametrize(
    "state", [OrganisationState.PENDING, OrganisationState.REFUSED, OrganisationState.SUSPENDED]
)
def test_only_verified_suppliers_are_public(session: Session, state: OrganisationState) -> None:
    hidden = made.supplier(session, name="Hidden Works", state=state, does="Rivers.")
    shown = made.supplier(session, name="Shown Works", does="Rivers.")
    with pytest.raises(NotFound):
        queries.public_supplier(session, ref=hidden.ref)
    assert queries.public_supplier(session, ref=shown.ref) == shown
    found = queries.directory(session, words="rivers")
    assert (list(found.items), found.total, queries.count_public(session)) == ([shown], 1, 1)


def test_the_directory_finds_names_first_then_words_and_narrows(session: Session) -> None:
    tidal = made.supplier(
        session, name="A Tidal Trust", vcse=True, regions=["TLL"], does="Warning of floods."
    )
    works = made.supplier(session, name="Z Flood Works", sme=True, regions=["TLC"], does="Walls.")
    silent = made.supplier(session, name="M Anywhere Ltd", does="Nothing of the kind.")
    find = queries.directory
    assert list(find(session, words="flood").items) == [works, tidal]
    assert list(find(session, words="100%").items) == []
    assert list(find(session, sme=True).items) == [works]
    assert list(find(session, vcse=True).items) == [tidal]
    assert list(find(session, region="TLL").items) == [tidal, silent]
    assert list(find(session).items) == [tidal, silent, works]


def test_soon_is_thirty_days() -> None:
    assert timedelta(days=30) == queries.SOON
