"""Suppliers that look like one another: proposed, kept apart, or one stands for the other."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.audit.queries import history
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.outbox.models import Letter
from engage.suppliers import queries, service
from engage.suppliers.models import Supplier
from tests.factories import accounts
from tests.factories import suppliers as made


@pytest.fixture
def platform(session: Session) -> Actor:
    return accounts.actor(session, Role.PLATFORM_ADMIN)


@pytest.fixture
def kept(session: Session) -> Supplier:
    return made.supplier(
        session, name="Riverbank Measurements Ltd", website="https://www.riverbank.example/about"
    )


@pytest.fixture
def again(session: Session) -> Supplier:
    supplier = made.supplier(session, name="Riverbank Measurement Limited", state=OrganisationState.PENDING)
    made.member(session, supplier)
    return supplier


def _pairs(session: Session) -> list[set[str]]:
    return [
        {pair.one.organisation.name, pair.other.organisation.name} for pair in queries.lookalikes(session)
    ]


def test_near_names_and_equal_websites_are_proposed_once(
    session: Session, kept: Supplier, again: Supplier
) -> None:
    made.supplier(session, name="Wye Instruments CIC", website="http://riverbank.example")
    made.supplier(session, name="Something Else plc", website="https://else.example")
    assert _pairs(session) == [
        {"Riverbank Measurements Ltd", "Wye Instruments CIC"},
        {"Riverbank Measurements Ltd", "Riverbank Measurement Limited"},
    ]


@pytest.mark.parametrize("state", [OrganisationState.SUSPENDED, OrganisationState.REFUSED])
def test_who_is_gone_is_not_proposed(session: Session, kept: Supplier, state: OrganisationState) -> None:
    made.supplier(session, name="Riverbank Measurements Limited", state=state)
    assert _pairs(session) == []


def test_kept_apart_is_not_proposed_again(
    session: Session, platform: Actor, kept: Supplier, again: Supplier
) -> None:
    with pytest.raises(Invalid) as wrong:
        service.keep_apart(session, actor=platform, refs=(kept.ref, again.ref), because=" ")
    assert wrong.value.fields == {"because": "Say how you know"}
    for _ in range(2):
        service.keep_apart(session, actor=platform, refs=(again.ref, kept.ref), because="Two numbers")
    assert _pairs(session) == []
    tags = [line.tag for line in history(session, subject=f"supplier:{kept.ref}")]
    assert tags == ["suppliers:supplier:kept_apart"]


def test_one_stands_for_the_other_and_its_people_are_told(
    session: Session, platform: Actor, kept: Supplier, again: Supplier
) -> None:
    found = service.merge_suppliers(
        session, actor=platform, duplicate=again.ref, into=kept.ref, because="The same company number."
    )
    assert (found, again.merged_into_id) == (kept, kept.id)
    assert again.organisation.state is OrganisationState.REFUSED
    assert queries.moved_to(session, ref=again.ref) == kept
    assert _pairs(session) == []
    letter = session.scalars(sa.select(Letter)).one()
    assert (
        "Riverbank Measurement Limited is on engage as Riverbank Measurements Ltd. The same company number. "
        "Ask its administrator to add you."
    ) in " ".join(letter.text.split())


def test_a_verified_duplicate_is_suspended_and_leads_on_after_a_second_merge(
    session: Session, platform: Actor, kept: Supplier
) -> None:
    chain = [made.supplier(session, name=f"Riverbank {number}") for number in range(2)]
    service.merge_suppliers(
        session, actor=platform, duplicate=chain[0].ref, into=chain[1].ref, because="Same."
    )
    service.merge_suppliers(session, actor=platform, duplicate=chain[1].ref, into=kept.ref, because="Same.")
    assert [each.organisation.state for each in chain] == [OrganisationState.SUSPENDED] * 2
    assert [queries.moved_to(session, ref=each.ref) for each in chain] == [kept, kept]
    assert queries.moved_to(session, ref=kept.ref) is None


def test_what_cannot_be_merged(session: Session, platform: Actor, kept: Supplier, again: Supplier) -> None:
    with pytest.raises(Conflict, match="Only a verified supplier"):
        service.merge_suppliers(session, actor=platform, duplicate=kept.ref, into=again.ref, because="Same.")
    service.merge_suppliers(session, actor=platform, duplicate=again.ref, into=kept.ref, because="Same.")
    with pytest.raises(Conflict, match="no longer there"):
        service.merge_suppliers(session, actor=platform, duplicate=again.ref, into=kept.ref, because="Same.")
    with pytest.raises(NotFound):
        service.merge_suppliers(session, actor=platform, duplicate=kept.ref, into=kept.ref, because="Same.")
