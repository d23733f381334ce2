"""Who comes next: in the order of the plan, one at a time, when a place is free again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel.actor import Role
from engage.matchmaking import service
from engage.matchmaking.enums import InvitationState, Outcome
from engage.matchmaking.models import Invitation, MatchCandidate
from tests.factories import accounts
from tests.factories import matchmaking as made
from tests.support.html import text_of
from tests.web.matchmaking.conftest import Scene, neighbours

BUTTON = "Invite the next in line"


@pytest.fixture
def released(scene: Scene, session: Session) -> Scene:
    """One place among three that fit, given and told."""
    neighbours(session, scene.market)
    made.everybody_has_people(session, scene.market)
    rules = {"places": "1", "exploration": "0", "reason": "One seat."}
    assert scene.author.post(f"{scene.address}/rules", data=rules).status_code == 303
    made.run(session, scene.market)
    planned = text_of(scene.author.get(scene.address).get_data(as_text=True))
    assert "they are asked in this order" in planned
    assert BUTTON not in planned
    assert scene.author.post(f"{scene.address}/release").status_code == 303
    return scene


def test_while_the_place_is_taken_nobody_is_asked(released: Scene, session: Session) -> None:
    page = text_of(released.author.get(released.address).get_data(as_text=True))
    assert BUTTON not in page
    assert "1 place, 1 given, 0 left." in page
    rules = text_of(released.author.get(f"{released.address}/rules").get_data(as_text=True))
    assert "1 place, 1 given, 0 left." in rules
    record = released.author.get(f"/challenges/{released.market.challenge.ref}/matching")
    assert "1 place, 1 given, 0 left." in text_of(record.get_data(as_text=True))
    answer = released.author.post(f"{released.address}/alternate", follow_redirects=True)
    assert "An alternate can step in for who declines." in text_of(answer.get_data(as_text=True))
    assert session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 1


def test_when_somebody_declines_the_next_in_line_is_invited(released: Scene, session: Session) -> None:
    first = session.scalars(sa.select(Invitation)).one()
    guest = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=first.supplier.organisation)
    service.mark_declined(session, actor=guest, invitation=first, reason="No time.")
    next_one = session.scalars(
        sa.select(MatchCandidate)
        .where(MatchCandidate.outcome == Outcome.ALTERNATE)
        .order_by(MatchCandidate.alternate_rank)
    ).first()
    assert next_one is not None
    name = next_one.supplier.organisation.name
    page = text_of(released.author.get(released.address).get_data(as_text=True))
    assert "1 place is free." in page
    assert BUTTON in page
    answer = released.author.post(f"{released.address}/alternate")
    assert (answer.status_code, answer.location) == (303, f"{released.address}#line")
    assert f"{name} is invited." in text_of(released.author.get(released.address).get_data(as_text=True))
    newest = session.scalars(sa.select(Invitation).order_by(Invitation.id.desc())).first()
    assert newest is not None
    assert newest.supplier_id == next_one.supplier_id


def test_the_waves_count_whom_nobody_could_tell_as_not_told(released: Scene, session: Session) -> None:
    sent = session.scalars(sa.select(Invitation)).one()
    sent.state, sent.sent_at = InvitationState.HELD, None
    session.flush()
    page = text_of(released.author.get(f"{released.address}/waves").get_data(as_text=True))
    assert ("1 not told yet." in page, "without an account" in page) == (True, False)
