"""Which suppliers are tied to the department's side: by person, organisation and domain, as at one day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Organisation, Person
from engage.accounts.queries import actor_of
from engage.challenges import service as texts
from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.models import Challenge
from engage.interests import queries, service
from engage.interests.enums import Basis, Kind, MitigationState
from engage.interests.models import Declaration
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.matchmaking.enums import HardRule
from engage.matchmaking.service.sifting import sift
from engage.suppliers.models import Supplier
from tests.db.challenges.trail import Team
from tests.factories import accounts, suppliers
from tests.factories import interests as made


@pytest.fixture
def challenge(session: Session) -> Challenge:
    return made.challenge(session)


@pytest.fixture
def official(session: Session, challenge: Challenge) -> Actor:
    return made.official(session, challenge)


@pytest.fixture
def firm(session: Session) -> Supplier:
    return suppliers.supplier(session, name="Riverbank Ltd", does="Booking of seats.")


def found(
    session: Session, challenge: Challenge, on: date | None = None
) -> dict[int, list[tuple[Basis, bool]]]:
    ties = service.conflicts(session, challenge=challenge, on=on or clock.uk_today())
    return {number: [(each.basis, each.blocks) for each in several] for number, several in ties.items()}


def test_without_ties_there_is_no_conflict(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    suppliers.member(session, firm)
    made.declared(session, official, counterpart="Another Ltd", domain="another.example")
    assert found(session, challenge) == {}


def test_one_person_on_both_sides(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    accounts.membership(
        session,
        person=session.get_one(Person, official.person_id),
        organisation=firm.organisation,
        roles={Role.SUPPLIER_EXPERT},
    )
    assert found(session, challenge) == {firm.id: [(Basis.PERSON, True)]}


def test_who_approved_counts_though_they_have_left(
    session: Session, challenge: Challenge, firm: Supplier
) -> None:
    person = session.get_one(Person, challenge.approved_by_id)
    accounts.membership(session, person=person, organisation=firm.organisation, roles={Role.SUPPLIER_ADMIN})
    assert found(session, challenge) == {firm.id: [(Basis.PERSON, True)]}


def change_route(session: Session, challenge: Challenge, to: Route) -> tuple[int, int]:
    """Change the route; return who proposed it and who decided."""
    one, other = (made.official(session, challenge, role) for role in (Role.POLICY_AUTHOR, Role.APPROVER))
    purposes = [EngagementPurpose.TERMS] if to is Route.PRELIMINARY_MARKET_ENGAGEMENT else []
    change = texts.propose_route(
        session, actor=one, challenge=challenge, to=to, purposes=purposes, reason="It has to."
    )
    texts.make_route_change(session, actor=other, change=change)
    return one.person_id, other.person_id


@pytest.mark.parametrize("who", ["wrote", "submitted", "approved", "proposed", "decided"])
def test_whoever_had_a_hand_in_an_earlier_text_counts_though_they_have_left(
    session: Session, firm: Supplier, who: str
) -> None:
    team = Team(session)
    writer, sender = (team.join(Role.POLICY_AUTHOR) for _ in range(2))
    challenge = team.draft()
    texts.save_answers(session, actor=writer, challenge=challenge, answers={"problem": "One in five."})
    version = texts.submit(session, actor=sender, challenge=challenge)
    texts.approve(session, actor=team.approver, challenge=challenge, content_hash=version.content_hash)
    proposed, decided = change_route(session, challenge, Route.PRELIMINARY_MARKET_ENGAGEMENT)
    # After another change of route the columns of the challenge name the two people of that change.
    later = change_route(session, challenge, Route.POLICY_EXPLORATION)
    assert (challenge.submitted_by_id, challenge.approved_by_id) == later
    challenge.writer_ids = [team.author.person_id]  # as after a change of the text by somebody else
    people = {
        "wrote": writer.person_id,
        "submitted": sender.person_id,
        "approved": team.approver.person_id,
        "proposed": proposed,
        "decided": decided,
    }
    person = session.get_one(Person, people[who])
    for membership in session.scalars(sa.select(Membership).where(Membership.person_id == person.id)):
        membership.ended_at = clock.now()
    accounts.membership(session, person=person, organisation=firm.organisation, roles={Role.SUPPLIER_ADMIN})
    assert found(session, challenge) == {firm.id: [(Basis.PERSON, True)]}
    said = {each.person.id: each for each in queries.statements(session, challenge=challenge)}
    assert (said[person.id].part, said[person.id].missing) == (
        "wrote or decided on an earlier text, or its route",
        True,
    )


def test_who_proposed_a_change_of_route_that_was_declined_decided_nothing(
    session: Session, challenge: Challenge
) -> None:
    one, other = (made.official(session, challenge, role) for role in (Role.POLICY_AUTHOR, Role.APPROVER))
    change = texts.propose_route(
        session,
        actor=one,
        challenge=challenge,
        to=Route.PRELIMINARY_MARKET_ENGAGEMENT,
        purposes=[EngagementPurpose.TERMS],
        reason="It has to.",
    )
    texts.decline_route_change(session, actor=other, change=change, reason="No procurement is planned.")
    hands = queries.hands_in(session, challenge)
    assert hands == {challenge.author_id, challenge.approved_by_id}


Declare = Callable[[Session, Actor, Supplier], Declaration]


def by_itself(session: Session, official: Actor, firm: Supplier) -> Declaration:
    return made.declared(session, official, counterpart=firm.organisation)


def by_name_before_it_came(session: Session, official: Actor, firm: Supplier) -> Declaration:
    firm.organisation.name = "Elsewhere Ltd"
    session.flush()
    declared = made.declared(session, official, counterpart="riverbank  LTD")
    firm.organisation.name = "Riverbank Ltd"
    assert declared.counterpart_id is None
    return declared


def by_number_before_it_came(session: Session, official: Actor, firm: Supplier) -> Declaration:
    declared = made.declared(session, official, counterpart="The bank", number="SC999999")
    firm.organisation.identifiers[0].value = "SC999999"
    return declared


def by_group(session: Session, official: Actor, firm: Supplier) -> Declaration:
    firm.corporate_group = "Wye  Group".replace("  ", " ")
    sister = suppliers.supplier(session, name="Sister Ltd", corporate_group=" wye group ")
    accounts.new_organisation(session)
    declared = made.declared(session, official, counterpart=sister.organisation)
    session.flush()
    return declared


def by_name_of_the_group(session: Session, official: Actor, firm: Supplier) -> Declaration:
    firm.corporate_group = "Wye Group"
    return made.declared(session, official, counterpart="WYE GROUP")


@pytest.mark.parametrize(
    "declare", [by_itself, by_name_before_it_came, by_number_before_it_came, by_group, by_name_of_the_group]
)
def test_an_official_is_tied_to_the_organisation(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier, declare: Declare
) -> None:
    declare(session, official, firm)
    assert found(session, challenge)[firm.id] == [(Basis.ORGANISATION, True)]


def with_address(session: Session, firm: Supplier, email: str, *, verified: bool = True) -> None:
    person = accounts.person(session, email=email, verified=verified)
    accounts.membership(session, person=person, organisation=firm.organisation, roles={Role.SUPPLIER_EXPERT})


@pytest.mark.parametrize("address", ["ann@Riverbank.example", "ann@uk.riverbank.example"])
def test_an_official_is_tied_by_a_mail_domain(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier, address: str
) -> None:
    firm.organisation.name = "Quite Another Name Ltd"
    with_address(session, firm, address)
    made.declared(session, official, counterpart="The river people", domain="riverbank.example")
    assert found(session, challenge) == {firm.id: [(Basis.DOMAIN, True)]}


def test_an_address_that_nobody_confirmed_ties_nobody(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    with_address(session, firm, "ann@riverbank.example", verified=False)
    with_address(session, firm, "ann@notriverbank.example")
    made.declared(session, official, counterpart="The river people", domain="riverbank.example")
    assert found(session, challenge) == {}


def expert_of(session: Session, firm: Supplier) -> Actor:
    member = suppliers.member(session, firm, role=Role.SUPPLIER_EXPERT)
    return actor_of(member.person, member)


def test_a_supplier_declares_the_department(session: Session, challenge: Challenge, firm: Supplier) -> None:
    made.declared(session, expert_of(session, firm), counterpart=challenge.organisation)
    assert found(session, challenge) == {firm.id: [(Basis.ORGANISATION, True)]}
    assert found(session, made.challenge(session)) == {}


def test_a_supplier_declares_by_the_domain_of_the_department(
    session: Session, challenge: Challenge, firm: Supplier
) -> None:
    person = accounts.person(session, email="olive@lake.gov.example")
    accounts.membership(session, person=person, organisation=challenge.organisation, roles={Role.FACILITATOR})
    made.declared(session, expert_of(session, firm), counterpart="Lake people", domain="gov.example")
    assert found(session, challenge) == {firm.id: [(Basis.DOMAIN, True)]}


def test_a_conflict_is_with_the_department_and_the_challenge_it_was_declared_for(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    other = made.challenge(session, organisation=challenge.organisation)
    declared = made.declared(session, official, counterpart=firm.organisation, challenge=other)
    assert found(session, challenge) == {}
    assert found(session, other) == {firm.id: [(Basis.ORGANISATION, True)]}
    service.withdraw(session, actor=official, declaration=declared, reason="A mistake.")
    assert found(session, other) == {}


def test_who_has_left_the_department_and_wrote_nothing_counts_no_more(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    made.declared(session, official, counterpart=firm.organisation)
    session.execute(
        sa.text("UPDATE membership SET ended_at = now() WHERE id = :id"), {"id": official.membership_id}
    )
    assert found(session, challenge) == {}


def test_as_at_the_day_that_is_asked_about(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    today = clock.uk_today()
    declared = made.declared(
        session,
        official,
        counterpart=firm.organisation,
        kind=Kind.GIFT,
        starts_on=today + timedelta(days=10),
        ends_on=today + timedelta(days=20),
    )
    assert declared.counts_until is not None
    days = [declared.starts_on, declared.counts_until]
    assert [bool(found(session, challenge, day)) for day in days] == [True, True]
    outside = [days[0] - timedelta(days=1), days[1] + timedelta(days=1)]
    assert [bool(found(session, challenge, day)) for day in outside] == [False, False]


def test_steps_in_place_let_it_through_and_stay_listed(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    declared = made.declared(session, official, counterpart=firm.organisation)
    steps = made.proposed(session, challenge, declared)
    assert found(session, challenge) == {firm.id: [(Basis.ORGANISATION, True)]}
    approver = made.official(session, challenge, Role.APPROVER)
    service.decide_mitigation(
        session, actor=approver, mitigation=steps, state=MitigationState.IN_PLACE, reason="Seen."
    )
    assert found(session, challenge) == {firm.id: [(Basis.ORGANISATION, False)]}
    other = made.challenge(session, organisation=challenge.organisation)
    assert found(session, other) == {firm.id: [(Basis.ORGANISATION, True)]}
    service.decide_mitigation(
        session, actor=approver, mitigation=steps, state=MitigationState.NOT_ENOUGH, reason="She came in."
    )
    assert found(session, challenge) == {firm.id: [(Basis.ORGANISATION, True)]}


def test_a_corrected_declaration_needs_a_new_decision(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    declared = made.declared(session, official, counterpart=firm.organisation)
    made.in_place(session, challenge, declared)
    service.correct(
        session, actor=official, declaration=declared, told=made.told(counterpart=firm.organisation.name)
    )
    assert found(session, challenge) == {firm.id: [(Basis.ORGANISATION, True)]}


def test_acting_for_both_is_let_through_once_it_is_declared_and_steps_are_in_place(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    person = session.get_one(Person, official.person_id)
    accounts.membership(session, person=person, organisation=firm.organisation, roles={Role.SUPPLIER_EXPERT})
    declared = made.declared(session, official, counterpart=firm.organisation, kind=Kind.EMPLOYMENT)
    both = {firm.id: [(Basis.PERSON, True), (Basis.ORGANISATION, True)]}
    assert found(session, challenge) == both
    made.in_place(session, challenge, declared)
    assert found(session, challenge) == {firm.id: [(Basis.PERSON, False), (Basis.ORGANISATION, False)]}


def test_the_hard_rule_of_the_match_is_the_same(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    def left_out() -> dict[str, HardRule]:
        return sift(session, department=challenge.organisation, challenge=challenge).left_out

    declared = made.declared(session, official, counterpart=firm.organisation)
    assert left_out() == {firm.ref: HardRule.CONFLICT}
    made.in_place(session, challenge, declared)
    assert left_out() == {}


def test_what_stood_in_the_way_is_kept_once_with_its_time(
    session: Session, challenge: Challenge, official: Actor, firm: Supplier
) -> None:
    declared = made.declared(session, official, counterpart=firm.organisation)
    for _ in range(2):
        service.note_findings(
            session,
            challenge=challenge,
            on=clock.uk_today(),
            point=service.CheckPoint.MATCH,
            subject="run:m-1",
        )
    (kept,) = service.assess(session, challenge=challenge).ties[0].found
    assert (kept.declaration_id, kept.point, kept.subject) == (
        declared.id,
        service.CheckPoint.MATCH,
        "run:m-1",
    )


def test_five_statements_however_many_suppliers(
    session: Session, challenge: Challenge, official: Actor, engine: sa.Engine
) -> None:
    def counted() -> int:
        statements: list[str] = []
        connection = session.connection()
        listen = lambda *args: statements.append(args[2])  # noqa: E731 - removed by identity below
        event.listen(connection, "before_cursor_execute", listen)
        service.conflicts(session, challenge=challenge, on=clock.uk_today())
        event.remove(connection, "before_cursor_execute", listen)
        return len(statements)

    def tie(number: int) -> None:
        organisation: Organisation = suppliers.supplier(session, name=f"Firm {number}").organisation
        made.in_place(session, challenge, made.declared(session, official, counterpart=organisation))
        session.expire_all()
        challenge.organisation.name  # noqa: B018 - loaded before counting
        challenge.author_id  # noqa: B018

    tie(1)
    assert counted() == 5
    tie(2)
    tie(3)
    assert counted() == 5


def test_a_draft_has_its_author_on_the_departments_side(session: Session, firm: Supplier) -> None:
    draft = made.challenge(session, state=ChallengeState.DRAFT)
    member = made.author(session, draft)
    made.declared(session, actor_of(member.person, member), counterpart=firm.organisation)
    assert found(session, draft) == {firm.id: [(Basis.ORGANISATION, True)]}
