"""The techmap: drawings, places of suppliers, clusters; and what makes looking at a hundred thousand of them quick."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "landscape",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column(
            "state",
            sa.Enum(
                "drawing", "ready", "left", name="drawingstate", native_enum=False, length=40,
                create_constraint=True,
            ),
            nullable=False,
        ),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True)),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("todo", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("embedder", sa.Text(), nullable=False),
        sa.Column("model_digest", sa.Text(), nullable=False),
        sa.Column("based_on_id", sa.BigInteger(), sa.ForeignKey("landscape.id", ondelete="SET NULL")),
        sa.Column("suppliers", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("trustworthiness", sa.Float()),
        sa.Column("neighbours", sa.Integer(), nullable=False),
        sa.Column("sampled", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.CheckConstraint("state <> 'ready' OR drawn_at IS NOT NULL", name="ready_is_drawn"),
    )
    op.create_index(
        "ix_landscape_drawn_at", "landscape", ["drawn_at"], postgresql_where=sa.text("state = 'ready'")
    )
    op.create_table(
        "landscape_cluster",
        sa.Column(
            "landscape_id", sa.BigInteger(), sa.ForeignKey("landscape.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("terms", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("x", sa.Float(), nullable=False),
        sa.Column("y", sa.Float(), nullable=False),
        sa.Column("suppliers", sa.Integer(), nullable=False),
    )
    op.create_table(
        "landscape_point",
        sa.Column(
            "landscape_id", sa.BigInteger(), sa.ForeignKey("landscape.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            "supplier_id", sa.BigInteger(), sa.ForeignKey("supplier.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("x", sa.REAL(), nullable=False),
        sa.Column("y", sa.REAL(), nullable=False),
        sa.Column("cluster", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_landscape_point_supplier_id", "landscape_point", ["supplier_id"])
    op.create_index(
        "ix_statement_counting",
        "statement",
        ["supplier_id", "expires_on"],
        postgresql_include=["id", "level", "confirmed_on"],
    )


def downgrade() -> None:
    op.drop_index("ix_statement_counting", "statement")
    op.drop_table("landscape_point")
    op.drop_table("landscape_cluster")
    op.drop_table("landscape")
