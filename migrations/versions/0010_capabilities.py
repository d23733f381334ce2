"""Claims: evidence, verification and reminders; the taxonomy of capabilities; finding suppliers despite typing errors.

The extension pg_trgm comes with PostgreSQL (in Debian inside the server's package, elsewhere in ``contrib``); since
PostgreSQL 13 the owner of a database may create it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    _taxonomy()
    _statements()
    _suppliers()
    _requests()
    _search()


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _taxonomy() -> None:
    op.create_table(
        "capability",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("slug", sa.Text(), nullable=False, unique=True),
        sa.Column("parent_id", sa.BigInteger(), sa.ForeignKey("capability.id")),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False, server_default=""),
        sa.Column("synonyms", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("cpv", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("renamed_here", sa.Boolean(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.Column("merged_into_id", sa.BigInteger(), sa.ForeignKey("capability.id")),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("merged_into_id IS NULL OR retired_at IS NOT NULL", name="merged_is_retired"),
    )
    op.create_index("ix_capability_parent_id", "capability", ["parent_id"])
    op.create_table(
        "taxonomy_version",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("edition", sa.Text()),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def _statements() -> None:
    for name in ("evidence_case", "evidence_reference"):
        op.add_column("statement", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("statement", sa.Column("evidence_dated", sa.Date()))
    op.add_column("statement", sa.Column("verified_at", sa.DateTime(timezone=True)))
    op.add_column("statement", sa.Column("verified_because", sa.Text()))
    op.add_column(
        "statement",
        sa.Column("confirmed_on", sa.Date(), nullable=False, server_default=sa.text("CURRENT_DATE")),
    )
    # until now a statement always counted for a year from the day it was written or confirmed
    op.execute(
        "UPDATE statement SET confirmed_on = least((expires_on - interval '1 year')::date, CURRENT_DATE)"
    )
    op.execute("UPDATE statement SET verified_at = updated_at WHERE level = 'verified'")
    op.create_check_constraint(
        "verified_at_a_moment", "statement", "(level = 'verified') = (verified_at IS NOT NULL)"
    )
    op.create_index("ix_statement_expires_on", "statement", ["expires_on"])
    op.create_table(
        "statement_capability",
        sa.Column(
            "statement_id",
            sa.BigInteger(),
            sa.ForeignKey("statement.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("capability_id", sa.BigInteger(), sa.ForeignKey("capability.id"), primary_key=True),
        sa.Column("named_by", _choice("namedby", "supplier", "cpv", "words"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_statement_capability_capability_id", "statement_capability", ["capability_id"])
    op.create_table(
        "expiry_reminder",
        sa.Column(
            "statement_id",
            sa.BigInteger(),
            sa.ForeignKey("statement.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("expires_on", sa.Date(), primary_key=True),
        sa.Column("days_before", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
    )


def _suppliers() -> None:
    op.add_column("supplier", sa.Column("size", _choice("suppliersize", "micro", "small", "medium", "large")))
    op.add_column(
        "supplier",
        sa.Column("sectors", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.add_column("supplier", sa.Column("merged_into_id", sa.BigInteger(), sa.ForeignKey("supplier.id")))
    op.create_index("ix_supplier_merged_into_id", "supplier", ["merged_into_id"])
    op.create_check_constraint("not_merged_into_itself", "supplier", "merged_into_id <> id")
    op.create_table(
        "supplier_fact",
        sa.Column(
            "supplier_id", sa.BigInteger(), sa.ForeignKey("supplier.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("name", _choice("fact", "size", "vcse", "regions", "sectors"), primary_key=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stated_on", sa.Date(), nullable=False),
    )
    said = {"size": "sme IS NOT NULL", "vcse": "vcse IS NOT NULL", "regions": "cardinality(regions) > 0"}
    for name, known in said.items():
        op.execute(
            "INSERT INTO supplier_fact (supplier_id, name, source, stated_on) "
            f"SELECT id, '{name}', coalesce(source, 'the supplier itself'), "
            f"(updated_at AT TIME ZONE 'Europe/London')::date FROM supplier WHERE {known}"
        )


def _requests() -> None:
    op.create_table(
        "deletion_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("supplier_id", sa.BigInteger(), sa.ForeignKey("supplier.id"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", _choice("requeststate", "open", "done", "refused"), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "uq_deletion_request_open",
        "deletion_request",
        ["supplier_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "kept_apart",
        sa.Column(
            "one_id", sa.BigInteger(), sa.ForeignKey("supplier.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            "other_id", sa.BigInteger(), sa.ForeignKey("supplier.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one_id < other_id", name="each_pair_once"),
    )
    op.create_table(
        "join_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("organisation_id", sa.BigInteger(), sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", _choice("joinstate", "waiting", "approved", "declined"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "uq_join_request_waiting",
        "join_request",
        ["organisation_id", sa.text("lower(email)")],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _search() -> None:
    op.create_table(
        "search_word",
        sa.Column("word", sa.Text(), primary_key=True),
        sa.Column("uses", sa.Integer(), nullable=False),
    )
    op.create_index(
        "ix_search_word_alike",
        "search_word",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    op.execute("CREATE INDEX ix_organisation_name_alike ON organisation USING gin (lower(name) gin_trgm_ops)")
    op.execute("CREATE INDEX ix_organisation_name_order ON organisation (lower(name), id)")


def downgrade() -> None:
    for index in ("ix_organisation_name_order", "ix_organisation_name_alike"):
        op.execute(f"DROP INDEX {index}")
    for table in (
        "search_word",
        "join_request",
        "kept_apart",
        "deletion_request",
        "supplier_fact",
        "expiry_reminder",
        "statement_capability",
        "taxonomy_version",
        "capability",
    ):
        op.drop_table(table)
    op.drop_constraint("ck_supplier_not_merged_into_itself", "supplier")
    for name in ("merged_into_id", "sectors", "size"):
        op.drop_column("supplier", name)
    op.drop_constraint("ck_statement_verified_at_a_moment", "statement")
    op.drop_index("ix_statement_expires_on", "statement")
    for name in (
        "confirmed_on",
        "verified_because",
        "verified_at",
        "evidence_dated",
        "evidence_reference",
        "evidence_case",
    ):
        op.drop_column("statement", name)
    # the extension stays: others may use it
