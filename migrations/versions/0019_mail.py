"""What comes back: receipts, reports and suppressions of letters; turns among the letters to a domain; bodies' time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OUTCOMES = ("delivered", "no_address", "undelivered", "complaint")
KINDS = ("address", "undelivered", "complaint", "asked")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    _letters()
    op.create_table(
        "letter_report",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("letter_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", _enum("outcome", *OUTCOMES), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name="fk_letter_report_letter_id_letter"),
        sa.PrimaryKeyConstraint("id", name="pk_letter_report"),
        sa.UniqueConstraint("letter_id", "fingerprint", name="uq_letter_report_letter_id_fingerprint"),
    )
    _suppressions()
    op.create_table(
        "mail_pace",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("bulk", sa.Boolean(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", "bulk", name="pk_mail_pace"),
    )


def _letters() -> None:
    no = sa.text("false")
    op.add_column("letter", sa.Column("body_hash", sa.Text()))
    op.execute("UPDATE letter SET body_hash = encode(sha256(convert_to(text, 'UTF8')), 'hex')")
    op.alter_column("letter", "body_hash", nullable=False)
    op.add_column("letter", sa.Column("forgiven", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("letter", sa.Column("paced", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("letter", sa.Column("in_doubt", sa.Boolean(), nullable=False, server_default=no))
    op.alter_column("letter", "forgiven", server_default=None)
    op.alter_column("letter", "paced", server_default=None)
    op.alter_column("letter", "in_doubt", server_default=None)
    op.add_column("letter", sa.Column("receipt", sa.Text()))
    op.add_column("letter", sa.Column("outcome", _enum("outcome", *OUTCOMES)))
    op.add_column("letter", sa.Column("emptied_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_letter_emptied_is_empty"), "letter", "emptied_at IS NULL OR (text = '' AND html = '')"
    )
    op.drop_index("ix_letter_recipient", "letter")
    op.create_index("ix_letter_recipient", "letter", [sa.text("lower(recipient)"), "id"])
    op.create_index("ix_letter_message", "letter", ["message_id"])
    known = sa.text("outcome IS NOT NULL")
    op.create_index("ix_letter_outcome", "letter", ["outcome", "id"], postgresql_where=known)
    whole = sa.text("emptied_at IS NULL")
    op.create_index("ix_letter_bodies", "letter", ["created_at"], postgresql_where=whole)


def _suppressions() -> None:
    op.drop_constraint("pk_suppression", "suppression", type_="primary")
    op.add_column("suppression", sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False))
    op.create_primary_key("pk_suppression", "suppression", ["id"])
    for column in (sa.Column("lifted_at", sa.DateTime(timezone=True)), sa.Column("lifted_by", sa.Text())):
        op.add_column("suppression", column)
    live = sa.text("lifted_at IS NULL")
    op.create_index("uq_suppression_email", "suppression", ["email"], unique=True, postgresql_where=live)
    op.create_index("ix_suppression_email", "suppression", ["email"])
    op.create_check_constraint(
        op.f("ck_suppression_lifted_by_somebody"), "suppression", "(lifted_at IS NULL) = (lifted_by IS NULL)"
    )
    kind = sa.Column("kind", _enum("suppressionkind", *KINDS), nullable=False, server_default="address")
    op.add_column("suppression", kind)
    op.alter_column("suppression", "kind", server_default=None)
    op.add_column("suppression", sa.Column("letter_id", sa.BigInteger()))
    op.create_foreign_key("fk_suppression_letter_id_letter", "suppression", "letter", ["letter_id"], ["id"])


def downgrade() -> None:
    op.drop_table("mail_pace")
    op.drop_table("letter_report")
    op.execute("DELETE FROM suppression WHERE lifted_at IS NOT NULL")
    for name in ("uq_suppression_email", "ix_suppression_email"):
        op.drop_index(name, "suppression")
    for name in ("lifted_at", "lifted_by", "letter_id", "kind", "id"):
        op.drop_column("suppression", name)
    op.create_primary_key("pk_suppression", "suppression", ["email"])
    for name in ("ix_letter_bodies", "ix_letter_outcome", "ix_letter_message", "ix_letter_recipient"):
        op.drop_index(name, "letter")
    op.create_index("ix_letter_recipient", "letter", [sa.text("lower(recipient)")])
    for name in ("emptied_at", "outcome", "receipt", "in_doubt", "paced", "forgiven", "body_hash"):
        op.drop_column("letter", name)
