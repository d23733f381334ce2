"""The hard rules: who takes part in a match at all. Applied before anything is scored, by two statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.challenges.models import Challenge
from engage.interests import service as interests
from engage.kernel import clock, uktime
from engage.kernel.text import one_line
from engage.matchmaking.enums import HardRule, InvitationState
from engage.suppliers.models import Statement

MONTHS_IN_QUARTER = 3
YEAR = timedelta(days=365)

# The revisions of a supplier and of its statements, taken together, change with everything that is compared.
_SIFT = sa.text(
    r"""
    WITH told AS (
        SELECT supplier_id,
               bit_xor(revision) AS revision,
               bool_or(<counts>) AS fresh,
               jsonb_agg(jsonb_build_array(client, dated) ORDER BY id) FILTER (
                   WHERE <counts> AND lower(regexp_replace(btrim(client), '\s+', ' ', 'g')) = :client
               ) AS work
        FROM statement
        WHERE :everybody OR supplier_id = ANY (:ids)
        GROUP BY supplier_id
    ), invited AS (
        SELECT supplier_id,
               count(*) FILTER (WHERE state IN (:waiting, :accepted) AND sent_at >= :quarter) AS used,
               count(*) FILTER (WHERE sent_at > :year AND sent_at <= :now) AS recent
        FROM invitation
        WHERE sent_at >= least(:quarter, :year) AND (:everybody OR supplier_id = ANY (:ids))
        GROUP BY supplier_id
    )
    SELECT supplier.id,
           supplier.ref,
           CASE
               WHEN organisation.state <> :verified THEN 'not_verified'
               WHEN supplier.paused THEN 'paused'
               WHEN told.fresh IS NOT TRUE THEN 'no_statement'
               WHEN coalesce(invited.used, 0) >= supplier.capacity_per_quarter THEN 'no_capacity'
               WHEN supplier.id = ANY (:torn) THEN 'conflict'
           END AS rule,
           supplier.revision # coalesce(told.revision, 0) AS revision,
           supplier.sme,
           supplier.vcse,
           supplier.regions,
           supplier.corporate_group AS corporate_group,
           supplier.capacity_per_quarter - coalesce(invited.used, 0) AS capacity_left,
           coalesce(invited.recent, 0) AS recent,
           told.work
    FROM supplier
    JOIN organisation ON organisation.id = supplier.organisation_id
    LEFT JOIN told ON told.supplier_id = supplier.id
    LEFT JOIN invited ON invited.supplier_id = supplier.id
    WHERE :everybody OR supplier.id = ANY (:ids)
    """.replace("<counts>", str(Statement.counts_on(sa.bindparam("today", type_=sa.Date))))
)


@dataclass(frozen=True, slots=True)
class Entrant:
    """A supplier that takes part in a match, and the facts about it that the rules of selection can ask for."""

    id: int
    ref: str
    revision: int
    """Another number after every change of what is compared."""
    sme: bool | None
    vcse: bool | None
    regions: tuple[str, ...]
    group: str
    """The corporate group as the supplier writes it."""
    capacity_left: int
    """How many more invitations it takes this quarter."""
    recent: int
    """How many invitations were sent to it in the last 365 days, by anybody."""
    work: tuple[tuple[str, date | None], ...]
    """Client and date of each statement that counts and tells of work for the department that asks."""


@dataclass(frozen=True)
class Sifted:
    """Who takes part on ``today``, and which rule leaves each of the others out; both by reference."""

    today: date
    entrants: dict[str, Entrant] = field(default_factory=dict)
    left_out: dict[str, HardRule] = field(default_factory=dict)

    @property
    def excluded(self) -> Counter[HardRule]:
        """How many suppliers each rule left out; rules that left nobody out are not in it."""
        return Counter(self.left_out.values())


def sift(
    session: Session,
    *,
    department: Organisation | None,
    challenge: Challenge | None = None,
    ids: Collection[int] | None = None,
) -> Sifted:
    """Apply the hard rules to every supplier, or to those with ``ids``, in two statements.

    The first rule that is broken counts, in the order of ``HardRule``. ``department`` is who asks: suppliers with a
    conflict that counts today are left out, and what they did for it is told. With its ``challenge`` what was
    declared about that one counts too, and so do steps that were taken in it (``interests.service.conflicts``).
    """
    today = clock.uk_today()
    sifted = Sifted(today=today)
    torn: set[int] = set()
    if department is not None:
        torn = interests.blocked(
            session, department=department, challenge=challenge, supplier_ids=ids, on=today
        )
    for row in session.execute(_SIFT, _bound(department, ids, today) | {"torn": sorted(torn)}):
        if row.rule is not None:
            sifted.left_out[row.ref] = HardRule(row.rule)
            continue
        sifted.entrants[row.ref] = Entrant(
            id=row.id,
            ref=row.ref,
            revision=row.revision,
            sme=row.sme,
            vcse=row.vcse,
            regions=tuple(row.regions),
            group=row.corporate_group,
            capacity_left=row.capacity_left,
            recent=row.recent,
            work=tuple((client, day and date.fromisoformat(day)) for client, day in row.work or ()),
        )
    return sifted


def _bound(department: Organisation | None, ids: Collection[int] | None, today: date) -> dict[str, object]:
    return {
        "today": today,
        "quarter": quarter_start(today),
        "year": clock.now() - YEAR,
        "now": clock.now(),
        "client": one_line(department.name).lower() if department else None,
        "verified": OrganisationState.VERIFIED.value,
        "waiting": InvitationState.SENT.value,
        "accepted": InvitationState.ACCEPTED.value,
        "everybody": ids is None,
        "ids": list(ids or ()),
    }


def quarter_start(day: date) -> datetime:
    """Return when the calendar quarter of ``day`` began, UK time."""
    month = day.month - (day.month - 1) % MONTHS_IN_QUARTER
    return uktime.from_uk(day.replace(month=month, day=1), time(0))
