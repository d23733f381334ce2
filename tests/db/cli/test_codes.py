"""`engage import codes`: the shipped taxonomy, a file, what is wrong in one; taken over once by what migrates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from engage.cli import main
from engage.cli.codes import bring_codes
from engage.kernel.db import reading
from engage.suppliers import queries
from engage.suppliers.models import Capability
from engage.suppliers.service import shipped_edition
from tests.factories.taxonomy import EDITION


@pytest.fixture
def url(committed: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> str:
    found = committed.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", found)
    return found


def _said(*arguments: str) -> dict[str, object]:
    answer = CliRunner().invoke(main, ["import", "codes", "--json", *arguments])
    assert answer.exit_code == 0, answer.output
    said: dict[str, object] = json.loads(answer.stdout)
    return said


@pytest.mark.usefixtures("url")
def test_the_shipped_list_comes_once_and_a_dry_run_changes_nothing() -> None:
    entries = len(shipped_edition().entries)
    assert _said("--dry-run")["added"] == entries
    assert _said()["added"] == entries
    again = _said()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, entries)


@pytest.mark.usefixtures("url")
def test_a_file_is_taken_and_a_bad_one_is_told_by_place(tmp_path: Path) -> None:
    file = tmp_path / "codes.toml"
    file.write_text(EDITION)
    assert (_said(str(file))["edition"], _said(str(file))["unchanged"]) == ("test 1", 6)
    file.write_text(EDITION.replace('slug = "roofs"', 'slug = "Roofs!"'))
    bad = CliRunner().invoke(main, ["import", "codes", str(file)])
    assert (bad.exit_code, "codes.toml, Roofs!: slug must be small letters" in bad.stderr) == (2, True)
    file.write_bytes(b"\xff\xfe")
    assert CliRunner().invoke(main, ["import", "codes", str(file)]).exit_code == 2


def test_what_migrates_brings_it_once(url: str) -> None:
    assert [bring_codes(url), bring_codes(url)] == [True, False]
    with reading() as session:
        assert queries.has_edition(session, shipped_edition().name)
        assert session.scalar(sa.select(sa.func.count()).select_from(Capability)) == len(
            shipped_edition().entries
        )
