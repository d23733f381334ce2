"""What `engage doctor` says about the check of attachments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.challenges import service
from engage.cli import doctor
from engage.kernel import clock
from engage.kernel.scanning import ScannerUnavailable
from engage.kernel.settings import configure, settings
from tests.db.challenges.trail import Team
from tests.support.clamd import FakeClamd


def test_the_scanner_says_what_it_is(session: Session) -> None:
    assert doctor.files() == "structure: looks for macros, scripts and hidden files, not for viruses"


def test_a_daemon_that_is_away_is_wrong(session: Session) -> None:
    before = settings()
    try:
        with FakeClamd() as clamd:
            configure(replace(before, scanner=clamd.setting))
            assert doctor.files() == "ClamAV 1.4.3/27700"
        with pytest.raises(ScannerUnavailable):
            doctor.files()
    finally:
        configure(before)


def test_files_that_wait_for_long_are_wrong(session: Session) -> None:
    team = Team(session)
    kept = service.attach(session, actor=team.author, challenge=team.draft(), name="a.txt", data=b"a")
    assert doctor.files().startswith("structure")
    kept.added_at = clock.now() - doctor.PATIENCE - timedelta(minutes=1)
    session.commit()
    with pytest.raises(RuntimeError) as wrong:
        doctor.files()
    assert str(wrong.value).startswith("1 in quarantine, the oldest since ")
    assert str(wrong.value).endswith(": is a worker running?")
