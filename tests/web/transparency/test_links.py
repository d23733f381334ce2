"""What followed: the department decides, everybody reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel.actor import Role
from engage.transparency.enums import LinkState
from engage.transparency.models import BuyerDetails, NoticeLink
from tests.factories.challenges import challenge
from tests.factories.transparency import OF_BUYER, link, notice
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.support.statements import selects
from tests.web.transparency.conftest import Desk

SINCE = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def public(session: Session, desk: Desk) -> Challenge:
    """A challenge of the desk that everybody sees, and a department that notices can be compared with."""
    writer = desk.challenge.author_id
    session.add(
        BuyerDetails(organisation_id=desk.organisation.id, updated_at=SINCE, updated_by_id=writer, **OF_BUYER)
    )
    return challenge(
        session, organisation=desk.organisation, state=ChallengeState.ENGAGING, published_at=SINCE
    )


def words(browser: DistrustfulClient, path: str) -> str:
    return text_of(browser.get(path).get_data(as_text=True))


def test_a_proposal_is_confirmed_and_stands_on_the_public_page(
    session: Session, desk: Desk, public: Challenge, client: DistrustfulClient
) -> None:
    notice(session, "054321-2030")
    notice(session, "055000-2030", "UK6", date="2030-09-01T00:00:00Z")
    path = f"/department/challenges/{public.ref}/notices"
    page = words(desk.author, path)
    assert "1 procurement may have followed: decide" in page
    assert "The same buyer: Department for Seats (GB-PPON-PABC-1234-DEFG)." in page
    assert "What happened next" not in words(client, f"/challenges/{public.ref}")
    row = session.scalars(sa.select(NoticeLink).where(NoticeLink.challenge_id == public.id)).one()
    sent = desk.author.post(f"{path}/{row.id}/confirm")
    assert (sent.status_code, sent.headers["Location"]) == (303, path)
    page = words(client, f"/challenges/{public.ref}")
    assert "What happened next" in page
    assert page.index("Tender notice (UK4)") < page.index("Contract award notice (UK6)")
    assert "Awarded to Riverbank Ltd" in page
    assert "Ann Author" in words(desk.author, path)
    assert "Link to procurement confirmed" in words(
        desk.author, f"/department/challenges/{public.ref}/history"
    )


def test_what_was_rejected_is_for_nobody_outside(
    session: Session, desk: Desk, public: Challenge, client: DistrustfulClient
) -> None:
    notice(session, "054321-2030")
    row = session.scalars(sa.select(NoticeLink).where(NoticeLink.challenge_id == public.id)).one()
    path = f"/department/challenges/{public.ref}/notices"
    assert desk.author.post(f"{path}/{row.id}/reject").status_code == 303
    twice = desk.author.post(f"{path}/{row.id}/reject", follow_redirects=True)
    assert "This was decided already" in twice.get_data(as_text=True)
    assert "What happened next" not in words(client, f"/challenges/{public.ref}")
    assert desk.author.post(f"{path}/{row.id}/perhaps").status_code == 404
    assert (
        desk.author.post(f"{desk.path}/notices/{row.id}/confirm").status_code == 404
    )  # of another challenge


def test_looking_and_adding_by_hand(
    session: Session, desk: Desk, public: Challenge, client: DistrustfulClient
) -> None:
    notice(session, "054321-2030")
    session.execute(sa.delete(NoticeLink))
    path = f"/department/challenges/{public.ref}/notices"
    assert "1 procurement found" in desk.author.post(f"{path}/look", follow_redirects=True).get_data(
        as_text=True
    )
    assert "Nothing new was found" in desk.author.post(f"{path}/look", follow_redirects=True).get_data(
        as_text=True
    )
    assert desk.author.post(path, data={"ocid": "12345"}).status_code == 422
    assert desk.author.post(path, data={"ocid": "ocds-h6vhtk-0eeeee"}).status_code == 303
    assert "ocds-h6vhtk-0eeeee" in words(client, f"/challenges/{public.ref}")


def test_before_approval_nothing_is_linked(session: Session, desk: Desk) -> None:
    draft = challenge(session, organisation=desk.organisation)
    path = f"/department/challenges/{draft.ref}/notices"
    assert desk.author.post(path, data={"ocid": "ocds-h6vhtk-0eeeee"}).status_code == 409
    assert desk.author.post(f"{path}/look").status_code == 409


def test_the_list_takes_as_many_statements_for_one_as_for_three(
    session: Session,
    engine: sa.Engine,
    desk: Desk,
    public: Challenge,
    browser_as: Callable[..., DistrustfulClient],
) -> None:
    auditor = browser_as(Role.AUDITOR)
    counts = []
    for number in (1, 2):
        for each in range(number):
            ocid = f"ocds-h6vhtk-0{number}{each}aaa"
            notice(session, f"05432{number}-2030", ocid=ocid, tender={})
            link(session, public, ocid=ocid, state=LinkState.CONFIRMED)
        with selects(engine) as asked:
            assert auditor.get(f"/department/challenges/{public.ref}/notices").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
