"""The ledger of a challenge in words: who was told, by name for the department, in numbers for everyone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.challenges import queries as challenges
from engage.challenges.models import Challenge
from engage.consultation.models import Telling, ToldFact
from engage.kernel import clock
from engage.kernel.text import one_line
from engage.kernel.uktime import duration_words, to_uk
from engage.kernel.workdays import workdays_between
from engage.ledger import queries as ledger
from engage.ledger.enums import EVERYONE, OWN_AFFAIRS, Channel
from engage.ledger.queries import Asymmetry
from engage.suppliers.models import Supplier


@dataclass(frozen=True)
class LedgerLine:
    """One line of the ledger with the names that the department may see."""

    number: int | None
    summary: str
    fact: str
    audience: str
    """In words: "Everyone", or a name."""
    channel: Channel
    released_at: datetime
    delivered_at: datetime
    recorded_at: datetime
    body_hash: str
    own_affair: str
    """Why it concerns its reader alone; empty when it has to reach everyone."""


@dataclass(frozen=True)
class Difference:
    """One thing that some had before all could have it, in words."""

    fact: str
    summary: str
    first_told_at: datetime
    released_at: datetime | None
    lasted: str
    workdays: int
    number: int
    """How many suppliers and organisations had it early."""
    names: Sequence[str]
    """Who they are; empty where everyone reads."""
    justified: bool
    told_fact_id: int | None
    """The record of what was told elsewhere, when it is one."""

    @property
    def is_open(self) -> bool:
        """Whether everybody is still to have it."""
        return self.released_at is None

    @property
    def settled(self) -> bool:
        """Whether it does not keep the challenge from being closed."""
        return self.justified or not self.is_open


def ledger_lines(session: Session, *, challenge: Challenge) -> list[LedgerLine]:
    """Return every line of a challenge, oldest first, for the department and auditors."""
    lines = ledger.disclosures(session, challenge_ref=challenge.ref)
    names = _names(session, (line.audience for line in lines))
    return [
        LedgerLine(
            number=line.seq,
            summary=line.summary,
            fact=line.fact,
            audience=names.get(line.audience) or _unnamed(line.audience),
            channel=line.channel,
            released_at=line.released,
            delivered_at=line.delivered,
            recorded_at=line.at,
            body_hash=line.body_hash or "",
            own_affair=OWN_AFFAIRS.get(line.fact.partition(":")[0], ""),
        )
        for line in lines
    ]


def _unnamed(audience: str) -> str:
    """Return what an audience without a name is called; who asked for alerts is nobody's business."""
    return "A subscriber to alerts" if audience.startswith("subscriber:") else audience


def differences(session: Session, *, challenge: Challenge) -> Sequence[Difference]:
    """Return the asymmetry report of a challenge with names, for the department and auditors: open ones first."""
    found = ledger.asymmetries(session, challenge_ref=challenge.ref, now=clock.now())
    names = _names(session, (audience for each in found for audience in each.told_to))
    justified = challenges.justified_facts(session, challenge_id=challenge.id)
    return [_in_words(each, names, justified) for each in found]


def public_differences(session: Session, *, challenge: Challenge) -> Sequence[Difference]:
    """Return what everyone may read of the asymmetry report: what was evened out, in numbers, without names.

    What is still open is left out: its summary would tell the one half, and not the other. ``public_challenge`` is
    for the caller to ask.
    """
    found = ledger.asymmetries(session, challenge_ref=challenge.ref, now=clock.now())
    justified = challenges.justified_facts(session, challenge_id=challenge.id)
    return [_in_words(each, {}, justified) for each in found if not each.is_open]


def _in_words(found: Asymmetry, names: Mapping[str, str], justified: Mapping[str, datetime]) -> Difference:
    end = found.released_at or clock.now()
    kind, _, reference = found.fact.partition(":")
    return Difference(
        fact=found.fact,
        summary=found.summary,
        first_told_at=found.first_told_at,
        released_at=found.released_at,
        lasted=duration_words(found.lasted),
        workdays=workdays_between(to_uk(found.first_told_at).date(), to_uk(end).date()),
        number=len(found.told_to),
        names=[names[audience] for audience in found.told_to if audience in names],
        justified=challenges.is_justified(found, justified),
        told_fact_id=int(reference) if kind == "told" else None,
    )


def _names(session: Session, audiences: Iterable[str]) -> Mapping[str, str]:
    """Return what audiences are called, in three statements at most."""
    wanted = set(audiences)
    parts: dict[str, list[str]] = {}
    for audience in wanted:
        kind, _, reference = audience.partition(":")
        parts.setdefault(kind, []).append(reference)
    names = {EVERYONE: "Everyone"}
    if parts.get("supplier"):
        query = sa.select(Supplier.ref, Organisation.name).join(Supplier.organisation)
        rows = session.execute(query.where(Supplier.ref.in_(parts["supplier"])))
        names |= {f"supplier:{ref}": one_line(name) for ref, name in rows}
    if parts.get("organisation"):
        ids = [int(each) for each in parts["organisation"] if each.isdecimal()]
        found = session.execute(sa.select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids)))
        names |= {f"organisation:{key}": one_line(name) for key, name in found}
    if parts.get("telling"):
        ids = [int(each) for each in parts["telling"] if each.isdecimal()]
        told = sa.select(Telling.id, Telling.organisation_name).join(ToldFact).where(Telling.id.in_(ids))
        names |= {f"telling:{key}": one_line(name) for key, name in session.execute(told)}
    return names
