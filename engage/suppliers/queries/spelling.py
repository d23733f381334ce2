"""Putting misspelt words right: by the words that names, titles and capabilities are made of."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

MOST_WORDS = 8
SHORTEST = 4
"""Shorter words are left as they are: nearly every other short word is near."""
_CANDIDATES = 12

# A word is known when a statement that everyone may read has it, or its stem, or a name has it; "the" is known, too.
_NEAREST = sa.text(
    """
    WITH asked AS MATERIALIZED (
        SELECT word, plainto_tsquery('english', word) AS query
        FROM unnest(CAST(:words AS text[])) AS typed (word)
        WHERE NOT EXISTS (SELECT FROM search_word WHERE search_word.word = typed.word)
    )
    SELECT asked.word, near.word AS nearest, near.uses
    FROM asked
    CROSS JOIN LATERAL (
        SELECT search_word.word, search_word.uses
        FROM search_word
        WHERE search_word.word % asked.word
        ORDER BY similarity(search_word.word, asked.word) DESC, search_word.uses DESC
        LIMIT :candidates
    ) AS near
    WHERE numnode(asked.query) > 0
      AND NOT EXISTS (
          SELECT FROM statement JOIN supplier ON supplier.id = statement.supplier_id
          WHERE statement.search @@ asked.query AND supplier.listed_name IS NOT NULL
      )
    """
)


@dataclass(frozen=True)
class Corrected:
    """What is looked for instead of what was typed."""

    words: str
    changed: tuple[tuple[str, str], ...]
    """What was typed and what it was read as, word by word."""


def correct(session: Session, words: str) -> Corrected | None:
    """Return ``words`` (lower case), each that occurs nowhere replaced by the nearest one; ``None`` if all are known.

    Nearest is what takes the fewest letters put in, left out, changed or swapped, at most one in four; then what most
    suppliers use. One statement of SQL.
    """
    typed = [word for word in words.split()[:MOST_WORDS] if len(word) >= SHORTEST and word.isalpha()]
    if not typed:
        return None
    near: dict[str, tuple[int, int, str]] = {}
    for row in session.execute(_NEAREST, {"words": typed, "candidates": _CANDIDATES}):
        steps = distance(row.word, row.nearest)
        if steps <= max(1, len(row.word) // 4):
            near[row.word] = min(near.get(row.word, (steps, 0, row.nearest)), (steps, -row.uses, row.nearest))
    if not near:
        return None
    read = [near[word][2] if word in near else word for word in words.split()]
    return Corrected(" ".join(read), tuple((word, near[word][2]) for word in typed if word in near))


def distance(one: str, other: str) -> int:
    """Return in how many steps a word becomes another: a letter put in, left out, changed, or two neighbours swapped.

    Optimal string alignment; time in proportion to the product of the lengths.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        before, last, row = row, before, [i]
        for j, right in enumerate(other, start=1):
            steps = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                steps = min(steps, last[j - 2] + 1)
            row.append(steps)
    return row[-1]
