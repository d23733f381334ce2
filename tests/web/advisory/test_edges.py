"""At the edges of an invitation: whatever somebody does late, twice or in the wrong place ends right, and a page says so.

Each row of ``EDGES`` is one story: what happened before, what the person does, and how it ends: the status of the answer,
what the page that they then see says at its top, what it says to do next, and the state that is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from engage.accounts import service as accounts_service
from engage.accounts.enums import Decision
from engage.accounts.models import Membership
from engage.advisory import service
from engage.advisory.enums import SeatState, WaitingState
from engage.advisory.models import AdvisorySession, Seat, WaitingPlace
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.matchmaking import service as matchmaking
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from tests.factories import accounts, advisory, interests
from tests.factories.advisory import SupplierTeam
from tests.support.client import DistrustfulClient
from tests.support.forms import forms_of
from tests.support.html import text_of

Browser = Callable[[Membership], DistrustfulClient]

SENT, ACCEPTED, DECLINED = InvitationState.SENT, InvitationState.ACCEPTED, InvitationState.DECLINED
EXPIRED, WITHDRAWN = InvitationState.EXPIRED, InvitationState.WITHDRAWN
SEAT, TURN, NOTHING = "a seat", "a turn", "nothing"


class Scene:
    """A supplier invited to a session with one place, and its browser on the page of the invitation."""

    def __init__(self, session: Session, browser_of: Browser, visitor: DistrustfulClient) -> None:
        self.session, self.browser_of, self.visitor = session, browser_of, visitor
        self.team: SupplierTeam = advisory.team(session, name="Riverbank Ltd")
        self.challenge: Challenge = advisory.open_challenge(session)
        self.meeting: AdvisorySession = advisory.meeting(
            session, challenge=self.challenge, title="Roundtable", places=1
        )
        self.invitation: Invitation = advisory.invitation(
            session, challenge=self.challenge, supplier=self.team.supplier
        )
        self.browser = browser_of(self.team.membership)
        self.fields = self._fields()

    @property
    def page(self) -> str:
        return f"/supplier/invitations/{self.invitation.ref}"

    def _fields(self) -> dict[str, str]:
        """What the form to accept sends as it was when the page was opened."""
        forms = forms_of(self.browser.get(self.page).text)
        form = next(form for form in forms if form.action.endswith("/accept"))
        return {**form.fields, "meeting": self.meeting.ref, "attested": "y"}

    # What somebody does.

    def accept(self, browser: DistrustfulClient | None = None) -> TestResponse:
        return (browser or self.browser).post(f"{self.page}/accept", data=self.fields)

    def decline(self) -> TestResponse:
        return self.browser.post(f"{self.page}/decline", data={"reason": ""})

    def give_up(self) -> TestResponse:
        return self.browser.post(f"/supplier/seats/{self._seat().id}/release")

    def take(self) -> TestResponse:
        return self.browser.post(f"/supplier/seats/{self._seat().id}/take")

    def open_as_another_supplier(self) -> TestResponse:
        return self._stranger().get(self.page)

    def accept_as_another_supplier(self) -> TestResponse:
        return self.accept(self._stranger())

    def open_as_the_department(self) -> TestResponse:
        official = accounts.member(self.session, Role.FACILITATOR, organisation=self.challenge.organisation)
        return self.browser_of(official).get(self.page)

    def open_as_a_colleague(self) -> TestResponse:
        colleague = accounts.member(
            self.session, Role.SUPPLIER_EXPERT, organisation=self.team.supplier.organisation
        )
        return self.browser_of(colleague).get(self.page)

    def open_signed_out(self) -> TestResponse:
        return self.visitor.get(self.page)

    def accept_signed_out(self) -> TestResponse:
        return self.accept(self.visitor)

    def _stranger(self) -> DistrustfulClient:
        return self.browser_of(advisory.team(self.session, name="Somebody Else Ltd").membership)

    # What happens meanwhile.

    def runs_out(self) -> None:
        self.invitation.expires_at = clock.now() - timedelta(minutes=1)
        self.session.flush()

    def is_ended(self) -> None:
        self.runs_out()
        matchmaking.expire(self.session, actor=System(), invitation=self.invitation)

    def is_withdrawn(self) -> None:
        matchmaking.withdraw(self.session, actor=System(), invitation=self.invitation, reason="A mistake.")

    def is_suspended(self) -> None:
        accounts_service.decide(
            self.session,
            actor=accounts.actor(self.session, Role.PLATFORM_ADMIN),
            organisation_id=self.team.supplier.organisation_id,
            decision=Decision.SUSPEND,
            reason="Under review.",
        )

    def gets_a_conflict(self) -> None:
        official = interests.official(self.session, self.challenge)
        interests.declared(self.session, official, counterpart=self.team.supplier.organisation)

    def session_is_cancelled(self) -> None:
        service.cancel(self.session, actor=System(), meeting=self.meeting, reason="The room is flooded.")

    def session_is_moved(self) -> None:
        now = service.details_of(self.meeting)
        span = timedelta(days=3)
        later = replace(now, starts_at=now.starts_at + span, ends_at=now.ends_at + span)
        service.change(self.session, actor=System(), meeting=self.meeting, details=later)

    def session_is_full(self) -> None:
        advisory.seat(self.session, meeting=self.meeting)

    def session_begins(self) -> None:
        self.meeting.starts_at = clock.now() - timedelta(minutes=1)
        self.fields["times"] = ""  # time went on, nothing was moved
        self.session.flush()

    def is_paused(self) -> None:
        self.challenge.state = ChallengeState.NOTICE_PENDING
        self.session.flush()

    def places_close(self) -> None:
        self.meeting.closes_at = clock.now() - timedelta(minutes=1)
        self.session.flush()

    def place_is_kept(self) -> None:
        seat = self.session.scalars(sa.select(Seat).where(Seat.supplier_id != self.team.supplier.id)).one()
        service.release_seat(self.session, actor=System(), seat=seat)  # type: ignore[arg-type]

    def kept_time_ends(self) -> None:
        seat = self._seat()
        seat.held_until = clock.now() - timedelta(minutes=1)
        self.session.flush()

    # How it stands.

    def _seat(self) -> Seat:
        own = sa.and_(Seat.supplier_id == self.team.supplier.id, Seat.state != SeatState.RELEASED)
        return self.session.scalars(sa.select(Seat).where(own)).one()

    def holds(self) -> str:
        self.session.expire_all()
        live = sa.and_(Seat.supplier_id == self.team.supplier.id, Seat.state != SeatState.RELEASED)
        waits = sa.and_(
            WaitingPlace.supplier_id == self.team.supplier.id, WaitingPlace.state == WaitingState.WAITING
        )
        seats = self.session.scalar(sa.select(sa.func.count(Seat.id)).where(live))
        turns = self.session.scalar(sa.select(sa.func.count(WaitingPlace.id)).where(waits))
        return {(0, 0): NOTHING, (1, 0): SEAT, (0, 1): TURN}[seats or 0, turns or 0]


@dataclass(frozen=True)
class Edge:
    """One story and its end."""

    name: str
    before: tuple[Callable[[Scene], object], ...]
    deed: Callable[[Scene], TestResponse]
    status: int
    says: str
    next: str
    state: InvitationState
    holds: str


# fmt: off
PLACE = "Your place is confirmed"
NOT_TAKEN = "Your answer was not taken"
READ_ON = "You can still read everything that is said"
ANOTHER = "When one is scheduled, you can choose it here"
NO_INVITATION = "There is no invitation here for the organisation you act for."
OF_ANOTHER = "If somebody sent you the link, ask them to answer."
S = Scene
EDGES = (
    Edge("accept twice", (S.accept,), S.accept, 303, PLACE, "See your sessions", ACCEPTED, SEAT),
    Edge("decline twice", (S.decline,), S.decline, 303, "You declined this invitation on", READ_ON, DECLINED, NOTHING),
    Edge("decline after accept", (S.accept,), S.decline, 303, "You declined this invitation on", READ_ON, DECLINED, NOTHING),
    Edge("decline while waiting", (S.session_is_full, S.accept), S.decline, 303, "You declined this", READ_ON, DECLINED, NOTHING),
    Edge("accept after decline", (S.decline,), S.accept, 409, NOT_TAKEN, "You declined this invitation before", DECLINED, NOTHING),
    Edge("accept after giving up", (S.accept, S.give_up), S.accept, 303, PLACE, "See your sessions", ACCEPTED, SEAT),
    Edge("accept too late", (S.runs_out,), S.accept, 409, NOT_TAKEN, READ_ON, SENT, NOTHING),
    Edge("accept after expiry", (S.is_ended,), S.accept, 409, "The time to answer", READ_ON, EXPIRED, NOTHING),
    Edge("accept after withdrawal", (S.is_withdrawn,), S.accept, 409, "was withdrawn", READ_ON, WITHDRAWN, NOTHING),
    Edge("withdrawn after accept", (S.accept, S.is_withdrawn), S.accept, 409, "was withdrawn", READ_ON, WITHDRAWN, NOTHING),
    Edge("accept after suspension", (S.is_suspended,), S.accept, 403, "has to be verified", READ_ON, WITHDRAWN, NOTHING),
    Edge("suspended after accept", (S.accept, S.is_suspended), S.accept, 403, "has to be verified", READ_ON, WITHDRAWN, NOTHING),
    Edge("accept with a new conflict", (S.gets_a_conflict,), S.accept, 409, "conflicts of interest", "put everything in writing", SENT, NOTHING),
    Edge("a conflict after accept", (S.accept, S.gets_a_conflict), S.accept, 303, "Your place is on hold", "put your questions in writing", ACCEPTED, SEAT),
    Edge("accept a cancelled session", (S.session_is_cancelled,), S.accept, 409, "was cancelled", ANOTHER, SENT, NOTHING),
    Edge("cancelled after accept", (S.accept, S.session_is_cancelled), S.accept, 409, "was cancelled", ANOTHER, ACCEPTED, NOTHING),
    Edge("accept a moved session", (S.session_is_moved,), S.accept, 409, "was moved while you were reading", "Choose it again", SENT, NOTHING),
    Edge("moved after accept", (S.accept, S.session_is_moved), S.accept, 303, PLACE, "See your sessions", ACCEPTED, SEAT),
    Edge("accept a full session", (S.session_is_full,), S.accept, 303, "Number 1 for “Roundtable”", "in writing", ACCEPTED, TURN),
    Edge("wait twice", (S.session_is_full, S.accept), S.accept, 303, "Number 1 for “Roundtable”", "in writing", ACCEPTED, TURN),
    Edge("take a kept place", (S.session_is_full, S.accept, S.place_is_kept), S.take, 303, PLACE, "See your sessions", ACCEPTED, SEAT),
    Edge("take it too late", (S.session_is_full, S.accept, S.place_is_kept, S.kept_time_ends), S.take, 409, "is not kept for you", "reload the page", ACCEPTED, SEAT),
    Edge("accept after the deadline", (S.places_close,), S.accept, 409, "could be taken until", ANOTHER, SENT, NOTHING),
    Edge("accept once it has begun", (S.session_begins,), S.accept, 409, "has begun", ANOTHER, SENT, NOTHING),
    Edge("decline once it has begun", (S.accept, S.session_begins), S.decline, 409, "has begun", "See your sessions", ACCEPTED, SEAT),
    Edge("accept while it is paused", (S.is_paused,), S.accept, 409, "not open at the moment", "in writing", SENT, NOTHING),
    Edge("another supplier opens the link", (), S.open_as_another_supplier, 404, NO_INVITATION, OF_ANOTHER, SENT, NOTHING),
    Edge("another supplier accepts", (), S.accept_as_another_supplier, 404, NO_INVITATION, OF_ANOTHER, SENT, NOTHING),
    Edge("the department opens the link", (), S.open_as_the_department, 403, "You cannot see this page", "Check which organisation", SENT, NOTHING),
    Edge("a colleague opens the link", (), S.open_as_a_colleague, 200, "would like to hear from you", "Accept and take a place", SENT, NOTHING),
    Edge("nobody signed in opens the link", (), S.open_signed_out, 302, "Sign in", "I have forgotten my password", SENT, NOTHING),
    Edge("nobody signed in accepts", (), S.accept_signed_out, 302, "Sign in", "I have forgotten my password", SENT, NOTHING),
)
# fmt: on


@pytest.fixture
def scene(session: Session, browser_of: Browser, client: DistrustfulClient) -> Scene:
    return Scene(session, browser_of, client)


@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.name.replace(" ", "-"))
def test_every_edge_ends_right_and_says_so(scene: Scene, edge: Edge) -> None:
    for happens in edge.before:
        happens(scene)

    answer = edge.deed(scene)

    assert answer.status_code == edge.status
    asked = scene.visitor if "sign-in" in (answer.location or "") else scene.browser
    page = asked.get(answer.location) if answer.location else answer
    words = text_of(page.text)
    assert (edge.says in words, edge.next in words) == (True, True), words
    assert scene.holds() == edge.holds
    assert scene.invitation.state is edge.state


def test_after_signing_in_the_link_leads_to_the_invitation(scene: Scene) -> None:
    answer = scene.open_signed_out()
    assert answer.location == f"/sign-in?next={scene.page}"
    fields = next(
        form.fields for form in forms_of(scene.visitor.get(answer.location).text) if "email" in form.fields
    )
    signed_in = scene.visitor.post(
        "/sign-in", data={**fields, "email": scene.team.person.email, "password": accounts.PASSWORD}
    )
    assert (signed_in.status_code, signed_in.location) == (303, scene.page)
