"""Conflicts: which suppliers are tied to the department's side of a challenge, as at one day.

The department's side is everybody who acts for the department now, and whoever wrote, submitted or approved a text of
the challenge or changed its route (whoever influences a decision counts as acting in it: s.81(3)). A tie is found by
person, by organisation or by mail domain; what was declared of one that turned out to be another counts for both. It
stands in the way until an approver has decided that steps against it are in place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, joinedload

from engage.accounts.models import Organisation, Person
from engage.challenges import queries as texts
from engage.challenges.models import Challenge
from engage.interests import queries
from engage.interests.enums import Basis, CheckPoint
from engage.interests.models import ConflictFinding, Declaration, Mitigation
from engage.kernel import clock
from engage.kernel.text import one_line

NO_CHALLENGE = 0

_ASKED = r"""
    WITH side AS (
        SELECT person_id FROM membership WHERE organisation_id = :department AND ended_at IS NULL
        UNION
        SELECT unnest(CAST(:named AS bigint[]))
    ), live AS MATERIALIZED (
        SELECT id, person_id, organisation_id, counterpart_id, counterpart_scheme, counterpart_number,
               counterpart_domain, lower(counterpart_name) AS name
        FROM declaration
        WHERE closed_at IS NULL AND starts_on <= :day AND (counts_until IS NULL OR counts_until >= :day)
          AND (challenge_id IS NULL OR challenge_id = :challenge)
    ), official AS MATERIALIZED (
        SELECT live.* FROM live JOIN side ON side.person_id = live.person_id WHERE organisation_id = :department
    ), ours AS (
        SELECT DISTINCT split_part(lower(person.email), '@', 2) AS domain
        FROM membership JOIN person ON person.id = membership.person_id
        WHERE membership.organisation_id = :department AND membership.ended_at IS NULL
          AND person.email_verified_at IS NOT NULL AND person.disabled_at IS NULL
    ), meant AS (
        SELECT official.id, official.person_id, organisation.id AS organisation_id
        FROM official JOIN organisation ON organisation.id = official.counterpart_id
        UNION
        SELECT official.id, official.person_id, organisation.id
        FROM official JOIN organisation ON lower(organisation.name) = official.name
        WHERE official.counterpart_id IS NULL
        UNION
        SELECT official.id, official.person_id, identifier.organisation_id
        FROM official JOIN organisation_identifier AS identifier
          ON identifier.scheme = official.counterpart_scheme AND identifier.value = official.counterpart_number
    ), named AS (
        SELECT id, person_id, organisation_id FROM meant
        UNION
        SELECT meant.id, meant.person_id, kept.organisation_id
        FROM meant JOIN supplier AS gone ON gone.organisation_id = meant.organisation_id
        JOIN supplier AS kept ON kept.id = gone.merged_into_id
    ), theirs AS (
        SELECT live.*, supplier.id AS supplier_id
        FROM live JOIN supplier ON supplier.organisation_id = live.organisation_id
        UNION ALL
        SELECT live.*, supplier.merged_into_id
        FROM live JOIN supplier ON supplier.organisation_id = live.organisation_id
        WHERE supplier.merged_into_id IS NOT NULL
    ), grouped AS (
        SELECT named.id, named.person_id, lower(btrim(supplier.corporate_group)) AS corporate_group
        FROM named JOIN supplier ON supplier.organisation_id = named.organisation_id
        WHERE btrim(supplier.corporate_group) <> ''
        UNION
        SELECT official.id, official.person_id, official.name FROM official WHERE official.counterpart_id IS NULL
    ), declared AS (
        SELECT supplier.id AS supplier_id, named.person_id, named.id AS declaration_id, 'organisation' AS basis
        FROM named JOIN supplier ON supplier.organisation_id = named.organisation_id
        UNION
        SELECT supplier.id, grouped.person_id, grouped.id, 'organisation'
        FROM grouped JOIN supplier ON lower(btrim(supplier.corporate_group)) = grouped.corporate_group
        UNION
        SELECT live.supplier_id, live.person_id, live.id, 'organisation'
        FROM theirs AS live
        WHERE live.counterpart_id = :department
           OR live.counterpart_id IS NULL AND live.name = :department_name
           OR (live.counterpart_scheme, live.counterpart_number) IN (
                SELECT scheme, value FROM organisation_identifier WHERE organisation_id = :department)
        UNION
        SELECT supplier.id, official.person_id, official.id, 'domain'
        FROM official
        JOIN person
          ON reverse(replace(lower(person.email), '@', '@.')) ~>=~ (reverse(counterpart_domain) || '.')
         AND reverse(replace(lower(person.email), '@', '@.')) ~<~ (reverse(counterpart_domain) || '/')
        JOIN membership ON membership.person_id = person.id AND membership.ended_at IS NULL
        JOIN supplier ON supplier.organisation_id = membership.organisation_id
        WHERE official.counterpart_domain <> ''
          AND person.email_verified_at IS NOT NULL AND person.disabled_at IS NULL
        UNION
        SELECT live.supplier_id, live.person_id, live.id, 'domain'
        FROM theirs AS live
        JOIN ours ON ours.domain = live.counterpart_domain OR ours.domain LIKE '%.' || live.counterpart_domain
        WHERE live.counterpart_domain <> ''
    ), acting AS (
        SELECT supplier.id AS supplier_id, side.person_id
        FROM side
        JOIN membership ON membership.person_id = side.person_id AND membership.ended_at IS NULL
        JOIN supplier ON supplier.organisation_id = membership.organisation_id
    ), settled AS (
        SELECT declaration_id FROM mitigation WHERE challenge_id = :challenge AND state = 'in_place'
    ), tied AS (
        SELECT DISTINCT ON (supplier_id, declaration_id)
               supplier_id, person_id, declaration_id, basis,
               declaration_id NOT IN (SELECT declaration_id FROM settled) AS blocks
        FROM declared
        ORDER BY supplier_id, declaration_id, basis DESC
    ), ties AS (
        SELECT supplier_id, person_id, declaration_id, basis, blocks FROM tied
        UNION ALL
        SELECT acting.supplier_id, acting.person_id, NULL, 'person', NOT EXISTS (
                   SELECT 1 FROM tied
                   WHERE tied.supplier_id = acting.supplier_id AND tied.person_id = acting.person_id
                     AND NOT tied.blocks)
        FROM acting
    )
    SELECT * FROM ties WHERE :everybody OR supplier_id = ANY (:ids)
    ORDER BY supplier_id, declaration_id NULLS FIRST, person_id
    """
_TIES = sa.text(_ASKED)

_OF_EACH = {
    "department": "asked.department",
    "department_name": "asked.department_name",
    "named": "string_to_array(asked.named, ',')",
    "challenge": "asked.challenge",
    "day": "asked.day",
    "everybody": "false",
    "ids": "CAST(string_to_array(asked.ids, ',') AS bigint[])",
}
_MANY_TIES = sa.text(
    """
    SELECT asked.number, ties.supplier_id
    FROM unnest(CAST(:departments AS bigint[]), CAST(:department_names AS text[]), CAST(:nameds AS text[]),
                CAST(:challenges AS bigint[]), CAST(:days AS date[]), CAST(:idss AS text[])) WITH ORDINALITY
         AS asked (department, department_name, named, challenge, day, ids, number)
    CROSS JOIN LATERAL (<ties>) AS ties
    WHERE ties.blocks
    """.replace("<ties>", re.sub(r":(\w+)", lambda found: _OF_EACH[found[1]], _ASKED))
)
"""The same, asked of many challenges and days at once; arrays do not nest, so lists of ids are joined by commas."""


@dataclass(frozen=True)
class Conflict:
    """One tie between a supplier and the department's side of a challenge."""

    supplier_id: int
    basis: Basis
    person: Person
    """Who declared it, or who acts for both."""
    declaration: Declaration | None
    """``None`` when engage found by itself that one person acts for both."""
    mitigation: Mitigation | None
    """The latest steps against it in this challenge."""
    blocks: bool
    """Whether it stands in the way of an invitation and a seat."""

    @property
    def since(self) -> datetime | None:
        """When it was declared."""
        return self.declaration.made_at if self.declaration else None


def conflicts(
    session: Session, *, challenge: Challenge, supplier_ids: Collection[int] | None = None, on: date
) -> Mapping[int, list[Conflict]]:
    """Return the conflicts that count on the day ``on``, by supplier; of all suppliers, or of those with the ids.

    Those with steps in place are among them, with ``blocks`` false. Five statements, however many suppliers.
    Writes nothing.
    """
    rows = session.execute(_TIES, _asked(session, challenge.organisation, challenge, supplier_ids, on)).all()
    declarations = _declarations(session, {row.declaration_id for row in rows if row.declaration_id})
    steps = _latest_steps(session, challenge.id, declarations)
    people = session.scalars(sa.select(Person).where(Person.id.in_({row.person_id for row in rows})))
    by_id = {person.id: person for person in people}
    found: dict[int, list[Conflict]] = {}
    for row in rows:
        found.setdefault(row.supplier_id, []).append(
            Conflict(
                supplier_id=row.supplier_id,
                basis=Basis(row.basis),
                person=by_id[row.person_id],
                declaration=declarations.get(row.declaration_id),
                mitigation=steps.get(row.declaration_id),
                blocks=row.blocks,
            )
        )
    return found


def blocked(
    session: Session,
    *,
    department: Organisation,
    challenge: Challenge | None,
    supplier_ids: Collection[int] | None = None,
    on: date,
) -> set[int]:
    """Return the ids of the suppliers that a conflict keeps away on the day ``on``. Two statements.

    Without ``challenge`` what was declared about single challenges does not count, nor do steps taken in them.
    """
    asked = _asked(session, department, challenge, supplier_ids, on)
    return {row.supplier_id for row in session.execute(_TIES, asked) if row.blocks}


def blocked_in(
    session: Session, *, asked: Sequence[tuple[Challenge, date, Collection[int]]]
) -> list[set[int]]:
    """Return for each challenge, day and suppliers' ids what ``blocked`` returns. Two statements, however many."""
    if not asked:
        return []
    session.flush()
    hands = texts.influential(session, challenge_ids=sorted({challenge.id for challenge, _, _ in asked}))
    departments = [challenge.organisation for challenge, _, _ in asked]
    values = {
        "departments": [each.id for each in departments],
        "department_names": [one_line(each.name).lower() for each in departments],
        "nameds": [_joined(hands[challenge.id]) for challenge, _, _ in asked],
        "challenges": [challenge.id for challenge, _, _ in asked],
        "days": [day for _, day, _ in asked],
        "idss": [_joined(ids) for _, _, ids in asked],
    }
    found: list[set[int]] = [set() for _ in asked]
    for row in session.execute(_MANY_TIES, values):
        found[row.number - 1].add(row.supplier_id)
    return found


def _joined(ids: Collection[int]) -> str:
    return ",".join(str(each) for each in sorted(ids))


def is_blocked(session: Session, *, challenge: Challenge, supplier_id: int, on: date) -> bool:
    """Tell whether a conflict keeps this supplier away from ``challenge`` on the day ``on``."""
    department = challenge.organisation
    return bool(
        blocked(session, department=department, challenge=challenge, supplier_ids=[supplier_id], on=on)
    )


def note_findings(
    session: Session,
    *,
    challenge: Challenge,
    supplier_ids: Collection[int] | None = None,
    on: date,
    point: CheckPoint,
    subject: str = "",
    words: str = "",
) -> Sequence[Conflict]:
    """Keep with its time what stands in the way of something now, for the assessment, and return it.

    ``subject`` (``kind:reference``) and ``words`` say of what. The same conflict is kept once for each subject. Side
    effects: rows of ``conflict_finding`` only.
    """
    found = conflicts(session, challenge=challenge, supplier_ids=supplier_ids, on=on)
    blocking = [each for several in found.values() for each in several if each.blocks]
    rows = [
        {
            "challenge_id": challenge.id,
            "supplier_id": each.supplier_id,
            "person_id": each.person.id,
            "declaration_id": each.declaration.id if each.declaration else None,
            "basis": each.basis,
            "point": point,
            "subject": subject,
            "words": words,
            "found_at": clock.now(),
        }
        for each in blocking
    ]
    if rows:
        session.execute(postgresql.insert(ConflictFinding).values(rows).on_conflict_do_nothing())
    return blocking


def _asked(
    session: Session,
    department: Organisation,
    challenge: Challenge | None,
    supplier_ids: Collection[int] | None,
    on: date,
) -> dict[str, object]:
    session.flush()
    return {
        "department": department.id,
        "department_name": one_line(department.name).lower(),
        "named": sorted(queries.hands_in(session, challenge)) if challenge else [],
        "challenge": challenge.id if challenge else NO_CHALLENGE,
        "day": on,
        "everybody": supplier_ids is None,
        "ids": list(supplier_ids or ()),
    }


def _declarations(session: Session, ids: Collection[int]) -> dict[int, Declaration]:
    query = (
        sa.select(Declaration)
        .where(Declaration.id.in_(ids))
        .options(joinedload(Declaration.person), joinedload(Declaration.organisation))
    )
    return {each.id: each for each in session.scalars(query)}


def _latest_steps(session: Session, challenge_id: int, ids: Collection[int]) -> dict[int, Mitigation]:
    query = (
        sa.select(Mitigation)
        .where(Mitigation.challenge_id == challenge_id, Mitigation.declaration_id.in_(ids))
        .options(joinedload(Mitigation.owner), joinedload(Mitigation.decided_by))
        .order_by(Mitigation.id)
    )
    return {each.declaration_id: each for each in session.scalars(query)}
