"""Keeping releases that were published elsewhere, and proposing which of them followed from which challenge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.transparency.models import Notice
from engage.transparency.service.facts import Facts
from engage.transparency.service.linking import propose

LOCK = "engage import notices"


def import_notices(
    session: Session, *, actor: Anyone, releases: Sequence[Facts], source: str
) -> Counter[str]:
    """Keep ``releases`` and return how many were ``created``, ``updated`` and ``unchanged``, and links ``proposed``.

    A release is known by ocid and id: one that is there with the same content is left alone, one whose content
    differs is brought up to date. Side effects, in order: a lock that lets one import write at a time until the
    transaction ends; the rows; proposals of links for what is new; an audit line, unless nothing changed.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(LOCK))))
    done: Counter[str] = Counter()
    known = _known(session, releases)
    touched: dict[str, None] = {}
    for facts in releases:
        key = (facts.ocid, facts.release_id)
        row, outcome = _keep(known.get(key), facts, source)
        done[outcome] += 1
        if outcome != "unchanged":
            session.add(row)
            known[key] = row
            touched[facts.ocid] = None
    session.flush()
    if touched:
        done["proposed"] += propose(session, ocids=list(touched))
        audit.record(
            session,
            actor=actor,
            tag="transparency:notices:imported",
            subject="notices:import",
            source=source,
            **done,
        )
    return done


def _known(session: Session, releases: Iterable[Facts]) -> dict[tuple[str, str], Notice]:
    keys = {(each.ocid, each.release_id) for each in releases}
    query = sa.select(Notice).where(sa.tuple_(Notice.ocid, Notice.release_id).in_(keys))
    return {(row.ocid, row.release_id): row for row in session.scalars(query)}


def _keep(row: Notice | None, facts: Facts, source: str) -> tuple[Notice, str]:
    hashed = facts.content_hash
    if row is not None and row.content_hash == hashed:
        return row, "unchanged"
    now = clock.now()
    outcome = "created" if row is None else "updated"
    row = row or Notice(imported_at=now)
    for field, value in asdict(facts).items():
        setattr(row, field, value)
    row.content_hash, row.source, row.changed_at = hashed, source, now
    return row, outcome
