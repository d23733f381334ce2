"""`engage import notices` and `engage notice`, on a database of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

import config
from engage.challenges.enums import ChallengeState, Route
from engage.cli import import_notices, main
from engage.kernel import db
from engage.kernel.db import unit_of_work
from engage.kernel.settings import configure
from engage.transparency.models import Notice
from tests.factories.challenges import PME, challenge
from tests.factories.transparency import details, package, release

Run = Callable[..., Result]
REAL = Path(__file__).parents[2] / "data" / "ocds" / "contracts_finder_engagement.json"


@pytest.fixture
def run(committed: sa.Engine, settings: config.Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command on the database of the test."""
    monkeypatch.setenv("DATABASE_URL", committed.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SECRET_KEY", "a secret only for this command, long enough")
    monkeypatch.setenv("ENGAGE_EMBEDDER", "none")

    def invoke(*words: object) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words])
        db.bind(committed)  # the command bound an engine of its own
        return result

    yield invoke
    configure(settings)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file: bytes and texts as they are, anything else as JSON."""

    def make(content: Any, name: str = "in.json") -> Path:
        file = tmp_path / name
        file.write_bytes(
            content
            if isinstance(content, bytes)
            else content.encode()
            if isinstance(content, str)
            else json.dumps(content).encode()
        )
        return file

    return make


def count() -> int:
    with unit_of_work() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Notice)) or 0


def test_real_notices_twice(run: Run) -> None:
    first = run("import", "notices", REAL)
    assert (first.exit_code, first.stdout, first.stderr) == (
        0,
        f"{REAL.name}: 5 releases, 5 created, 0 updated, 0 unchanged; 0 links proposed.\n",
        "",
    )
    second = run("import", "notices", REAL, "--json")
    assert json.loads(second.stdout) == {
        "file": REAL.name,
        "kind": "notices",
        "dry_run": False,
        "created": 0,
        "updated": 0,
        "unchanged": 5,
        "links_proposed": 0,
        "bad": [],
    }
    assert count() == 5


def test_a_dry_run_changes_nothing(run: Run) -> None:
    result = run("import", "notices", REAL, "--dry-run")
    assert result.stdout == (
        f"Dry run of {REAL.name}: 5 releases, 5 would be created, 0 would be updated, 0 would be unchanged; "
        "0 links would be proposed.\n"
    )
    assert count() == 0


def test_a_single_release_and_lines_of_either(run: Run, write: Callable[..., Path]) -> None:
    one, two, three = (release(f"05432{number}-2030") for number in range(3))
    assert run("import", "notices", write(one)).exit_code == 0
    lines = "\n".join(json.dumps(each) for each in (one, package(two, three))) + "\n\n"
    result = run("import", "notices", write(lines, "in.jsonl"))
    assert result.stdout == "in.jsonl: 3 releases, 2 created, 0 updated, 1 unchanged; 0 links proposed.\n"
    assert run("import", "notices", write(lines, "lines.txt")).stdout.endswith(
        "3 releases, 0 created, 0 updated, 3 unchanged; 0 links proposed.\n"
    )


BAD = package(release("054321-2030"), release("2", date="soon"), {"ocid": "x"}, release("054322-2030"))
SAID = [
    "in.json, release 2: date: must be a date and time, like 2026-03-02T10:00:00Z.",
    "in.json, release 3: id: is missing.",
    "in.json, release 3: ocid: must be an ocid, like ocds-h6vhtk-0a1b2c.",
    "in.json, release 3: date: must be a date and time, like 2026-03-02T10:00:00Z.",
    "in.json, release 3: tag: must be a list with at least one tag.",
]


def test_bad_releases_stop_everything_and_each_is_named(run: Run, write: Callable[..., Path]) -> None:
    result = run("import", "notices", write(BAD))
    last = "Nothing was imported: mend 2 releases, or take the good ones with --skip-bad."
    assert (result.exit_code, result.stdout, result.stderr.splitlines()) == (2, "", [*SAID, last])
    assert count() == 0
    skipped = run("import", "notices", write(BAD), "--skip-bad")
    assert (skipped.exit_code, skipped.stdout) == (
        0,
        "in.json: 2 releases, 2 created, 0 updated, 0 unchanged; 2 bad left out; 0 links proposed.\n",
    )


@pytest.mark.parametrize("content", ["", "not json", "7", b"\xff\xfe", "[" * 100_000])
def test_a_file_that_holds_no_release(run: Run, write: Callable[..., Path], content: str | bytes) -> None:
    result = run("import", "notices", write(content))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("engage: in.json")
    assert count() == 0


def test_batches_are_kept_and_an_interrupted_import_goes_on(
    run: Run, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(
        package(*(release(f"{number:06}-2030", ocid=f"ocds-h6vhtk-{number:06x}") for number in range(5)))
    )
    monkeypatch.setattr(import_notices, "BATCH", 2)
    says = import_notices._progress
    kept = 0

    def stop(*words: Any, **more: Any) -> None:
        nonlocal kept
        says(*words, **more)
        kept += 1
        if kept == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(import_notices, "_progress", stop)
    stopped = run("import", "notices", file)
    assert (stopped.exit_code, stopped.stderr.splitlines()) == (
        1,
        [
            "in.json: 2 of 5 releases kept.",
            "in.json: 4 of 5 releases kept.",
            "Stopped after 4 of 5 releases. What was kept stays: run the same command again to go on.",
        ],
    )
    assert count() == 4
    again = run("import", "notices", file)
    assert again.stdout == "in.json: 5 releases, 1 created, 0 updated, 4 unchanged; 0 links proposed.\n"


def made(*, complete: bool = True, **values: Any) -> str:
    with unit_of_work() as session:
        found = challenge(session, state=ChallengeState.NOTICE_PENDING, **{**PME, **values})
        if complete:
            details(session, found)
        return found.ref


def test_a_notice_that_lacks_something(run: Run, committed: sa.Engine) -> None:
    ref = made(complete=False)
    shown = run("notice", "show", ref)
    assert shown.exit_code == 0
    assert "  The unique identifier of the contracting authority" in shown.stdout
    assert "(reg 13(d))" in shown.stdout
    checked = run("notice", "validate", ref)
    assert checked.exit_code == 1
    assert checked.stdout.startswith("structural: 0 errors\nstrict: 0 errors\nown: 0 errors\nMissing:\n")
    assert checked.stdout.endswith("The notice is not ready yet.\n")


def test_a_complete_notice(run: Run, committed: sa.Engine) -> None:
    ref = made()
    assert run("notice", "validate", ref).stdout == (
        "structural: 0 errors\nstrict: 0 errors\nown: 0 errors\n"
        "Given out by Find a Tender when the notice is published:\n"
        "  The unique identifier of the procurement (OCID) (reg 17(2)(c), reg 8(1)(a))\n"
        "Nothing is missing.\nThe notice is ready to be copied.\n"
    )
    document = json.loads(run("notice", "validate", ref, "--json").stdout)
    assert (document["ready"], [item["code"] for item in document["missing"]]) == (True, ["ocid"])
    shown = json.loads(run("notice", "show", ref, "--json").stdout)
    assert shown["releases"][0]["ocid"] == f"not-allocated:{ref}"
    assert shown["uri"].endswith(f"/department/challenges/{ref}/notice/release.json")


def test_what_has_no_notice(run: Run, committed: sa.Engine) -> None:
    exploring = made(complete=False, route=Route.POLICY_EXPLORATION, purposes=[])
    for ref in (exploring, "ENG-2019-9999"):
        for command in ("show", "validate"):
            result = run("notice", command, ref)
            assert (result.exit_code, result.stdout) == (2, "")
            assert result.stderr.startswith(f"engage: {ref}: ")
