"""The audit trail and the ledger can only grow: the database refuses all but sealing a row and forgetting a name."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CHAINS = ("audit_event", "disclosure")


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION engage_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF OLD.hash IS NULL
                   AND to_jsonb(OLD) - ARRAY['seq', 'previous_hash', 'hash']
                     = to_jsonb(NEW) - ARRAY['seq', 'previous_hash', 'hash'] THEN
                    RETURN NEW;
                END IF;
                -- a person's name may be forgotten; its digest in the payload stays
                IF to_jsonb(OLD) - ARRAY['actor_name', 'actor_salt'] = to_jsonb(NEW) - ARRAY['actor_name', 'actor_salt']
                   AND to_jsonb(NEW) ->> 'actor_name' IS NULL AND to_jsonb(NEW) ->> 'actor_salt' IS NULL THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    for table in CHAINS:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION engage_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION engage_append_only()"
        )


def downgrade() -> None:
    for table in CHAINS:
        op.execute(f"DROP TRIGGER append_only ON {table}")
        op.execute(f"DROP TRIGGER never_truncated ON {table}")
    op.execute("DROP FUNCTION engage_append_only()")
