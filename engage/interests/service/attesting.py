"""Confirming on entry: what people say of themselves before they are let into a session, and when they say it again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges.models import Challenge
from engage.interests.models import Attestation, ConflictFinding, Mitigation
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.suppliers.models import Supplier

ATTESTED_VERSION = "2026-11"
ATTESTED = (
    "I bring no confidential information into this session: everything said in it may be published. I know of no "
    "interest, of mine or of my organisation, that ties us to the people who work on this challenge and that has not "
    "been declared on engage."
)
"""What is confirmed on accepting a place. Another text needs another version, and is asked of everybody anew."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Entry(NamedTuple):
    """One person who is to be let into one thing (``session:…``), acting for one supplier."""

    subject: str
    person_id: int
    supplier_id: int


def attest(session: Session, *, actor: Actor, challenge: Challenge, entry: Entry) -> bool:
    """Keep that ``actor`` confirmed ``ATTESTED`` for ``entry``, and return whether there was anything to keep.

    A confirmation that still holds is not kept twice. Side effects: the words with their version, person and time,
    and an audit line.
    """
    assert entry.person_id == actor.person_id, "people confirm for themselves only"
    if entry in confirmed(session, entries=[entry]):
        return False
    session.add(
        Attestation(
            person_id=actor.person_id,
            organisation_id=actor.organisation_id,
            challenge_id=challenge.id,
            subject=entry.subject,
            version=ATTESTED_VERSION,
            text=ATTESTED,
            made_at=clock.now(),
        )
    )
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="interests:attestation:made",
        subject=entry.subject,
        challenge=challenge.ref,
        version=ATTESTED_VERSION,
    )
    return True


def confirmed(session: Session, *, entries: Collection[Entry]) -> set[Entry]:
    """Return those of ``entries`` whose person has confirmed the words of today and need not do so again.

    What was confirmed holds until a check of conflicts finds one in the way of that supplier there, and, when it
    was settled, until the decision: it spoke of interests as they were before. At most two statements, however many
    entries.
    """
    return {each for each, said, changed in _times(session, entries) if said > changed}


def lapsed(session: Session, *, entries: Collection[Entry]) -> set[Entry]:
    """Return those of ``entries`` whose person confirmed the words of today and has to do so again."""
    return {each for each, said, changed in _times(session, entries) if said <= changed}


def _times(session: Session, entries: Collection[Entry]) -> Iterator[tuple[Entry, datetime, datetime]]:
    """Give who has confirmed, when last, and when the last change was."""
    said = _said(session, entries)
    changed = _changed(session, said) if said else {}
    for each in entries:
        moment = said.get(each)
        if moment is not None:
            yield each, moment, changed.get((each.subject, each.supplier_id), LONG_AGO)


def _said(session: Session, entries: Collection[Entry]) -> dict[Entry, datetime]:
    """Return when each person last confirmed: acting for that supplier, for they speak of its interests too.

    What was said for one that turned out to be another was said for the other: it is the same organisation.
    """
    stands_for = sa.func.coalesce(Supplier.merged_into_id, Supplier.id)
    query = (
        sa.select(Attestation.subject, Attestation.person_id, stands_for, sa.func.max(Attestation.made_at))
        .join(Supplier, Supplier.organisation_id == Attestation.organisation_id)
        .where(
            Attestation.subject.in_({each.subject for each in entries}),
            Attestation.person_id.in_({each.person_id for each in entries}),
            Attestation.version == ATTESTED_VERSION,
        )
        .group_by(Attestation.subject, Attestation.person_id, stands_for)
    )
    return {Entry(*row[:3]): row[3] for row in session.execute(query)}


def _changed(session: Session, entries: Collection[Entry]) -> dict[tuple[str, int], datetime]:
    settled = sa.and_(
        Mitigation.declaration_id == ConflictFinding.declaration_id,
        Mitigation.challenge_id == ConflictFinding.challenge_id,
    )
    latest = sa.func.max(sa.func.greatest(ConflictFinding.found_at, Mitigation.decided_at))
    query = (
        sa.select(ConflictFinding.subject, ConflictFinding.supplier_id, latest)
        .outerjoin(Mitigation, settled)
        .where(
            ConflictFinding.subject.in_({each.subject for each in entries}),
            ConflictFinding.supplier_id.in_({each.supplier_id for each in entries}),
        )
        .group_by(ConflictFinding.subject, ConflictFinding.supplier_id)
    )
    return {(row[0], row[1]): row[2] for row in session.execute(query)}
