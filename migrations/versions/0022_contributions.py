"""Answers in writing to the questions of a challenge; an index by which claims are counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contribution",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("challenge_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("answers", JSONB(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("jsonb_array_length(answers) > 0", name=op.f("ck_contribution_has_answers")),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["challenge.id"], name=op.f("fk_contribution_challenge_id_challenge")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_contribution_supplier_id_supplier")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_contribution_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
    )
    op.create_index(
        "uq_contribution_live",
        "contribution",
        ["challenge_id", "supplier_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(op.f("ix_contribution_supplier_id"), "contribution", ["supplier_id"])

    op.create_index(
        "ix_statement_of_claims",
        "statement",
        ["id"],
        postgresql_include=["supplier_id", "expires_on", "level"],
    )


def downgrade() -> None:
    op.drop_index("ix_statement_of_claims", "statement")
    op.drop_table("contribution")
