"""Steps against a conflict: who may propose them, who decides, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.queries import actor_of
from engage.audit.queries import history
from engage.challenges.models import Challenge
from engage.interests import service
from engage.interests.enums import MitigationState
from engage.interests.models import Declaration, Mitigation
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import accounts, suppliers
from tests.factories import interests as made


@pytest.fixture
def challenge(session: Session) -> Challenge:
    return made.challenge(session)


@pytest.fixture
def declared(session: Session, challenge: Challenge) -> Declaration:
    return made.declared(session, made.official(session, challenge))


def decide(session: Session, actor: Actor, steps: Mitigation, **values: Any) -> Mitigation:
    usual: dict[str, Any] = {"state": MitigationState.IN_PLACE, "reason": "I have seen it done."}
    return service.decide_mitigation(session, actor=actor, mitigation=steps, **{**usual, **values})


def test_proposed_and_decided_leave_their_people_times_and_audit_lines(
    session: Session, challenge: Challenge, declared: Declaration
) -> None:
    steps = made.in_place(session, challenge, declared)
    assert (steps.state, steps.declarer_id, steps.decision) == (
        MitigationState.IN_PLACE,
        declared.person_id,
        "I have seen it done.",
    )
    assert steps.decided_by is not None
    lines = history(session, subject=f"challenge:{challenge.ref}")
    assert [(line.tag, line.details) for line in lines] == [
        ("interests:mitigation:proposed", {"mitigation": steps.id}),
        ("interests:mitigation:in_place", {"mitigation": steps.id}),
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"steps": " "}, "steps"),
        ({"steps": "x" * 2001}, "steps"),
        ({"owner_id": 2**40}, "owner"),
        ({"due_on": made.days(-1)}, "due_on"),
        ({"due_on": made.days(61), "review_on": made.days(60)}, "review_on"),
        ({"review_on": made.days(4000)}, "review_on"),
    ],
)
def test_each_fault_is_told_beside_its_field(
    session: Session, challenge: Challenge, declared: Declaration, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        made.proposed(session, challenge, declared, **wrong)
    assert list(caught.value.fields) == [field]


def test_one_set_of_steps_at_a_time(session: Session, challenge: Challenge, declared: Declaration) -> None:
    first = made.proposed(session, challenge, declared)
    with pytest.raises(Conflict, match="proposed or in place already"):
        made.proposed(session, challenge, declared)
    approver = made.official(session, challenge, Role.APPROVER)
    decide(session, approver, first, state=MitigationState.NOT_ENOUGH)
    assert made.proposed(session, challenge, declared).state is MitigationState.PROPOSED


def test_what_concerns_another_department_is_not_there(session: Session, challenge: Challenge) -> None:
    elsewhere = made.declared(session, made.official(session, made.challenge(session)))
    with pytest.raises(NotFound):
        made.proposed(session, challenge, elsewhere)


def test_what_a_supplier_declared_about_the_department_concerns_it(
    session: Session, challenge: Challenge
) -> None:
    firm = suppliers.supplier(session)
    expert = suppliers.member(session, firm, role=Role.SUPPLIER_EXPERT)
    theirs = made.declared(session, actor_of(expert.person, expert), counterpart=challenge.organisation)
    assert made.in_place(session, challenge, theirs).declarer_id == expert.person_id


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.POLICY_AUTHOR])
def test_only_approvers_decide(
    session: Session, challenge: Challenge, declared: Declaration, role: Role
) -> None:
    steps = made.proposed(session, challenge, declared)
    with pytest.raises(NotAllowed, match="Only an approver"):
        decide(session, made.official(session, challenge, role), steps)
    with pytest.raises(NotAllowed, match="Only an approver"):
        decide(session, accounts.actor(session, Role.APPROVER), steps)


def test_who_declared_it_never_decides_and_the_database_agrees(
    session: Session, challenge: Challenge
) -> None:
    approver = made.official(session, challenge, Role.APPROVER)
    steps = made.proposed(session, challenge, made.declared(session, approver))
    with pytest.raises(NotAllowed, match="You declared this interest"):
        decide(session, approver, steps)
    change = sa.update(Mitigation).values(
        state="in_place", decided_by_id=approver.person_id, decided_at=sa.func.now(), decision="Mine."
    )
    with pytest.raises(IntegrityError, match="not_decided_by_declarer"), session.begin_nested():
        session.execute(change.where(Mitigation.id == steps.id))
    other = sa.update(Mitigation).values(declarer_id=challenge.author_id)
    with pytest.raises(IntegrityError, match="fk_mitigation"), session.begin_nested():
        session.execute(other.where(Mitigation.id == steps.id))


def test_who_proposed_the_steps_does_not_decide_about_them(
    session: Session, challenge: Challenge, declared: Declaration
) -> None:
    one, other = (made.official(session, challenge, Role.APPROVER) for _ in range(2))
    steps = service.propose_mitigation(
        session,
        actor=one,
        challenge=challenge,
        declaration=declared,
        steps="She leaves the room.",
        owner_id=other.person_id,
        due_on=made.days(7),
        review_on=made.days(60),
    )
    with pytest.raises(NotAllowed, match="proposed these steps, so somebody else"):
        decide(session, one, steps)
    assert steps.state is MitigationState.PROPOSED
    assert decide(session, other, steps).state is MitigationState.IN_PLACE


def test_a_decision_needs_a_reason_and_is_not_taken_twice(
    session: Session, challenge: Challenge, declared: Declaration
) -> None:
    steps = made.proposed(session, challenge, declared)
    approver = made.official(session, challenge, Role.APPROVER)
    with pytest.raises(Invalid, match="Say why"):
        decide(session, approver, steps, reason=" ")
    decide(session, approver, steps)
    with pytest.raises(Conflict, match="cannot become"):
        decide(session, approver, steps)
    decide(session, approver, steps, state=MitigationState.NOT_ENOUGH, reason="It did not work.")
    with pytest.raises(Conflict, match="cannot become"):
        decide(session, approver, steps)
