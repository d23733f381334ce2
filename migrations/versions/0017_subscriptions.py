"""Subscriptions to capabilities, codes, regions and stages, at once if wanted; pauses and muted challenges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

FORMER_TOPICS = ("everything", "department", "search")
TOPICS = ("everything", "department", "capability", "cpv", "region", "search")
FORMER_CADENCES = ("daily", "weekly")
CADENCES = ("immediate", "daily", "weekly")
STAGES = ("open", "findings_due", "closed", "all")
LIVE = sa.text("state <> 'ended'")


def upgrade() -> None:
    _allow("topic", TOPICS)
    _allow("cadence", CADENCES)
    listed = sa.Enum(*STAGES, name="listed", native_enum=False, create_constraint=True, length=40)
    op.add_column("subscription", sa.Column("stage", listed, server_default="open", nullable=False))
    to_department = sa.ForeignKey("organisation.id")
    op.add_column("subscription", sa.Column("department_id", sa.BigInteger(), to_department))
    op.drop_index("uq_subscription_live", "subscription")
    apart = [sa.text("lower(email)"), "topic", "value", "stage", sa.text("coalesce(department_id, 0)")]
    op.create_index("uq_subscription_live", "subscription", apart, unique=True, postgresql_where=LIVE)
    op.create_table(
        "subscription_pause",
        sa.Column("email", sa.Text(), primary_key=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name="has_length"),
    )
    op.create_table(
        "subscription_mute",
        sa.Column("email", sa.Text(), primary_key=True),
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("subscription_mute")
    op.drop_table("subscription_pause")
    # What the former release does not know cannot go on; every day comes nearest to at once.
    op.execute(
        "UPDATE subscription SET state = 'ended', ended_at = now() WHERE state <> 'ended' AND "
        "(topic IN ('capability', 'cpv', 'region') OR stage <> 'open' OR department_id IS NOT NULL)"
    )
    op.execute("UPDATE subscription SET topic = 'everything' WHERE topic IN ('capability', 'cpv', 'region')")
    op.execute("UPDATE subscription SET cadence = 'daily' WHERE cadence = 'immediate'")
    op.drop_index("uq_subscription_live", "subscription")
    former = [sa.text("lower(email)"), "topic", "value"]
    op.create_index("uq_subscription_live", "subscription", former, unique=True, postgresql_where=LIVE)
    op.drop_column("subscription", "department_id")
    op.drop_column("subscription", "stage")
    _allow("cadence", FORMER_CADENCES)
    _allow("topic", FORMER_TOPICS)


def _allow(column: str, values: tuple[str, ...]) -> None:
    op.drop_constraint(f"ck_subscription_{column}", "subscription")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(column, "subscription", f"{column} IN ({listed})")
