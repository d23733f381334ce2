"""Adding organisations and people."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from engage.accounts import queries, service
from engage.accounts.enums import OrganisationState, Scheme
from engage.audit.queries import history
from engage.kernel.actor import OrganisationKind, Role, System
from engage.kernel.errors import Conflict, Invalid
from tests.factories import accounts


def test_an_organisation_is_pending_and_its_number_is_kept_in_one_form(session: Session) -> None:
    made = service.create_organisation(
        session,
        kind=OrganisationKind.SUPPLIER,
        name="Tidal Works Ltd",
        identifiers=[(Scheme.COMPANIES_HOUSE, " sc 12345 "), ("none", "")],
        actor=None,
    )

    assert made.state is OrganisationState.PENDING
    assert [(row.scheme, row.value) for row in made.identifiers] == [("GB-COH", "SC012345")]
    lines = history(session, subject=f"organisation:{made.id}")
    assert [(line.tag, line.details) for line in lines] == [
        (
            "accounts:organisation:registered",
            {"kind": "supplier", "identifiers": ["GB-COH-SC012345"], "verified": False},
        )
    ]


def test_a_second_organisation_with_the_same_identifier_is_refused(session: Session) -> None:
    def create(name: str, number: str) -> None:
        service.create_organisation(
            session,
            kind=OrganisationKind.SUPPLIER,
            name=name,
            identifiers=[("GB-COH", number)],
            actor=System(),
        )

    create("First", "00445790")
    with pytest.raises(Conflict) as refused:
        create("Second", "445790")

    assert (
        refused.value.message == "This organisation is already on engage. Ask its administrator to add you."
    )
    found = queries.organisation_by_identifier(session, scheme="GB-COH", value="00445790")
    assert found is not None
    assert found.name == "First"


def test_departments_are_the_verified_ones_by_name(session: Session) -> None:
    for name, state in (
        ("Ministry of Tides", OrganisationState.VERIFIED),
        ("cabinet of winds", OrganisationState.VERIFIED),
        ("Board of Fog", OrganisationState.PENDING),
        ("Board of Rain", OrganisationState.SUSPENDED),
    ):
        accounts.new_organisation(session, name=name, state=state)
    accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, name="A supplier")

    assert [found.name for found in queries.departments(session)] == ["cabinet of winds", "Ministry of Tides"]


def test_a_second_account_with_the_same_address_in_other_letters_is_refused(session: Session) -> None:
    service.create_person(session, name="Ada", email="ada@example.test", password=None, verified=True)

    with pytest.raises(Conflict):
        service.create_person(session, name="Ada", email="ADA@example.test", password=None, verified=True)


def test_roles_add_up_in_one_live_membership(session: Session) -> None:
    person = accounts.person(session)
    department = accounts.new_organisation(session)

    first = service.add_member(session, person=person, organisation=department, roles=[Role.POLICY_AUTHOR])
    second = service.add_member(session, person=person, organisation=department, roles=[Role.APPROVER])

    assert second is first
    assert first.roles == ["approver", "policy_author"]


def test_a_role_of_another_kind_of_organisation_is_refused(session: Session) -> None:
    supplier = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER)

    with pytest.raises(Invalid):
        service.add_member(
            session, person=accounts.person(session), organisation=supplier, roles=[Role.APPROVER]
        )
