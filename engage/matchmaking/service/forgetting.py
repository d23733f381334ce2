"""Forgetting former words of statements that no match was made of."""

from __future__ import annotations

import re
import zlib
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.matchmaking.models import FormerStatement, MatchPool
from engage.matchmaking.service.rows import words_hash

KEPT = timedelta(days=7)
"""For so long former words stay in any case: a match that is being made at this moment may need them."""
_WORDS = re.compile(rb'"words":"([0-9a-f]{64})"')
_READ_AT_ONCE = 2_000


def forget_words(session: Session) -> int:
    """Remove the former words of statements that no frozen pool names, and return of how many.

    What was matched stays readable for as long as the match is kept; what was merely typed does not stay.
    """
    old = FormerStatement.replaced_at < sa.func.now() - KEPT
    if session.scalar(sa.select(FormerStatement.id).where(old).limit(1)) is None:
        return 0
    frozen = _frozen(session)
    query = sa.select(FormerStatement.id, FormerStatement.title, FormerStatement.text).where(old)
    rows = session.execute(query.execution_options(yield_per=_READ_AT_ONCE))
    needless = [row.id for row in rows if bytes.fromhex(words_hash(row.title, row.text)) not in frozen]
    session.execute(sa.delete(FormerStatement).where(FormerStatement.id.in_(needless)))
    return len(needless)


def _frozen(session: Session) -> set[bytes]:
    """Return the names of all words that a pool names."""
    found: set[bytes] = set()
    for content in session.scalars(sa.select(MatchPool.content).execution_options(yield_per=1)):
        found.update(bytes.fromhex(name.decode()) for name in _WORDS.findall(zlib.decompress(content)))
    return found
