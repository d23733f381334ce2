"""Bringing a database to the newest schema with Alembic, called directly: no command line, no Flask."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from engage.kernel.db import make_engine

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
LOCK_NUMBER = 0x656E67616765  # "engage"; any number does that nobody else uses in this database
LOCK_TIMEOUT = "10s"


def upgrade(url: str, revision: str = "head") -> bool:
    """Bring the database at `url` to `revision`; returns whether anything had to be done.

    Two callers at once migrate once: the second waits for an advisory lock and then finds nothing to do. A
    migration waits at most ten seconds for a table that someone else is using and then fails, rather than
    stopping the site behind it. Each migration is one transaction, so a failed one leaves the database as it
    was before it.
    """
    engine = make_engine(url, patience=None)
    try:
        with engine.connect() as connection:
            _wait_for_turn(connection)
            before = current(connection)
            config = alembic_config(connection)
            if revision == "head" and before == ScriptDirectory.from_config(config).get_current_head():
                return False
            command.upgrade(config, revision)
            connection.commit()
            return current(connection) != before
    finally:
        engine.dispose()  # an idle connection would stand in the way of renaming the database or copying it


def _wait_for_turn(connection: sa.Connection) -> None:
    for statement in (
        "SET lock_timeout = 0",  # whoever migrates first may need long
        "SET statement_timeout = 0",
        "SET idle_in_transaction_session_timeout = 0",
        f"SELECT pg_advisory_lock({LOCK_NUMBER})",  # until the connection closes
        f"SET lock_timeout = '{LOCK_TIMEOUT}'",
    ):
        connection.exec_driver_sql(statement)
    connection.commit()


def current(connection: sa.Connection) -> str | None:
    """The revision the database is at, or None for an empty one. Ends the transaction it opened."""
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    return revision


def is_current(connection: sa.Connection) -> bool:
    """Whether the database is at the newest revision this code knows."""
    head = ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head


def alembic_config(connection: sa.Connection) -> AlembicConfig:
    """Alembic's configuration for migrating over `connection`, which `migrations/env.py` takes from it."""
    config = AlembicConfig(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
