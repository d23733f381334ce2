"""Suppliers that look like one another: proposed, kept apart, or one stands for the other."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts_of
from engage.accounts.enums import OrganisationState
from engage.accounts.models import OrganisationIdentifier
from engage.accounts.service import start_session
from engage.advisory.enums import SeatState
from engage.audit.queries import history
from engage.challenges.enums import ChallengeState
from engage.interests import service as interests
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.matchmaking.enums import InvitationState
from engage.outbox.models import Letter
from engage.suppliers import queries, service
from engage.suppliers.enums import EvidenceLevel
from engage.suppliers.models import Supplier
from tests.factories import accounts, advisory, challenges
from tests.factories import interests as interests_made
from tests.factories import suppliers as made
from tests.factories.advisory import SupplierTeam


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


def _merge(session: Session, platform: Actor, gone: Supplier, kept: Supplier) -> service.Merged:
    return service.merge_suppliers(
        session, actor=platform, duplicate=gone.ref, into=kept.ref, because="The same company number."
    )


def test_people_of_who_was_never_verified_are_asked_about_and_told(
    session: Session, platform: Actor, kept: Supplier, again: Supplier
) -> None:
    keeper = made.member(session, kept)
    done = _merge(session, platform, again, kept)
    assert (done.kept, done.people, done.at_once, again.merged_into_id) == (kept, 1, False, kept.id)
    assert again.organisation.state is OrganisationState.REFUSED
    assert queries.moved_to(session, ref=again.ref) == kept
    assert _pairs(session) == []
    (stranger,) = accounts_of.members(session, organisation_id=again.organisation_id)
    asked = accounts_of.join_requests(session, organisation_id=kept.organisation_id)
    assert [one.email for one in asked] == [stranger.person.email]
    told = {letter.recipient: " ".join(letter.text.split()) for letter in session.scalars(sa.select(Letter))}
    assert (
        "Riverbank Measurement Limited is on engage as Riverbank Measurements Ltd. The same company number. "
        "Its administrators have been asked to add you."
    ) in told[stranger.person.email]
    assert "They registered Riverbank Measurement Limited" in told[keeper.person.email]
    assert len(accounts_of.members(session, organisation_id=kept.organisation_id)) == 1


def test_people_go_along_when_there_is_nobody_to_ask(
    session: Session, platform: Actor, kept: Supplier, again: Supplier
) -> None:
    done = _merge(session, platform, again, kept)
    assert (done.people, done.at_once) == (1, True)


def test_people_statements_and_numbers_of_a_verified_one_go_along(
    session: Session, platform: Actor, kept: Supplier
) -> None:
    gone = made.supplier(session, name="Riverbank Measurement Limited", source="file")
    gone.organisation.identifiers.append(OrganisationIdentifier(scheme="GB-CHC", value="1000011"))
    made.statement(session, kept, title="Gauges", text="Level gauges.")
    made.statement(session, gone, title="Gauges", text="Level gauges.")
    proven = made.statement(session, gone, title="Sirens", text="Sirens.", evidence_reference="C-1")
    service.verify_statement(
        session, actor=platform, statement_id=proven.id, because="Read", seen=proven.updated_at.isoformat()
    )
    until, revision = proven.expires_on, proven.revision
    both, expert = made.member(session, kept), made.member(session, gone, role=Role.SUPPLIER_EXPERT)
    accounts.membership(
        session, person=both.person, organisation=gone.organisation, roles={Role.SUPPLIER_EXPERT}
    )
    unknown = made.member(session, gone)
    unknown.person.email_verified_at = None
    token = start_session(session, person=expert.person, membership=expert)
    session.flush()
    done = _merge(session, platform, gone, kept)
    session.expire_all()
    assert (done.statements, done.people, done.at_once) == (1, 2, True)
    assert sorted(one.title for one in kept.statements) == ["Gauges", "Sirens"]
    assert [one.title for one in gone.statements] == ["Gauges"]
    assert (proven.supplier_id, proven.level, proven.expires_on) == (kept.id, EvidenceLevel.VERIFIED, until)
    assert proven.revision != revision
    roles = {
        each.person_id: each.roles
        for each in accounts_of.members(session, organisation_id=kept.organisation_id)
    }
    assert roles == {
        both.person_id: ["supplier_admin", "supplier_expert"],
        expert.person_id: ["supplier_expert"],
    }
    acting = accounts_of.actor_by_token(session, token)
    assert acting is not None
    assert acting.organisation_id == kept.organisation_id
    assert [one.scheme for one in kept.organisation.identifiers] == ["GB-CHC", "GB-COH"]
    assert [one.scheme for one in gone.organisation.identifiers] == ["GB-COH"]
    assert (gone.organisation.state, gone.source) == (OrganisationState.SUSPENDED, None)


def test_an_interest_in_the_one_counts_for_the_other(
    session: Session, platform: Actor, kept: Supplier
) -> None:
    gone = made.supplier(session, name="Riverbank Measurement Limited")
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING)
    official = accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)
    theirs = made.member(session, gone)
    acting = accounts_of.actor_of(theirs.person, theirs)
    interests_made.declared(session, official, counterpart=gone.organisation.name)
    interests_made.declared(session, acting, counterpart=challenge.organisation.name)
    before = interests.conflicts(session, challenge=challenge, on=clock.uk_today())
    _merge(session, platform, gone, kept)
    after = interests.conflicts(session, challenge=challenge, on=clock.uk_today())
    assert {supplier: len(found) for supplier, found in before.items()} == {gone.id: 2}
    assert {supplier: len(found) for supplier, found in after.items()} == {gone.id: 2, kept.id: 2}


def test_what_is_under_way_goes_on_for_the_other_and_what_is_over_stays(
    session: Session, platform: Actor, kept: Supplier
) -> None:
    gone = made.supplier(session, name="Riverbank Measurement Limited")
    team, other = (
        SupplierTeam(gone, made.member(session, gone)),
        SupplierTeam(kept, made.member(session, kept)),
    )
    seats = []
    for who, state in (((team,), SeatState.CONFIRMED), ((team, other), SeatState.CONFIRMED)):
        meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
        seats += [advisory.seat(session, meeting=meeting, team=each, state=state) for each in who]
    declined = advisory.invitation(
        session,
        challenge=advisory.open_challenge(session),
        supplier=gone,
        state=InvitationState.DECLINED,
    )
    offer = advisory.offer(session, challenge=advisory.open_challenge(session), team=team)
    _merge(session, platform, gone, kept)
    session.expire_all()
    alone, theirs, ours = seats
    assert (alone.supplier_id, alone.invitation.supplier_id, alone.state) == (
        kept.id,
        kept.id,
        SeatState.CONFIRMED,
    )
    assert (theirs.supplier_id, theirs.state) == (gone.id, SeatState.RELEASED)
    assert (ours.supplier_id, ours.state, ours.session.taken) == (kept.id, SeatState.CONFIRMED, 1)
    assert (declined.supplier_id, offer.supplier_id) == (gone.id, kept.id)


def test_a_verified_duplicate_is_suspended_and_leads_on_after_a_second_merge(
    session: Session, platform: Actor, kept: Supplier
) -> None:
    chain = [made.supplier(session, name=f"Riverbank {number}") for number in range(2)]
    _merge(session, platform, chain[0], chain[1])
    _merge(session, platform, chain[1], kept)
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
