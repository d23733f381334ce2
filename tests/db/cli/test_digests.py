"""`engage digests`, on a database of its own: late, twice, as of another time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

import config
from engage.challenges.enums import ChallengeState
from engage.cli.digests import digests
from engage.digests.models import DigestIssue
from engage.kernel import clock, db
from engage.kernel.db import unit_of_work
from engage.kernel.settings import configure
from engage.outbox.models import Letter
from tests.factories import challenges
from tests.factories import digests as made

Run = Callable[..., Result]


@pytest.fixture
def run(
    committed: sa.Engine, settings: config.Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Run]:
    """Run the command with one subscription behind and one challenge published yesterday."""
    monkeypatch.setenv("DATABASE_URL", committed.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SECRET_KEY", "a secret only for this command, long enough")
    monkeypatch.setenv("ENGAGE_BASE_URL", "http://engage.test")
    monkeypatch.setenv("ENGAGE_MAIL", f"file:{tmp_path}")
    with unit_of_work() as session:
        made.subscription(session)
        yesterday = clock.now() - timedelta(days=1)
        challenges.challenge(
            session, state=ChallengeState.PUBLISHED, published_at=yesterday, ref="ENG-2026-0007"
        )
    runner = CliRunner()

    def invoke(*words: str) -> Result:
        result = runner.invoke(digests, words)
        db.bind(committed)  # the command bound an engine of its own
        return result

    yield invoke
    configure(settings)


def rows() -> tuple[int, int]:
    """How many windows and letters there are."""
    count = sa.select(sa.func.count())
    with unit_of_work() as session:
        issues = session.scalar(count.select_from(DigestIssue))
        return issues or 0, session.scalar(count.select_from(Letter)) or 0


def test_preview_shows_and_changes_nothing(run: Run) -> None:
    result = run("preview", "--json")
    assert result.exit_code == 0, result.stderr
    (due,) = json.loads(result.stdout)["due"]
    assert (due["about"], due["challenges"]) == ("all new challenges", ["ENG-2026-0007"])
    assert "ENG-2026-0007" in run("preview").stdout
    assert rows() == (0, 0)


def test_plan_writes_once_and_send_sends(run: Run, tmp_path: Path) -> None:
    assert run("plan").stdout == "1 letter written for 1 subscription due.\n"
    assert run("plan").stdout == "0 letters written for 0 subscriptions due.\n"
    assert rows() == (1, 1)
    assert json.loads(run("send", "--json").stdout) == {"due": 0, "letters": 0, "waiting": 0}
    (mail,) = tmp_path.glob("*.eml")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in mail.read_bytes()


def test_as_of_an_earlier_time_the_later_news_stays_out(run: Run) -> None:
    earlier = (clock.now() - timedelta(days=10)).isoformat()
    assert run("plan", "--as-of", earlier).stdout == "0 letters written for 1 subscription due.\n"
    assert run("plan").stdout == "1 letter written for 1 subscription due.\n"
    assert rows() == (1, 1)


def test_a_time_that_is_none_is_refused_in_one_sentence(run: Run) -> None:
    result = run("plan", "--as-of", "next week")
    assert result.exit_code == 2
    assert "“next week” is no time: write it like 2026-03-03T08:00." in result.stderr
    assert rows() == (0, 0)
