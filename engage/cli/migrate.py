"""`engage migrate`: bring the database up to date."""

from __future__ import annotations

import click
from sqlalchemy.exc import OperationalError

import config
from engage.cli.codes import bring_codes
from engage.cli.database import open_database, why_unreachable
from engage.cli.errors import CannotStart


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema; safe to run twice or at once."""
    with open_database(config.load()) as database:
        try:
            changed = database.migrate()
            changed = bring_codes(database.url) or changed
        except OperationalError as error:
            raise CannotStart(f"the database does not answer: {why_unreachable(error)}") from error
    click.echo("The database was brought up to date." if changed else "The database is up to date.")
