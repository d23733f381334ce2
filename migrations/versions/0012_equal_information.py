"""Equal information: when a thing was let go and had, what was told elsewhere, changes of route, steps, reasons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FORMER = ("page", "mail", "session", "question")
CHANNELS = (*FORMER, "phone", "email", "meeting", "one_to_one", "event", "document")
STATES = (
    "draft",
    "in_review",
    "changes_requested",
    "approved",
    "notice_pending",
    "published",
    "engaging",
    "findings_due",
    "closed",
    "withdrawn",
)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _to(name: str, table: str, *, nullable: bool = False, index: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable, index=index)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.add_column("disclosure", _time("released_at", nullable=True))
    op.add_column("disclosure", _time("delivered_at", nullable=True))
    _allow_channels(CHANNELS)
    op.add_column("letter", sa.Column("fact", sa.Text()))
    _told()
    _fairness()


def _allow_channels(values: tuple[str, ...], *, not_valid: bool = False) -> None:
    op.drop_constraint("ck_disclosure_channel", "disclosure")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(
        "channel", "disclosure", f"channel IN ({listed})", postgresql_not_valid=not_valid
    )


def _told() -> None:
    op.create_table(
        "told_fact",
        _id(),
        _to("challenge_id", "challenge", index=True),
        _text("title"),
        _text("text"),
        _time("recorded_at"),
        _to("recorded_by_id", "person"),
        _text("wording"),
        sa.Column("with_publication", sa.Boolean(), nullable=False),
        _time("released_at", nullable=True),
        _to("released_by_id", "person", nullable=True),
        sa.CheckConstraint("title <> '' AND text <> ''", name="says_something"),
        sa.CheckConstraint("released_at IS NULL OR wording <> ''", name="released_has_wording"),
    )
    op.create_table(
        "telling",
        _id(),
        _to("told_fact_id", "told_fact"),
        _to("supplier_id", "supplier", nullable=True, index=True),
        _text("organisation_name"),
        _text("audience"),
        sa.Column("channel", _enum("channel", *CHANNELS), nullable=False),
        _time("told_at"),
        _to("told_by_id", "person"),
        _time("recorded_at"),
        _to("recorded_by_id", "person"),
        sa.UniqueConstraint("told_fact_id", "audience", "channel", "told_at"),
        sa.CheckConstraint("(supplier_id IS NULL) = (organisation_name <> '')", name="one_recipient"),
        sa.CheckConstraint("told_at <= recorded_at", name="told_before_recorded"),
    )


def _fairness() -> None:
    op.create_table(
        "route_change",
        _id(),
        _to("challenge_id", "challenge", index=True),
        sa.Column(
            "to_route",
            _enum("route", "policy_exploration", "preliminary_market_engagement"),
            nullable=False,
        ),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        _text("reason"),
        sa.Column("state", _enum("routechangestate", "proposed", "made", "declined"), nullable=False),
        _to("proposed_by_id", "person"),
        _time("proposed_at"),
        _to("decided_by_id", "person", nullable=True),
        _time("decided_at", nullable=True),
        _text("answer"),
        sa.Column("who_knew", postgresql.JSONB(), nullable=False),
        sa.Column("resume", _enum("challengestate", *STATES), nullable=True),
        _time("told_at", nullable=True),
        sa.CheckConstraint("reason <> ''", name="has_reason"),
        sa.CheckConstraint("decided_by_id <> proposed_by_id", name="two_people"),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided_has_time"),
        sa.CheckConstraint("state = 'proposed' OR decided_by_id IS NOT NULL", name="decided_has_person"),
        sa.CheckConstraint("state <> 'declined' OR answer <> ''", name="declined_has_reason"),
        sa.CheckConstraint(
            "to_route <> 'preliminary_market_engagement' OR cardinality(purposes) > 0", name="has_purpose"
        ),
    )
    op.create_index(
        "uq_route_change_open",
        "route_change",
        ["challenge_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "engagement_step",
        _id(),
        _to("challenge_id", "challenge", index=True),
        _text("text"),
        sa.Column("taken_on", sa.Date(), nullable=False),
        _to("recorded_by_id", "person"),
        _time("recorded_at"),
        sa.CheckConstraint("text <> ''", name="says_something"),
    )
    op.create_table(
        "justification",
        _id(),
        _to("challenge_id", "challenge", index=True),
        sa.Column("facts", postgresql.ARRAY(sa.Text()), nullable=False),
        _text("difference"),
        _text("steps"),
        _to("by_id", "person"),
        _time("at"),
        sa.CheckConstraint("cardinality(facts) > 0", name="names_facts"),
        sa.CheckConstraint("difference <> '' AND steps <> ''", name="says_why_and_what"),
    )


def downgrade() -> None:
    for table in ("justification", "engagement_step", "route_change", "telling", "told_fact"):
        op.drop_table(table)
    op.drop_column("letter", "fact")
    _allow_channels(FORMER, not_valid=True)  # lines cannot be removed: those that use a new channel stay
    op.drop_column("disclosure", "delivered_at")
    op.drop_column("disclosure", "released_at")
