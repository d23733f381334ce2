"""`engage import notices`: what Find a Tender and Contracts Finder published, in batches that are kept one by one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from engage.cli.releases import Place, releases
from engage.cli.work import bound
from engage.kernel import db
from engage.kernel.actor import System
from engage.kernel.errors import Invalid
from engage.transparency import service

BATCH = 200
IMPORTER = System("engage import notices")
OUTCOMES = ("created", "updated", "unchanged")
MOST_SHOWN = 50


class Bad:
    """What is wrong with the releases of a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.places: dict[str, None] = {}
        self.problems: list[dict[str, Any]] = []

    def note(self, place: Place, field: str, message: str) -> None:
        """Note one thing and say it, as long as it is not one of very many."""
        self.places[str(place)] = None
        problem = {
            "line": place.line,
            "release": place.number,
            "field": field,
            "message": message.rstrip("."),
        }
        self.problems.append(problem)
        if len(self.problems) <= MOST_SHOWN:
            click.echo(f"{self.file.name}, {place}: {field}: {message.rstrip('.')}.", err=True)
        elif len(self.problems) == MOST_SHOWN + 1:
            click.echo(f"{self.file.name}: there are more; mend these first.", err=True)


@click.command("notices")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--skip-bad", is_flag=True, help="Import the good releases and list the bad ones.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_notices(file: Path, dry_run: bool, skip_bad: bool, as_json: bool) -> None:
    """Import notices: OCDS release packages or single releases, as JSON or JSONL.

    Every release is checked first. When one is bad nothing is changed, unless you say --skip-bad. What is good is
    kept in batches: after an interruption run the same command again, what is there already is left alone. Links to
    challenges of the same buyers are proposed; people of the department decide on them.
    """
    bad = Bad(file)
    total = sum(1 for _ in _good(file, bad))
    if bad.problems and not skip_bad:
        _report(file, Counter(), bad, dry_run=dry_run, as_json=as_json)
        count = len(bad.places)
        named = "1 release" if count == 1 else f"{count:,} releases"
        click.echo(f"Nothing was imported: mend {named}, or take the good ones with --skip-bad.", err=True)
        raise SystemExit(2)
    done: Counter[str] = Counter()
    try:
        with bound():
            for batch in _batches(file):
                done += _keep(batch, file, dry_run=dry_run)
                _progress(file, done, total, dry_run=dry_run)
    except KeyboardInterrupt:
        at = _handled(done)
        click.echo(
            f"Stopped after {at:,} of {total:,} releases. What was kept stays: run the same command again to go on.",
            err=True,
        )
        raise SystemExit(1) from None
    _report(file, done, bad, dry_run=dry_run, as_json=as_json)


def _good(file: Path, bad: Bad | None) -> Iterator[tuple[service.Facts, str]]:
    """Yield the facts of each good release with the licence of its package; the others are noted in ``bad``."""
    for found in releases(file):
        if found.problem:
            if bad is not None:
                bad.note(found.place, "release", found.problem)
            continue
        try:
            yield service.parse_release(found.data), found.licence
        except Invalid as wrong:
            for field, message in wrong.fields.items():
                if bad is not None:
                    bad.note(found.place, field, message)


def _batches(file: Path) -> Iterator[list[tuple[service.Facts, str]]]:
    """Yield the good releases in batches. The file is read a second time: it may be larger than the memory."""
    good = _good(file, None)
    while batch := list(islice(good, BATCH)):
        yield batch


def _keep(batch: list[tuple[service.Facts, str]], file: Path, *, dry_run: bool) -> Counter[str]:
    licence = batch[0][1]
    source = f"{file.name}, {licence}" if licence else file.name
    done: Counter[str] = Counter()
    with db.unit_of_work() as session:
        done += service.import_notices(
            session, actor=IMPORTER, releases=[facts for facts, _ in batch], source=source
        )
        if dry_run:
            session.rollback()
    return done


def _handled(done: Counter[str]) -> int:
    return sum(done[outcome] for outcome in OUTCOMES)


def _progress(file: Path, done: Counter[str], total: int, *, dry_run: bool) -> None:
    at = _handled(done)
    if total > BATCH:
        click.echo(
            f"{file.name}: {at:,} of {total:,} releases {'looked at' if dry_run else 'kept'}.", err=True
        )


def _report(file: Path, done: Counter[str], bad: Bad, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        document = {
            "file": file.name,
            "kind": "notices",
            "dry_run": dry_run,
            **{outcome: done[outcome] for outcome in OUTCOMES},
            "links_proposed": done["proposed"],
            "bad": bad.problems,
        }
        click.echo(json.dumps(document))
        return
    if not done and bad.problems:
        return
    would = "would be " if dry_run else ""
    counts = ", ".join(f"{done[outcome]:,} {would}{outcome}" for outcome in OUTCOMES)
    skipped = f"; {len(bad.places):,} bad left out" if bad.problems else ""
    at = _handled(done)
    name = f"Dry run of {file.name}" if dry_run else file.name
    links = "1 link" if done["proposed"] == 1 else f"{done['proposed']:,} links"
    click.echo(
        f"{name}: {at:,} {'release' if at == 1 else 'releases'}, {counts}{skipped}; {links} {would}proposed."
    )
