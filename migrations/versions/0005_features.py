"""What matching keeps: revisions of what is compared, readings, former words, snapshots of the corpus, frozen pools.

A revision is a random number that changes with every change of what is compared. Nothing is counted and nothing is
timed, so a change that is committed late, rolled back or undone by a restored backup is noticed like any other.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COMPARED = "title, text, cpv, dated, level, expires_on, recorded_on, supplier_id"


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION engage_revision() RETURNS bigint LANGUAGE sql VOLATILE AS $$
            SELECT ('x' || left(replace(gen_random_uuid()::text, '-', ''), 16))::bit(64)::bigint
        $$
        """
    )
    _tables()
    _columns()
    _triggers()


def _tables() -> None:
    op.create_table(
        "corpus",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lexicon_id", sa.Text(), nullable=False),
        sa.Column("background_id", sa.Text(), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lexicon", sa.LargeBinary(), nullable=False),
        sa.Column("background", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corpus")),
        sa.UniqueConstraint("lexicon_id", "background_id", name=op.f("uq_corpus_lexicon_id_background_id")),
    )
    op.create_table(
        "match_pool",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_match_pool")),
    )
    op.create_table(
        "statement_reading",
        sa.Column("statement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("title_hash", sa.Text(), nullable=False),
        sa.Column("reading", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statement.id"],
            name=op.f("fk_statement_reading_statement_id_statement"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_statement_reading")),
    )
    op.create_index(op.f("ix_statement_reading_text_hash"), "statement_reading", ["text_hash"])
    op.create_table(
        "former_statement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_statement")),
    )
    op.create_index(op.f("ix_former_statement_statement_id"), "former_statement", ["statement_id"])


def _columns() -> None:
    for table in ("statement", "supplier"):
        # the default is random for each row, those that exist already included
        op.add_column(
            table,
            sa.Column(
                "revision", sa.BigInteger(), server_default=sa.text("engage_revision()"), nullable=False
            ),
        )
    op.add_column(
        "statement",
        sa.Column("recorded_on", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False),
    )
    # since when the words have been there is not known; not later than the last change of anything
    op.execute("UPDATE statement SET recorded_on = (updated_at AT TIME ZONE 'Europe/London')::date")


def _triggers() -> None:
    op.execute(
        """
        CREATE FUNCTION engage_revise() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.revision := engage_revision();
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER revise BEFORE UPDATE OF {COMPARED} ON statement FOR EACH ROW "
        f"WHEN (({_row('OLD')}) IS DISTINCT FROM ({_row('NEW')})) EXECUTE FUNCTION engage_revise()"
    )
    op.execute(
        "CREATE TRIGGER revise BEFORE UPDATE OF cpv, ref ON supplier FOR EACH ROW "
        "WHEN ((OLD.cpv, OLD.ref) IS DISTINCT FROM (NEW.cpv, NEW.ref)) EXECUTE FUNCTION engage_revise()"
    )
    op.execute(
        """
        CREATE FUNCTION engage_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO former_statement (statement_id, title, text) VALUES (OLD.id, OLD.title, OLD.text);
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_changed_words AFTER UPDATE OF title, text ON statement FOR EACH ROW "
        "WHEN ((OLD.title, OLD.text) IS DISTINCT FROM (NEW.title, NEW.text)) EXECUTE FUNCTION engage_keep_words()"
    )
    op.execute(
        "CREATE TRIGGER keep_removed_words AFTER DELETE ON statement FOR EACH ROW "
        "EXECUTE FUNCTION engage_keep_words()"
    )


def _row(name: str) -> str:
    return ", ".join(f"{name}.{column}" for column in COMPARED.split(", "))


def downgrade() -> None:
    for trigger in ("revise", "keep_changed_words", "keep_removed_words"):
        op.execute(f"DROP TRIGGER {trigger} ON statement")
    op.execute("DROP TRIGGER revise ON supplier")
    for table in ("statement", "supplier"):
        op.drop_column(table, "revision")
    op.drop_column("statement", "recorded_on")
    for table in ("former_statement", "statement_reading", "match_pool", "corpus"):
        op.drop_table(table)
    for function in ("engage_keep_words()", "engage_revise()", "engage_revision()"):
        op.execute(f"DROP FUNCTION {function}")
