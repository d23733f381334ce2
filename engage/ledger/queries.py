"""Reading the ledger: its lines, and what somebody knew before everyone could."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.ledger.enums import EVERYONE, counts
from engage.ledger.models import Disclosure


@dataclass(frozen=True)
class Asymmetry:
    """One fact that somebody had before all could have it; ``released_at`` is ``None`` while that is so."""

    fact: str
    summary: str
    """The first line about it in words, without personal data."""
    first_told_at: datetime
    told_to: Sequence[str]
    """The audiences that had it early, each once, in the order in which they had it."""
    released_at: datetime | None
    lasted: timedelta
    """From the first who had it to everyone; to now while it is not released."""
    last_told_at: datetime = field(compare=False)
    """When the last line about somebody who had it early was written."""

    @property
    def is_open(self) -> bool:
        """Whether everybody is still to have it."""
        return self.released_at is None


@dataclass(frozen=True)
class OpenFact:
    """One fact that somebody has and not everyone could have yet: when the first had it, and the last was told."""

    fact: str
    first_told_at: datetime
    last_told_at: datetime


def disclosures(session: Session, *, challenge_ref: str) -> Sequence[Disclosure]:
    """Return every ledger line of a challenge, oldest first."""
    query = sa.select(Disclosure).where(Disclosure.challenge_ref == challenge_ref).order_by(Disclosure.id)
    return session.scalars(query).all()


def public_disclosures(session: Session, *, challenge_ref: str) -> Sequence[Disclosure]:
    """Return what was told to everyone about a challenge, oldest first."""
    query = (
        sa.select(Disclosure)
        .where(Disclosure.challenge_ref == challenge_ref, Disclosure.audience == EVERYONE)
        .order_by(Disclosure.id)
    )
    return session.scalars(query).all()


def asymmetries(session: Session, *, challenge_ref: str, now: datetime) -> Sequence[Asymmetry]:
    """Return every fact of a challenge that some had before all could: open ones first, then the oldest first.

    Left out are facts that concern their reader alone (``enums.OWN_AFFAIRS``), and facts that reached somebody
    by mail after, or at the moment when, they were on the page. One statement, however many lines.
    """
    lines = disclosures(session, challenge_ref=challenge_ref)
    facts = groupby(sorted(lines, key=_fact), key=_fact)
    found = [each for fact, told in facts if counts(fact) and (each := _asymmetry(fact, told, now))]
    return sorted(found, key=lambda each: (not each.is_open, each.first_told_at, each.fact))


def open_facts(session: Session, *, challenge_refs: Collection[str]) -> Mapping[str, list[OpenFact]]:
    """Return the facts of several challenges that some had and not everyone can have, the oldest first.

    By challenge; those without are left out. The same as the open ones of ``asymmetries``, in one statement.
    """
    delivered = sa.func.coalesce(Disclosure.delivered_at, Disclosure.at)
    query = (
        sa.select(
            Disclosure.challenge_ref, Disclosure.fact, sa.func.min(delivered), sa.func.max(Disclosure.at)
        )
        .where(Disclosure.challenge_ref.in_(challenge_refs))
        .group_by(Disclosure.challenge_ref, Disclosure.fact)
        .having(sa.func.bool_and(Disclosure.audience != EVERYONE))
        .order_by(Disclosure.challenge_ref, sa.func.min(delivered))
    )
    found: dict[str, list[OpenFact]] = {ref: [] for ref in challenge_refs}
    for ref, fact, first, last in session.execute(query):
        if ref is not None and counts(fact):
            found[ref].append(OpenFact(fact, first, last))
    return {ref: facts for ref, facts in found.items() if facts}


def _fact(line: Disclosure) -> str:
    return line.fact


def _asymmetry(fact: str, lines: Iterable[Disclosure], now: datetime) -> Asymmetry | None:
    told = sorted(lines, key=lambda line: (line.delivered, line.id))
    released_at = next((line.delivered for line in told if line.to_everyone), None)
    early = [
        line
        for line in told
        if not line.to_everyone and (released_at is None or line.delivered < released_at)
    ]
    if not early:
        return None
    first = early[0]
    return Asymmetry(
        fact=fact,
        summary=first.summary,
        first_told_at=first.delivered,
        last_told_at=max(line.at for line in early),
        told_to=list(dict.fromkeys(line.audience for line in early)),
        released_at=released_at,
        lasted=(released_at or now) - first.delivered,
    )
