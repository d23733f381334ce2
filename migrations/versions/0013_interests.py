"""Interests: what people declare, steps against conflicts, what was found when, what was confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COUNTS_UNTIL = "(least(ends_on, ended_on) + make_interval(months => cooling_off))::date"


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(name: str, table: str, *, nullable: bool = False, index: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable, index=index)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    _declarations()
    _steps()
    _records()
    op.execute(
        "CREATE INDEX ix_person_mail_domain ON person (reverse(replace(lower(email), '@', '@.')) text_pattern_ops)"
    )
    op.execute(
        """
        CREATE FUNCTION engage_declaration_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            later text[] := ARRAY['ended_on', 'ended_at', 'counts_until', 'closed_at', 'closed_by_id', 'closed_reason'];
        BEGIN
            IF TG_OP = 'UPDATE'
               AND to_jsonb(OLD) - later = to_jsonb(NEW) - later
               AND (OLD.ended_on IS NULL OR OLD.ended_on = NEW.ended_on)
               AND (OLD.closed_at IS NULL OR (OLD.closed_at = NEW.closed_at AND OLD.closed_reason = NEW.closed_reason))
            THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'what was declared stays as it is: % refused', TG_OP
                USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER declaration_stays BEFORE UPDATE OR DELETE ON declaration "
        "FOR EACH ROW EXECUTE FUNCTION engage_declaration_stays()"
    )
    op.execute(
        "CREATE FUNCTION engage_record_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% stays as it is: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege'; "
        "END $$"
    )
    for table in ("declared_none", "conflict_finding", "attestation", "assessment_review"):
        op.execute(
            f"CREATE TRIGGER record_stays BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION engage_record_stays()"
        )


def _declarations() -> None:
    op.create_table(
        "declaration",
        _id(),
        _to("person_id", "person", index=True),
        _to("organisation_id", "organisation"),
        _to("challenge_id", "challenge", nullable=True, index=True),
        sa.Column(
            "kind",
            _enum(
                "kind",
                "employment",
                "directorship",
                "financial",
                "contract",
                "relationship",
                "advisory",
                "gift",
                "other",
            ),
            nullable=False,
        ),
        sa.Column("appearance", _enum("appearance", "actual", "potential", "perceived"), nullable=False),
        _to("counterpart_id", "organisation", nullable=True, index=True),
        _text("counterpart_name"),
        _text("counterpart_scheme"),
        _text("counterpart_number"),
        _text("counterpart_domain"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("ended_on", sa.Date()),
        _at("ended_at", nullable=True),
        sa.Column("cooling_off", sa.Integer(), nullable=False),
        sa.Column("counts_until", sa.Date(), sa.Computed(COUNTS_UNTIL, persisted=True)),
        _text("description"),
        _at("made_at"),
        _to("replaces_id", "declaration", nullable=True),
        _at("closed_at", nullable=True),
        _to("closed_by_id", "person", nullable=True),
        _text("closed_reason"),
        sa.UniqueConstraint("id", "person_id"),
        sa.UniqueConstraint("replaces_id"),
        sa.CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        sa.CheckConstraint("ended_on >= starts_on", name="ended_after_start"),
        sa.CheckConstraint("(ended_on IS NULL) = (ended_at IS NULL)", name="end_has_time"),
        sa.CheckConstraint("cooling_off BETWEEN 0 AND 60", name="cooling_off_in_range"),
        sa.CheckConstraint("btrim(description) <> ''", name="is_described"),
        sa.CheckConstraint("btrim(counterpart_name) <> ''", name="names_a_counterpart"),
        sa.CheckConstraint(
            "(counterpart_scheme = '') = (counterpart_number = '')", name="number_of_a_register"
        ),
        sa.CheckConstraint("counterpart_domain = lower(counterpart_domain)", name="domain_in_lower_case"),
        sa.CheckConstraint("counterpart_id <> organisation_id", name="with_somebody_else"),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_reason = '') AND (closed_at IS NULL) = (closed_by_id IS NULL)",
            name="closed_by_somebody_with_reason",
        ),
    )
    live = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_declaration_live",
        "declaration",
        [
            "person_id",
            "organisation_id",
            "kind",
            sa.text("lower(counterpart_name)"),
            sa.text("coalesce(challenge_id, 0)"),
            "starts_on",
        ],
        unique=True,
        postgresql_where=live,
    )
    op.create_index(
        "ix_declaration_organisation_id", "declaration", ["organisation_id"], postgresql_where=live
    )
    op.create_table(
        "declared_none",
        _id(),
        _to("person_id", "person", index=True),
        _to("organisation_id", "organisation"),
        _to("challenge_id", "challenge"),
        _at("made_at"),
    )
    op.create_index("ix_declared_none_challenge_id_person_id", "declared_none", ["challenge_id", "person_id"])


def _steps() -> None:
    op.create_table(
        "mitigation",
        _id(),
        sa.Column("declaration_id", sa.BigInteger(), nullable=False),
        sa.Column("declarer_id", sa.BigInteger(), nullable=False),
        _to("challenge_id", "challenge"),
        _text("steps"),
        _to("owner_id", "person"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("state", _enum("mitigationstate", "proposed", "in_place", "not_enough"), nullable=False),
        _to("proposed_by_id", "person"),
        _at("proposed_at"),
        _to("decided_by_id", "person", nullable=True),
        _at("decided_at", nullable=True),
        _text("decision"),
        sa.ForeignKeyConstraint(
            ["declaration_id", "declarer_id"],
            ["declaration.id", "declaration.person_id"],
            name="fk_mitigation_declaration_id_declarer_id_declaration",
        ),
        sa.CheckConstraint("btrim(steps) <> ''", name="has_steps"),
        sa.CheckConstraint("review_on >= due_on", name="reviewed_after_due"),
        sa.CheckConstraint("decided_by_id <> declarer_id", name="not_decided_by_declarer"),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name="decided_by_somebody",
        ),
    )
    op.create_index(
        "uq_mitigation_open",
        "mitigation",
        ["declaration_id", "challenge_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'not_enough'"),
    )
    op.create_index("ix_mitigation_challenge_id", "mitigation", ["challenge_id"])


def _records() -> None:
    op.create_table(
        "conflict_finding",
        _id(),
        _to("challenge_id", "challenge"),
        _to("supplier_id", "supplier", index=True),
        _to("person_id", "person"),
        _to("declaration_id", "declaration", nullable=True, index=True),
        sa.Column("basis", _enum("basis", "person", "organisation", "domain"), nullable=False),
        sa.Column("point", _enum("checkpoint", "match", "invitation", "seat", "session"), nullable=False),
        _text("subject"),
        _text("words"),
        _at("found_at"),
    )
    op.create_index(
        "uq_conflict_finding_once",
        "conflict_finding",
        [
            "challenge_id",
            "supplier_id",
            "person_id",
            sa.text("coalesce(declaration_id, 0)"),
            "point",
            "subject",
        ],
        unique=True,
    )
    op.create_table(
        "attestation",
        _id(),
        _to("person_id", "person", index=True),
        _to("organisation_id", "organisation"),
        _to("challenge_id", "challenge", index=True),
        _text("subject"),
        _text("version"),
        _text("text"),
        _at("made_at"),
        sa.UniqueConstraint("subject", "person_id", "version"),
    )
    op.create_table(
        "assessment_review",
        _id(),
        _to("challenge_id", "challenge", index=True),
        _to("person_id", "person"),
        _at("reviewed_at"),
        _text("content_hash"),
    )


def downgrade() -> None:
    op.drop_index("ix_person_mail_domain", "person")
    for table in (
        "assessment_review",
        "attestation",
        "conflict_finding",
        "mitigation",
        "declared_none",
        "declaration",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION engage_record_stays()")
    op.execute("DROP FUNCTION engage_declaration_stays()")
