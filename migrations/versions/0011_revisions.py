"""Challenges: publication at a set time, copies, revisions of a published text, and acceptances that are asked anew."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _schedule() -> list[sa.Column[Any]]:
    return [
        sa.Column("publish_at", sa.DateTime(timezone=True)),
        sa.Column("scheduled_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("scheduled_at", sa.DateTime(timezone=True)),
        sa.Column("scheduled_hash", sa.Text()),
        sa.Column("schedule_ended", sa.Text()),
        sa.Column("ended_early_at", sa.DateTime(timezone=True)),
        sa.Column("ended_early_reason", sa.Text()),
        sa.Column("copied_from_id", sa.BigInteger(), sa.ForeignKey("challenge.id")),
    ]


def _confirmed() -> list[sa.Column[Any]]:
    return [
        sa.Column("reconfirm_version", sa.Integer()),
        sa.Column("confirmed_version", sa.Integer()),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
    ]


def upgrade() -> None:
    for column in _schedule():
        op.add_column("challenge", column)
    op.create_check_constraint(
        "schedule_is_whole",
        "challenge",
        "num_nulls(publish_at, scheduled_by_id, scheduled_at, scheduled_hash) IN (0, 4)",
    )
    op.create_check_constraint(
        "scheduled_while_approved",
        "challenge",
        "publish_at IS NULL OR state IN ('approved', 'notice_pending')",
    )
    op.create_index(
        "ix_challenge_publish_at",
        "challenge",
        ["publish_at"],
        postgresql_where=sa.text("publish_at IS NOT NULL"),
    )
    op.add_column("challenge_version", sa.Column("material", sa.Boolean()))
    op.add_column("challenge_version", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.alter_column("challenge_version", "reason", server_default=None)
    for column in _confirmed():
        op.add_column("invitation", column)
    _revisions()


def _revisions() -> None:
    op.create_table(
        "challenge_revision",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "writing", "in_review", "approved", "published", "dropped",
                name="revisionstate", native_enum=False, create_constraint=True, length=40,
            ),
            nullable=False,
        ),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("writer_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("material", sa.Boolean()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.Column("approved_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("approved_at", sa.DateTime(timezone=True)),
        sa.Column("approved_hash", sa.Text()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("dropped_reason", sa.Text(), nullable=False),
        sa.UniqueConstraint("challenge_id", "number"),
        sa.CheckConstraint(
            "approved_by_id <> submitted_by_id AND approved_by_id <> ALL (writer_ids)", name="two_people"
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'published') "
            "OR (approved_by_id IS NOT NULL AND approved_hash IS NOT NULL)",
            name="approved_first",
        ),
        sa.CheckConstraint(
            "state IN ('writing', 'dropped') OR (material IS NOT NULL AND reason <> '')",
            name="says_what_and_why",
        ),
    )  # fmt: skip
    op.create_index(
        "uq_challenge_revision_open",
        "challenge_revision",
        ["challenge_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('writing', 'in_review', 'approved')"),
    )


def downgrade() -> None:
    op.drop_table("challenge_revision")
    for column in _confirmed():
        op.drop_column("invitation", column.name)
    op.drop_column("challenge_version", "reason")
    op.drop_column("challenge_version", "material")
    op.drop_index("ix_challenge_publish_at", table_name="challenge")
    for column in _schedule():
        op.drop_column("challenge", column.name)
