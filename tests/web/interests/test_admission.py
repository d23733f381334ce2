"""Conflicts on the pages of sessions: what the department sees, what a supplier sees, and that nothing leaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from engage.advisory import service as advisory_service
from engage.advisory.models import AdvisorySession, Seat
from engage.challenges.models import Challenge
from engage.interests import queries
from engage.kernel.actor import Actor, Role
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from tests.factories import accounts, advisory
from tests.factories import interests as made
from tests.support.client import DistrustfulClient
from tests.support.records import letters

Browsers = Callable[..., DistrustfulClient]
OFFICIAL = "Olive Official"
JOIN = "secret-room"


@dataclass
class Scene:
    challenge: Challenge
    meeting: AdvisorySession
    team: advisory.SupplierTeam
    invitation: Invitation
    official: Actor

    @property
    def address(self) -> str:
        return f"/supplier/invitations/{self.invitation.ref}"

    @property
    def answer(self) -> dict[str, object]:
        return {"meeting": self.meeting.ref, "attendee": self.team.person.id, "attested": "y"}

    def declare(self, session: Session) -> None:
        made.declared(session, self.official, counterpart=self.team.supplier.organisation)

    def accept(self, session: Session) -> Seat:
        return advisory_service.accept(
            session, actor=self.team.actor, invitation=self.invitation, meeting=self.meeting
        )


@pytest.fixture
def scene(session: Session) -> Scene:
    challenge = advisory.open_challenge(session)
    team = advisory.team(session, name="Riverbank Ltd")
    return Scene(
        challenge=challenge,
        meeting=advisory.meeting(session, challenge=challenge),
        team=team,
        invitation=advisory.invitation(session, challenge=challenge, supplier=team.supplier),
        official=made.official(session, challenge, name=OFFICIAL),
    )


def tells(text: str) -> bool:
    return made.SECRET_WORDS in text or OFFICIAL in text or "sister" in text


def test_accepting_needs_the_confirmation_and_keeps_it(
    session: Session, browser_of: Browsers, scene: Scene
) -> None:
    browser = browser_of(scene.team.membership)
    without = {name: value for name, value in scene.answer.items() if name != "attested"}
    refused = browser.post(f"{scene.address}/accept", data=without)
    assert (refused.status_code, "Confirm this, or declare the interest first" in refused.text) == (422, True)
    assert queries.attestations(session, challenge_id=scene.challenge.id) == []
    assert browser.post(f"{scene.address}/accept", data=scene.answer).status_code == 303
    (kept,) = queries.attestations(session, challenge_id=scene.challenge.id)
    assert (kept.person_id, kept.subject) == (scene.team.person.id, f"session:{scene.meeting.ref}")


def test_a_conflict_refuses_an_acceptance_in_words_that_tell_nothing(
    session: Session, browser_of: Browsers, scene: Scene
) -> None:
    scene.declare(session)
    browser = browser_of(scene.team.membership)
    answer = browser.post(f"{scene.address}/accept", data=scene.answer)
    assert (answer.status_code, "the rules on conflicts of interest apply" in answer.text) == (409, True)
    assert not tells(answer.text)
    session.refresh(scene.invitation)
    assert scene.invitation.state is InvitationState.SENT
    assert not tells(browser.get(scene.address).text)


def test_a_place_on_hold_is_marked_for_both_and_how_to_join_is_not_shown(
    session: Session, browser_as: Browsers, browser_of: Browsers, scene: Scene
) -> None:
    scene.accept(session)
    supplier = browser_of(scene.team.membership)
    facilitator = browser_as(Role.FACILITATOR, organisation=scene.challenge.organisation)
    sessions, file = "/supplier/sessions", f"/calendar/{scene.meeting.ref}.ics"
    assert JOIN in supplier.get(sessions).text
    assert supplier.get(file).status_code == 200
    scene.declare(session)
    page = supplier.get(sessions).text
    assert ("Your place is on hold" in page, JOIN in page, tells(page)) == (True, False, False)
    assert supplier.get(file).status_code == 404
    assert facilitator.get(file).status_code == 200
    tab = facilitator.get(f"/department/challenges/{scene.challenge.ref}/sessions").text
    assert ("On hold: conflict of interest" in tab, made.SECRET_WORDS in tab) == (True, False)


def test_at_the_door_who_is_on_hold_cannot_be_let_in(
    session: Session, browser_of: Browsers, scene: Scene
) -> None:
    seat = scene.accept(session)
    scene.declare(session)
    runner = accounts.member(session, Role.FACILITATOR, organisation=scene.challenge.organisation)
    address = f"/department/sessions/{scene.meeting.ref}/attendance"
    with time_machine.travel(scene.meeting.starts_at + timedelta(minutes=5), tick=False):
        browser = browser_of(runner)
        page = browser.get(address).text
        assert ("Not admitted" in page, made.SECRET_WORDS in page) == (True, False)
        refused = browser.post(address, data={f"seat_{seat.id}": "yes"})
        assert (refused.status_code, "until steps against it are in place" in refused.text) == (422, True)
        assert browser.post(address, data={f"seat_{seat.id}": "no"}).status_code == 303


def test_what_officials_declare_is_on_no_page_of_suppliers_or_of_everybody(
    session: Session, client: DistrustfulClient, browser_of: Browsers, scene: Scene
) -> None:
    scene.accept(session)
    scene.declare(session)
    supplier = browser_of(scene.team.membership)
    own = ("/supplier", scene.address, "/supplier/invitations", "/supplier/sessions", "/supplier/interests", "/supplier/matches", "/account/interests")  # fmt: skip
    public = (
        "/",
        f"/challenges/{scene.challenge.ref}",
        f"/challenges/{scene.challenge.ref}/changes",
        f"/suppliers/{scene.team.supplier.ref}",
        "/calendar/sessions.ics",
    )
    for address in (*own, *public):
        answer = supplier.get(address)
        assert (answer.status_code, tells(answer.text)) == (200, False), address
    for address in public:
        answer = client.get(address)
        assert (answer.status_code, tells(answer.text)) == (200, False), address


def test_what_a_supplier_declares_is_not_shown_to_another(
    session: Session, browser_of: Browsers, scene: Scene
) -> None:
    made.declared(session, scene.team.actor, counterpart=scene.challenge.organisation)
    other = advisory.team(session)
    browser = browser_of(other.membership)
    for address in ("/account/interests", "/supplier/interests", f"/suppliers/{scene.team.supplier.ref}"):
        assert not tells(browser.get(address).text), address


def test_the_letter_to_the_department_says_whose_place_and_not_why(session: Session, scene: Scene) -> None:
    scene.accept(session)
    member = accounts.member(session, Role.APPROVER, organisation=scene.challenge.organisation)
    scene.declare(session)
    (letter,) = [each for each in letters(session, "seat_on_hold") if each.recipient == member.person.email]
    assert ("Riverbank Ltd" in letter.text, tells(letter.text)) == (True, False)
