"""A pause, or a suspension of the department, costs no supplier its time to answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.challenges.enums import ChallengeState
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.matchmaking import queries, service
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter
from tests.factories import accounts, advisory

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=20)
STATE = InvitationState


def invited(session: Session, **values: Any) -> Invitation:
    """An invitation that went out at noon, with its letter."""
    with time_machine.travel(NOON, tick=False):
        team = advisory.team(session)
        values.setdefault("closes_on", date(2026, 5, 1))
        challenge = advisory.open_challenge(session, **values)
        return service.invite(session, actor=System(), challenge=challenge, supplier=team.supplier)


def overdue(session: Session) -> None:
    for number in queries.overdue(session, moment=clock.now()):
        service.expire_overdue(session, actor=System(), invitation_id=number)


def told(session: Session) -> list[str]:
    return list(session.scalars(sa.select(Letter.template).order_by(Letter.id)))


def pause(session: Session, invitation: Invitation, kind: str) -> None:
    if kind == "suspended":
        invitation.challenge.organisation.state = OrganisationState.SUSPENDED
    else:
        invitation.challenge.state = ChallengeState(kind)
    session.flush()


def resume(session: Session, invitation: Invitation) -> None:
    challenge = invitation.challenge
    challenge.state, challenge.organisation.state = ChallengeState.ENGAGING, OrganisationState.VERIFIED
    session.flush()
    service.go_on_everywhere(session, organisation_id=challenge.organisation_id)


@pytest.mark.parametrize("kind", ["notice_pending", "approved", "suspended"])
def test_nothing_expires_while_nobody_can_answer_and_then_the_time_starts_anew(
    session: Session, kind: str
) -> None:
    invitation = invited(session)
    pause(session, invitation, kind)
    with time_machine.travel(LATER, tick=False):
        overdue(session)
        assert invitation.state is STATE.SENT
        resume(session, invitation)
        resume(session, invitation)
        until = datetime(2026, 4, 6, 22, 59, tzinfo=UTC)
        assert invitation.expires_at == until  # in 14 days, at the end of a day in the United Kingdom
        assert told(session) == ["invitation", "invitation_more_time"]
    with time_machine.travel(LATER + timedelta(days=15), tick=False):
        overdue(session)
    session.refresh(invitation)
    assert session.get_one(Invitation, invitation.id).state is STATE.EXPIRED


@pytest.mark.parametrize("kind", ["findings_due", "engaging"])
def test_what_does_not_come_back_or_never_went_expires(session: Session, kind: str) -> None:
    invitation = invited(session)
    pause(session, invitation, kind)
    with time_machine.travel(LATER, tick=False):
        overdue(session)
    session.refresh(invitation)
    assert invitation.state is STATE.EXPIRED


def test_the_last_day_of_the_challenge_stays_the_last_day(session: Session) -> None:
    invitation = invited(session, closes_on=date(2026, 3, 25))
    with time_machine.travel(LATER, tick=False):
        resume(session, invitation)
    assert invitation.expires_at == datetime(2026, 3, 25, 23, 59, tzinfo=UTC)
    with time_machine.travel(LATER + timedelta(days=9), tick=False):
        resume(session, invitation)  # over by now: nothing is promised any more
    assert invitation.expires_at == datetime(2026, 3, 25, 23, 59, tzinfo=UTC)


def test_who_never_got_the_invitation_is_not_told_of_more_time(session: Session) -> None:
    invitation = invited(session)
    session.execute(sa.update(Letter).values(state=LetterState.CANCELLED))
    with time_machine.travel(LATER, tick=False):
        resume(session, invitation)
    assert told(session) == ["invitation"]


def test_each_time_an_invitation_is_taken_back_the_supplier_is_told(session: Session) -> None:
    invitation = invited(session)
    challenge, supplier = invitation.challenge, invitation.supplier
    author = accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)
    for day in (1, 2):
        with time_machine.travel(NOON + timedelta(days=day), tick=False):
            service.take_back(session, actor=author, invitation=invitation, reason="It came too early.")
            service.let_answer(session, actor=author, challenge=challenge, supplier=supplier)
    assert told(session) == ["invitation", "invitation_withdrawn", "invitation_withdrawn"]
