"""Who was to attend does not act for the supplier any more: the others hear of its place, and how to keep it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory import service
from engage.advisory.models import AdvisorySession, Seat
from engage.advisory.service import letters as writing
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.outbox.models import Letter
from tests.factories import accounts, advisory
from tests.factories.advisory import SupplierTeam
from tests.support.records import letters

SECRET = "https://meet.example/secret-room"


@dataclass
class Scene:
    """A supplier with a place in a session and a second person, and with a turn in another, full session."""

    session: Session
    team: SupplierTeam
    colleague: Membership
    seat: Seat
    full: AdvisorySession

    @property
    def meeting(self) -> AdvisorySession:
        return self.seat.session

    @property
    def runner(self) -> Actor:
        return accounts.actor(
            self.session, Role.POLICY_AUTHOR, organisation=self.meeting.challenge.organisation
        )

    def leave(self) -> None:
        self.team.membership.ended_at = clock.now()
        self.session.flush()

    def written(self, template: str) -> list[tuple[str, Letter]]:
        return [(each.recipient, each) for each in letters(self.session, template)]


@pytest.fixture
def scene(session: Session) -> Scene:
    challenge = advisory.open_challenge(session)
    soon = clock.now() + timedelta(hours=20)
    meeting = advisory.meeting(
        session,
        challenge=challenge,
        starts_at=soon,
        ends_at=soon + timedelta(hours=1),
        joining_details=SECRET,
    )
    full = advisory.meeting(session, challenge=challenge, places=1)
    advisory.seat(session, meeting=full)
    team = advisory.team(session)
    colleague = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    return Scene(session, team, colleague, advisory.seat(session, meeting=meeting, team=team), full)


def change(scene: Scene) -> None:
    details = replace(service.details_of(scene.meeting), agenda="Another one")
    service.change(scene.session, actor=scene.runner, meeting=scene.meeting, details=details)


def cancel(scene: Scene) -> None:
    service.cancel(scene.session, actor=scene.runner, meeting=scene.meeting, reason="Flooded.")


def remind(scene: Scene) -> None:
    assert writing.reminder(scene.session, meeting=scene.meeting, seat=scene.seat, days=1)


def ask_again(scene: Scene) -> None:
    writing.confirm_again(scene.session, meeting=scene.meeting, seat=scene.seat, declaration_id=1)


DEEDS: list[tuple[str, Callable[[Scene], None]]] = [
    ("session_changed", change),
    ("session_cancelled", cancel),
    ("session_reminder", remind),
    ("entry_asked", ask_again),
]


@pytest.mark.parametrize(("kind", "deed"), DEEDS)
def test_the_others_hear_of_the_place(scene: Scene, kind: str, deed: Callable[[Scene], None]) -> None:
    scene.leave()
    deed(scene)

    ((recipient, letter),) = scene.written(kind)
    name, own = scene.team.person.name, scene.team.supplier.organisation.name
    assert recipient == scene.colleague.person.email
    assert (SECRET in letter.text, SECRET in letter.html, letter.calendar) == (False, False, None)
    assert f"because {name}, who was to attend for {own}, does so no more." in " ".join(letter.text.split())
    choose = f"/supplier/seats/{scene.seat.id}/attendee"
    assert (choose in letter.text) is (kind != "session_cancelled")


@pytest.mark.parametrize(("kind", "deed"), DEEDS)
def test_while_they_are_there_only_they_do(scene: Scene, kind: str, deed: Callable[[Scene], None]) -> None:
    deed(scene)

    ((recipient, letter),) = scene.written(kind)
    assert (recipient, "/attendee" in letter.text) == (scene.team.person.email, False)


@pytest.mark.parametrize("deed", ["given up", "somebody else attends"])
def test_nobody_else_is_told_that_they_do_not_attend(scene: Scene, deed: str) -> None:
    scene.leave()
    if deed == "given up":
        service.release_seat(scene.session, actor=scene.team.actor, seat=scene.seat)
    else:
        service.change_attendee(
            scene.session, actor=scene.team.actor, seat=scene.seat, person_id=scene.colleague.person_id
        )

    found = [(each.template, each.recipient) for each in letters(scene.session)]
    attends_now = ("seat_confirmed", scene.colleague.person.email)
    assert found == ([] if deed == "given up" else [attends_now])


def test_a_place_that_is_kept_for_who_left_is_offered_to_the_others(scene: Scene) -> None:
    other = accounts.member(
        scene.session, Role.SUPPLIER_EXPERT, organisation=scene.team.supplier.organisation
    )
    team, full = scene.team, scene.full
    waits = advisory.team(scene.session)
    invitation = advisory.invitation(scene.session, challenge=full.challenge, supplier=waits.supplier)
    service.accept_or_wait(scene.session, actor=waits.actor, invitation=invitation, meeting=full)
    colleagues = [
        accounts.member(scene.session, Role.SUPPLIER_ADMIN, organisation=waits.supplier.organisation)
        for _ in range(2)
    ]
    waits.membership.ended_at = clock.now()
    (taken,) = full.seats
    service.release_seat(scene.session, actor=team.actor, seat=taken)

    found = scene.written("place_offered")
    assert [recipient for recipient, _ in found] == [each.person.email for each in colleagues]
    assert all(f"/supplier/invitations/{invitation.ref}" in letter.text for _, letter in found)
    assert other.person.email not in {recipient for recipient, _ in found}
