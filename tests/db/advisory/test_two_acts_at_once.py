"""Two acts of different people meet in one session: neither waits in a circle, and afterwards everything agrees."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import service as accounts_service
from engage.accounts.enums import Decision
from engage.advisory import service
from engage.advisory.enums import Admission, SeatState, WaitingState
from engage.advisory.models import AccessNeed, AdvisorySession, Seat, WaitingPlace
from engage.advisory.service import admission
from engage.challenges import service as challenges_service
from engage.challenges.models import Challenge
from engage.kernel.actor import Role, System
from engage.kernel.db import reading, unit_of_work
from engage.kernel.errors import DomainError
from engage.matchmaking.models import Invitation
from engage.suppliers.service import merge_suppliers
from tests.factories import accounts, advisory

LIVE = (SeatState.OFFERED, SeatState.CONFIRMED)
BECAUSE = "For a reason."


class Scene:
    """A session of two places: ada has one, bob is offered the other, cyd waits, and dan was invited; kit was not."""

    def __init__(self, session: Session) -> None:
        challenge = advisory.open_challenge(session)
        meeting = advisory.meeting(session, challenge=challenge, places=2)
        teams = {name: advisory.team(session) for name in ("ada", "bob", "cyd", "dan", "eve", "kit")}
        self.author = accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)
        self.actors = {name: team.actor for name, team in teams.items()}
        self.suppliers = {name: (team.supplier.id, team.supplier.ref) for name, team in teams.items()}
        self.organisations = {name: team.supplier.organisation_id for name, team in teams.items()}
        self.challenge_id, self.meeting_id = challenge.id, meeting.id
        invited = {
            name: advisory.invitation(session, challenge=challenge, supplier=team.supplier)
            for name, team in teams.items()
            if name != "kit"
        }
        self.invitations = {name: invitation.id for name, invitation in invited.items()}
        for name in ("ada", "eve", "bob", "cyd"):
            service.accept_or_wait(
                session, actor=self.actors[name], invitation=invited[name], meeting=meeting
            )
        service.release_seat(session, actor=self.actors["eve"], seat=self.seat(session, "eve"))
        service.ask_need(session, actor=self.actors["ada"], meeting=meeting, text="A ramp.")

    def meeting(self, session: Session) -> AdvisorySession:
        return session.get_one(AdvisorySession, self.meeting_id)

    def seat(self, session: Session, name: str) -> Seat:
        theirs = sa.select(Seat).where(Seat.invitation_id == self.invitations[name], Seat.state.in_(LIVE))
        return session.scalars(theirs).one()

    def accepting(self, session: Session) -> None:
        invitation = session.get_one(Invitation, self.invitations["dan"])
        service.accept_or_wait(
            session, actor=self.actors["dan"], invitation=invitation, meeting=self.meeting(session)
        )

    def declining(self, session: Session) -> None:
        invitation = session.get_one(Invitation, self.invitations["bob"])
        service.decline(session, actor=self.actors["bob"], invitation=invitation)

    def giving_up(self, session: Session) -> None:
        service.release_seat(session, actor=self.actors["ada"], seat=self.seat(session, "ada"))

    def enlarging(self, session: Session) -> None:
        meeting = self.meeting(session)
        details = replace(service.details_of(meeting), places=4)
        service.change(session, actor=self.author, meeting=meeting, details=details)

    def cancelling(self, session: Session) -> None:
        service.cancel(session, actor=self.author, meeting=self.meeting(session), reason=BECAUSE)

    def withdrawing(self, session: Session) -> None:
        challenge = session.get_one(Challenge, self.challenge_id)
        challenges_service.withdraw(session, actor=self.author, challenge=challenge, reason=BECAUSE)

    def ending_early(self, session: Session) -> None:
        challenge = session.get_one(Challenge, self.challenge_id)
        challenges_service.end_early(session, actor=self.author, challenge=challenge, reason=BECAUSE)

    def suspending(self, name: str) -> Callable[[Session], None]:
        def suspend(session: Session) -> None:
            accounts_service.decide(
                session,
                actor=System("tests"),
                organisation_id=self.organisations[name],
                decision=Decision.SUSPEND,
                reason=BECAUSE,
            )

        return suspend

    def merging(self, name: str, *, into: str) -> Callable[[Session], None]:
        def merge(session: Session) -> None:
            gone, kept = self.suppliers[name][1], self.suppliers[into][1]
            merge_suppliers(session, actor=System("tests"), duplicate=gone, into=kept, because=BECAUSE)

        return merge

    def disagreements(self, session: Session) -> list[tuple[Any, ...]]:
        """What does not fit together: places counted, places free while somebody waits, seats and their invitations."""
        meeting = self.meeting(session)
        live = session.query(Seat).where(Seat.session_id == meeting.id, Seat.state.in_(LIVE)).count()
        waiting = session.query(WaitingPlace).where(
            WaitingPlace.session_id == meeting.id, WaitingPlace.state == WaitingState.WAITING
        )
        found: list[tuple[Any, ...]] = []
        if not live == meeting.taken <= meeting.places:
            found.append(("taken", live, meeting.taken, meeting.places))
        if meeting.takes_places and meeting.challenge.is_open and meeting.free and waiting.count():
            found.append(("free while somebody waits", meeting.free))
        others = sa.or_(Seat.supplier_id != Invitation.supplier_id, Invitation.state != "accepted")
        strange = sa.select(Seat.id, Seat.state, Invitation.state).join(Seat.invitation)
        found += [tuple(row) for row in session.execute(strange.where(Seat.state.in_(LIVE), others))]
        return found


PAIRS: dict[str, Callable[[Scene], tuple[Callable[[Session], None], Callable[[Session], None]]]] = {
    "a place is given up, the challenge withdrawn": lambda x: (x.giving_up, x.withdrawing),
    "somebody declines, the challenge is withdrawn": lambda x: (x.declining, x.withdrawing),
    "places are added, the challenge withdrawn": lambda x: (x.enlarging, x.withdrawing),
    "the session is cancelled, the challenge ended": lambda x: (x.cancelling, x.ending_early),
    "somebody accepts and is suspended": lambda x: (x.accepting, x.suspending("dan")),
    "places are added, who waits is suspended": lambda x: (x.enlarging, x.suspending("cyd")),
    "somebody accepts and is merged": lambda x: (x.accepting, x.merging("dan", into="kit")),
    "a place is given up, who waits is merged": lambda x: (x.giving_up, x.merging("cyd", into="kit")),
    "somebody declines, who waits is merged": lambda x: (x.declining, x.merging("cyd", into="kit")),
    "places are added, who waits is merged": lambda x: (x.enlarging, x.merging("cyd", into="kit")),
    "a place is given up by who is merged": lambda x: (x.giving_up, x.merging("ada", into="kit")),
    "a place is given up by who another is merged into": lambda x: (
        x.giving_up,
        x.merging("cyd", into="ada"),
    ),
}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.usefixtures("committed")
def test_neither_waits_for_the_other_in_a_circle(pair: str) -> None:
    for _ in range(3):
        with unit_of_work() as session:
            scene = Scene(session)
        start = Barrier(2, timeout=60)

        def do(deed: Callable[[Session], None], start: Barrier = start) -> str:
            try:
                with unit_of_work() as session:
                    session.connection()
                    start.wait()
                    deed(session)
            except DomainError:
                return "refused"
            return "done"

        with ThreadPoolExecutor(2) as pool:
            ends = list(pool.map(do, PAIRS[pair](scene)))
        with reading() as session:
            assert scene.disagreements(session) == []
        assert "done" in ends


def test_what_people_need_and_have_confirmed_goes_along_with_their_places(session: Session) -> None:
    scene = Scene(session)
    scene.merging("ada", into="kit")(session)
    need = session.scalars(sa.select(AccessNeed)).one()
    seat = scene.seat(session, "ada")
    assert (need.supplier_id, seat.supplier_id) == (scene.suppliers["kit"][0],) * 2
    assert admission.standing(session, held=[seat]) == {seat.id: Admission.LET_IN}
