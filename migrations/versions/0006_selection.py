"""Selection on rows: rules, the lottery's commitment, rounds, overrides; outcomes instead of a tick list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OUTCOME = sa.Enum(
    "chosen", "alternate", "not_chosen", name="outcome", native_enum=False, create_constraint=False, length=40
)
KIND = sa.Enum("pin", "exclude", name="overridekind", native_enum=False, create_constraint=True, length=40)
STATUS = sa.Enum(
    "optimal",
    "feasible",
    "infeasible",
    name="roundstatus",
    native_enum=False,
    create_constraint=True,
    length=40,
)
OF_RUN = (
    ("rules_id", "selection_rules"),
    ("commitment_id", "lottery_commitment"),
    ("round_id", "selection_round"),
)
HASHES = ("pool_hash", "lexicon_id", "background_id", "list_hash")


def upgrade() -> None:
    _rules()
    _commitments()
    _rounds()
    _overrides()
    _runs()
    _candidates()
    op.add_column("supplier", sa.Column("corporate_group", sa.Text(), nullable=False, server_default=""))
    op.alter_column("supplier", "corporate_group", server_default=None)


def _rules() -> None:
    op.create_table(
        "selection_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("floors", postgresql.JSONB(), nullable=False),
        sa.Column("caps", postgresql.JSONB(), nullable=False),
        sa.Column("exploration", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("after_match", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.UniqueConstraint("challenge_id", "number"),
        sa.CheckConstraint("places BETWEEN 1 AND 50", name="places_in_range"),
        sa.CheckConstraint("exploration BETWEEN 0 AND 0.5", name="exploration_in_range"),
    )


def _commitments() -> None:
    op.create_table(
        "lottery_commitment",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("challenge_id", "number"),
        sa.CheckConstraint(
            "commitment = encode(sha256(secret), 'hex')", name="commitment_is_the_hash_of_the_secret"
        ),
    )
    op.create_index(
        "uq_lottery_commitment_standing",
        "lottery_commitment",
        ["challenge_id"],
        unique=True,
        postgresql_where=sa.text("revealed_at IS NULL"),
    )


def _rounds() -> None:
    op.create_table(
        "selection_round",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("ref", sa.Text(), nullable=False, unique=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("instance", sa.LargeBinary(), nullable=False),
        sa.Column("instance_hash", sa.Text(), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("solver", sa.Text(), nullable=False),
        sa.Column("status", STATUS, nullable=False),
        sa.Column("objective", sa.Double(), nullable=False),
        sa.Column("bound", sa.Double(), nullable=False),
        sa.Column("result", postgresql.JSONB(), nullable=False),
    )


def _overrides() -> None:
    op.create_table(
        "selection_override",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), sa.ForeignKey("supplier.id"), nullable=False, index=True),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.CheckConstraint("reason <> ''", name="reason_given"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by_somebody"),
    )
    op.create_index(
        "uq_selection_override_live",
        "selection_override",
        ["challenge_id", "supplier_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _runs() -> None:
    for name in HASHES:
        op.add_column("match_run", sa.Column(name, sa.Text()))
    for name, table in OF_RUN:
        op.add_column("match_run", sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id")))
    op.create_index("ix_match_run_round_id", "match_run", ["round_id"])


def _candidates() -> None:
    """The tick list becomes outcomes: who was on it is chosen."""
    for column in (
        sa.Column("tags", postgresql.JSONB(), nullable=False, server_default="[]"),
        sa.Column("corporate_group", sa.Text(), nullable=False, server_default=""),
        sa.Column("outcome", OUTCOME, nullable=False, server_default="not_chosen"),
        sa.Column("alternate_rank", sa.Integer()),
        sa.Column("decided_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("probability", sa.Double()),
    ):
        op.add_column("match_candidate", column)
    op.execute("UPDATE match_candidate SET outcome = 'chosen' WHERE shortlisted")
    for name in ("tags", "corporate_group", "outcome", "decided_by"):
        op.alter_column("match_candidate", name, server_default=None)
    op.create_check_constraint(
        "outcome", "match_candidate", "outcome IN ('chosen', 'alternate', 'not_chosen')"
    )
    op.create_check_constraint(
        "alternates_are_ordered", "match_candidate", "(outcome = 'alternate') = (alternate_rank IS NOT NULL)"
    )
    op.create_unique_constraint(None, "match_candidate", ["run_id", "alternate_rank"])
    op.drop_column("match_candidate", "shortlisted")


def downgrade() -> None:
    op.drop_column("supplier", "corporate_group")
    op.add_column(
        "match_candidate", sa.Column("shortlisted", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE match_candidate SET shortlisted = outcome = 'chosen'")
    op.alter_column("match_candidate", "shortlisted", server_default=None)
    for name in ("probability", "decided_by", "alternate_rank", "outcome", "corporate_group", "tags"):
        op.drop_column("match_candidate", name)
    for name, _ in reversed(OF_RUN):
        op.drop_column("match_run", name)
    for name in HASHES:
        op.drop_column("match_run", name)
    for table in ("selection_override", "selection_round", "lottery_commitment", "selection_rules"):
        op.drop_table(table)
