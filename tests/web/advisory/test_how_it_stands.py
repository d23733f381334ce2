"""The pages say how it stands now, and offer nothing that would be refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.accounts.queries import actor_of
from engage.advisory import service
from engage.advisory.enums import SeatState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession, Seat
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation, MatchRun, Wave
from tests.db.matchmaking.test_waves import released
from tests.factories import accounts, advisory
from tests.factories import selection as made
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of

Browser = Callable[[Membership], DistrustfulClient]
AGO = timedelta(hours=3)
"""A session that began so long ago is over."""


def button(page: str) -> list[str]:
    """Which of the buttons that take a place the page has."""
    words = text_of(page)
    known = (
        "Accept and join the waiting list",
        "Accept and take a place",
        "Choose another session",
        "Join the waiting list",
        "Take a place",
    )
    return [each for each in known if f"{each} " in words]


class TestTheInvitation:
    @pytest.fixture
    def team(self, session: Session) -> advisory.SupplierTeam:
        return advisory.team(session)

    @pytest.fixture
    def meeting(self, session: Session) -> AdvisorySession:
        challenge = advisory.open_challenge(session)
        full = advisory.meeting(session, challenge=challenge, title="The full one", places=1)
        advisory.seat(session, meeting=full)
        return full

    @pytest.mark.parametrize(
        ("state", "names"),
        [
            (InvitationState.SENT, ["Accept and join the waiting list"]),
            (InvitationState.ACCEPTED, ["Join the waiting list"]),
        ],
    )
    def test_the_button_says_that_every_session_is_full(
        self,
        session: Session,
        browser_of: Browser,
        team: advisory.SupplierTeam,
        meeting: AdvisorySession,
        state: InvitationState,
        names: list[str],
    ) -> None:
        found = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier, state=state)
        address = f"/supplier/invitations/{found.ref}"
        browser = browser_of(team.membership)
        assert button(browser.get(address).text) == names
        advisory.meeting(session, challenge=meeting.challenge)
        free = {InvitationState.SENT: "Accept and take a place", InvitationState.ACCEPTED: "Take a place"}
        assert button(browser.get(address).text) == [free[state]]

    def test_who_waits_for_a_session_is_not_offered_it_again(
        self, session: Session, browser_of: Browser, team: advisory.SupplierTeam, meeting: AdvisorySession
    ) -> None:
        found = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)
        service.accept_or_wait(session, actor=team.actor, invitation=found, meeting=meeting)
        browser = browser_of(team.membership)
        alone = text_of(browser.get(f"/supplier/invitations/{found.ref}").text)
        assert ["number 2" in alone, "There is no other session to choose" in alone] == [False, True]
        advisory.meeting(session, challenge=meeting.challenge, title="The other one")
        page = browser.get(f"/supplier/invitations/{found.ref}").text
        assert ["number 2" in text_of(page), button(page)] == [False, ["Choose another session"]]

        sessions = browser.get("/supplier/sessions").text
        assert "you are number 1 on the waiting list" in text_of(sessions)
        assert f"/supplier/invitations/{found.ref}" in links(sessions)

    @pytest.mark.parametrize(
        ("state", "said"),
        [
            (SeatState.ATTENDED, "You took part in “The one before”"),
            (SeatState.NO_SHOW, "The department recorded that nobody came on it."),
            (SeatState.CONFIRMED, "You had a place in “The one before”"),
        ],
    )
    def test_who_had_a_place_reads_so_and_can_come_again_but_not_decline(
        self, session: Session, browser_of: Browser, team: advisory.SupplierTeam, state: SeatState, said: str
    ) -> None:
        challenge = advisory.open_challenge(session)
        before = advisory.meeting(
            session, challenge=challenge, title="The one before", starts_at=clock.now() - AGO
        )
        found = advisory.seat(session, meeting=before, team=team, state=state).invitation
        advisory.meeting(session, challenge=challenge)
        page = browser_of(team.membership).get(f"/supplier/invitations/{found.ref}").text
        words = text_of(page)
        assert [said in words, "no place in a session at the moment" in words] == [True, False]
        assert [button(page), "I cannot take part" in words] == [["Take a place"], False]

    def test_the_list_says_that_an_answer_is_needed(
        self, session: Session, browser_of: Browser, team: advisory.SupplierTeam, meeting: AdvisorySession
    ) -> None:
        advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)
        words = text_of(browser_of(team.membership).get("/supplier/invitations").text)
        assert words.count("Answer needed") == 1


class TestTheSessionsTab:
    def test_who_ran_it_is_asked_how_it_was_and_nobody_else(
        self, session: Session, browser_of: Browser
    ) -> None:
        challenge = advisory.open_challenge(session)
        runs = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
        other = accounts.member(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)
        over = advisory.meeting(
            session, challenge=challenge, starts_at=clock.now() - AGO, facilitator_id=runs.person_id
        )
        seat = advisory.seat(session, meeting=over)
        actor = actor_of(runs.person, runs)
        service.record_attendance(session, actor=actor, meeting=over, came={seat.id: True})
        tab, address = f"/department/challenges/{challenge.ref}/sessions", f"/sessions/{over.ref}/feedback"
        pages = [browser_of(each).get(tab).text for each in (runs, other)]
        assert [address in links(page) for page in pages] == [True, False]
        assert ["Who had a place" in text_of(page) for page in pages] == [True, True]
        form = browser_of(runs).get(address).text
        assert tab in links(form)

    def test_a_talk_is_not_shown_as_a_free_place_for_everybody(
        self, session: Session, browser_of: Browser
    ) -> None:
        challenge = advisory.open_challenge(session)
        advisory.meeting(session, challenge=challenge, format=SessionFormat.ONE_TO_ONE, places=1)
        team = advisory.team(session)
        words = text_of(browser_of(team.membership).get(f"/challenges/{challenge.ref}").text)
        assert ["For a supplier that was offered a talk" in words, "1 place free of 1" in words] == [
            True,
            False,
        ]


class TestTheWaves:
    @pytest.fixture
    def run(self, session: Session) -> MatchRun:
        return released(session, *made.firms(session, 2), places=2)

    def test_an_invitation_whose_place_was_used_cannot_be_taken_back(
        self, session: Session, browser_of: Browser, run: MatchRun
    ) -> None:
        first, second = (
            session.query(Invitation).filter_by(challenge_id=run.challenge_id).order_by(Invitation.id)
        )
        assert session.query(Wave).count() == 1
        meeting = advisory.meeting(session, challenge=run.challenge)
        for each in (first, second):
            each.state = InvitationState.ACCEPTED
        place: Seat = advisory.seat(session, meeting=meeting, invitation_row=first)
        browser = browser_of(
            accounts.member(session, Role.POLICY_AUTHOR, organisation=run.challenge.organisation)
        )
        match = f"/department/challenges/{run.challenge.ref}/match"
        forms = [f"{match}/{each.supplier.ref}/withdraw" for each in (first, second)]
        found = links(browser.get(f"{match}/waves").text)
        assert [each in found for each in forms] == [True, True]

        meeting.starts_at, meeting.ends_at = clock.now() - AGO, clock.now() + AGO
        session.flush()
        page = browser.get(f"{match}/waves").text
        assert [each in links(page) for each in forms] == [False, True]
        assert "so the invitation cannot be taken back any more" in text_of(page)
        alone = text_of(browser.get(forms[0]).text)
        assert ["was used and goes to nobody else" in alone, "Take the invitation back" in alone] == [
            True,
            False,
        ]
        assert (place.state, meeting.state) == (SeatState.CONFIRMED, SessionState.SCHEDULED)
