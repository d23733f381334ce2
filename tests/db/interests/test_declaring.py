"""Declaring, correcting, ending, withdrawing; and what cannot be declared."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.queries import actor_of
from engage.audit.queries import history
from engage.challenges.enums import ChallengeState
from engage.interests import queries, service
from engage.interests.enums import Kind
from engage.interests.models import Declaration
from engage.interests.service.dates import counts_until
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import accounts, advisory, suppliers
from tests.factories import interests as made


@pytest.fixture
def official(session: Session) -> Actor:
    return accounts.actor(session, Role.FACILITATOR)


def refused(session: Session, actor: Actor, **values: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        service.declare(session, actor=actor, told=made.told(**values))
    return caught.value.fields


def test_what_is_declared_is_kept_with_its_time_and_an_audit_line_without_what_it_says(
    session: Session, official: Actor
) -> None:
    declared = made.declared(
        session, official, counterpart="  Riverbank   Ltd ", domain="ann@Riverbank.example"
    )
    assert (declared.person_id, declared.organisation_id) == (official.person_id, official.organisation_id)
    assert (declared.counterpart_name, declared.counterpart_domain) == ("Riverbank Ltd", "riverbank.example")
    assert (declared.counterpart_id, declared.cooling_off, declared.counts_until) == (None, 6, None)
    (line,) = history(session, subject=f"person:{official.person_id}")
    assert (line.tag, line.details) == ("interests:declaration:made", {"declaration": declared.id})


def test_an_organisation_on_engage_is_found_by_its_name_or_its_number(
    session: Session, official: Actor
) -> None:
    firm = suppliers.supplier(session, name="Riverbank Ltd").organisation
    assert made.declared(session, official, counterpart="riverbank ltd").counterpart_id == firm.id
    by_number = made.declared(session, official, counterpart="The bank", number=firm.identifiers[0].value)
    assert (by_number.counterpart_id, by_number.counterpart_name) == (firm.id, "The bank")


def test_one_that_nobody_can_see_is_not_given_away(session: Session, official: Actor) -> None:
    suppliers.supplier(session, name="Hidden Ltd", state=OrganisationState.PENDING)
    assert made.declared(session, official, counterpart="Hidden Ltd").counterpart_id is None


def test_of_several_with_one_name_the_number_is_asked_for(session: Session, official: Actor) -> None:
    for _ in range(2):
        suppliers.supplier(session, name="Riverbank Ltd")
    fault = "Several organisations here have this name: enter its company number too"
    assert refused(session, official, counterpart="Riverbank Ltd") == {"number": fault}


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"counterpart": "   "}, {"counterpart": "Enter the name of the other organisation"}),
        ({"counterpart": "x" * 201}, {"counterpart": "The name must be 200 characters or fewer"}),
        ({"description": " \n "}, {"description": "Describe the interest in a sentence or two"}),
        ({"description": "x" * 2001}, {"description": "The description must be 2,000 characters or fewer"}),
        (
            {"starts_on": date(2026, 3, 2), "ends_on": date(2026, 3, 1)},
            {"ends_on": "The end must be the same day as the start, or later"},
        ),
        ({"starts_on": date(1929, 12, 31)}, {"starts_on": "The start must be 1 January 1930 or later"}),
        ({"number": "no number"}, {"number": "Company number must be 8 characters, like 01234567 or SC123456"}),
        ({"domain": "gmail.com"}, {"domain": "Anybody can have an address at gmail.com: enter the organisation's own, or leave this empty"}),
        ({"domain": "gov.uk"}, {"domain": "Many organisations share gov.uk: enter the whole of the organisation's own, or leave this empty"}),
        ({"domain": "example.test"}, {"domain": "This is the domain of your own address: enter that of the other organisation"}),
        ({"cooling_off": 5}, {"cooling_off": "The time for which it counts after its end must be between 6 and 60 months"}),
        ({"cooling_off": 61}, {"cooling_off": "The time for which it counts after its end must be between 6 and 60 months"}),
    ],
)  # fmt: skip
def test_each_fault_is_told_beside_its_field(
    session: Session, official: Actor, wrong: dict[str, Any], fault: dict[str, str]
) -> None:
    assert refused(session, official, **wrong) == fault


def test_a_start_beyond_a_year_is_refused(session: Session, official: Actor) -> None:
    assert list(refused(session, official, starts_on=made.days(367))) == ["starts_on"]
    assert made.declared(session, official, starts_on=made.days(366)).starts_on == made.days(366)


def test_what_counts_no_more_need_not_be_declared(session: Session, official: Actor) -> None:
    assert list(refused(session, official, ends_on=made.days(-365), starts_on=made.days(-800))) == ["ends_on"]


def test_ones_own_organisation_is_no_counterpart(session: Session, official: Actor) -> None:
    fault = {"counterpart": f"You act for {official.organisation_name} yourself: name the other organisation"}
    assert refused(session, official, counterpart=official.organisation_name.upper()) == fault


def test_the_same_again_is_refused_in_words(session: Session, official: Actor) -> None:
    made.declared(session, official)
    fault = "You have declared this interest before: correct or end that declaration instead"
    assert refused(session, official, counterpart="RIVERBANK LTD") == {"counterpart": fault}
    assert made.declared(session, official, kind=Kind.GIFT).kind is Kind.GIFT


def test_about_a_challenge_of_somebody_else_nothing_can_be_declared(
    session: Session, official: Actor
) -> None:
    theirs = made.challenge(session)
    with pytest.raises(NotFound):
        made.declared(session, official, challenge=theirs)
    draft = made.challenge(session, state=ChallengeState.DRAFT)
    supplier = accounts.actor(session, Role.SUPPLIER_ADMIN)
    with pytest.raises(NotFound):
        made.declared(session, supplier, challenge=draft)
    assert made.declared(session, supplier, challenge=theirs).challenge_id == theirs.id


def test_who_acts_for_nobody_or_the_platform_declares_nothing(session: Session) -> None:
    with pytest.raises(NotAllowed):
        made.declared(session, accounts.actor(session, Role.AUDITOR))


def test_a_correction_keeps_what_was_said_before(session: Session, official: Actor) -> None:
    first = made.declared(session, official)
    second = service.correct(
        session, actor=official, declaration=first, told=made.told(description="My cousin, not my sister.")
    )
    assert (second.replaces_id, first.closed_reason, first.closed_by_id) == (
        first.id,
        "Corrected.",
        official.person_id,
    )
    assert [each.id for each in queries.of_person(session, actor=official)] == [second.id, first.id]
    with pytest.raises(Conflict, match="withdrawn or corrected before"):
        service.correct(session, actor=official, declaration=first, told=made.told())
    tags = [line.tag for line in history(session, subject=f"person:{official.person_id}")]
    assert tags == ["interests:declaration:made", "interests:declaration:corrected"]


def test_a_correction_with_a_fault_changes_nothing(session: Session, official: Actor) -> None:
    first = made.declared(session, official)
    with pytest.raises(Invalid):
        service.correct(session, actor=official, declaration=first, told=made.told(description=""))
    session.refresh(first)
    assert first.closed_at is None


def test_an_end_is_recorded_once_and_starts_the_cooling_off(session: Session, official: Actor) -> None:
    job = made.declared(session, official, kind=Kind.EMPLOYMENT)
    yesterday = made.days(-1)
    service.end(session, actor=official, declaration=job, ended_on=yesterday)
    assert job.counts_until == counts_until(ends_on=yesterday, cooling_off=24)
    with pytest.raises(Conflict, match="recorded before"):
        service.end(session, actor=official, declaration=job, ended_on=yesterday)


@pytest.mark.parametrize(("days", "words"), [(1, "today or earlier"), (-731, "when it began")])
def test_an_end_lies_between_the_start_and_today(
    session: Session, official: Actor, days: int, words: str
) -> None:
    job = made.declared(session, official)
    with pytest.raises(Invalid, match=words):
        service.end(session, actor=official, declaration=job, ended_on=made.days(days))


def test_what_was_a_mistake_is_withdrawn_with_a_reason_and_stays(session: Session, official: Actor) -> None:
    declared = made.declared(session, official)
    with pytest.raises(Invalid, match="Say why"):
        service.withdraw(session, actor=official, declaration=declared, reason="  ")
    service.withdraw(session, actor=official, declaration=declared, reason="Another Riverbank.")
    assert declared.closed_reason == "Another Riverbank."
    with pytest.raises(Conflict):
        service.withdraw(session, actor=official, declaration=declared, reason="Again.")


def test_nobody_else_touches_it_but_the_administrator_of_a_supplier_for_who_left(session: Session) -> None:
    firm = suppliers.supplier(session)
    expert = suppliers.member(session, firm, role=Role.SUPPLIER_EXPERT)
    admin = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=firm.organisation)
    declared = made.declared(session, actor_of(expert.person, expert), counterpart="Some Office")
    with pytest.raises(NotFound):
        service.withdraw(session, actor=admin, declaration=declared, reason="He is wrong.")
    stranger = accounts.actor(session, Role.SUPPLIER_ADMIN)
    with pytest.raises(NotFound):
        service.withdraw(session, actor=stranger, declaration=declared, reason="He is wrong.")
    expert.ended_at = clock.now()
    session.flush()
    service.withdraw(session, actor=admin, declaration=declared, reason="He has left us.")
    assert declared.closed_by_id == admin.person_id


def test_the_database_keeps_what_was_declared(session: Session, official: Actor) -> None:
    declared = made.declared(session, official)
    for change in (
        sa.update(Declaration).values(description="Nothing."),
        sa.update(Declaration).values(starts_on=made.days(0)),
        sa.delete(Declaration),
    ):
        with pytest.raises(ProgrammingError, match="stays as it is"), session.begin_nested():
            session.execute(change.where(Declaration.id == declared.id))


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"ends_on": date(2020, 1, 1)}, "ends_after_start"),
        ({"cooling_off": 61}, "cooling_off_in_range"),
        ({"description": "  "}, "is_described"),
        ({"counterpart_name": ""}, "names_a_counterpart"),
        ({"counterpart_scheme": "GB-COH"}, "number_of_a_register"),
        ({"closed_at": sa.func.now()}, "closed_by_somebody_with_reason"),
        ({"ended_on": date(2024, 6, 1)}, "end_has_time"),
    ],
)
def test_the_database_has_the_same_rules(
    session: Session, official: Actor, columns: dict[str, Any], rule: str
) -> None:
    row = {
        "person_id": official.person_id,
        "organisation_id": official.organisation_id,
        "kind": "gift",
        "appearance": "actual",
        "counterpart_name": "Riverbank Ltd",
        "counterpart_scheme": "",
        "counterpart_number": "",
        "counterpart_domain": "",
        "starts_on": date(2024, 1, 1),
        "cooling_off": 12,
        "description": "A dinner.",
        "made_at": clock.now(),
        "closed_reason": "",
    }
    with pytest.raises(IntegrityError, match=rule), session.begin_nested():
        session.execute(sa.insert(Declaration).values(**{**row, **columns}))


@given(
    st.dates(date(1990, 1, 1), date(2060, 12, 31)),
    st.integers(0, 3000),
    st.none() | st.integers(0, 3000),
    st.integers(0, 60),
)
@trying(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_the_database_reckons_as_the_rule_says(
    session: Session, start: date, lasts: int, ended: int | None, months: int
) -> None:
    ends_on = start + timedelta(days=lasts)
    ended_on = None if ended is None else start + timedelta(days=ended)
    reckoned = session.scalar(
        sa.text(
            "SELECT (least(CAST(:one AS date), CAST(:two AS date)) + make_interval(months => :months))::date"
        ),
        {"one": ends_on, "two": ended_on, "months": months},
    )
    assert reckoned == counts_until(ends_on=ends_on, ended_on=ended_on, cooling_off=months)


class TestNone:
    def test_saying_it_twice_is_saying_it_once(self, session: Session) -> None:
        challenge = made.challenge(session)
        official = made.official(session, challenge)
        first = service.declare_none(session, actor=official, challenge=challenge)
        assert service.declare_none(session, actor=official, challenge=challenge).id == first.id

    def test_not_beside_an_interest_that_counts(self, session: Session) -> None:
        challenge = made.challenge(session)
        official = made.official(session, challenge)
        declared = made.declared(session, official)
        with pytest.raises(Conflict, match="You have declared an interest"):
            service.declare_none(session, actor=official, challenge=challenge)
        service.withdraw(session, actor=official, declaration=declared, reason="A mistake.")
        assert service.declare_none(session, actor=official, challenge=challenge)

    def test_only_for_ones_own_department(self, session: Session, official: Actor) -> None:
        with pytest.raises(NotAllowed):
            service.declare_none(session, actor=official, challenge=made.challenge(session))


def test_who_has_said_what(session: Session) -> None:
    challenge = made.challenge(session, state=ChallengeState.APPROVED)
    author = made.author(session, challenge)
    said, declares = (made.official(session, challenge, name=name) for name in ("Said None", "Declares"))
    service.declare_none(session, actor=said, challenge=challenge)
    made.declared(session, declares)
    made.official(session, challenge, Role.APPROVER, name="Not Asked")
    found = {
        each.person.name: (each.part, each.missing, each.declared, bool(each.none_at))
        for each in queries.statements(session, challenge=challenge)
    }
    approver = session.get_one(type(author.person), challenge.approved_by_id)
    assert found == {
        author.person.name: ("author", True, 0, False),
        approver.name: ("approver", True, 0, False),
        "Said None": ("facilitator", False, 0, True),
        "Declares": ("facilitator", False, 1, False),
    }
    assert queries.missing_statements(session, challenges=[challenge]) == {challenge.id: 2}


def test_what_was_confirmed_on_entry_is_kept_word_for_word_once(session: Session) -> None:
    challenge = made.challenge(session)
    team = advisory.team(session)
    expert = team.actor
    entry = service.Entry("session:abc", expert.person_id, team.supplier.id)
    new = [service.attest(session, actor=expert, challenge=challenge, entry=entry) for _ in range(2)]
    assert (new, service.confirmed(session, entries=[entry])) == ([True, False], {entry})
    (kept,) = queries.attestations(session, challenge_id=challenge.id)
    assert (kept.person_id, kept.text, kept.version) == (
        expert.person_id,
        service.ATTESTED,
        service.ATTESTED_VERSION,
    )
    assert [line.tag for line in history(session, subject="session:abc")] == ["interests:attestation:made"]


def test_organisations_of_every_kind_can_be_named(session: Session, official: Actor) -> None:
    other = accounts.new_organisation(session, kind=OrganisationKind.DEPARTMENT, name="Lake Office")
    assert made.declared(session, official, counterpart=other).counterpart_id == other.id
