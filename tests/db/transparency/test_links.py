"""Importing notices, proposing links, deciding on them, and what followed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.audit import queries as audit
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel.actor import Actor, Role, System
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from engage.transparency import queries, service
from engage.transparency.enums import LinkState
from engage.transparency.models import BuyerDetails, Notice, NoticeLink
from tests.factories import accounts
from tests.factories.challenges import PME, challenge
from tests.factories.transparency import OF_BUYER, facts, link, notice, release

SINCE = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def own(session: Session) -> Organisation:
    made = accounts.new_organisation(session, name="Department for Seats")
    person = accounts.person(session)
    session.add(BuyerDetails(organisation_id=made.id, updated_at=SINCE, updated_by_id=person.id, **OF_BUYER))
    session.flush()
    return made


@pytest.fixture
def engaging(session: Session, own: Organisation) -> Challenge:
    return challenge(
        session, organisation=own, state=ChallengeState.ENGAGING, published_at=SINCE, created_at=SINCE
    )


@pytest.fixture
def author(session: Session, own: Organisation) -> Actor:
    return accounts.actor(session, Role.POLICY_AUTHOR, organisation=own)


def bring(session: Session, *releases: dict[str, Any]) -> dict[str, int]:
    return dict(
        service.import_notices(session, actor=System("test"), releases=facts(*releases), source="test.json")
    )


def count(session: Session, table: type) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_second_import_changes_nothing(session: Session, engaging: Challenge) -> None:
    chain = [release("054321-2030", "UK4"), release("054400-2030", "UK6")]
    assert bring(session, *chain) == {"created": 2, "proposed": 1}
    assert bring(session, *chain) == {"unchanged": 2}
    assert bring(session, chain[0], {**chain[1], "date": "2031-01-01T00:00:00Z"}) == {
        "unchanged": 1,
        "updated": 1,
        "proposed": 0,
    }
    assert (count(session, Notice), count(session, NoticeLink)) == (2, 1)
    imported = audit.history(session, subject="notices:import")
    assert [event.details["source"] for event in imported] == ["test.json", "test.json"]


def test_a_release_twice_in_one_file_is_one_row(session: Session) -> None:
    assert bring(session, release("054321-2030"), release("054321-2030")) == {
        "created": 1,
        "unchanged": 1,
        "proposed": 0,
    }


def test_links_are_proposed_to_the_department_that_buys(session: Session, engaging: Challenge) -> None:
    hidden = challenge(session, organisation=engaging.organisation, created_at=SINCE)  # a draft
    elsewhere = challenge(session, state=ChallengeState.ENGAGING, published_at=SINCE)
    late = challenge(session, organisation=engaging.organisation, state=ChallengeState.ENGAGING)
    late.published_at = datetime(2030, 12, 1, tzinfo=UTC)
    session.flush()
    bring(session, release("054321-2030"))
    (row,) = session.scalars(sa.select(NoticeLink)).all()
    assert (row.challenge_id, row.state, row.ocid) == (engaging.id, LinkState.PROPOSED, "ocds-h6vhtk-0bbbbb")
    assert row.reasons[0] == "The same buyer: Department for Seats (GB-PPON-PABC-1234-DEFG)."
    assert row.challenge_id not in {hidden.id, elsewhere.id, late.id}


def test_the_engagement_itself_is_no_proposal_but_what_names_it_is(
    session: Session, own: Organisation
) -> None:
    pme = challenge(session, organisation=own, state=ChallengeState.ENGAGING, published_at=SINCE, **PME)
    bring(session, release("012345-2026", "UK2", ocid=pme.ocid or ""))
    assert count(session, NoticeLink) == 0
    stranger = {"id": "x", "name": "Somebody else"}
    related = [{"id": "1", "scheme": "ocid", "identifier": pme.ocid}]
    bring(session, release("054321-2030", parties=[], buyer=stranger, tender={}, relatedProcesses=related))
    (row,) = session.scalars(sa.select(NoticeLink)).all()
    assert (row.challenge_id, row.score) == (pme.id, 1.0)


def test_what_was_imported_before_is_found_later(session: Session, own: Organisation, author: Actor) -> None:
    bring(session, release("054321-2030"), release("054322-2030", ocid="ocds-h6vhtk-0ccccc", tender={}))
    found = challenge(session, organisation=own, state=ChallengeState.ENGAGING, published_at=SINCE)
    assert service.look(session, actor=author, challenge=found) == 1
    assert service.look(session, actor=author, challenge=found) == 0
    assert [each.ocid for each in queries.links(session, challenge_id=found.id)] == ["ocds-h6vhtk-0bbbbb"]


def test_a_decision_is_kept_whatever_is_imported(
    session: Session, engaging: Challenge, author: Actor
) -> None:
    bring(session, release("054321-2030"))
    (row,) = session.scalars(sa.select(NoticeLink)).all()
    service.decide(session, actor=author, challenge=engaging, link_id=row.id, follows=False)
    bring(session, release("054400-2030", "UK6"))
    session.refresh(row)
    assert row.state is LinkState.REJECTED
    with pytest.raises(Conflict):
        service.decide(session, actor=author, challenge=engaging, link_id=row.id, follows=False)
    service.decide(session, actor=author, challenge=engaging, link_id=row.id, follows=True)
    tags = [event.tag for event in audit.history(session, subject=f"challenge:{engaging.ref}")]
    assert tags == ["transparency:link_to_procurement:rejected", "transparency:link_to_procurement:confirmed"]


def test_the_chain_stands_in_order(session: Session, own: Organisation, author: Actor) -> None:
    pme = challenge(session, organisation=own, state=ChallengeState.CLOSED, published_at=SINCE, **PME)
    ocid = pme.ocid or ""
    bring(
        session,
        release("060000-2031", "UK9", date="2031-06-01T00:00:00Z"),
        release("012345-2026", "UK2", ocid=ocid, date="2030-01-01T00:00:00Z"),
        release("055000-2030", "UK6", date="2030-09-01T00:00:00Z"),
        release("054321-2030", "UK4"),
    )
    assert [each.ocid for each in queries.what_followed(session, challenge=pme)] == [ocid]
    (row,) = session.scalars(sa.select(NoticeLink)).all()
    service.decide(session, actor=author, challenge=pme, link_id=row.id, follows=True)
    followed = queries.what_followed(session, challenge=pme)
    assert [[step.kind for step in each.steps] for each in followed] == [
        ["Preliminary market engagement notice (UK2)"],
        ["Tender notice (UK4)", "Contract award notice (UK6)", "Contract performance notice (UK9)"],
    ]
    assert [each.address for each in followed] == [
        f"https://www.find-tender.service.gov.uk/procurement/{ocid}",
        "https://www.find-tender.service.gov.uk/procurement/ocds-h6vhtk-0bbbbb",
    ]


def test_proposals_and_rejections_are_not_for_everybody(session: Session, engaging: Challenge) -> None:
    notice(session, "054321-2030")
    link(session, engaging, ocid="ocds-h6vhtk-0ddddd", state=LinkState.REJECTED)
    assert queries.what_followed(session, challenge=engaging) == []
    assert len(queries.links(session, challenge_id=engaging.id)) == 2


def test_a_procurement_is_added_by_hand(session: Session, engaging: Challenge, author: Actor) -> None:
    row = service.add_link(session, actor=author, challenge=engaging, ocid=" ocds-h6vhtk-0eeeee ")
    assert (row.state, row.decided_by_id) == (LinkState.CONFIRMED, author.person_id)
    (each,) = queries.what_followed(session, challenge=engaging)
    assert (each.title, each.steps) == ("ocds-h6vhtk-0eeeee", [])
    for wrong in ("ocds-h6vhtk-0eeeee", "12345", "ocds-h6vhtk-", "ocds-h6vhtk-" + "a" * 200):
        with pytest.raises(Invalid):
            service.add_link(session, actor=author, challenge=engaging, ocid=wrong)
    draft = challenge(session, organisation=engaging.organisation)
    with pytest.raises(Conflict):
        service.add_link(session, actor=author, challenge=draft, ocid="ocds-h6vhtk-0fffff")


def test_a_rejected_one_can_be_added_by_hand(session: Session, engaging: Challenge, author: Actor) -> None:
    made = link(session, engaging, state=LinkState.REJECTED)
    row = service.add_link(session, actor=author, challenge=engaging, ocid=made.ocid)
    assert (row.id, row.state) == (made.id, LinkState.CONFIRMED)


def test_only_the_department_decides(session: Session, engaging: Challenge, author: Actor) -> None:
    made = link(session, engaging)
    strangers = [
        accounts.actor(session, Role.POLICY_AUTHOR, Role.APPROVER),
        accounts.actor(session, Role.FACILITATOR, organisation=engaging.organisation),
        accounts.actor(session, Role.AUDITOR),
    ]
    for stranger in strangers:
        with pytest.raises(NotAllowed):
            service.decide(session, actor=stranger, challenge=engaging, link_id=made.id, follows=True)
        with pytest.raises(NotAllowed):
            service.add_link(session, actor=stranger, challenge=engaging, ocid="ocds-h6vhtk-0eeeee")
        with pytest.raises(NotAllowed):
            service.look(session, actor=stranger, challenge=engaging)
    other = challenge(session, organisation=engaging.organisation, state=ChallengeState.ENGAGING)
    with pytest.raises(NotFound):
        service.decide(session, actor=author, challenge=other, link_id=made.id, follows=True)


@pytest.mark.parametrize("wrong", [{"ocid": "12345"}, {"state": LinkState.CONFIRMED}])
def test_the_database_refuses_what_no_link_can_be(
    session: Session, engaging: Challenge, wrong: dict[str, Any]
) -> None:
    made = link(session, engaging)
    change = sa.update(NoticeLink).where(NoticeLink.id == made.id).values(**wrong)
    with pytest.raises(IntegrityError):
        session.execute(change)
