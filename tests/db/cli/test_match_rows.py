"""`engage match preview` and `run`, on a database of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

import config
from engage.challenges.enums import ChallengeState
from engage.cli.match import match
from engage.kernel import db
from engage.kernel.db import unit_of_work
from engage.kernel.settings import configure
from engage.matchmaking.models import MatchRun
from tests.factories import matchmaking as made

Run = Callable[..., Result]


@pytest.fixture
def run(committed: sa.Engine, settings: config.Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("DATABASE_URL", committed.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SECRET_KEY", "a secret only for this command, long enough")
    monkeypatch.setenv("ENGAGE_EMBEDDER", "none")

    def invoke(*words: str) -> Result:
        result = CliRunner().invoke(match, words)
        db.bind(committed)  # the command bound an engine of its own
        return result

    yield invoke
    configure(settings)


def place(*, state: ChallengeState) -> str:
    with unit_of_work() as session:
        return made.market(session, state=state).challenge.ref


def runs() -> int:
    with unit_of_work() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(MatchRun)) or 0


def test_a_preview_gives_numbers_and_no_names(run: Run) -> None:
    ref = place(state=ChallengeState.DRAFT)
    told = run("preview", ref)
    assert (told.exit_code, told.stdout.splitlines()[0]) == (0, "8 suppliers compared.")
    assert [name for name in made.TEXTS if name in told.stdout] == []
    document = json.loads(run("preview", ref, "--json").stdout)
    assert (document["considered"], sum(document["bands"].values()), document["words_alone"]) == (8, 8, True)
    assert runs() == 0


def test_a_run_prints_the_first_places_with_why(run: Run) -> None:
    ref = place(state=ChallengeState.APPROVED)
    told = run("run", ref, "--top", "1")
    assert told.exit_code == 0
    first, score, why, decided, plan, lacking = told.stdout.splitlines()
    assert first.endswith(f"of {ref}: 8 suppliers compared.")
    assert score.split()[0] == "1"
    assert score.endswith("  Floodwise Ltd (chosen)")
    assert why.strip().startswith("“Earlier work” shares words with the challenge: “")
    assert decided.strip() == "By fit: taken together, these suppliers fit best."
    assert plan.endswith("under rules 0: 1 chosen; no plan within the rules is better.")
    assert lacking.strip() == "Not enough suppliers fit: 11 places stay empty."
    document = json.loads(run("run", ref, "--json").stdout)
    assert [each["name"] for each in document["candidates"]][:2] == ["Floodwise Ltd", "Gauge Works"]
    assert runs() == 2


def test_what_cannot_be_matched_is_one_sentence(run: Run) -> None:
    refused = run("run", place(state=ChallengeState.DRAFT))
    assert (refused.exit_code, refused.stderr) == (
        2,
        "engage: Suppliers are matched to a text that is approved, until the engagement ends. This challenge is draft.\n",
    )
    unknown = run("preview", "ENG-2000-0001")
    assert (unknown.exit_code, unknown.stderr) == (2, "engage: There is no challenge with this reference.\n")
    assert runs() == 0
