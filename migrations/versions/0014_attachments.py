"""Attachments of challenges: files in quarantine until they are checked, and the list of them in each text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KINDS = ("pdf", "png", "jpeg", "text", "csv", "odt", "ods", "odp", "docx", "xlsx", "pptx")
STATES = ("quarantined", "clean", "refused")


def _choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", _choice("filekind", KINDS), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", _choice("attachmentstate", STATES), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True)),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary()),
        sa.UniqueConstraint("challenge_id", "sha256"),
        sa.CheckConstraint("(data IS NULL) = (state = 'refused')", name="refused_is_not_kept"),
        sa.CheckConstraint(
            "octet_length(data) = size AND encode(sha256(data), 'hex') = sha256", name="bytes_are_those_hashed"
        ),
        sa.CheckConstraint("(state = 'refused') = (refusal <> '')", name="refused_with_a_sentence"),
    )
    op.create_index(
        "ix_attachment_waiting",
        "attachment",
        ["added_at"],
        postgresql_where=sa.text("state = 'quarantined'"),
    )
    # The accepted kinds are compressed already; uncompressed in TOAST a file can be read piece by piece.
    op.execute("ALTER TABLE attachment ALTER COLUMN data SET STORAGE EXTERNAL")
    op.add_column(
        "challenge",
        sa.Column("attachments", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")),
    )


def downgrade() -> None:
    op.drop_column("challenge", "attachments")
    op.drop_table("attachment")
