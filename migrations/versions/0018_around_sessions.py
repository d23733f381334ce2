"""Around sessions: who was there, access needs, files, feedback, calendar addresses; confirming again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PARTS = ("participant", "presenter", "facilitator", "note_taker", "observer")
TABLES = (
    "feedback_answer",
    "feedback_round",
    "session_material",
    "attendance",
    "access_need",
    "calendar_feed",
)


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
    op.drop_constraint("uq_attestation_subject_person_id_version", "attestation")
    op.create_index("ix_attestation_subject_person_id", "attestation", ["subject", "person_id"])
    _confirmations()
    op.add_column(
        "attachment", sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.alter_column("attachment", "held", server_default=None)
    op.create_table(
        "calendar_feed",
        _id(),
        sa.Column("person_id", sa.BigInteger(), sa.ForeignKey("person.id"), nullable=False, unique=True),
        sa.Column("handle", sa.Text(), nullable=False, unique=True),
        _at("made_at"),
    )
    _needs()
    _attendance()
    op.create_table(
        "session_material",
        _id(),
        _to("session_id", "advisory_session"),
        _to("attachment_id", "attachment", index=True),
        _text("name"),
        _to("added_by_id", "person"),
        _at("added_at"),
        _at("released_at", nullable=True),
        sa.UniqueConstraint("session_id", "attachment_id"),
    )
    _feedback()


def _confirmations() -> None:
    """Let what somebody confirmed on accepting an invitation count for the session in which they have a place."""
    op.execute(
        """
        INSERT INTO attestation (person_id, organisation_id, challenge_id, subject, version, text, made_at)
        SELECT said.person_id, said.organisation_id, said.challenge_id, 'session:' || advisory_session.ref,
               said.version, said.text, said.made_at
        FROM attestation AS said
        JOIN invitation ON said.subject = 'invitation:' || invitation.ref
        JOIN (
            SELECT session_id, invitation_id, person_id FROM seat WHERE state <> 'released'
            UNION
            SELECT session_id, invitation_id, person_id FROM waiting_place WHERE state = 'waiting'
        ) AS place ON place.invitation_id = invitation.id AND place.person_id = said.person_id
        JOIN advisory_session ON advisory_session.id = place.session_id
        WHERE NOT EXISTS (
            SELECT FROM attestation AS known
            WHERE known.subject = 'session:' || advisory_session.ref AND known.person_id = said.person_id
              AND known.organisation_id = said.organisation_id AND known.version = said.version
        )
        ORDER BY said.id
        """
    )


def _needs() -> None:
    op.create_table(
        "access_need",
        _id(),
        _to("session_id", "advisory_session"),
        _to("supplier_id", "supplier"),
        _to("person_id", "person", index=True),
        _text("text"),
        sa.Column("state", _enum("needstate", "asked", "arranged", "not_possible"), nullable=False),
        _text("answer"),
        _to("owner_id", "person", nullable=True),
        _at("asked_at"),
        _at("answered_at", nullable=True),
        sa.CheckConstraint("btrim(text) <> ''", name="says_what"),
        sa.CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered_at_some_time"),
        sa.CheckConstraint("state <> 'not_possible' OR btrim(answer) <> ''", name="says_what_instead"),
    )
    op.create_index("ix_access_need_session_id_person_id", "access_need", ["session_id", "person_id"])


def _attendance() -> None:
    op.create_table(
        "attendance",
        _id(),
        _to("session_id", "advisory_session"),
        _to("person_id", "person", index=True),
        _to("organisation_id", "organisation", index=True),
        sa.Column("seat_id", sa.BigInteger(), sa.ForeignKey("seat.id"), unique=True),
        sa.Column("part", _enum("part", *PARTS), nullable=False),
        _at("joined_at"),
        _at("left_at"),
        _to("recorded_by_id", "person", nullable=True),
        _at("recorded_at"),
        sa.UniqueConstraint("session_id", "person_id"),
        sa.CheckConstraint("left_at > joined_at", name="left_after_joining"),
    )
    # Who came until now was there for the whole session: nothing else was asked. One person can have had two seats.
    op.execute(
        """
        INSERT INTO attendance
            (session_id, person_id, organisation_id, seat_id, part, joined_at, left_at, recorded_at)
        SELECT DISTINCT ON (seat.session_id, seat.person_id)
               seat.session_id, seat.person_id, supplier.organisation_id, seat.id, 'participant',
               advisory_session.starts_at, advisory_session.ends_at, seat.updated_at
        FROM seat
        JOIN supplier ON supplier.id = seat.supplier_id
        JOIN advisory_session ON advisory_session.id = seat.session_id
        WHERE seat.state = 'attended'
        ORDER BY seat.session_id, seat.person_id, seat.id
        """
    )


def _feedback() -> None:
    op.create_table(
        "feedback_round",
        sa.Column(
            "session_id",
            sa.BigInteger(),
            sa.ForeignKey("advisory_session.id"),
            primary_key=True,
            autoincrement=False,
        ),
        _at("opened_at"),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.CheckConstraint("closes_at > opened_at", name="closes_after_opening"),
    )
    op.create_table(
        "feedback_answer",
        _id(),
        sa.Column("session_id", sa.BigInteger(), sa.ForeignKey("feedback_round.session_id"), nullable=False),
        sa.Column("side", _enum("side", "attendee", "facilitator"), nullable=False),
        _to("person_id", "person", nullable=True, index=True),
        sa.Column("answers", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.UniqueConstraint("session_id", "side", "person_id"),
        sa.CheckConstraint(
            "cardinality(answers) = 5 AND 1 <= ALL (answers) AND 5 >= ALL (answers)", name="five_numbers"
        ),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("attachment", "held")
    op.drop_index("ix_attestation_subject_person_id", "attestation")
    op.execute("ALTER TABLE attestation DISABLE TRIGGER record_stays")
    op.execute(
        "DELETE FROM attestation AS later USING attestation AS first WHERE later.id > first.id "
        "AND later.subject = first.subject AND later.person_id = first.person_id AND later.version = first.version"
    )
    op.execute("ALTER TABLE attestation ENABLE TRIGGER record_stays")
    op.create_unique_constraint(
        "uq_attestation_subject_person_id_version", "attestation", ["subject", "person_id", "version"]
    )
