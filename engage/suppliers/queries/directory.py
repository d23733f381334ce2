"""The public directory: looking for suppliers, also with typing errors, fast however many there are.

Names are compared by their trigrams (pg_trgm), so that "Quilfen" finds "Quillfen"; what suppliers have done is searched
as full text. A word that occurs nowhere is replaced by the nearest one that does. Each of the three is bounded: of very
many that fit, the first some thousand are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only, selectinload

from engage.kernel import clock
from engage.kernel.paging import PER_PAGE, Page, paginate
from engage.suppliers.models import Capability, Statement, StatementCapability, Supplier
from engage.suppliers.queries.spelling import Corrected, correct

MOST_NAMED = 200
"""Names that are looked at: further down they are not much like what was asked for."""
MOST_ALIKE = 1_000
"""Names that are like the words in some way, of which the nearest are kept."""
MOST_STATEMENTS = 2_000
"""Statements that are looked at; who asks for a word that more have is told to say more."""
LONGEST = 200


@dataclass(frozen=True)
class Found:
    """A page of suppliers, and how they were found."""

    page: Page[Supplier]
    corrected: Corrected | None = None
    """What was looked for instead, if a word was misspelt."""
    more: bool = False
    """So many fit that not all were looked at."""


# Nearness: how well the words fit the best part of the name (up to 1), and how much of the name they are.
_CANDIDATES = sa.text(
    """
    WITH alike AS MATERIALIZED (
        (SELECT id, listed_name FROM supplier WHERE listed_name LIKE :contains LIMIT :most_named)
        UNION
        (SELECT id, listed_name FROM supplier WHERE :words <% listed_name LIMIT :most_alike)
    ), named AS (
        SELECT id, word_similarity(:words, listed_name) + 0.5 * similarity(:words, listed_name) AS nearness
        FROM alike
        ORDER BY nearness DESC, id
        LIMIT :most_named
    ), fitting AS MATERIALIZED (
        SELECT supplier_id FROM statement WHERE search @@ websearch_to_tsquery('english', :words)
        LIMIT :most_statements
    ), told AS MATERIALIZED (
        SELECT DISTINCT fitting.supplier_id
        FROM fitting JOIN supplier ON supplier.id = fitting.supplier_id
        WHERE supplier.listed_name IS NOT NULL
    )
    SELECT id, max(nearness) AS nearness, (SELECT count(*) FROM fitting) AS statements
    FROM (SELECT id, nearness FROM named UNION ALL SELECT supplier_id, 0 FROM told) AS found
    GROUP BY id
    """
)
_SCANS = sa.text("SELECT set_config('enable_seqscan', :on, true)")


def directory(
    session: Session,
    *,
    words: str = "",
    sme: bool = False,
    vcse: bool = False,
    region: str = "",
    capability: Capability | None = None,
    page: int = 1,
) -> Page[Supplier]:
    """Return one page of the suppliers that everyone may see; ``search`` without how they were found."""
    found = search(session, words=words, sme=sme, vcse=vcse, region=region, capability=capability, page=page)
    return found.page


def search(
    session: Session,
    *,
    words: str = "",
    sme: bool = False,
    vcse: bool = False,
    region: str = "",
    capability: Capability | None = None,
    page: int = 1,
) -> Found:
    """Return one page of the suppliers that everyone may see, with the titles of their statements.

    Without ``words`` by name. With them first those whose names come near, the nearest first, then by name those that
    use them in a statement. ``sme`` and ``vcse`` keep those that say they are; ``region`` (an ITL 1 code) those that
    work there or say nothing about it; ``capability`` those that claim it, or one of the area, with a statement that
    counts today. As many statements of SQL however long the page.
    """
    query = _kept(
        sa.select(Supplier).where(Supplier.listed_name.is_not(None)),
        sme=sme,
        vcse=vcse,
        region=region,
        capability=capability,
    )
    titles = load_only(Statement.title, Statement.dated, Statement.expires_on, Statement.supplier_id)
    told = selectinload(Supplier.statements).options(titles)
    clean = " ".join(words.lower().split())[:LONGEST]
    if not clean:
        ordered = query.options(told).order_by(Supplier.listed_name, Supplier.id)
        return Found(paginate(session, ordered, page=page))
    corrected = correct(session, clean)
    rows = _candidates(session, corrected.words if corrected else clean)
    more = bool(rows) and rows[0].statements >= MOST_STATEMENTS
    return Found(_page(session, query, told, {row.id: row.nearness for row in rows}, page), corrected, more)


def _candidates(session: Session, words: str) -> Sequence[Any]:
    """Return who fits the words, and how near each name comes.

    The planner believes that reading every statement is as quick as asking the index for many: it does not know that
    their words lie elsewhere. So for this one question it is told not to.
    """
    session.execute(_SCANS, {"on": "off"})
    bound = {
        "words": words,
        "contains": f"%{words.replace('%', '').replace('_', '').replace(chr(92), '')}%",
        "most_named": MOST_NAMED,
        "most_alike": MOST_ALIKE,
        "most_statements": MOST_STATEMENTS,
    }
    rows = session.execute(_CANDIDATES, bound).all()
    session.execute(_SCANS, {"on": "on"})
    return rows


def _page(session: Session, query: Any, told: Any, near: dict[int, float], page: int) -> Page[Supplier]:
    """Return one page of the suppliers of ``query`` among those that were found, nearest first, then by name."""
    within = Supplier.id == sa.any_(sa.literal(list(near), sa.ARRAY(sa.BigInteger)))
    ids = query.with_only_columns(Supplier.id, Supplier.listed_name).where(within)
    found = sorted(session.execute(ids).all(), key=lambda row: (-near[row.id], row.listed_name, row.id))
    number = max(1, min(page, -(-len(found) // PER_PAGE) or 1))
    chosen = [row.id for row in found[(number - 1) * PER_PAGE : number * PER_PAGE]]
    rows = session.scalars(sa.select(Supplier).where(Supplier.id.in_(chosen)).options(told)) if chosen else ()
    held = {each.id: each for each in rows}
    return Page([held[each] for each in chosen if each in held], number, len(found))


def _kept(
    query: sa.Select[Any], *, sme: bool, vcse: bool, region: str, capability: Capability | None
) -> sa.Select[Any]:
    if sme:
        query = query.where(Supplier.sme.is_(True))
    if vcse:
        query = query.where(Supplier.vcse.is_(True))
    if region:
        everywhere = sa.func.cardinality(Supplier.regions) == 0
        query = query.where(sa.or_(Supplier.regions.contains([region]), everywhere))
    if capability is not None:
        query = query.where(_claims(capability))
    return query


def _claims(capability: Capability) -> sa.ColumnElement[bool]:
    """Whether a supplier claims a capability, or one of an area, with a statement that counts today."""
    meant = sa.select(Capability.id).where(
        sa.or_(Capability.id == capability.id, Capability.parent_id == capability.id)
    )
    return Supplier.id.in_(
        sa.select(Statement.supplier_id)
        .join(StatementCapability, StatementCapability.statement_id == Statement.id)
        .where(Statement.counts_on(clock.uk_today()), StatementCapability.capability_id.in_(meant))
    )
