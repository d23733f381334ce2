"""`engage import`: suppliers and challenges from files; notices in a module of their own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from sqlalchemy.orm import Session
from tqdm import tqdm

from engage.accounts import queries as accounts
from engage.accounts.service import add_member, create_organisation
from engage.challenges import service as challenges
from engage.cli.lazy import PartlyLazyGroup
from engage.cli.rows import (
    Parsed,
    Problem,
    Row,
    bad_lines,
    flag_cell,
    list_cell,
    parse,
    text_cell,
    ungrouped,
)
from engage.cli.work import bound
from engage.kernel.actor import Actor, OrganisationKind, Role, System
from engage.kernel.db import unit_of_work
from engage.kernel.errors import DomainError, Invalid
from engage.suppliers import service as suppliers

if TYPE_CHECKING:
    from engage.accounts.models import Organisation

T = TypeVar("T")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
AT_A_TIME = 100
"""So many records make one transaction: nobody waits for longer than that."""
IMPORTER = System("engage import")
Columns = dict[str, Callable[[str], Any]]
_OF_SUPPLIER: Columns = {
    "id": text_cell,
    "name": text_cell,
    "identifier": text_cell,
    "sme": flag_cell,
    "vcse": flag_cell,
    "regions": list_cell,
    "expertise_cpv": list_cell,
    "group": text_cell,
}
_OF_CHALLENGE: Columns = {
    "id": text_cell,
    "title": text_cell,
    "text": text_cell,
    "cpv": list_cell,
    "department": text_cell,
    "region": text_cell,
    "source": text_cell,
    "licence": text_cell,
}
_OF_STATEMENT: Columns = {
    "title": text_cell,
    "text": text_cell,
    "date": text_cell,
    "cpv": list_cell,
    "client": text_cell,
    "evidence_url": text_cell,
    "source": text_cell,
    "licence": text_cell,
}


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every import has."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
        click.option("--skip-bad", is_flag=True, help="Import the good lines and list the bad ones."),
        click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing."),
    ):
        command = option(command)
    return command


@click.group(
    cls=PartlyLazyGroup,
    lazy={
        "notices": "engage.cli.import_notices:import_notices",
        "codes": "engage.cli.import_codes:import_codes",
    },
)
def import_() -> None:
    """Import suppliers or challenges from a file: JSONL, or CSV when its name ends in .csv; notices as OCDS.

    Every line is checked first. When one is bad nothing is changed, unless you say --skip-bad. A file can be
    imported again: what has changed is updated. It is written a hundred lines at a time, so the site goes on
    meanwhile, and an import that was stopped goes on when you start it again.
    """


@import_.command("suppliers")
@FILE
@options
def import_suppliers(file: Path, dry_run: bool, skip_bad: bool, as_json: bool) -> None:
    """Import suppliers and what they have done; each is verified at once."""
    parsed = parse(
        file, suppliers.parse_supplier, columns=_OF_SUPPLIER | _OF_STATEMENT, grouped=suppliers_of_rows
    )
    _refuse_twins(parsed)

    def write(session: Session, record: suppliers.SupplierRecord) -> str:
        return suppliers.import_supplier(session, actor=IMPORTER, record=record, source=file.name).value

    _import(
        file,
        "supplier",
        parsed,
        write,
        dry_run=dry_run,
        skip_bad=skip_bad,
        as_json=as_json,
        hold=lambda session, records: suppliers.hold_imported(session, records=records),
        after=suppliers.refresh_words,
    )


@import_.command("challenges")
@FILE
@click.option("--author", required=True, metavar="EMAIL", help="The policy author whose drafts they become.")
@click.option(
    "--department", default="", metavar="NAME", help="The department, instead of the one in the file."
)
@click.option("--create-departments", is_flag=True, help="Add departments that are not on engage yet.")
@options
def import_challenges(
    file: Path,
    author: str,
    department: str,
    create_departments: bool,
    dry_run: bool,
    skip_bad: bool,
    as_json: bool,
) -> None:
    """Import challenges as drafts of their departments. One that was imported before is left alone."""
    parsed = parse(file, challenges.parse_challenge, columns=_OF_CHALLENGE, grouped=ungrouped)
    authors = Authors(author, create=create_departments)

    def write(session: Session, record: challenges.ChallengeRecord) -> str:
        actor = authors.of(session, department or record.department)
        return "created" if challenges.import_challenge(session, actor=actor, record=record) else "unchanged"

    _import(file, "challenge", parsed, write, dry_run=dry_run, skip_bad=skip_bad, as_json=as_json)


class Authors:
    """One person as the policy author of any department."""

    def __init__(self, email: str, *, create: bool) -> None:
        self.email = email
        self.create = create

    def of(self, session: Session, department: str) -> Actor:
        """Return the person acting for ``department``, which is made when it is missing and may be.

        Raises ``Invalid`` on the fields ``author`` and ``department``.
        """
        person = accounts.person_by_email(session, self.email)
        if person is None:
            raise Invalid({"author": f"nobody has the address {self.email}: see engage users create"})
        known = {found.name.casefold(): found for found in accounts.departments(session)}
        organisation = known.get(department.casefold())
        if organisation is None:
            organisation = self._add(session, department)
            roles = [Role.POLICY_AUTHOR]
            add_member(session, person=person, organisation=organisation, roles=roles, actor=IMPORTER)
        held = accounts.memberships(session, person_id=person.id)
        for membership in held:
            if membership.organisation_id == organisation.id and Role.POLICY_AUTHOR in membership.roles:
                return accounts.actor_of(person, membership)
        raise Invalid({"author": f"{self.email} is no policy author of {organisation.name}"})

    def _add(self, session: Session, name: str) -> Organisation:
        if not name:
            raise Invalid({"department": "is missing: name one with --department"})
        if not self.create:
            raise Invalid({"department": f"“{name}” is not on engage: add --create-departments to make it"})
        kind = OrganisationKind.DEPARTMENT
        return create_organisation(
            session, kind=kind, name=name, identifiers=[], verified=True, actor=IMPORTER
        )


def suppliers_of_rows(rows: list[Row], problems: list[Problem]) -> list[Row]:
    """Make one record of the rows that share an id: a row describes the supplier and one of its statements.

    What describes the supplier may be left empty from the second row on, and must not differ.
    """
    found: dict[object, Row] = {}
    for row in rows:
        statement = {key: row.data[key] for key in _OF_STATEMENT if row.data.get(key)}
        about = {key: row.data[key] for key in _OF_SUPPLIER if row.data.get(key) not in (None, [])}
        known = found.setdefault(row.data.get("id"), Row(row.line, about | {"docs": []}))
        differing = [key for key, value in about.items() if known.data.get(key) != value]
        if differing:
            problems.append(Problem(row.line, differing[0], f"differs from line {known.line}"))
        elif statement:
            known.data["docs"].append(statement)
    return list(found.values())


def _refuse_twins(parsed: Parsed[suppliers.SupplierRecord]) -> None:
    """Refuse each supplier whose identifier an earlier line has."""
    first: dict[object, int] = {}
    for line, record in parsed.good:
        before = first.setdefault(record.identifier or line, line)
        if before != line:
            parsed.problems.append(Problem(line, "identifier", f"stands on line {before} already"))
    bad = {problem.line for problem in parsed.problems}
    parsed.good = [(line, record) for line, record in parsed.good if line not in bad]
    parsed.problems.sort(key=lambda problem: problem.line)


def _import(
    file: Path,
    thing: str,
    parsed: Parsed[T],
    write: Callable[[Session, T], str],
    *,
    dry_run: bool,
    skip_bad: bool,
    as_json: bool,
    hold: Callable[[Session, list[T]], object] | None = None,
    after: Callable[[Session], object] | None = None,
) -> None:
    """Write what was parsed, then do what comes ``after``, and say what happened. Exit code 2 for bad lines.

    Some lines make one transaction, which begins with the locks that ``hold`` takes, so that nobody waits for the
    whole file. Unless bad ones are skipped everything is done once and taken back before anything is kept: a
    record that the database refuses is bad, too.
    """
    checked: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    if skip_bad or not parsed.problems:
        with bound():
            if dry_run or not skip_bad:
                checked = _pass(parsed, write, hold, title=f"Checking {thing}s", keep=False)
            if not dry_run and (skip_bad or not parsed.problems):
                kept = _pass(parsed, write, hold, title=f"Importing {thing}s", keep=True)
            if after is not None and (kept["created"] or kept["updated"]):
                with unit_of_work() as session:
                    after(session)
    refused = bool(parsed.problems) and not skip_bad
    done = checked if dry_run and not refused else kept
    _report(file, thing, done, parsed.problems, dry_run=dry_run, as_json=as_json)
    if refused:
        count = bad_lines(parsed.problems)
        lines = "1 line" if count == 1 else f"{count} lines"
        nothing = f"Nothing was imported: mend {lines}, or take the good ones with --skip-bad."
        rest = f"The others were imported: mend {lines}, then import the file again."
        click.echo(rest if kept else nothing, err=True)
        raise SystemExit(2)


def _pass(
    parsed: Parsed[T],
    write: Callable[[Session, T], str],
    hold: Callable[[Session, list[T]], object] | None,
    *,
    title: str,
    keep: bool,
) -> Counter[str]:
    """Write every record, some in a transaction, and keep it or take it back; return how many had which outcome."""
    done: Counter[str] = Counter()
    with tqdm(total=len(parsed.good), desc=title, unit="", disable=None) as bar:
        for first in range(0, len(parsed.good), AT_A_TIME):
            some = parsed.good[first : first + AT_A_TIME]
            with unit_of_work() as session:
                if hold is not None:
                    hold(session, [record for _, record in some])
                for line, record in some:
                    _write(session, parsed, write, line, record, done)
                if not keep:
                    session.rollback()
            bar.update(len(some))
    return done


def _write(
    session: Session,
    parsed: Parsed[T],
    write: Callable[[Session, T], str],
    line: int,
    record: T,
    done: Counter[str],
) -> None:
    try:
        with session.begin_nested():
            done[write(session, record)] += 1
    except Invalid as wrong:
        parsed.refuse(line, wrong)
    except DomainError as refusal:
        parsed.problems.append(Problem(line, "record", refusal.message))


def _report(
    file: Path, thing: str, done: Counter[str], problems: list[Problem], *, dry_run: bool, as_json: bool
) -> None:
    for problem in problems:
        click.echo(problem.sentence(file), err=True)
    outcomes = ("created", "updated", "unchanged")
    if as_json:
        document = {
            "file": file.name,
            "kind": f"{thing}s",
            "dry_run": dry_run,
            **{outcome: done[outcome] for outcome in outcomes},
            "bad": [vars(problem) for problem in problems],
        }
        click.echo(json.dumps(document))
        return
    if not done and problems:
        return
    would = "would be " if dry_run else ""
    counts = ", ".join(f"{done[outcome]:,} {would}{outcome}" for outcome in outcomes)
    skipped = f"; {bad_lines(problems):,} bad left out" if problems else ""
    name = f"Dry run of {file.name}" if dry_run else file.name
    click.echo(f"{name}: {done.total():,} {thing}{'' if done.total() == 1 else 's'}, {counts}{skipped}.")
