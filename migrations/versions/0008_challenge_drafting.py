"""Writing challenges together: every saved answer is numbered, so that nobody's words are overwritten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer_edit",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("challenge_id", "round", "question", "number"),
        sa.CheckConstraint("number = 0 OR number = base + 1", name="written_upon_the_one_before"),
    )
    op.create_index(
        "uq_answer_edit_aside",
        "answer_edit",
        ["challenge_id", "round", "question", "person_id"],
        unique=True,
        postgresql_where=sa.text("number IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("answer_edit")
