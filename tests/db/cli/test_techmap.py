"""`engage techmap draw` and `show`, on a database of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

import config
from engage.cli.techmap import techmap
from engage.kernel import db
from engage.kernel.db import unit_of_work
from engage.kernel.settings import configure
from tests.factories import techmap as made

Run = Callable[..., Result]


@pytest.fixture
def run(committed: sa.Engine, settings: config.Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("DATABASE_URL", committed.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SECRET_KEY", "a secret only for this command, long enough")
    monkeypatch.setenv("ENGAGE_EMBEDDER", "none")

    def invoke(*words: str) -> Result:
        result = CliRunner().invoke(techmap, words)
        db.bind(committed)  # the command bound an engine of its own
        return result

    yield invoke
    configure(settings)


def test_without_suppliers_it_says_so(run: Run) -> None:
    for command in ("show", "draw"):
        answer = run(command)
        assert (answer.exit_code, answer.output) == (
            0,
            "There is no map: no supplier has a statement that is read and counts.\n",
        )
    assert run("show", "--least", "0.5").exit_code == 1


def test_it_draws_and_says_how_far_the_map_can_be_trusted(run: Run) -> None:
    with unit_of_work() as session:
        made.firms(session, each=12)
    assert "36 statements are not read yet" in run("draw").output
    with unit_of_work() as session:
        made.read(session)
    drawn = run("draw", "--json")
    assert drawn.exit_code == 0
    told = json.loads(drawn.stdout)
    assert (told["map"]["suppliers"], told["map"]["kept"], told["map"]["neighbours"]) == (36, 0, 15)
    again = run("draw")
    said = f"36 suppliers in {told['map']['clusters']} clusters, 36 where they stood before; drawn at "
    assert again.output.startswith(said)
    trust = told["map"]["trustworthiness"]
    assert f"Trustworthiness {trust:.3f} of 1 (k = 15, measured for 36).\n" in again.output
    assert run("draw", "--anew", "--json").stdout.count('"kept": 0') == 1
    assert [run("show", "--least", str(least)).exit_code for least in (trust - 0.01, 1.0)] == [0, 1]
