"""Files of a session: with the department alone, then with everyone at once; bytes that nothing needs are deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.queries import actor_of
from engage.advisory import queries, service
from engage.advisory.models import AdvisorySession
from engage.challenges import service as challenges
from engage.challenges.models import Attachment
from engage.challenges.service.attachments import tidy
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, NotFound
from engage.ledger.queries import asymmetries, disclosures
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory
from tests.support.records import letters

SLIDES = b"What we know about empty seats"


def scene(session: Session) -> tuple[AdvisorySession, Actor]:
    meeting = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=clock.now() - timedelta(hours=2)
    )
    runner = accounts.member(session, Role.FACILITATOR, organisation=meeting.challenge.organisation)
    return meeting, actor_of(runner.person, runner)


def added(session: Session, meeting: AdvisorySession, actor: Actor, *, checked: bool = True) -> str:
    made = service.add_material(session, actor=actor, meeting=meeting, name="slides.txt", data=SLIDES)
    if checked:
        challenges.settle(session, attachment_id=made.attachment_id, refusal="")
        session.flush()
    return made.attachment.sha256


def public(session: Session, meeting: AdvisorySession) -> list[str]:
    (found,) = queries.public_sessions(session, challenge_id=meeting.challenge_id)
    return [each.name for each in found.materials]


def files(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count(Attachment.id))) or 0


def test_nobody_has_it_before_everyone(session: Session) -> None:
    meeting, actor = scene(session)
    team = advisory.team(session)
    advisory.seat(session, meeting=meeting, team=team)
    absent = advisory.team(session)
    advisory.invitation(
        session, challenge=meeting.challenge, supplier=absent.supplier, state=InvitationState.ACCEPTED
    )
    for _again in range(2):
        sha256 = added(session, meeting, actor)
    address = {"ref": meeting.challenge.ref, "session_ref": meeting.ref, "sha256": sha256}
    with pytest.raises(NotFound):
        queries.public_material(session, **address)
    assert public(session, meeting) == []
    service.release_materials(session, actor=actor, meeting=meeting)
    assert public(session, meeting) == ["slides.txt"]
    assert queries.public_material(session, **address).name == "slides.txt"
    assert [line.audience for line in disclosures(session, challenge_ref=meeting.challenge.ref)] == [
        "everyone"
    ]
    assert asymmetries(session, challenge_ref=meeting.challenge.ref, now=clock.now()) == []
    told = {letter.audience for letter in letters(session, "session_published")}
    assert told == {f"supplier:{team.supplier.ref}", f"supplier:{absent.supplier.ref}"}
    with pytest.raises(Conflict):
        service.release_materials(session, actor=actor, meeting=meeting)


def test_what_was_not_checked_is_not_released_and_holds_the_minutes_up(session: Session) -> None:
    meeting, actor = scene(session)
    service.record_attendance(session, actor=actor, meeting=meeting, came={})
    added(session, meeting, actor, checked=False)
    for deed in (
        lambda: service.release_materials(session, actor=actor, meeting=meeting),
        lambda: service.publish_minutes(session, actor=actor, meeting=meeting, text="We spoke."),
    ):
        with pytest.raises(Conflict, match="not found clean"):
            deed()
    session.expire_all()
    assert meeting.minutes_published_at is None


def test_the_minutes_take_the_files_along(session: Session) -> None:
    meeting, actor = scene(session)
    service.record_attendance(session, actor=actor, meeting=meeting, came={})
    added(session, meeting, actor)
    service.publish_minutes(session, actor=actor, meeting=meeting, text="We spoke.")
    assert public(session, meeting) == ["slides.txt"]


def test_removing_deletes_the_bytes_unless_something_else_has_them(session: Session) -> None:
    meeting, actor = scene(session)
    other = advisory.meeting(session, challenge=meeting.challenge)
    added(session, meeting, actor)
    added(session, other, actor)
    tidy(session, meeting.challenge)
    assert files(session) == 1
    for each, left in ((meeting, 1), (other, 0)):
        (one,) = queries.materials_of(session, session_id=each.id)
        assert service.remove_material(session, actor=actor, meeting=each, material_id=one.id) == "slides.txt"
        assert files(session) == left


def test_what_everyone_has_stays(session: Session) -> None:
    meeting, actor = scene(session)
    added(session, meeting, actor)
    service.release_materials(session, actor=actor, meeting=meeting)
    (one,) = queries.materials_of(session, session_id=meeting.id)
    with pytest.raises(Conflict):
        service.remove_material(session, actor=actor, meeting=meeting, material_id=one.id)
