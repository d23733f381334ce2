"""Sessions that are prepared and not published, in a table of their own. Those that exist are published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("challenge_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "format",
            sa.Enum(
                "briefing",
                "roundtable",
                "one_to_one",
                "demonstration",
                "written",
                name="sessionformat",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("joining_details", sa.Text(), nullable=False),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("reserved_until", sa.DateTime(timezone=True)),
        sa.Column("closes_at", sa.DateTime(timezone=True)),
        sa.Column("group_limit", sa.Integer()),
        sa.Column("facilitator_id", sa.BigInteger()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("places BETWEEN 1 AND 500", name=op.f("ck_session_draft_places_in_range")),
        sa.CheckConstraint("reserved BETWEEN 0 AND places", name=op.f("ck_session_draft_reserved_in_range")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_session_draft_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_session_draft_challenge_id_challenge")
        ),
        sa.ForeignKeyConstraint(
            ["facilitator_id"], ["person.id"], name=op.f("fk_session_draft_facilitator_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_draft")),
        sa.UniqueConstraint("ref", name=op.f("uq_session_draft_ref")),
    )
    op.create_index(op.f("ix_session_draft_challenge_id"), "session_draft", ["challenge_id"])


def downgrade() -> None:
    op.drop_table("session_draft")
