"""The job queue: Procrastinate's own schema, as its package ships it."""

from __future__ import annotations

from typing import LiteralString, cast

import procrastinate.schema
import psycopg
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements = cast("LiteralString", procrastinate.schema.SchemaManager.get_schema())
    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    connection.execute(statements)  # raw: the text holds % and :


def downgrade() -> None:
    op.execute(
        """
        DO $$ DECLARE thing record; BEGIN
            FOR thing IN SELECT oid::regclass AS name FROM pg_class
                         WHERE relkind = 'r' AND relname LIKE 'procrastinate\\_%'
            LOOP EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', thing.name); END LOOP;
            FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate\\_%'
            LOOP EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', thing.name); END LOOP;
            FOR thing IN SELECT oid::regtype AS name FROM pg_type
                         WHERE typtype IN ('e', 'c') AND typname LIKE 'procrastinate\\_%'
            LOOP EXECUTE format('DROP TYPE IF EXISTS %s CASCADE', thing.name); END LOOP;
        END $$
        """
    )
