"""Access needs: asked at booking and until the session, answered by the department, and read by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory import queries, service
from engage.advisory.enums import NeedState, SeatState
from engage.advisory.models import AccessNeed, Seat
from engage.audit.models import AuditEvent
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.ledger.models import Disclosure
from engage.outbox.models import Letter
from tests.factories import accounts, advisory
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.support.records import letters

Browser = Callable[[Membership], DistrustfulClient]
WORDS = "A sign language interpreter, please"


def seated(session: Session, **values: object) -> tuple[advisory.SupplierTeam, Seat, Membership]:
    """A supplier with a place, and who runs the session."""
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), **values)
    runner = accounts.member(session, Role.FACILITATOR, organisation=meeting.challenge.organisation)
    meeting.facilitator_id = runner.person_id
    return team, advisory.seat(session, meeting=meeting, team=team), runner


def needs(session: Session) -> list[AccessNeed]:
    return list(session.scalars(sa.select(AccessNeed).order_by(AccessNeed.id)))


def test_from_booking_to_the_answer(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    challenge = advisory.open_challenge(session)
    meeting = advisory.meeting(session, challenge=challenge)
    runner = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
    invitation = advisory.invitation(session, challenge=challenge, supplier=team.supplier)
    supplier, department = browser_of(team.membership), browser_of(runner)
    page = supplier.get(f"/supplier/invitations/{invitation.ref}").text
    assert "not even your colleagues" in page
    choice = {"attested": "y", "meeting": meeting.ref, "attendee": team.person.id, "access": WORDS}
    for _click in range(2):
        accepted = supplier.post(f"/supplier/invitations/{invitation.ref}/accept", data=choice)
        assert accepted.status_code == 303
    (need,) = needs(session)
    assert (need.text, need.state, need.person_id) == (WORDS, NeedState.ASKED, team.person.id)
    assert [letter.person_id for letter in letters(session, "need_asked")] == [runner.person_id]
    assert "1 open" in text_of(department.get(f"/department/challenges/{challenge.ref}/sessions").text)
    assert WORDS in department.get(f"/department/sessions/{meeting.ref}/needs").text

    address = f"/department/needs/{need.id}"
    answer = {"state": "not_possible", "answer": "", "owner": runner.person_id}
    refused = department.post(address, data=answer)
    assert (refused.status_code, "Say what is done instead" in refused.text) == (422, True)
    assert department.post(address, data={**answer, "answer": "Live captions"}).status_code == 303
    page = text_of(supplier.get(f"/supplier/sessions/{meeting.ref}/needs").text)
    assert ("Cannot be arranged" in page, "Instead: Live captions" in page) == (True, True)
    assert [letter.person_id for letter in letters(session, "need_answered")] == [team.person.id]


def test_other_words_open_it_again_and_an_answer_to_the_old_ones_is_refused(
    session: Session, browser_of: Browser
) -> None:
    team, seat, runner = seated(session)
    need = service.ask_need(session, actor=team.actor, meeting=seat.session, text=WORDS)
    read = need.asked_at.isoformat()
    supplier, department = browser_of(team.membership), browser_of(runner)
    assert supplier.post(f"/supplier/needs/{need.id}", data={"text": "Captions"}).status_code == 303
    answer = {"state": "arranged", "answer": "", "owner": runner.person_id, "asked_at": read}
    assert department.post(f"/department/needs/{need.id}", data=answer).status_code == 409
    session.expire_all()
    assert (need.text, need.state) == ("Captions", NeedState.ASKED)
    assert supplier.post(f"/supplier/needs/{need.id}/remove").status_code == 303
    assert needs(session) == []


def test_nobody_else_reads_it_and_no_record_repeats_it(session: Session, browser_of: Browser) -> None:
    team, seat, runner = seated(session)
    need = service.ask_need(session, actor=team.actor, meeting=seat.session, text=WORDS)
    owner = runner.person_id
    actor = queries.session_by_ref(session, ref=seat.session.ref).facilitator
    assert actor is not None
    colleague = accounts.member(session, Role.SUPPLIER_ADMIN, organisation=team.supplier.organisation)
    stranger = accounts.member(session, Role.FACILITATOR)
    approver = accounts.member(session, Role.APPROVER, organisation=seat.session.challenge.organisation)
    auditor = accounts.member(session, Role.AUDITOR)
    closed = [
        browser_of(who).get(path).status_code
        for who, path in (
            (colleague, f"/supplier/sessions/{seat.session.ref}/needs"),
            (colleague, f"/supplier/needs/{need.id}"),
            (stranger, f"/department/sessions/{seat.session.ref}/needs"),
            (stranger, f"/department/needs/{need.id}"),
            (approver, f"/department/sessions/{seat.session.ref}/needs"),
            (auditor, f"/department/needs/{need.id}"),
        )
    ]
    assert closed == [404, 404, 404, 404, 403, 403]
    browser_of(runner).post(
        f"/department/needs/{need.id}",
        data={"state": "arranged", "answer": "Booked Ada Jones", "owner": owner},
    )
    for word in (WORDS, "Booked Ada Jones"):
        for table in (Letter, AuditEvent, Disclosure):
            rows = session.scalars(sa.text(f"SELECT each::text FROM {table.__tablename__} AS each"))
            assert [row for row in rows if word in row] == []
    assert word not in browser_of(colleague).get(f"/challenges/{seat.session.challenge.ref}").text
    asked = session.scalars(sa.select(AuditEvent).where(AuditEvent.tag == "advisory:need:asked")).one()
    assert (asked.actor_id, asked.actor_name) == (None, "who attends")
    assert [told.audience for told in session.scalars(sa.select(Disclosure))] == []


def test_only_until_the_session_begins(session: Session, browser_of: Browser) -> None:
    team, seat, _runner = seated(session)
    need = service.ask_need(session, actor=team.actor, meeting=seat.session, text=WORDS)
    seat.session.starts_at = clock.now() - timedelta(minutes=1)
    session.flush()
    browser = browser_of(team.membership)
    assert browser.post(f"/supplier/needs/{need.id}", data={"text": "More"}).status_code == 409
    assert (
        browser.post(f"/supplier/sessions/{seat.session.ref}/needs", data={"text": "More"}).status_code == 409
    )


@pytest.mark.parametrize(
    ("days", "state", "left"),
    [
        (-29, SeatState.ATTENDED, 1),
        (-31, SeatState.ATTENDED, 0),
        (5, SeatState.RELEASED, 0),
        (5, SeatState.OFFERED, 1),
    ],
)
def test_what_nobody_has_to_know_any_more_is_deleted(
    session: Session, days: int, state: SeatState, left: int
) -> None:
    team, seat, _runner = seated(session)
    service.ask_need(session, actor=team.actor, meeting=seat.session, text=WORDS)
    meeting = seat.session
    meeting.starts_at = clock.now() + timedelta(days=days, hours=-1)
    meeting.ends_at = clock.now() + timedelta(days=days)
    seat.state, seat.held_until = state, clock.now() + timedelta(days=1)
    session.flush()
    service.forget_needs(session, now=clock.now())
    assert len(needs(session)) == left


@pytest.mark.parametrize(("days", "late"), [(2, True), (30, False)])
def test_the_board_reminds_when_the_session_is_near(session: Session, days: int, late: bool) -> None:
    team, seat, _runner = seated(session, starts_at=clock.now() + timedelta(days=days))
    service.ask_need(session, actor=team.actor, meeting=seat.session, text=WORDS)
    found = queries.due(session, organisation_id=seat.session.challenge.organisation_id)
    (one,) = [each for each in found if each.path.endswith("/needs")]
    assert (one.what, bool(one.late)) == (f"Arrange 1 access need for “{seat.session.title}”", late)
