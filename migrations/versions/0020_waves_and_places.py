"""Invitations in waves with alternates; places kept for volunteers, of one group, until a time; one-to-one talks.

What was released before becomes waves whose alternates wait: nobody agreed to their going out by themselves. Seats say
who volunteered, and sessions count the others. Sessions that were planned have no limit for a corporate group.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SESSION_CHECKS = {
    "reserved_in_range": "reserved BETWEEN 0 AND places",
    "reserved_until_when": "reserved = 0 OR reserved_until IS NOT NULL",
    "held_back_is_reserved": "held_back BETWEEN 0 AND reserved",
    "reserved_is_kept": "taken_invited BETWEEN 0 AND LEAST(taken, places - held_back)",
    "group_limit_in_range": "group_limit BETWEEN 1 AND 500",
    "closes_before_start": "closes_at <= starts_at",
}
SESSION_COLUMNS = (
    "zone",
    "taken_invited",
    "reserved",
    "reserved_until",
    "held_back",
    "closes_at",
    "group_limit",
    "move_reason",
)


def upgrade() -> None:
    _waves()
    _sessions()
    _one_to_one()


def _waves() -> None:
    op.create_table(
        "invitation_wave",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), nullable=False),
        sa.Column("run_id", sa.BigInteger(), sa.ForeignKey("match_run.id"), nullable=False, index=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("released_at", MOMENT, nullable=False),
        sa.Column("released_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.Column("days_to_answer", sa.Integer(), nullable=False),
        sa.Column("alternates_follow", sa.Boolean(), nullable=False),
        sa.Column("followed_by_id", sa.BigInteger(), sa.ForeignKey("person.id")),
        sa.UniqueConstraint("challenge_id", "number"),
        sa.CheckConstraint("days_to_answer BETWEEN 1 AND 60", name="days_in_range"),
        sa.CheckConstraint("alternates_follow OR followed_by_id IS NULL", name="follow_in_a_name"),
    )
    wave = sa.ForeignKey("invitation_wave.id", name="fk_invitation_wave_id_invitation_wave")
    instead = sa.ForeignKey("invitation.id", name="fk_invitation_instead_of_id_invitation")
    op.add_column("invitation", sa.Column("wave_id", sa.BigInteger(), wave))
    op.add_column("invitation", sa.Column("drawn_at", MOMENT))
    op.add_column("invitation", sa.Column("instead_of_id", sa.BigInteger(), instead))
    op.create_index("ix_invitation_wave_id", "invitation", ["wave_id"])
    op.create_unique_constraint("uq_invitation_instead_of_id", "invitation", ["instead_of_id"])
    op.add_column("invitation", sa.Column("corporate_group", sa.Text(), nullable=False, server_default=""))
    op.alter_column("invitation", "corporate_group", server_default=None)
    op.execute(
        "UPDATE invitation SET corporate_group = "
        "lower(regexp_replace(btrim(supplier.corporate_group), '\\s+', ' ', 'g')) "
        "FROM supplier WHERE supplier.id = invitation.supplier_id"
    )
    op.execute(
        "UPDATE invitation SET corporate_group = match_candidate.corporate_group FROM match_candidate "
        "WHERE match_candidate.run_id = invitation.run_id AND match_candidate.supplier_id = invitation.supplier_id"
    )
    _allow_origins("matched", "volunteered", "asked")
    op.add_column(
        "selection_override",
        sa.Column("after_release", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("selection_override", "after_release", server_default=None)
    op.execute(
        "INSERT INTO invitation_wave (challenge_id, run_id, number, released_at, released_by_id, days_to_answer, "
        "alternates_follow) SELECT challenge_id, id, "
        "row_number() OVER (PARTITION BY challenge_id ORDER BY released_at), released_at, released_by_id, 14, "
        "false FROM match_run WHERE released_at IS NOT NULL"
    )
    op.execute(
        "UPDATE invitation SET wave_id = invitation_wave.id FROM invitation_wave "
        "WHERE invitation_wave.run_id = invitation.run_id"
    )
    op.execute(
        "UPDATE invitation SET drawn_at = invitation.created_at FROM match_candidate "
        "WHERE match_candidate.run_id = invitation.run_id AND match_candidate.supplier_id = invitation.supplier_id "
        "AND invitation.origin = 'matched' AND match_candidate.outcome <> 'chosen'"
    )


def _allow_origins(*origins: str) -> None:
    """Let ``invitation.origin`` be one of these."""
    op.drop_constraint("ck_invitation_origin", "invitation")
    allowed = ", ".join(f"'{origin}'" for origin in origins)
    op.create_check_constraint("origin", "invitation", f"origin IN ({allowed})")


def _sessions() -> None:
    def add(table: str, column: sa.Column[object], *, first: str | None = None) -> None:
        column.server_default = sa.DefaultClause(sa.text(first)) if first is not None else None
        op.add_column(table, column)
        if first is not None:
            op.alter_column(table, column.name, server_default=None)

    def number(name: str) -> sa.Column[object]:
        return sa.Column(name, sa.Integer(), nullable=False)

    add("advisory_session", sa.Column("zone", sa.Text(), nullable=False), first="'Europe/London'")
    for name in ("taken_invited", "reserved", "held_back"):
        add("advisory_session", number(name), first="0")
    add("advisory_session", sa.Column("reserved_until", MOMENT))
    add("advisory_session", sa.Column("closes_at", MOMENT))
    add("advisory_session", sa.Column("group_limit", sa.Integer()))
    add("advisory_session", sa.Column("move_reason", sa.Text(), nullable=False), first="''")
    add("seat", sa.Column("volunteered", sa.Boolean(), nullable=False), first="false")
    add("seat", sa.Column("corporate_group", sa.Text(), nullable=False), first="''")
    add("seat", sa.Column("over", sa.Boolean(), nullable=False), first="false")
    _one_to_come(" AND NOT over")
    op.execute(
        "UPDATE seat SET volunteered = true FROM invitation "
        "WHERE invitation.id = seat.invitation_id AND invitation.origin = 'volunteered'"
    )
    op.execute(
        "UPDATE seat SET corporate_group = lower(regexp_replace(btrim(supplier.corporate_group), '\\s+', ' ', 'g')) "
        "FROM supplier WHERE supplier.id = seat.supplier_id"
    )
    op.execute(
        "UPDATE advisory_session SET taken_invited = (SELECT count(*) FROM seat WHERE seat.session_id = "
        "advisory_session.id AND seat.state <> 'released' AND NOT seat.volunteered)"
    )
    for name, check in SESSION_CHECKS.items():
        op.create_check_constraint(name, "advisory_session", check)


def _one_to_come(but: str = "") -> None:
    """Let an invitation have one place to come, ``but`` for those that do not count."""
    op.drop_index("uq_seat_to_come", "seat")
    where = sa.text(f"state IN ('offered', 'confirmed'){but}")
    op.create_index("uq_seat_to_come", "seat", ["invitation_id"], unique=True, postgresql_where=where)


def _one_to_one() -> None:
    op.create_table(
        "one_to_one_terms",
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), primary_key=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("ask_until", MOMENT, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("set_by_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("offered_at", MOMENT),
        sa.CheckConstraint("minutes BETWEEN 10 AND 120", name="minutes_in_range"),
        sa.CheckConstraint("questions <> ''", name="questions_given"),
        sa.CheckConstraint("offered_at IS NULL OR offered_at >= ask_until", name="offered_to_all_at_once"),
    )
    states = sa.Enum(
        "asked",
        "offered",
        "withdrawn",
        name="askstate",
        native_enum=False,
        create_constraint=True,
        length=40,
    )
    op.create_table(
        "one_to_one_ask",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("challenge_id", sa.BigInteger(), sa.ForeignKey("challenge.id"), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), sa.ForeignKey("supplier.id"), nullable=False, index=True),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
    )
    op.create_index(
        "uq_one_to_one_ask_live",
        "one_to_one_ask",
        ["challenge_id", "supplier_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )


def downgrade() -> None:
    op.drop_table("one_to_one_ask")
    op.drop_table("one_to_one_terms")
    for name in SESSION_CHECKS:
        op.drop_constraint(f"ck_advisory_session_{name}", "advisory_session")
    for name in SESSION_COLUMNS:
        op.drop_column("advisory_session", name)
    # Nobody recorded who came: of several places of one invitation only the last can be to come.
    op.execute("UPDATE seat SET state = 'no_show' WHERE over AND state IN ('offered', 'confirmed')")
    _one_to_come()
    op.drop_column("seat", "over")
    op.drop_column("seat", "volunteered")
    op.drop_column("seat", "corporate_group")
    op.drop_column("selection_override", "after_release")
    # A talk that was asked for was a volunteer's before there was a word for it.
    op.execute("UPDATE invitation SET origin = 'volunteered' WHERE origin = 'asked'")
    _allow_origins("matched", "volunteered")
    for name in ("corporate_group", "instead_of_id", "drawn_at", "wave_id"):
        op.drop_column("invitation", name)
    op.drop_table("invitation_wave")
