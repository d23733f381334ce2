"""Invitations that nobody can read yet: when they go out, and when they keep a place no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.advisory import service as advisory
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.kernel.db import new_session, unit_of_work
from engage.matchmaking import jobs, queries, service
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import WaveTerms
from engage.outbox.models import Letter
from engage.suppliers.models import Supplier
from tests.db.matchmaking.test_waves import HELD, decline, draw, of, released, standing
from tests.factories import accounts
from tests.factories import selection as made

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def end_unread(session: Session) -> None:
    for number in queries.unread(session, moment=clock.now()):
        service.end_unread(session, actor=System(), invitation_id=number)


def join(session: Session, firm: Supplier) -> None:
    """Somebody of the supplier gets an account."""
    accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=firm.organisation)


class TestTooLong:
    @pytest.mark.parametrize("days", [5, 14])
    def test_after_the_time_to_answer_the_next_in_line_gets_the_place(
        self, session: Session, days: int
    ) -> None:
        with time_machine.travel(NOON, tick=False):
            a, b = made.firm(session, people=False), made.firm(session)
            run = released(session, a, b, terms=WaveTerms(days_to_answer=days), places=1)
        with time_machine.travel(NOON + timedelta(days=days, seconds=-1), tick=False):
            end_unread(session)
            assert standing(session, run) == {a.ref: "held"}
        with time_machine.travel(NOON + timedelta(days=days), tick=False):
            end_unread(session)
            assert draw(session, run) == [b.ref]
        assert standing(session, run) == {a.ref: "withdrawn", b.ref: "sent"}
        assert session.scalars(sa.select(Letter.template)).all() == ["invitation"]  # that of the next in line

    def test_an_alternate_that_waits_for_a_release_is_not_ended(self, session: Session) -> None:
        with time_machine.travel(NOON, tick=False):
            a, b = made.firms(session, 2)
            run = released(session, a, b, terms=HELD, places=1)
            decline(session, run, a)
            draw(session, run)
        with time_machine.travel(NOON + timedelta(days=20), tick=False):
            end_unread(session)
        assert of(session, run, b).waits_for_release


class TestMerging:
    def test_it_follows_the_supplier_that_stays(self, session: Session) -> None:
        gone, kept = made.firm(session, people=False), made.firm(session)
        run = released(session, gone, places=1)
        advisory.follow_merge(session, gone_id=gone.id, kept_id=kept.id)
        assert standing(session, run) == {kept.ref: "held"}
        assert service.send_waiting(session, actor=System()) == 1

    def test_beside_an_invitation_of_its_own_it_keeps_no_place(self, session: Session) -> None:
        gone, kept = made.firm(session, people=False), made.firm(session)
        run = released(session, gone, kept, places=2)
        advisory.follow_merge(session, gone_id=gone.id, kept_id=kept.id)
        assert standing(session, run) == {gone.ref: "withdrawn", kept.ref: "sent"}
        assert service.room_of(session, run=run).left == 1


class TestSending:
    @pytest.mark.parametrize("change", ["paused", "no_capacity", "text"])
    def test_it_is_held_to_what_a_release_is_held_to(self, session: Session, change: str) -> None:
        firm = made.firm(session, people=False)
        run = released(session, firm, places=1)
        join(session, firm)
        version = run.challenge.versions[0]
        text, capacity = version.content_hash, firm.capacity_per_quarter
        if change == "text":
            run.challenge.approved_hash = version.content_hash = "0" * 64
        firm.paused = change == "paused"
        firm.capacity_per_quarter = 0 if change == "no_capacity" else capacity
        session.flush()
        assert service.send_waiting(session, actor=System()) == 0
        run.challenge.approved_hash = version.content_hash = text
        firm.paused, firm.capacity_per_quarter = False, capacity
        session.flush()
        assert service.send_waiting(session, actor=System()) == 1


class TestJob:
    @pytest.mark.usefixtures("committed")
    def test_one_that_fails_keeps_nothing_else_waiting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with unit_of_work() as session:
            a, b = made.firms(session, 2)
            run = released(session, a, b, places=2)
            ids = [of(session, run, firm).id for firm in (a, b)]
            session.execute(sa.update(Invitation).values(expires_at=clock.now() - timedelta(minutes=1)))
        real = service.expire_overdue

        def first_fails(session: Session, **options: Any) -> None:
            real(session, **options)
            if options["invitation_id"] == ids[0]:
                raise RuntimeError("as if the database had given up")

        monkeypatch.setattr(service, "expire_overdue", first_fails)
        jobs.expire(timestamp=0)
        with new_session() as session:
            states = [session.get_one(Invitation, number).state for number in ids]
        assert states == [InvitationState.SENT, InvitationState.EXPIRED]
