"""What a department does with sessions and offers, on its pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory.enums import OfferState, SeatState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession, SessionDraft
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Role
from tests.factories import accounts, advisory
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.statements import selects

Browser = Callable[[Membership], DistrustfulClient]


def runner(session: Session, challenge: Challenge, role: Role = Role.FACILITATOR) -> Membership:
    return accounts.member(session, role, organisation=challenge.organisation)


def filled(member: Membership, **changes: Any) -> dict[str, Any]:
    return {
        "title": "A first roundtable",
        "format": "roundtable",
        "starts_on-day": "30",
        "starts_on-month": "3",
        "starts_on-year": str(clock.uk_today().year + 1),
        "starts_at": "2:30pm",
        "length": "90",
        "place": "Online",
        "places": "8",
        "agenda": "1. What works",
        "joining_details": "https://meet.example/room",
        "facilitator": str(member.person_id),
    } | changes


def test_scheduling_a_session(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session, state=ChallengeState.PUBLISHED)
    member = runner(session, challenge)
    browser = browser_of(member)
    address = f"/department/challenges/{challenge.ref}/sessions"
    assert "No session yet" in text_of(browser.get(address).text)
    assert browser.get(f"{address}/new").status_code == 200

    saved = browser.post(f"{address}/new", data=filled(member))
    draft = session.scalars(sa.select(SessionDraft)).one()
    page = f"/department/sessions/drafts/{draft.ref}"
    assert (saved.status_code, saved.location) == (303, page)
    assert session.scalars(sa.select(AdvisorySession)).all() == []
    answer = browser.post(f"{page}/publish", data={"revision": "1"})

    assert (answer.status_code, answer.location) == (303, address)
    meeting = session.scalars(sa.select(AdvisorySession)).one()
    assert (meeting.title, meeting.format, meeting.places) == (
        "A first roundtable",
        SessionFormat.ROUNDTABLE,
        8,
    )
    assert (meeting.ends_at - meeting.starts_at, meeting.facilitator_id) == (
        timedelta(minutes=90),
        member.person_id,
    )
    session.refresh(challenge)
    assert challenge.state is ChallengeState.ENGAGING
    page = text_of(browser.get(address).text)
    assert "2:30pm to 4pm (UK time)" in page
    assert "0 of 8 places taken" in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"starts_on-day": "28", "starts_on-year": "2027", "starts_at": "1:30am"}, "The clocks skip 1:30am on 28 March 2027: choose another time"),
        ({"starts_on-day": "31", "starts_on-month": "10", "starts_on-year": "2027", "starts_at": "1:30am"}, "The clocks go back on 31 October 2027 and show 1:30am twice: choose another time"),
        ({"starts_on-year": "2020"}, "The session must begin in the future"),
        ({"places": "0"}, "Places must be between 1 and 500"),
        ({"places": "501"}, "Places must be between 1 and 500"),
        ({"places": "many"}, "Places must be a whole number, like 12"),
        ({"length": "10"}, "The length must be between 15 and 480 minutes"),
        ({"title": "  "}, "Enter a title"),
        ({"format": "party"}, "Choose one of the answers on the page"),
        ({"facilitator": "999999"}, "Choose one of the answers on the page"),
    ],
)  # fmt: skip
def test_a_session_that_cannot_be(
    session: Session, browser_of: Browser, changes: dict[str, str], message: str
) -> None:
    challenge = advisory.open_challenge(session)
    member = runner(session, challenge)
    answer = browser_of(member).post(
        f"/department/challenges/{challenge.ref}/sessions/new", data=filled(member, **changes)
    )
    assert (answer.status_code, text_of(answer.text).count(message)) == (422, 2)  # the summary and the field
    assert session.scalar(sa.select(sa.func.count(SessionDraft.id))) == 0


def test_changing_a_session_shows_it_as_it_stands(session: Session, browser_of: Browser) -> None:
    meeting = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=advisory.at(2027, 7, 1, 13, 30)
    )
    member = runner(session, meeting.challenge)
    meeting.facilitator_id = member.person_id
    session.flush()
    browser = browser_of(member)
    page = browser.get(f"/department/sessions/{meeting.ref}").text
    assert [part in page for part in ('value="2:30pm"', 'value="60"', 'value="7"', "secret-room")] == [
        True
    ] * 4

    answer = browser.post(
        f"/department/sessions/{meeting.ref}",
        data=filled(member, title="Moved", places="4", reason="The room is flooded."),
    )

    assert answer.status_code == 303
    session.refresh(meeting)
    assert (meeting.title, meeting.places, meeting.sequence) == ("Moved", 4, 1)


def test_fewer_places_than_taken_is_said_beside_the_field(session: Session, browser_of: Browser) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    for _ in range(2):
        advisory.seat(session, meeting=meeting)
    member = runner(session, meeting.challenge)
    answer = browser_of(member).post(f"/department/sessions/{meeting.ref}", data=filled(member, places="1"))
    assert answer.status_code == 422
    assert text_of(answer.text).count("2 places are already taken: enter 2 or more") == 2


def test_cancelling_says_who_is_concerned_and_needs_a_reason(session: Session, browser_of: Browser) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    advisory.seat(session, meeting=meeting)
    browser = browser_of(runner(session, meeting.challenge))
    address = f"/department/sessions/{meeting.ref}/cancel"
    assert "1 person has a place" in text_of(browser.get(address).text)
    assert browser.post(address, data={"reason": " "}).status_code == 422
    assert browser.post(address, data={"reason": "Flooded."}).status_code == 303
    session.refresh(meeting)
    assert (meeting.state, meeting.taken) == (SessionState.CANCELLED, 0)
    again = browser.post(address, data={"reason": "Flooded."})
    assert (again.status_code, "This could not be done" in again.text) == (409, True)


def test_attendance_then_minutes(session: Session, browser_of: Browser, client: DistrustfulClient) -> None:
    meeting = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=clock.now() - timedelta(hours=2)
    )
    here, absent = (advisory.seat(session, meeting=meeting) for _ in range(2))
    browser = browser_of(runner(session, meeting.challenge))
    attendance, minutes = (f"/department/sessions/{meeting.ref}/{part}" for part in ("attendance", "minutes"))

    half = browser.post(attendance, data={f"seat_{here.id}": "yes"})
    assert half.status_code == 422
    answer = browser.post(attendance, data={f"seat_{here.id}": "yes", f"seat_{absent.id}": "no"})
    assert (answer.status_code, answer.location) == (303, minutes)
    for row in (meeting, here, absent):
        session.refresh(row)
    assert (meeting.state, here.state, absent.state) == (
        SessionState.HELD,
        SeatState.ATTENDED,
        SeatState.NO_SHOW,
    )

    public = f"/challenges/{meeting.challenge.ref}"
    assert browser.post(minutes, data={"minutes": "A draft for us", "action": "save"}).status_code == 303
    assert "A draft for us" in browser.get(minutes).text
    assert "A draft for us" not in client.get(public).text
    assert browser.post(minutes, data={"minutes": "- It was said", "action": "publish"}).status_code == 303
    assert "It was said" in text_of(client.get(public).text)
    assert browser.post(minutes, data={"minutes": "Else", "action": "save"}).status_code == 409


def test_answering_offers(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session)
    wanted, unwanted = (
        advisory.offer(
            session, challenge=challenge, team=advisory.team(session, name=name), pitch=f"{name} knows."
        )
        for name in ("Lantern Works", "Quay Systems")
    )
    browser = browser_of(runner(session, challenge))
    tab = f"/department/challenges/{challenge.ref}/sessions"
    assert [
        f"/department/offers/{each.id}" in links(browser.get(tab).text) for each in (wanted, unwanted)
    ] == [True] * 2
    assert "Lantern Works knows." in text_of(browser.get(f"/department/offers/{wanted.id}").text)

    assert browser.post(f"/department/offers/{wanted.id}", data={"decision": "invite"}).status_code == 303
    without = browser.post(f"/department/offers/{unwanted.id}", data={"decision": "decline", "reason": ""})
    assert (without.status_code, text_of(without.text).count("Enter the reason for declining")) == (422, 2)
    declined = {"decision": "decline", "reason": "Full."}
    assert browser.post(f"/department/offers/{unwanted.id}", data=declined).status_code == 303

    for row in (wanted, unwanted):
        session.refresh(row)
    assert (wanted.state, unwanted.state) == (OfferState.INVITED, OfferState.DECLINED)
    assert browser.post(f"/department/offers/{wanted.id}", data={"decision": "invite"}).status_code == 409


@pytest.mark.parametrize("rows", [1, 3])
def test_the_tab_takes_a_constant_number_of_queries(
    session: Session, engine: sa.Engine, browser_of: Browser, rows: int
) -> None:
    challenge = advisory.open_challenge(session)
    for _ in range(rows):
        meeting = advisory.meeting(session, challenge=challenge)
        for _seat in range(rows):
            advisory.seat(session, meeting=meeting)
        advisory.offer(session, challenge=challenge, team=advisory.team(session))
    browser = browser_of(runner(session, challenge))
    session.expunge_all()
    with selects(engine) as seen:
        assert browser.get(f"/department/challenges/{challenge.ref}/sessions").status_code == 200
    assert len(seen) == 16, seen


PAGES = (
    "/department/challenges/{ref}/sessions/new",
    "/department/sessions/{meeting}",
    "/department/sessions/{meeting}/cancel",
    "/department/sessions/{meeting}/attendance",
    "/department/sessions/{meeting}/minutes",
    "/department/offers/{offer}",
)


@pytest.mark.parametrize("page", ["/department/challenges/{ref}/sessions", *PAGES])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_department_finds_nothing(session: Session, browser_as: Any, page: str, method: str) -> None:
    challenge = advisory.open_challenge(session, title="Secret plan")
    meeting = advisory.meeting(session, challenge=challenge)
    offer = advisory.offer(session, challenge=challenge, team=advisory.team(session))
    address = page.format(ref=challenge.ref, meeting=meeting.ref, offer=offer.id)
    answer = getattr(browser_as(Role.FACILITATOR, Role.POLICY_AUTHOR), method)(address)
    expected = 405 if (page, method) == ("/department/challenges/{ref}/sessions", "post") else 404
    assert (answer.status_code, "Secret plan" in answer.text) == (expected, False)


@pytest.mark.parametrize("page", PAGES)
def test_an_approver_looks_but_does_not_run(session: Session, browser_of: Browser, page: str) -> None:
    challenge = advisory.open_challenge(session)
    meeting = advisory.meeting(session, challenge=challenge)
    offer = advisory.offer(session, challenge=challenge, team=advisory.team(session))
    browser = browser_of(runner(session, challenge, Role.APPROVER))
    tab = browser.get(f"/department/challenges/{challenge.ref}/sessions")
    address = page.format(ref=challenge.ref, meeting=meeting.ref, offer=offer.id)
    assert (tab.status_code, address in links(tab.text)) == (200, False)
    assert browser.post(address).status_code == 403


def test_an_auditor_reads_the_tab(session: Session, browser_as: Any) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    answer = browser_as(Role.AUDITOR).get(f"/department/challenges/{meeting.challenge.ref}/sessions")
    assert (answer.status_code, meeting.title in text_of(answer.text)) == (200, True)
    assert "secret-room" not in answer.text
