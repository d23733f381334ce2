"""How a command works on the database: configured, migrated or not, one unit of work at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

import config
from engage import app
from engage.cli.database import open_database, why_unreachable
from engage.cli.errors import CannotStart
from engage.cli.secret import kept_secret
from engage.kernel import db, logs
from engage.kernel.migrate import is_current
from engage.kernel.settings import configure


@contextmanager
def bound(*, url: str | None = None) -> Iterator[config.Config]:
    """Configure this process and bind its sessions to the database; give the settings.

    Without ``url`` the database of ``DATABASE_URL``, or the embedded one. Raises ``CannotStart`` when it does not
    answer or is not up to date.
    """
    settings = config.load()
    settings = replace(settings, secret_key=settings.secret_key or kept_secret(settings.data_dir))
    if url:
        settings = replace(settings, database_url=url)
    configure(settings)
    logs.configure()
    app.wire()
    with open_database(settings) as database:
        engine = db.make_engine(database.url)
        try:
            _check(engine)
            db.bind(engine)
            yield settings
        finally:
            engine.dispose()


def _check(engine: sa.Engine) -> None:
    try:
        with engine.connect() as connection:
            current = is_current(connection)
    except OperationalError as error:
        raise CannotStart(f"the database does not answer: {why_unreachable(error)}") from error
    if not current:
        raise CannotStart("the database is not up to date: run engage migrate first.")
