"""`engage import codes`: the taxonomy of capabilities, from the edition that engage brings or from a file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from engage.cli.codes import IMPORTER
from engage.cli.work import bound
from engage.kernel import db
from engage.kernel.errors import Invalid
from engage.suppliers import service


@click.command("codes")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
)
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_codes(file: Path | None, dry_run: bool, as_json: bool) -> None:
    """Bring the taxonomy of capabilities up to date: from FILE, or from the edition that comes with engage.

    Claims stay with the capability they name. What the platform's team renamed, merged or retired stays as it is.
    """
    try:
        edition = service.parse_edition(file.read_text("utf-8")) if file else service.shipped_edition()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{file} is no text in UTF-8: {error}") from error
    except Invalid as wrong:
        for place, message in wrong.fields.items():
            click.echo(f"{file.name if file else 'the shipped edition'}, {place}: {message}.", err=True)
        raise click.exceptions.Exit(2) from wrong
    with bound(), db.unit_of_work() as session:
        loaded = service.load_taxonomy(session, actor=IMPORTER, edition=edition)
        if dry_run:
            session.rollback()
    if as_json:
        said = {"edition": edition.name, "added": loaded.added, "changed": loaded.changed}
        click.echo(json.dumps({**said, "unchanged": loaded.unchanged, "dry_run": dry_run}))
        return
    would = " would be" if dry_run else ""
    click.echo(
        f"Edition {edition.name}: {loaded.added}{would} added, {loaded.changed}{would} changed, "
        f"{loaded.unchanged} as they were."
    )
