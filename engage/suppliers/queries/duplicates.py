"""Suppliers that look like one another: near-equal names, or the same website. An identifier cannot be held twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from engage.accounts.models import Organisation
from engage.suppliers.models import Supplier

ALIKE = 0.7
"""How much of their trigrams two names share, without what kind of company they are, to be called alike."""
NEAR = 0.4
"""How much the whole names share to be looked at."""
MOST = 50
YOUNGEST = 500
"""So many suppliers that registered last are compared with all others."""

KINDS = r"\m(the|ltd|limited|plc|llp|lp|cic|cio|inc|company|co|group|holdings|uk)\M|[^a-z0-9 ]"
"""What names have in common without being alike."""

_PAIRS = sa.text(
    r"""
    WITH standing AS (
        SELECT supplier.id, organisation.id AS organisation_id, lower(organisation.name) AS name,
               btrim(regexp_replace(lower(organisation.name), :kinds, '', 'g')) AS core,
               nullif(regexp_replace(lower(supplier.website), '^https?://(www\.)?|/.*$', '', 'g'), '') AS site
        FROM supplier JOIN organisation ON organisation.id = supplier.organisation_id
        WHERE organisation.state IN ('pending', 'verified') AND supplier.merged_into_id IS NULL
    ), young AS MATERIALIZED (
        SELECT * FROM standing ORDER BY organisation_id DESC LIMIT :youngest
    ), alike AS (
        SELECT young.id AS one, supplier.id AS other,
               similarity(young.core, btrim(regexp_replace(lower(organisation.name), :kinds, '', 'g'))) AS nearness
        FROM young
        JOIN organisation ON lower(organisation.name) % young.name AND organisation.id <> young.organisation_id
        JOIN supplier ON supplier.organisation_id = organisation.id
        WHERE organisation.state IN ('pending', 'verified') AND supplier.merged_into_id IS NULL
        UNION
        SELECT young.id, standing.id, 1
        FROM young JOIN standing ON standing.site = young.site AND standing.id <> young.id
    )
    SELECT least(one, other) AS one, greatest(one, other) AS other, max(nearness) AS nearness
    FROM alike
    WHERE nearness >= :alike AND NOT EXISTS (
        SELECT FROM kept_apart
        WHERE kept_apart.one_id = least(one, other) AND kept_apart.other_id = greatest(one, other)
    )
    GROUP BY 1, 2
    ORDER BY nearness DESC, 1, 2
    LIMIT :most
    """
)
_ALIKE = sa.text("SELECT set_config('pg_trgm.similarity_threshold', :least, true)")


@dataclass(frozen=True)
class Pair:
    """Two suppliers that may be the same; ``one`` registered first."""

    one: Supplier
    other: Supplier
    nearness: float


def lookalikes(session: Session) -> Sequence[Pair]:
    """Return pairs of suppliers that look like one another and that nobody has decided about, the most alike first.

    Those that registered last are compared with all; three statements of SQL and one setting.
    """
    session.execute(_ALIKE, {"least": str(NEAR)})
    rows = session.execute(_PAIRS, {"youngest": YOUNGEST, "most": MOST, "alike": ALIKE, "kinds": KINDS}).all()
    wanted = {each for row in rows for each in (row.one, row.other)}
    query = (
        sa.select(Supplier)
        .where(Supplier.id.in_(wanted))
        .options(
            selectinload(Supplier.statements),
            sa.orm.joinedload(Supplier.organisation).selectinload(Organisation.identifiers),
        )
    )
    held = {each.id: each for each in session.scalars(query)} if wanted else {}
    return [Pair(held[row.one], held[row.other], row.nearness) for row in rows]


def moved_to(session: Session, *, ref: str) -> Supplier | None:
    """Return the supplier that the one with ``ref`` turned out to be, if everyone may see it."""
    other = sa.orm.aliased(Supplier)
    query = (
        sa.select(other)
        .join(Supplier, Supplier.merged_into_id == other.id)
        .where(Supplier.ref == ref, other.listed_name.is_not(None))
    )
    return session.scalar(query)
