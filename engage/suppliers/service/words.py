"""The words that suppliers use, collected so that a misspelt one can be put right.

Collected anew each night, so that words which nobody uses any more go; between the nights those are added that somebody
has begun to use.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from engage.kernel import clock, jobs

ADD_WORDS = "suppliers.add_words"
_NEW_WORDS = "engage.suppliers.new_words"
RECENT = timedelta(days=2)
"""What changed within it may be too new for the last night's collection."""
_LOCK = 0x776F726473  # "words"
_COLLECT = sa.text(
    r"""
    WITH told AS (
        SELECT supplier.id, lower(organisation.name) AS words
        FROM supplier JOIN organisation ON organisation.id = supplier.organisation_id
        WHERE organisation.state = 'verified' AND (organisation.verified_at >= :since OR :everything)
        UNION ALL
        SELECT statement.supplier_id, lower(statement.title)
        FROM statement
        JOIN supplier ON supplier.id = statement.supplier_id
        JOIN organisation ON organisation.id = supplier.organisation_id
        WHERE organisation.state = 'verified'
          AND (statement.updated_at >= :since OR organisation.verified_at >= :since OR :everything)
        UNION ALL
        SELECT -id, lower(name || ' ' || array_to_string(synonyms, ' ')) FROM capability WHERE retired_at IS NULL
    )
    INSERT INTO search_word (word, uses)
    SELECT word, count(DISTINCT told.id)
    FROM told, regexp_split_to_table(told.words, '[^[:alpha:]]+') AS word
    WHERE length(word) BETWEEN 4 AND 40
    GROUP BY word
    ON CONFLICT (word) DO NOTHING
    """
)


def refresh_words(session: Session) -> int:
    """Collect the words of names, titles and capabilities anew, and return how many there are.

    Only what everyone may read. Side effects: the rows of ``search_word``. Two that do it at once do it one after the
    other.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    session.execute(sa.text("DELETE FROM search_word"))
    return _collect(session, everything=True)


def add_words(session: Session) -> int:
    """Add the words that nobody used before the last days, and return how many. Side effects: new ``search_word``.

    Those that are known keep their count until the night.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    return _collect(session, everything=False)


def add_words_soon(session: Session) -> None:
    """Have a job add new words once the session commits: one, however many statements it brings.

    It carries no queueing lock: a long import would keep everybody else from saving a statement.
    """
    session.info[_NEW_WORDS] = True


@event.listens_for(Session, "before_commit")
def _defer_adding(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(_NEW_WORDS, False):
        jobs.defer(session, ADD_WORDS)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_NEW_WORDS, None)


def _collect(session: Session, *, everything: bool) -> int:
    bound = {"since": clock.now() - RECENT, "everything": everything}
    return session.execute(_COLLECT, bound).rowcount  # type: ignore[attr-defined,no-any-return]  # a cursor result has one
