"""Finding out what repeats the challenge, for as few statements as can be.

Looking for copied words takes a millisecond a statement. It only ever lowers a
score: so the statements that hold the first places are looked at, then those
that move up, until the first places stand.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engage.matching.channels import standardise
from engage.matching.copies import counted_part, find_copied
from engage.matching.lexical import TERM_UNIT
from engage.matching.pool import Mask, Pool
from engage.matching.scoring import Asked, StatementScores
from engage.matching.segment import Segment


def suspects(segment: Segment, asked: Asked, statements: StatementScores) -> Mask:
    """Tell which statements may repeat the challenge: alike by words, not recorded on a day before it was published."""
    recorded, published = segment.columns.recorded, asked.challenge.published
    if published is None:
        return statements.alike.copy()
    found: Mask = statements.alike & ((recorded == 0) | (recorded >= published.toordinal()))
    return found


def settle(
    pool: Pool, segment: Segment, asked: Asked, statements: StatementScores, rows: Iterable[int]
) -> bool:
    """Look for copied words in these statements; return whether any counts less for it.

    Side effect: ``statements.kept`` and ``statements.total`` of the rows, and of
    no others, are set.
    """
    changed = False
    for row in rows:
        kept = _kept(pool, segment, asked, statements, row)
        if kept < 1.0:
            statements.kept[row] = kept
            statements.total[row] *= kept
            changed = True
    return changed


def _kept(pool: Pool, segment: Segment, asked: Asked, statements: StatementScores, row: int) -> float:
    document = segment.document(row)
    copied = find_copied(asked.source, title=document.title, text=document.text)
    if copied.share <= 0:
        return 1.0
    chance = segment.lexical_chance.at(np.array([row]))
    weighed = pool.yardstick.vocabulary.weigh_texts([copied.rest])
    cosine = weighed.products_with(asked.numbers, asked.weights) / float(TERM_UNIT**2)
    rest = standardise(cosine, chance, asked.lexical_scale, weight=asked.lexical_weight)
    return counted_part(copied.share, whole=float(statements.lexical[row]), rest=float(rest[0]))
