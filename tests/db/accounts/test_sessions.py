"""What is left of signed-in sessions."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.models import SignedInSession
from engage.accounts.service import start_session
from engage.accounts.service.sessions import KEPT, SESSION_LASTS, end_sessions, remove_ended
from engage.kernel import clock
from engage.kernel.actor import Role
from tests.factories import accounts


def test_rows_go_two_weeks_after_their_end(session: Session) -> None:
    now = clock.now()
    for browser, started, revoked in (
        ("expired long ago", now - KEPT - SESSION_LASTS - timedelta(minutes=1), False),
        ("revoked long ago", now - KEPT - timedelta(minutes=1), True),
        ("expired lately", now - KEPT, False),
        ("revoked lately", now - timedelta(hours=1), True),
        ("live", now, False),
    ):
        member = accounts.member(session, Role.SUPPLIER_EXPERT)
        with time_machine.travel(started, tick=False):
            start_session(session, person=member.person, membership=member, browser=browser)
            session.flush()
            if revoked:
                end_sessions(session, person_id=member.person_id)
    remove_ended(session)
    left = session.scalars(sa.select(SignedInSession.browser).order_by(SignedInSession.browser)).all()
    assert left == ["expired lately", "live", "revoked lately"]
