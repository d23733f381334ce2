"""What a supplier sees of its invitations and places, and does with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership
from engage.advisory import service
from engage.advisory.enums import SeatState, SessionState
from engage.advisory.models import AdvisorySession, Seat
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from tests.factories import accounts, advisory
from tests.factories.advisory import SupplierTeam
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.records import letters
from tests.support.statements import selects

Browser = Callable[[Membership], DistrustfulClient]
SECRET = "secret-room"


def invited(session: Session, team: SupplierTeam, **values: Any) -> Invitation:
    """An invitation to a challenge with one session to come."""
    challenge = advisory.open_challenge(session)
    advisory.meeting(session, challenge=challenge)
    return advisory.invitation(session, challenge=challenge, supplier=team.supplier, **values)


def seats(session: Session) -> list[Seat]:
    session.expire_all()
    return list(session.scalars(sa.select(Seat).where(Seat.state != SeatState.RELEASED)))


def meeting_ref(session: Session, invitation: Invitation) -> str:
    of_challenge = AdvisorySession.challenge_id == invitation.challenge_id
    return session.scalars(sa.select(AdvisorySession.ref).where(of_challenge)).one()


def test_accepting_from_the_list_to_the_place(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    invitation = invited(session, team)
    browser = browser_of(team.membership)
    address = f"/supplier/invitations/{invitation.ref}"
    assert address in links(browser.get("/supplier/invitations").text)
    before = browser.get(address)
    assert ("You offered to help" in text_of(before.text), SECRET in before.text) == (True, False)

    without = browser.post(f"{address}/accept", data={"attendee": team.person.id})
    assert (without.status_code, text_of(without.text).count("Choose a session")) == (422, 2)
    choice = {"attested": "y", "meeting": meeting_ref(session, invitation), "attendee": team.person.id}
    for _click in range(2):
        answer = browser.post(f"{address}/accept", data=choice)
        assert (answer.status_code, answer.location) == (303, address)

    assert len(seats(session)) == 1
    assert "Your place is confirmed" in text_of(browser.get(address).text)
    assert SECRET in browser.get("/supplier/sessions").text


def test_who_attends_reads_how_to_join_and_nobody_else(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    expert = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    invitation = invited(session, team)
    choice = {"attested": "y", "meeting": meeting_ref(session, invitation), "attendee": expert.person_id}
    admin = browser_of(team.membership)
    assert admin.post(f"/supplier/invitations/{invitation.ref}/accept", data=choice).status_code == 303

    (seat,) = seats(session)
    file = f"/calendar/{seat.session.ref}.ics"
    stranger, other_attendee = browser_of(advisory.team(session).membership), advisory.team(session)
    elsewhere = advisory.meeting(session, challenge=seat.session.challenge)
    advisory.seat(session, meeting=elsewhere, team=other_attendee)

    attends = browser_of(expert)
    assert (SECRET in attends.get("/supplier/sessions").text, attends.get(file).status_code) == (False, 404)
    attends.post(f"/supplier/seats/{seat.id}/confirm", data={"attested": "y"})
    assert SECRET in attends.get("/supplier/sessions").text
    mine = attends.get(file)
    assert (mine.status_code, mine.mimetype, SECRET in mine.text.replace("\r\n ", "")) == (
        200,
        "text/calendar",
        True,
    )
    runs = accounts.member(session, Role.FACILITATOR, organisation=seat.session.challenge.organisation)
    assert browser_of(runs).get(file).status_code == 200

    page = admin.get("/supplier/sessions").text
    assert (SECRET in page, f"{expert.person.name} attends" in text_of(page), file in links(page)) == (
        False,
        True,
        False,
    )
    for browser in (admin, stranger, browser_of(other_attendee.membership)):
        refused = browser.get(file)
        assert (refused.status_code, SECRET in refused.text) == (404, False)


def test_who_did_not_come_reads_how_to_join_nowhere(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    seat = advisory.seat(session, meeting=meeting, team=team, confirmed=False)
    seat.state = SeatState.NO_SHOW
    session.flush()
    browser = browser_of(team.membership)
    page, file = browser.get("/supplier/sessions"), browser.get(f"/calendar/{meeting.ref}.ics")
    assert (page.status_code, SECRET in page.text, file.status_code) == (200, False, 404)
    assert "nobody came on this place" in text_of(page.text)


def test_the_calendar_file_goes_with_the_place(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    seat = advisory.seat(
        session, meeting=advisory.meeting(session, challenge=advisory.open_challenge(session)), team=team
    )
    browser = browser_of(team.membership)
    file = f"/calendar/{seat.session.ref}.ics"
    assert browser.get(file).status_code == 200
    released = browser.post(f"/supplier/seats/{seat.id}/release")
    assert (released.status_code, released.location) == (303, f"/supplier/invitations/{seat.invitation.ref}")
    assert browser.get(file).status_code == 404
    assert browser.post(f"/supplier/seats/{seat.id}/release").status_code == 303  # the second click
    assert "have no place in a session" in text_of(browser.get(released.location).text)


def test_who_chooses_a_full_session_waits_in_line_and_sees_the_other_ways(
    session: Session, browser_of: Browser
) -> None:
    team = advisory.team(session)
    challenge = advisory.open_challenge(session)
    full = advisory.meeting(session, challenge=challenge, title="The full one", places=1)
    seat = advisory.seat(session, meeting=full)
    advisory.meeting(session, challenge=challenge, title="The other one")
    advisory.meeting(session, challenge=challenge, title="The cancelled one", state=SessionState.CANCELLED)
    invitation = advisory.invitation(session, challenge=challenge, supplier=team.supplier)
    address = f"/supplier/invitations/{invitation.ref}"
    browser = browser_of(team.membership)
    before = text_of(browser.get(address).text)
    assert ["you would be number 1 on the waiting list" in before, "The cancelled one" in before] == [
        True,
        False,
    ]

    choice = {"attested": "y", "meeting": full.ref, "attendee": team.person.id}
    assert [browser.post(f"{address}/accept", data=choice).status_code for _click in range(2)] == [303, 303]

    page = browser.get(address).text
    words = text_of(page)
    assert "Number 1 for “The full one”" in words
    assert ["The other one" in words, f"/challenges/{challenge.ref}/ask" in links(page)] == [True, True]
    runs = browser_of(accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation))
    assert "Waiting list" in text_of(runs.get(f"/department/challenges/{challenge.ref}/sessions").text)
    public = text_of(browser.get(f"/challenges/{challenge.ref}").text)
    assert ["1 waiting" in public, team.supplier.organisation.name in public] == [True, False]

    service.release_seat(session, actor=team.actor, seat=seat)
    assert "A place is free for you" in text_of(browser.get(address).text)
    (kept,) = seats(session)
    stranger = browser_of(advisory.team(session).membership)
    assert stranger.post(f"/supplier/seats/{kept.id}/take").status_code == 404
    for _click in range(2):
        assert browser.post(f"/supplier/seats/{kept.id}/take").location == address
    assert "Your place is confirmed" in text_of(browser.get(address).text)


def test_the_waiting_list_can_be_left(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    full = advisory.meeting(session, challenge=advisory.open_challenge(session), places=1)
    advisory.seat(session, meeting=full)
    invitation = advisory.invitation(session, challenge=full.challenge, supplier=team.supplier)
    address = f"/supplier/invitations/{invitation.ref}"
    browser = browser_of(team.membership)
    browser.post(f"{address}/accept", data={"attested": "y", "meeting": full.ref, "attendee": team.person.id})
    stranger = browser_of(advisory.team(session).membership)
    assert stranger.post(f"{address}/leave-waiting-list").status_code == 404
    page = text_of(browser.get(address).text)
    assert ["Number 1" in page, "If you join again, it is at the end of the line." in page] == [True, True]

    for _click in range(2):
        assert browser.post(f"{address}/leave-waiting-list").location == address
    assert "You no longer wait for a place." in text_of(browser.get(address).text)


def test_somebody_else_can_attend(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    other = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    seat = advisory.seat(session, meeting=meeting, team=team)
    address = f"/supplier/seats/{seat.id}/attendee"
    browser = browser_of(team.membership)
    assert address in links(browser.get("/supplier/sessions").text)
    assert browser_of(advisory.team(session).membership).get(address).status_code == 404
    strange = browser.post(address, data={"attendee": advisory.team(session).person.id})
    assert (strange.status_code, "Choose" in text_of(strange.text)) == (422, True)

    for _click in range(2):
        assert browser.post(address, data={"attendee": other.person_id}).location == "/supplier/sessions"

    assert SECRET not in browser.get("/supplier/sessions").text
    theirs = browser_of(other)
    page, confirm = theirs.get("/supplier/sessions").text, f"/supplier/seats/{seat.id}/confirm"
    assert (SECRET in page, confirm in links(page)) == (False, True)
    assert browser.post(confirm, data={"attested": "y"}).status_code == 404
    assert theirs.post(confirm).status_code == 422
    for _click in range(2):
        assert theirs.post(confirm, data={"attested": "y"}).location == "/supplier/sessions"
    assert SECRET in theirs.get("/supplier/sessions").text
    assert [(each.template, each.recipient, each.calendar_method) for each in letters(session)] == [
        ("attendee_changed", team.person.email, "CANCEL"),
        ("seat_confirmed", other.person.email, "REQUEST"),
        ("seat_confirmed", other.person.email, "REQUEST"),
    ]
    first, second = letters(session, "seat_confirmed")
    assert [
        (SECRET in each.text, SECRET in (each.calendar or "").replace("\r\n ", ""), confirm in each.text)
        for each in (first, second)
    ] == [
        (False, False, True),
        (True, True, False),
    ]


def test_who_attends_stays_once_the_session_has_begun(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    other = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    meeting = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=clock.now() - timedelta(minutes=5)
    )
    seat = advisory.seat(session, meeting=meeting, team=team)
    browser = browser_of(team.membership)

    refused = browser.post(f"/supplier/seats/{seat.id}/attendee", data={"attendee": other.person_id})

    assert (refused.status_code, "has begun" in text_of(refused.text)) == (409, True)
    session.refresh(seat)
    assert seat.person_id == team.person.id


def test_a_suspended_supplier_cannot_take_a_kept_place(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), places=1)
    seat = advisory.seat(session, meeting=meeting, team=team)
    seat.state, seat.held_until = SeatState.OFFERED, clock.now() + timedelta(days=1)
    team.supplier.organisation.state = OrganisationState.SUSPENDED
    session.flush()

    browser = browser_of(team.membership)
    assert browser.post(f"/supplier/seats/{seat.id}/take").status_code == 403


def test_declining_needs_no_reason_and_is_remembered(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    invitation = invited(session, team)
    browser = browser_of(team.membership)
    address = f"/supplier/invitations/{invitation.ref}"
    assert browser.post(f"{address}/decline", data={"reason": ""}).status_code == 303
    session.refresh(invitation)
    assert (invitation.state, invitation.decline_reason) == (InvitationState.DECLINED, "")
    page = browser.get(address)
    assert "You declined this invitation" in text_of(page.text)
    choice = {"attested": "y", "meeting": meeting_ref(session, invitation), "attendee": team.person.id}
    assert browser.post(f"{address}/accept", data=choice).status_code == 409


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"expires_at": clock.now() - timedelta(days=1)}, "This invitation could be answered until"),
        (
            {"state": InvitationState.EXPIRED, "expires_at": clock.now()},
            "This invitation could be answered until",
        ),
        ({"state": InvitationState.DECLINED, "answered_at": clock.now()}, "You declined this invitation on"),
        ({"state": InvitationState.WITHDRAWN}, "The department has withdrawn this invitation"),
    ],
)
def test_an_invitation_that_is_over_says_so_and_offers_no_answer(
    session: Session, browser_of: Browser, values: dict[str, Any], words: str
) -> None:
    team = advisory.team(session)
    invitation = invited(session, team, **values)
    browser = browser_of(team.membership)
    page = browser.get(f"/supplier/invitations/{invitation.ref}")
    assert (page.status_code, words in text_of(page.text)) == (200, True)
    assert ["/accept" in page.text, "/decline" in page.text, SECRET in page.text] == [False] * 3
    choice = {"attested": "y", "meeting": meeting_ref(session, invitation), "attendee": team.person.id}
    assert browser.post(f"/supplier/invitations/{invitation.ref}/accept", data=choice).status_code == 409
    assert seats(session) == []


@pytest.mark.parametrize("deed", ["", "/accept", "/decline"])
def test_nobody_else_finds_an_invitation(session: Session, browser_of: Browser, deed: str) -> None:
    """Another supplier, and the supplier itself while it is held or if it was never sent."""
    owner, other = advisory.team(session), advisory.team(session)
    sent = invited(session, owner)
    held = invited(session, owner, state=InvitationState.HELD)
    never = invited(session, owner, state=InvitationState.WITHDRAWN, sent_at=None, expires_at=None)
    for browser, invitation in (
        (browser_of(other.membership), sent),
        (browser_of(owner.membership), held),
        (browser_of(owner.membership), never),
    ):
        address = f"/supplier/invitations/{invitation.ref}{deed}"
        answer = browser.post(address) if deed else browser.get(address)
        title = invitation.challenge.title
        assert (answer.status_code, title in answer.text) == (404, False)
    shown = browser_of(owner.membership).get("/supplier/invitations")
    assert [each.challenge.title in shown.text for each in (sent, held, never)] == [True, False, False]


def test_another_suppliers_place_cannot_be_given_up(session: Session, browser_of: Browser) -> None:
    seat = advisory.seat(
        session, meeting=advisory.meeting(session, challenge=advisory.open_challenge(session))
    )
    assert (
        browser_of(advisory.team(session).membership).post(f"/supplier/seats/{seat.id}/release").status_code
        == 404
    )
    assert len(seats(session)) == 1


def test_a_suspended_supplier_reads_but_does_not_answer(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session, state=OrganisationState.SUSPENDED)
    invitation = invited(session, team)
    browser = browser_of(team.membership)
    address = f"/supplier/invitations/{invitation.ref}"
    page = browser.get(address)
    assert (page.status_code, "/accept" in page.text) == (200, False)
    choice = {"attested": "y", "meeting": meeting_ref(session, invitation), "attendee": team.person.id}
    assert browser.post(f"{address}/accept", data=choice).status_code == 403
    assert browser.post(f"{address}/decline").status_code == 403


@pytest.mark.parametrize(("page", "queries"), [("/supplier/invitations", 3), ("/supplier/sessions", 10)])
@pytest.mark.parametrize("rows", [1, 3])
def test_lists_take_a_constant_number_of_queries(
    session: Session, engine: sa.Engine, browser_of: Browser, page: str, queries: int, rows: int
) -> None:
    team = advisory.team(session)
    for _ in range(rows):
        advisory.seat(
            session, meeting=advisory.meeting(session, challenge=advisory.open_challenge(session)), team=team
        )
    browser = browser_of(team.membership)
    session.expunge_all()
    with selects(engine) as seen:
        assert browser.get(page).status_code == 200
    assert len(seen) == queries, seen


def test_people_of_a_suspended_organisation_do_not_read_how_to_join(
    session: Session, browser_of: Browser
) -> None:
    team = advisory.team(session)
    seat = advisory.seat(
        session, meeting=advisory.meeting(session, challenge=advisory.open_challenge(session)), team=team
    )
    browser, file = browser_of(team.membership), f"/calendar/{seat.session.ref}.ics"
    before = browser.get("/supplier/sessions").text
    assert (SECRET in before, file in links(before), browser.get(file).status_code) == (True, True, 200)

    team.supplier.organisation.state = OrganisationState.SUSPENDED
    session.flush()

    after = browser.get("/supplier/sessions").text
    assert (SECRET in after, file in links(after), browser.get(file).status_code) == (False, False, 404)


def test_who_left_does_not_attend_any_more(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    colleague = accounts.member(session, Role.SUPPLIER_ADMIN, organisation=team.supplier.organisation)
    seat = advisory.seat(
        session, meeting=advisory.meeting(session, challenge=advisory.open_challenge(session)), team=team
    )
    browser = browser_of(colleague)
    assert f"{team.person.name} attends and has" in text_of(browser.get("/supplier/sessions").text)

    team.membership.ended_at = clock.now()
    session.commit()

    page = browser.get("/supplier/sessions").text
    assert f"Nobody attends any more. {team.person.name} does not act for" in text_of(page)
    assert f'href="/supplier/seats/{seat.id}/attendee">Choose who attends' in page
    assert (
        browser.post(
            f"/supplier/seats/{seat.id}/attendee", data={"attendee": colleague.person_id}
        ).status_code
        == 303
    )
    assert "Nobody attends any more" not in browser.get("/supplier/sessions").text
