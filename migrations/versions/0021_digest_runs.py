"""Runs of digests and what they told, kept once for everybody whom they told the same.

Digests that were written before get the run that would have brought them: all are done.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

FORMER_TOPICS = ("everything", "department", "capability", "cpv", "region", "search")
CADENCES = ("immediate", "daily", "weekly")
SCHEDULE = (
    "s.cadence, CASE s.cadence WHEN 'weekly' THEN s.weekday ELSE 0 END AS weekday, "
    "CASE s.cadence WHEN 'immediate' THEN 0 ELSE s.hour END AS hour"
)


def upgrade() -> None:
    _allow((*FORMER_TOPICS, "needs"))
    cadence = sa.Enum(*CADENCES, name="cadence", native_enum=False, create_constraint=True, length=40)
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "digest_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("cadence", cadence, nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("slot", moment, nullable=False),
        sa.Column("window_start", moment, nullable=False),
        sa.Column("window_end", moment, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("finished_at", moment),
        sa.Column("reached", sa.Text(), nullable=False, server_default=""),
        sa.Column("letters", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("silent", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("failed", sa.Integer(), nullable=False, server_default="0"),
        sa.UniqueConstraint("cadence", "weekday", "hour", "window_start"),
        sa.CheckConstraint("window_end > window_start", name="window_has_length"),
    )
    unfinished = sa.text("finished_at IS NULL")
    op.create_index("ix_digest_run_unfinished", "digest_run", ["id"], postgresql_where=unfinished)
    op.create_table(
        "digest_edition",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("run_id", sa.BigInteger(), sa.ForeignKey("digest_run.id"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("challenge_ids", ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("items", JSONB(), nullable=False),
        sa.UniqueConstraint("run_id", "key"),
    )
    op.create_index(
        "ix_digest_edition_challenge_ids", "digest_edition", ["challenge_ids"], postgresql_using="gin"
    )
    op.add_column("digest_issue", sa.Column("run_id", sa.BigInteger(), sa.ForeignKey("digest_run.id")))
    op.add_column(
        "digest_issue", sa.Column("edition_id", sa.BigInteger(), sa.ForeignKey("digest_edition.id"))
    )
    _bring_over()
    op.alter_column("digest_issue", "run_id", nullable=False)
    op.drop_column("digest_issue", "challenge_ids")
    op.create_index("ix_digest_issue_edition_id", "digest_issue", ["edition_id"])
    op.create_index("ix_digest_issue_letter_id", "digest_issue", ["letter_id"])
    op.create_unique_constraint(None, "digest_issue", ["run_id", "subscription_id"])
    op.drop_constraint("uq_digest_issue_subscription_id_window_start", "digest_issue")
    op.create_unique_constraint(None, "digest_issue", ["subscription_id", "window_end"])
    op.create_index("ix_subscription_email", "subscription", [sa.text("lower(email)")])


def _allow(topics: tuple[str, ...]) -> None:
    """Let ``subscription.topic`` be one of these."""
    op.drop_constraint("ck_subscription_topic", "subscription")
    allowed = ", ".join(f"'{topic}'" for topic in topics)
    op.create_check_constraint(op.f("ck_subscription_topic"), "subscription", f"topic IN ({allowed})")


def _bring_over() -> None:
    """Give the digests of before their runs and editions; windows without news are not kept any more."""
    op.execute("DELETE FROM digest_issue WHERE letter_id IS NULL")
    op.execute(
        "INSERT INTO digest_run (cadence, weekday, hour, slot, window_start, window_end, opened_at, finished_at, "
        "letters) "
        f"SELECT {SCHEDULE}, max(i.window_end), i.window_start, max(i.window_end), min(i.created_at), "
        "max(i.created_at), count(*) "
        "FROM digest_issue i JOIN subscription s ON s.id = i.subscription_id GROUP BY 1, 2, 3, i.window_start"
    )
    op.execute(
        f"UPDATE digest_issue SET run_id = r.id FROM digest_run r, (SELECT s.id AS subscription, {SCHEDULE} "
        "FROM subscription s) AS own WHERE own.subscription = digest_issue.subscription_id "
        "AND (r.cadence, r.weekday, r.hour, r.window_start) = "
        "(own.cadence, own.weekday, own.hour, digest_issue.window_start)"
    )
    op.execute(
        "INSERT INTO digest_edition (run_id, key, challenge_ids, items) "
        "SELECT DISTINCT run_id, 'former ' || array_to_string(challenge_ids, ','), challenge_ids, "
        "(SELECT coalesce(jsonb_agg(jsonb_build_object('challenge', c, 'kind', 'open', 'version', "
        "coalesce((SELECT max(number) FROM challenge_version v WHERE v.challenge_id = c "
        "AND v.published_at <= digest_issue.created_at), 1)) ORDER BY place), '[]'::jsonb) "
        "FROM unnest(challenge_ids) WITH ORDINALITY AS told(c, place)) FROM digest_issue "
        "ON CONFLICT DO NOTHING"
    )
    op.execute(
        "UPDATE digest_issue SET edition_id = e.id FROM digest_edition e WHERE e.run_id = digest_issue.run_id "
        "AND e.key = 'former ' || array_to_string(digest_issue.challenge_ids, ',')"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE subscription SET state = 'ended', ended_at = coalesce(ended_at, now()), topic = 'everything' "
        "WHERE topic = 'needs'"
    )
    _allow(FORMER_TOPICS)
    op.drop_index("ix_subscription_email", "subscription")
    op.drop_constraint("uq_digest_issue_subscription_id_window_end", "digest_issue")
    op.execute(
        "DELETE FROM digest_issue USING digest_issue AS first WHERE digest_issue.id > first.id AND "
        "(digest_issue.subscription_id, digest_issue.window_start) = (first.subscription_id, first.window_start)"
    )
    op.create_unique_constraint(None, "digest_issue", ["subscription_id", "window_start"])
    op.add_column("digest_issue", sa.Column("challenge_ids", ARRAY(sa.BigInteger())))
    op.execute(
        "UPDATE digest_issue SET challenge_ids = coalesce("
        "(SELECT challenge_ids FROM digest_edition e WHERE e.id = edition_id), '{}')"
    )
    op.alter_column("digest_issue", "challenge_ids", nullable=False)
    op.drop_column("digest_issue", "edition_id")
    op.drop_column("digest_issue", "run_id")
    op.drop_index("ix_digest_issue_letter_id", "digest_issue")
    op.drop_table("digest_edition")
    op.drop_table("digest_run")
