"""`engage import`, on a database of its own: bad lines, dry runs, second runs, CSV."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import config
from engage.accounts.models import Organisation
from engage.accounts.service import create_organisation
from engage.challenges.models import Challenge
from engage.cli.import_ import import_
from engage.kernel import db
from engage.kernel.actor import OrganisationKind, Role, System
from engage.kernel.db import unit_of_work
from engage.kernel.settings import configure
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service import SupplierRecord, hold_imported, import_supplier, parse_supplier
from tests.factories import accounts

Run = Callable[..., Result]
DOC = {"title": "Flood warnings", "text": "Level gauges for small rivers."}
GOOD = {"id": "s1", "name": "Riverbank Ltd", "docs": [DOC], "sme": True, "regions": ["London"]}
OTHER = {"id": "s2", "name": "Tidal Ltd", "docs": []}


@pytest.fixture
def run(
    committed: sa.Engine, settings: config.Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Run]:
    """Write a file and import it; lines that are no text are written as JSON."""
    monkeypatch.setenv("DATABASE_URL", committed.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SECRET_KEY", "a secret only for this command, long enough")
    monkeypatch.setenv("ENGAGE_EMBEDDER", "none")

    def invoke(kind: str, lines: list[Any] | bytes, *words: str, name: str = "in.jsonl") -> Result:
        file = tmp_path / name
        if isinstance(lines, bytes):
            file.write_bytes(lines)
        else:
            file.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines) + "\n")
        result = CliRunner().invoke(import_, [kind, str(file), *words])
        db.bind(committed)  # the command bound an engine of its own
        return result

    yield invoke
    configure(settings)


def count(table: type) -> int:
    with unit_of_work() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_suppliers_twice(run: Run) -> None:
    first = run("suppliers", [GOOD, "", OTHER])
    assert (first.exit_code, first.stdout) == (
        0,
        "in.jsonl: 2 suppliers, 2 created, 0 updated, 0 unchanged.\n",
    )
    second = run("suppliers", [GOOD | {"sme": False}, OTHER], "--json")
    assert json.loads(second.stdout) == {
        "file": "in.jsonl",
        "kind": "suppliers",
        "dry_run": False,
        "created": 0,
        "updated": 1,
        "unchanged": 1,
        "bad": [],
    }
    assert (count(Supplier), count(Statement)) == (2, 1)


def test_a_dry_run_changes_nothing(run: Run) -> None:
    result = run("suppliers", [GOOD], "--dry-run")
    assert (result.exit_code, result.stdout) == (
        0,
        "Dry run of in.jsonl: 1 supplier, 1 would be created, 0 would be updated, 0 would be unchanged.\n",
    )
    assert count(Organisation) == 0


BAD = [
    GOOD,
    '{"id": "s2", "name": ',
    "[1]",
    {"id": "s3", "docs": [{"title": "x", "text": ""}]},
    GOOD | {"name": "Again"},
    OTHER,
]
SAID = [
    "in.jsonl, line 2: record: is not JSON (Expecting value): write one object a line.",
    "in.jsonl, line 3: record: must be an object in braces, one a line.",
    "in.jsonl, line 4: name: is missing.",
    "in.jsonl, line 4: docs[1].text: Say what was done.",
    "in.jsonl, line 5: id: stands on line 1 already.",
]


def test_bad_lines_stop_everything_and_each_is_named(run: Run) -> None:
    result = run("suppliers", BAD)
    assert (result.exit_code, result.stdout) == (2, "")
    last = "Nothing was imported: mend 4 lines, or take the good ones with --skip-bad."
    assert result.stderr.splitlines() == [*SAID, last]
    assert count(Organisation) == 0


def test_the_good_lines_are_kept_on_request(run: Run) -> None:
    result = run("suppliers", BAD, "--skip-bad")
    assert (result.exit_code, result.stdout) == (
        0,
        "in.jsonl: 2 suppliers, 2 created, 0 updated, 0 unchanged; 4 bad left out.\n",
    )
    assert result.stderr.splitlines() == SAID
    assert count(Supplier) == 2


def test_what_only_the_database_knows_to_be_wrong_is_named_by_line_too(run: Run) -> None:
    same = {"identifier": "GB-COH-01234567"}
    result = run("suppliers", [GOOD | same, OTHER | same])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == "in.jsonl, line 2: identifier: stands on line 1 already."
    assert count(Organisation) == 0
    assert run("suppliers", [GOOD | same]).exit_code == 0
    result = run("suppliers", [OTHER, GOOD | same | {"id": "s3"}])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[0] == (
        "in.jsonl, line 2: record: GB-COH-01234567 belongs to the supplier imported as s1."
    )
    assert count(Organisation) == 1


@pytest.fixture
def two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engage.cli.import_.AT_A_TIME", 2)


MANY = [GOOD | {"id": f"m{number}", "name": f"Firm {number}"} for number in range(5)]


@pytest.mark.usefixtures("two_at_a_time")
class TestAFewAtATime:
    def test_twice_changes_nothing(self, run: Run) -> None:
        for said in ("5 created, 0 updated, 0 unchanged", "0 created, 0 updated, 5 unchanged"):
            assert run("suppliers", MANY).stdout == f"in.jsonl: 5 suppliers, {said}.\n"
        assert (count(Supplier), count(Statement)) == (5, 5)

    def test_a_dry_run_counts_and_keeps_nothing(self, run: Run) -> None:
        assert "5 would be created" in run("suppliers", MANY, "--dry-run").stdout
        assert count(Organisation) == 0

    def test_one_that_the_database_refuses_at_the_end_leaves_nothing_of_the_beginning(self, run: Run) -> None:
        same = {"identifier": "GB-COH-01234567"}
        run("suppliers", [OTHER | same])
        result = run("suppliers", [*MANY, GOOD | same])
        assert (result.exit_code, result.stdout, count(Organisation)) == (2, "", 1)
        kept = run("suppliers", [*MANY, GOOD | same], "--skip-bad")
        assert kept.stdout == "in.jsonl: 5 suppliers, 5 created, 0 updated, 0 unchanged; 1 bad left out.\n"
        assert count(Organisation) == 6


@pytest.fixture
def registered_meanwhile() -> Iterator[dict[str, str]]:
    """Between checking and writing, somebody registers departments with the numbers that are put in here, by name."""
    wanted: dict[str, str] = {}

    def register(_session: Session) -> None:
        taken = dict(wanted)
        wanted.clear()
        if taken:
            with unit_of_work() as session:
                for name, number in taken.items():
                    create_organisation(
                        session,
                        kind=OrganisationKind.DEPARTMENT,
                        name=name,
                        identifiers=[("GB-COH", number)],
                        verified=True,
                        actor=System("test"),
                    )

    sa.event.listen(Session, "after_rollback", register)
    yield wanted
    sa.event.remove(Session, "after_rollback", register)


def test_one_that_is_refused_only_when_it_is_written_is_named_and_the_others_stay(
    run: Run, registered_meanwhile: dict[str, str]
) -> None:
    same = {"identifier": "GB-COH-01234567"}
    registered_meanwhile["Somebody Else"] = "01234567"

    result = run("suppliers", [*MANY, GOOD | same])

    assert (result.exit_code, result.stdout) == (
        2,
        "in.jsonl: 5 suppliers, 5 created, 0 updated, 0 unchanged; 1 bad left out.\n",
    )
    assert result.stderr.splitlines()[-2:] == [
        "in.jsonl, line 6: record: GB-COH-01234567 belongs to Somebody Else, which is no supplier.",
        "The others were imported: mend 1 line, then import the file again.",
    ]
    assert (count(Supplier), count(Organisation)) == (5, 6)


def test_when_every_one_is_refused_only_then_nothing_was_imported(
    run: Run, registered_meanwhile: dict[str, str]
) -> None:
    registered_meanwhile["Somebody Else"] = "01234567"

    result = run("suppliers", [GOOD | {"identifier": "GB-COH-01234567"}])

    assert (result.exit_code, result.stdout, count(Supplier)) == (2, "", 0)
    assert result.stderr.splitlines()[-1] == (
        "Nothing was imported: mend 1 line, or take the good ones with --skip-bad."
    )


@pytest.mark.usefixtures("committed")
def test_two_imports_in_opposite_orders_do_not_wait_in_a_circle() -> None:
    records = [
        parse_supplier(row | {"identifier": f"GB-COH-0000000{place + 1}"}) for place, row in enumerate(MANY)
    ]
    with unit_of_work() as session:
        for record in records:
            import_supplier(session, actor=System("test"), record=record)
    together = threading.Barrier(2)
    failed: list[Exception] = []

    def bring_up_to_date(some: list[SupplierRecord], name: str) -> None:
        together.wait()
        try:
            with unit_of_work() as session:
                hold_imported(session, records=some)
                for record in some:
                    import_supplier(
                        session, actor=System("test"), record=replace(record, name=f"{record.name} {name}")
                    )
        except DBAPIError as error:
            failed.append(error)

    for round_ in range(5):
        threads = [
            threading.Thread(target=bring_up_to_date, args=(some, f"{round_} {name}"))
            for some, name in ((records, "up"), (records[::-1], "down"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    with unit_of_work() as session:
        names = {name.split(maxsplit=2)[2] for name in session.scalars(sa.select(Organisation.name))}
    assert len(names) == 1, "one import came after the other"


def test_a_csv_file_has_a_row_for_each_statement(run: Run) -> None:
    rows = (
        "id,name,sme,regions,expertise_cpv,title,text,date,cpv\n"
        's1,Riverbank Ltd,yes,London;Wales,72000000-5,Flood warnings,"Gauges,\nand radio.",2020-03-20,38421100\n'
        "s1,,,,,Telemetry,Radio.,,\n"
        "s2,Tidal Ltd,,,,,,,\n"
    )
    result = run("suppliers", rows.encode("utf-8-sig"), name="in.csv")
    assert (result.exit_code, result.stderr) == (0, "")
    with unit_of_work() as session:
        first = session.scalars(sa.select(Supplier).where(Supplier.source_ref == "s1")).one()
        assert (first.sme, first.regions, first.cpv) == (True, ["TLI", "TLL"], ["72000000"])
        assert sorted((each.title, each.text) for each in first.statements) == [
            ("Flood warnings", "Gauges,\nand radio."),
            ("Telemetry", "Radio."),
        ]
    assert count(Supplier) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,nmae\n1,x\n", "engage: in.csv, line 1: the heading must have id and may have id, name"),
        (
            b"id,name\n1,caf\xe9\n",
            "engage: in.csv is not UTF-8 text (byte 13): save it as UTF-8 and try again.",
        ),
        (b"id,name\n1,A,B\n", "in.csv, line 2: row: has more or fewer cells than the heading."),
        (b"id,name,sme\n1,A,perhaps\n", "in.csv, line 2: sme: “perhaps” is neither yes nor no."),
        (b'id,name\n1,"A\n', "in.csv, line 2: row: is not CSV"),
        (b"id,name,title,text\n1,A,t,x\n1,B,u,y\n", "in.csv, line 3: name: differs from line 2."),
    ],
)
def test_bad_csv_is_told_with_its_line(run: Run, content: bytes, said: str) -> None:
    result = run("suppliers", content, name="in.csv")
    assert result.exit_code == 2
    assert result.stderr.startswith(said)
    assert count(Organisation) == 0


def test_a_missing_file_is_bad_usage(run: Run) -> None:
    assert CliRunner().invoke(import_, ["suppliers", "no-such-file.jsonl"]).exit_code == 2


CHALLENGE = {
    "id": "c1",
    "title": "Earlier flood warnings",
    "text": "We want to know an hour sooner.",
    "cpv": [{"code": "38421100", "label": "Water meters"}],
    "organisation": {"name": "River Office"},
    "region": "Wales",
    "source": "Contracts Finder",
    "licence": "OGL-3.0",
}


@pytest.fixture
def author(committed: sa.Engine) -> None:
    with unit_of_work() as session:
        office = accounts.new_organisation(session, kind=OrganisationKind.DEPARTMENT, name="River Office")
        person = accounts.person(session, email="ann@office.example")
        accounts.membership(session, person=person, organisation=office, roles={Role.POLICY_AUTHOR})


@pytest.mark.usefixtures("author")
class TestChallenges:
    def test_become_drafts_once(self, run: Run) -> None:
        first = run("challenges", [CHALLENGE], "--author", "Ann@office.example")
        assert (first.exit_code, first.stdout) == (
            0,
            "in.jsonl: 1 challenge, 1 created, 0 updated, 0 unchanged.\n",
        )
        again = run(
            "challenges", [CHALLENGE | {"title": "Changed"}], "--author", "ann@office.example", "--json"
        )
        assert json.loads(again.stdout)["unchanged"] == 1
        with unit_of_work() as session:
            made = session.scalars(sa.select(Challenge)).one()
            assert (made.title, made.state, made.cpv, made.region, made.source) == (
                "Earlier flood warnings",
                "draft",
                ["38421100"],
                "TLL",
                "Contracts Finder, OGL-3.0",
            )
            assert (made.organisation.name, made.author.email) == ("River Office", "ann@office.example")

    def test_an_unknown_department_is_made_on_request_only(self, run: Run) -> None:
        other = CHALLENGE | {"department": "Sea Office"}
        refused = run("challenges", [other], "--author", "ann@office.example")
        assert refused.exit_code == 2
        assert refused.stderr.splitlines()[0] == (
            "in.jsonl, line 1: department: “Sea Office” is not on engage: add --create-departments to make it."
        )
        made = run("challenges", [other], "--author", "ann@office.example", "--create-departments")
        assert made.exit_code == 0
        assert (count(Challenge), count(Organisation)) == (1, 2)

    def test_a_department_may_be_named_for_all(self, run: Run) -> None:
        nameless = {key: value for key, value in CHALLENGE.items() if key != "organisation"}
        refused = run("challenges", [nameless], "--author", "ann@office.example")
        assert "line 1: department: is missing: name one with --department." in refused.stderr
        options = ("--author", "ann@office.example", "--department", "river office")
        assert run("challenges", [nameless], *options).exit_code == 0

    def test_only_a_policy_author_of_the_department_will_do(self, run: Run) -> None:
        with unit_of_work() as session:
            accounts.new_organisation(session, kind=OrganisationKind.DEPARTMENT, name="Sea Office")
        other = CHALLENGE | {"department": "Sea Office"}
        refused = run("challenges", [other], "--author", "ann@office.example", "--create-departments")
        assert "author: ann@office.example is no policy author of Sea Office." in refused.stderr
        nobody = run("challenges", [CHALLENGE], "--author", "bob@office.example")
        assert "author: nobody has the address bob@office.example: see engage users create." in nobody.stderr
        assert count(Challenge) == 0

    def test_wrong_fields_are_named(self, run: Run) -> None:
        bad = {"id": "c1", "title": "", "text": "word " * 501, "cpv": ["x"], "region": "Atlantis"}
        result = run(
            "challenges", [bad, CHALLENGE | {"text": "word " * 501}], "--author", "ann@office.example"
        )
        fields = [line.split(": ")[1] for line in result.stderr.splitlines()[:-1]]
        assert (result.exit_code, fields) == (2, ["title", "cpv", "region", "id"])
