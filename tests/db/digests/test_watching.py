"""A run that should have been and was not is noticed, in the back office and by ``engage doctor``."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.cli import doctor
from engage.digests import service
from engage.digests.enums import Cadence
from engage.digests.service.watching import PATIENCE
from engage.kernel import clock
from tests.factories import digests


def test_digests_that_are_an_hour_late_are_an_alarm(session: Session) -> None:
    found = digests.subscription(session, cadence=Cadence.DAILY)
    now = clock.now()
    slot = service.last_slot(now, cadence=found.cadence, weekday=found.weekday, hour=found.hour)
    found.covered_until = slot - timedelta(days=1)
    session.commit()
    with clock.as_of(slot + PATIENCE - timedelta(minutes=1)):
        assert service.overdue(session) is None
        assert doctor.mail().startswith("file:")
    with clock.as_of(slot + PATIENCE + timedelta(minutes=1)):
        alarm = service.overdue(session)
        assert alarm is not None
        assert (alarm.kind, alarm.number) == ("digests", 1)
        with pytest.raises(RuntimeError, match="1 digest should have been written an hour ago"):
            doctor.mail()
    found.covered_until = slot
    session.commit()
    with clock.as_of(slot + 2 * PATIENCE):
        assert service.overdue(session) is None
