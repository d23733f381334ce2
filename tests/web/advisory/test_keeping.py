"""The challenge changed: the supplier sees what differs, keeps its place or gives it up; the department sees who did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from engage.advisory import service
from engage.advisory.models import Seat
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of

Browser = Callable[[Any], DistrustfulClient]


@pytest.fixture
def team(session: Session) -> advisory.SupplierTeam:
    return advisory.team(session, name="Seats Ltd")


@pytest.fixture
def seat(session: Session, team: advisory.SupplierTeam) -> Seat:
    """A place in a challenge that changed materially after it was accepted."""
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    made = advisory.seat(session, meeting=meeting, team=team)
    made.invitation.answered_at = clock.now()
    change(session, meeting.challenge, number=2, problem="One in four booked seats travels empty.")
    return made


def change(session: Session, challenge: Challenge, *, number: int, **answers: str) -> None:
    for field, value in answers.items():
        setattr(challenge, field, value)
    session.add(
        ChallengeVersion(
            challenge_id=challenge.id,
            number=number,
            content=challenge.content,
            content_hash=challenge.content_hash,
            submitted_by_id=challenge.author_id,
            submitted_at=clock.now(),
            published_at=clock.now() + timedelta(seconds=number),
            material=True,
            reason=f"We counted again, time {number}.",
        )
    )
    session.flush()
    service.reopen_acceptances(session, actor=System(), challenge_id=challenge.id, version=number)


def words(browser: DistrustfulClient, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200, f"{path}: {response.status}"
    return text_of(response.get_data(as_text=True))


def test_the_supplier_reads_what_differs_and_keeps_its_place(
    session: Session, browser_of: Browser, team: advisory.SupplierTeam, seat: Seat
) -> None:
    browser = browser_of(team.membership)
    own = f"/supplier/invitations/{seat.invitation.ref}"
    assert f"{own}/confirm" in links(browser.get(own).get_data(as_text=True))
    assert "Answer needed" in words(browser, "/supplier/invitations")
    assert "Answer needed" in words(browser, "/supplier")
    page = words(browser, f"{own}/confirm")
    for part in ("We counted again, time 2.", "[removed: five ]", "[added: four ]", seat.session.title):
        assert part in page
    answer = browser.post(f"{own}/confirm", data={"version": "2"}, follow_redirects=True)
    assert "You keep your place." in text_of(answer.get_data(as_text=True))
    session.refresh(seat.invitation)
    assert (seat.invitation.confirmed_version, seat.state.value) == (2, "confirmed")
    again = browser.get(f"{own}/confirm")
    assert (again.status_code, again.headers["Location"]) == (303, own)
    assert f"{own}/confirm" not in links(browser.get(own).get_data(as_text=True))


def test_or_gives_it_up(
    session: Session, browser_of: Browser, team: advisory.SupplierTeam, seat: Seat
) -> None:
    own = f"/supplier/invitations/{seat.invitation.ref}"
    done = browser_of(team.membership).post(
        f"{own}/decline", data={"reason": "Not our field any more."}, follow_redirects=True
    )
    assert "You have declined the invitation." in text_of(done.get_data(as_text=True))
    session.refresh(seat)
    assert (seat.state.value, seat.invitation.state) == ("released", InvitationState.DECLINED)


@pytest.mark.parametrize("version", ["2", "", "nonsense", "٢", "9" * 30])
def test_a_page_that_showed_an_older_text_confirms_nothing(
    session: Session, browser_of: Browser, team: advisory.SupplierTeam, seat: Seat, version: str
) -> None:
    change(session, seat.session.challenge, number=3, problem="One in three.")
    browser = browser_of(team.membership)
    own = f"/supplier/invitations/{seat.invitation.ref}/confirm"
    answer = browser.post(own, data={"version": version}, follow_redirects=True)
    said = text_of(answer.get_data(as_text=True))
    assert (answer.status_code, "The text changed once more" in said, "time 3" in said) == (200, True, True)
    session.refresh(seat.invitation)
    assert seat.invitation.confirmed_version is None


def test_the_department_sees_who_has_answered(session: Session, browser_of: Browser, seat: Seat) -> None:
    other = advisory.seat(session, meeting=seat.session, team=advisory.team(session, name="Bus Ltd"))
    other.invitation.reconfirm_version = other.invitation.confirmed_version = 2
    session.flush()
    runner = accounts.member(session, Role.POLICY_AUTHOR, organisation=seat.session.challenge.organisation)
    page = words(browser_of(runner), f"/department/challenges/{seat.session.challenge.ref}/sessions")
    assert "Asked again: the text changed" in page.partition("Seats Ltd")[2].partition("Bus Ltd")[0]
    assert "Kept after the change" in page.partition("Bus Ltd")[2]


def test_once_the_session_has_begun_nobody_is_asked(
    browser_of: Browser, team: advisory.SupplierTeam, seat: Seat
) -> None:
    own = f"/supplier/invitations/{seat.invitation.ref}"
    with time_machine.travel(seat.session.starts_at + timedelta(minutes=1)):
        browser = browser_of(team.membership)
        assert browser.get(f"{own}/confirm").headers["Location"] == own


def test_another_supplier_finds_nothing(session: Session, browser_of: Browser, seat: Seat) -> None:
    browser = browser_of(advisory.team(session).membership)
    for answer in (browser.get, browser.post):
        assert answer(f"/supplier/invitations/{seat.invitation.ref}/confirm").status_code == 404
