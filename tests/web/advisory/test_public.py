"""What everyone sees of sessions, and how anyone gets in without an invitation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import icalendar
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership
from engage.advisory.enums import OfferState, SessionState
from engage.advisory.models import VolunteerOffer
from engage.challenges.enums import PUBLIC_STATES, ChallengeState
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.statements import selects

Browser = Callable[[Membership], DistrustfulClient]


def test_the_public_page_shows_sessions_without_what_is_not_for_everyone(
    session: Session, client: DistrustfulClient
) -> None:
    challenge = advisory.open_challenge(session)
    meeting = advisory.meeting(session, challenge=challenge, places=3, title="Roundtable in Leeds")
    seat = advisory.seat(session, meeting=meeting, team=advisory.team(session, name="Wayfare Analytics Ltd"))
    runs = accounts.member(
        session, Role.FACILITATOR, organisation=challenge.organisation, name="Fay Cilitator"
    )
    meeting.facilitator_id = runs.person_id
    advisory.meeting(session, challenge=challenge, state=SessionState.CANCELLED)
    draft = advisory.meeting(session, challenge=challenge, state=SessionState.HELD, minutes="Only a draft")
    session.flush()

    page = client.get(f"/challenges/{challenge.ref}").text

    words = text_of(page)
    assert [
        "Roundtable in Leeds" in words,
        "2 places free of 3" in words,
        "The room is flooded." in words,
        "#take-part" in links(page),
    ] == [True] * 4
    for hidden in (
        meeting.joining_details,
        "secret-room",
        "Wayfare",
        seat.person.name,
        seat.person.email,
        "Fay",
        draft.minutes,
    ):
        assert hidden not in page


def test_the_public_calendar_lists_public_sessions_only(session: Session, client: DistrustfulClient) -> None:
    shown = advisory.meeting(session, challenge=advisory.open_challenge(session))
    advisory.seat(session, meeting=shown)
    for state in ChallengeState:
        if state not in PUBLIC_STATES:
            advisory.meeting(session, challenge=advisory.open_challenge(session, state=state), title="Hidden")

    answer = client.get("/calendar/sessions.ics")

    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    calendar = icalendar.Calendar.from_ical(answer.data)
    assert isinstance(calendar, icalendar.Calendar)
    assert [str(each["uid"]) for each in calendar.events] == [f"{shown.ref}@engage.test"]
    flat = answer.text.replace("\r\n ", "")
    assert ["secret-room" in flat, "Hidden" in flat, "example.test" in flat, "ATTENDEE" in flat] == [
        False
    ] * 4


def test_the_public_calendar_takes_one_query(
    session: Session, engine: sa.Engine, client: DistrustfulClient
) -> None:
    for _ in range(3):
        advisory.meeting(session, challenge=advisory.open_challenge(session))
    with selects(engine) as seen:
        client.get("/calendar/sessions.ics")
    assert len(seen) == 1, seen


def test_a_visitor_signs_in_and_comes_back(session: Session, client: DistrustfulClient) -> None:
    challenge = advisory.open_challenge(session)
    answer = client.get(f"/challenges/{challenge.ref}/volunteer")
    assert (answer.status_code, answer.location) == (
        302,
        f"/sign-in?next=/challenges/{challenge.ref}/volunteer",
    )


def test_offering_withdrawing_and_offering_again(session: Session, browser_of: Browser) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session, role=Role.SUPPLIER_EXPERT)
    browser = browser_of(team.membership)
    address = f"/challenges/{challenge.ref}/volunteer"
    assert "What can you contribute?" in text_of(browser.get(address).text)

    empty = browser.post(address, data={"pitch": " "})
    assert (empty.status_code, text_of(empty.text).count("Say what you can contribute")) == (422, 2)
    long = browser.post(address, data={"pitch": "word " * 151})
    assert (long.status_code, text_of(long.text).count("Your offer must be 150 words or fewer")) == (422, 2)
    for _click in range(2):
        answer = browser.post(address, data={"pitch": "word " * 150})
        assert (answer.status_code, answer.location) == (303, address)

    assert session.scalar(sa.select(sa.func.count(VolunteerOffer.id))) == 1
    assert "Your offer to help" in text_of(browser.get(address).text)
    assert browser.post(f"{address}/withdraw").status_code == 303
    assert browser.post(f"{address}/withdraw").status_code == 404
    assert browser.post(address, data={"pitch": "Another."}).status_code == 303
    states = session.scalars(sa.select(VolunteerOffer.state).order_by(VolunteerOffer.id)).all()
    assert states == [OfferState.WITHDRAWN, OfferState.MADE]


def test_a_declined_offer_shows_the_reason(session: Session, browser_of: Browser) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    advisory.offer(
        session,
        challenge=challenge,
        team=team,
        state=OfferState.DECLINED,
        answer="We have three of your kind.",
        answered_at=clock.now(),
    )
    page = browser_of(team.membership).get(f"/challenges/{challenge.ref}/volunteer")
    assert "We have three of your kind." in text_of(page.text)
    assert "withdraw" not in page.text.lower()


def test_who_is_invited_is_led_to_the_invitation_and_a_held_one_stays_secret(
    session: Session, browser_of: Browser
) -> None:
    team = advisory.team(session)
    browser = browser_of(team.membership)
    for state, told in ((InvitationState.SENT, True), (InvitationState.HELD, False)):
        challenge = advisory.open_challenge(session)
        invitation = advisory.invitation(session, challenge=challenge, supplier=team.supplier, state=state)
        page = browser.get(f"/challenges/{challenge.ref}/volunteer").text
        assert f"/supplier/invitations/{invitation.ref}" in links(page) or not told
        assert (invitation.ref in page, "What can you contribute?" in text_of(page)) == (told, not told)


@pytest.mark.parametrize(
    ("state", "ended", "before"),
    [
        (InvitationState.SENT, "Your invitation was not answered in time", "and was not"),
        (InvitationState.EXPIRED, "Your invitation was not answered in time", "and was not"),
        (InvitationState.DECLINED, "You declined your invitation", "it was declined on"),
        (InvitationState.WITHDRAWN, "Your invitation was withdrawn", "it was withdrawn"),
    ],
)
def test_from_an_invitation_that_ended_to_a_new_one(
    session: Session, browser_of: Browser, state: InvitationState, ended: str, before: str
) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    advisory.offer(session, challenge=challenge, team=team, state=OfferState.INVITED)
    invitation = advisory.invitation(
        session,
        challenge=challenge,
        supplier=team.supplier,
        state=state,
        expires_at=clock.now() - timedelta(minutes=1),
        answered_at=clock.now(),
    )
    runner = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
    browser, official = browser_of(team.membership), browser_of(runner)
    address, page = f"/challenges/{challenge.ref}/volunteer", f"/supplier/invitations/{invitation.ref}"

    assert address in links(browser.get(page).text)
    assert f"{ended}. That does not count against you" in text_of(browser.get(address).text)
    for _click in range(2):
        assert browser.post(address, data={"pitch": "After all."}).status_code == 303
    assert "After all." in text_of(browser.get(address).text)
    offer = session.scalars(sa.select(VolunteerOffer)).one()
    read = text_of(official.get(f"/department/offers/{offer.id}").text)
    assert ("Invited before Yes: it" in read, before in read) == (True, True)
    answer = official.post(f"/department/offers/{offer.id}", data={"decision": "invite"})

    assert answer.status_code == 303
    words = text_of(browser.get(page).text)
    assert ("Would you like to take part after all?" in words, "Answer by" in words) == (False, True)
    assert "Invited before" not in text_of(official.get(f"/department/offers/{offer.id}").text)
    assert "You are invited already" in text_of(browser.get(address).text)


def test_no_offer_is_asked_for_where_none_can_be_made(session: Session, browser_of: Browser) -> None:
    team = advisory.team(session)
    browser = browser_of(team.membership)
    for days, expected in ((0, True), (-1, False)):
        challenge = advisory.open_challenge(session, closes_on=clock.uk_today() + timedelta(days=days))
        ended = advisory.invitation(
            session, challenge=challenge, supplier=team.supplier, state=InvitationState.DECLINED
        )
        ended.answered_at = clock.now()
        session.flush()
        words = text_of(browser.get(f"/supplier/invitations/{ended.ref}").text)
        assert ("Would you like to take part after all?" in words) is expected


@pytest.mark.parametrize(
    "state", [OrganisationState.PENDING, OrganisationState.SUSPENDED, OrganisationState.REFUSED]
)
def test_a_supplier_that_is_not_verified_is_told_why_not(
    session: Session, browser_of: Browser, state: OrganisationState
) -> None:
    challenge, team = (
        advisory.open_challenge(session),
        advisory.team(session, state=state, name="Newcomer Ltd"),
    )
    browser = browser_of(team.membership)
    for answer in (
        browser.get(f"/challenges/{challenge.ref}/volunteer"),
        browser.post(f"/challenges/{challenge.ref}/volunteer", data={"pitch": "Us!"}),
    ):
        assert (answer.status_code, "Newcomer Ltd is not verified" in text_of(answer.text)) == (403, True)
    assert session.scalar(sa.select(sa.func.count(VolunteerOffer.id))) == 0


def test_others_are_told_who_can_volunteer(session: Session, browser_as: Any) -> None:
    challenge = advisory.open_challenge(session)
    for role in (Role.POLICY_AUTHOR, Role.AUDITOR):
        answer = browser_as(role).get(f"/challenges/{challenge.ref}/volunteer")
        assert (answer.status_code, "Any verified supplier can offer to help" in text_of(answer.text)) == (
            403,
            True,
        )


@pytest.mark.parametrize("state", [state for state in ChallengeState if state not in PUBLIC_STATES])
def test_volunteering_does_not_give_a_hidden_challenge_away(
    session: Session, browser_of: Browser, state: ChallengeState
) -> None:
    challenge = advisory.open_challenge(session, state=state, title="Secret plan")
    browser = browser_of(advisory.team(session).membership)
    for answer in (
        browser.get(f"/challenges/{challenge.ref}/volunteer"),
        browser.post(f"/challenges/{challenge.ref}/volunteer", data={"pitch": "Us!"}),
        browser.post(f"/challenges/{challenge.ref}/volunteer/withdraw"),
        browser.get(f"/challenges/{challenge.ref}/ask"),
    ):
        assert (answer.status_code, "Secret plan" in answer.text) == (404, False)


def test_after_the_last_day_the_page_says_so(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session, closes_on=clock.uk_today() - timedelta(days=1))
    browser = browser_of(advisory.team(session).membership)
    page = browser.get(f"/challenges/{challenge.ref}/volunteer")
    assert (page.status_code, "no longer takes offers" in text_of(page.text)) == (200, True)
    assert "#take-part" not in links(browser.get(f"/challenges/{challenge.ref}").text)
    assert browser.post(f"/challenges/{challenge.ref}/volunteer", data={"pitch": "Us!"}).status_code == 409
