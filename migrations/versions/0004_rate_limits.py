"""The rate limiter's counters: unlogged, because a crash may as well forget them."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE UNLOGGED TABLE rate_limit (
            key text PRIMARY KEY,
            hits timestamptz[] NOT NULL,
            expires_at timestamptz NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX ix_rate_limit_expires_at ON rate_limit (expires_at)")


def downgrade() -> None:
    op.execute("DROP TABLE rate_limit")
