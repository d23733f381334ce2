"""Waiting lists: who waits for a place in a session, in order, and until when an offered place is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATE = sa.Enum(
    "waiting", "promoted", "left", name="waitingstate", native_enum=False, create_constraint=True, length=40
)


def upgrade() -> None:
    op.create_table(
        "waiting_place",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("session_id", sa.BigInteger(), sa.ForeignKey("advisory_session.id"), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), sa.ForeignKey("supplier.id"), nullable=False, index=True),
        sa.Column(
            "invitation_id", sa.BigInteger(), sa.ForeignKey("invitation.id"), nullable=False, index=True
        ),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("state", STATE, nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    waits = sa.text("state = 'waiting'")
    op.create_index(
        "uq_waiting_place_live",
        "waiting_place",
        ["invitation_id"],
        unique=True,
        postgresql_where=waits,
    )
    op.create_index("ix_waiting_place_line", "waiting_place", ["session_id", "id"], postgresql_where=waits)
    op.add_column("seat", sa.Column("held_until", sa.DateTime(timezone=True)))
    op.create_check_constraint("offered_until", "seat", "state <> 'offered' OR held_until IS NOT NULL")
    op.create_index(
        "ix_seat_held_until", "seat", ["held_until"], postgresql_where=sa.text("state = 'offered'")
    )


def downgrade() -> None:
    op.drop_index("ix_seat_held_until", "seat")
    op.drop_constraint("ck_seat_offered_until", "seat")
    op.drop_column("seat", "held_until")
    op.drop_table("waiting_place")
