"""Alembic's environment. Run only through `engage.kernel.migrate`, which brings the connection along."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

import engage.tables  # noqa: F401 - so that every table is known
from engage.kernel.db import Base


def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """Leave the job queue's tables and the rate limiter's to their own SQL."""
    return not (kind == "table" and name is not None and name.startswith(("procrastinate_", "rate_limit")))


def run() -> None:
    """Migrate over the connection the caller opened, one transaction for each revision."""
    connection: sa.Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_object=ours,
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
