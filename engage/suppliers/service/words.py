"""The words that suppliers use, collected so that a misspelt one can be put right."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

_LOCK = 0x776F726473  # "words"
_COLLECT = sa.text(
    r"""
    WITH told AS (
        SELECT supplier.id, lower(organisation.name) AS words
        FROM supplier JOIN organisation ON organisation.id = supplier.organisation_id
        WHERE organisation.state = 'verified'
        UNION ALL
        SELECT statement.supplier_id, lower(statement.title)
        FROM statement
        JOIN supplier ON supplier.id = statement.supplier_id
        JOIN organisation ON organisation.id = supplier.organisation_id
        WHERE organisation.state = 'verified'
        UNION ALL
        SELECT -id, lower(name || ' ' || array_to_string(synonyms, ' ')) FROM capability WHERE retired_at IS NULL
    )
    INSERT INTO search_word (word, uses)
    SELECT word, count(DISTINCT told.id)
    FROM told, regexp_split_to_table(told.words, '[^[:alpha:]]+') AS word
    WHERE length(word) BETWEEN 4 AND 40
    GROUP BY word
    """
)


def refresh_words(session: Session) -> int:
    """Collect the words of names, titles and capabilities anew, and return how many there are.

    Only what everyone may read. Side effects: the rows of ``search_word``. Two that do it at once do it one after the
    other.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    session.execute(sa.text("DELETE FROM search_word"))
    return session.execute(_COLLECT).rowcount  # type: ignore[attr-defined,no-any-return]  # a cursor result has one
