"""The migrations: one head, they make the tables the code describes, and they can be taken back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from engage import tables
from engage.kernel.cluster import Cluster
from engage.kernel.db import Base
from engage.kernel.migrate import alembic_config
from tests.conftest import fresh_database

assert tables


@pytest.fixture
def connection(cluster: Cluster, template: str) -> object:
    with fresh_database(cluster, template) as url:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        with engine.connect() as opened:
            yield opened


def test_there_is_one_head(connection: sa.Connection) -> None:
    assert len(ScriptDirectory.from_config(alembic_config(connection)).get_heads()) == 1


def test_the_migrations_make_the_tables_of_the_models(connection: sa.Connection) -> None:
    def ours(_thing: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return not (kind == "table" and (name or "").startswith(("procrastinate_", "rate_limit", "alembic_")))

    context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
    assert compare_metadata(context, Base.metadata) == []


def test_the_migrations_can_be_taken_back_and_made_again(connection: sa.Connection) -> None:
    command.downgrade(alembic_config(connection), "base")
    connection.commit()
    left = sa.inspect(connection).get_table_names()
    assert left == ["alembic_version"]
    connection.commit()
    command.upgrade(alembic_config(connection), "head")
    assert "challenge" in sa.inspect(connection).get_table_names()


def test_every_check_constraint_of_the_models_is_in_the_database(connection: sa.Connection) -> None:
    """Autogenerate does not compare check constraints, so this does, by name."""
    wanted = {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    found = set(connection.scalars(sa.text("SELECT conname FROM pg_constraint WHERE contype = 'c'")))
    assert wanted - found == set()
