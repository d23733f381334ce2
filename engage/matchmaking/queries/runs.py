"""Match runs, their candidates, and what people decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, undefer

from engage.accounts.models import Person
from engage.challenges.models import Challenge
from engage.kernel.errors import NotFound
from engage.matchmaking.enums import RunState
from engage.matchmaking.models import MatchCandidate, MatchRun, SelectionOverride, SelectionRules
from engage.suppliers.models import Supplier


def current_run(session: Session, *, challenge_id: int) -> MatchRun | None:
    """Return the run of a challenge that stands, or ``None`` before the first match."""
    query = sa.select(MatchRun).where(
        MatchRun.challenge_id == challenge_id, MatchRun.state != RunState.SUPERSEDED
    )
    return session.scalar(query)


def run_of(session: Session, *, challenge_id: int) -> MatchRun:
    """Return the run of a challenge that stands. Raises ``NotFound`` before the first match."""
    found = current_run(session, challenge_id=challenge_id)
    if found is None:
        raise NotFound("Suppliers have not been matched to this challenge yet.")
    return found


def run_by_ref(session: Session, *, ref: str) -> MatchRun:
    """Return the run with ``ref``, whether it stands or not. Raises ``NotFound``."""
    found = session.scalar(sa.select(MatchRun).where(MatchRun.ref == ref))
    if found is None:
        raise NotFound(f"There is no match {ref}.")
    return found


def matched_text(run: MatchRun) -> str:
    """Return the hash of the approved text that a run was made of."""
    return str(run.snapshot["challenge"]["approved_hash"])


def candidates(session: Session, *, run_id: int) -> Sequence[MatchCandidate]:
    """Return the candidates of a run by rank, suppliers loaded, explanations not; one statement."""
    query = (
        sa.select(MatchCandidate)
        .where(MatchCandidate.run_id == run_id)
        .options(joinedload(MatchCandidate.supplier).joinedload(Supplier.organisation))
        .order_by(MatchCandidate.rank)
    )
    return session.scalars(query).all()


def candidate(session: Session, *, run_id: int, supplier_ref: str) -> MatchCandidate:
    """Return one candidate with its explanation. Raises ``NotFound``."""
    query = (
        sa.select(MatchCandidate)
        .join(MatchCandidate.supplier)
        .where(MatchCandidate.run_id == run_id, Supplier.ref == supplier_ref)
        .options(undefer(MatchCandidate.explanation), joinedload(MatchCandidate.supplier))
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("This supplier is not in the match.")
    return found


def rules_versions(session: Session, *, challenge_id: int) -> Sequence[SelectionRules]:
    """Return every version of a challenge's rules, newest first; none when nobody set any and nobody matched."""
    query = sa.select(SelectionRules).where(SelectionRules.challenge_id == challenge_id)
    return session.scalars(query.order_by(SelectionRules.number.desc())).all()


def overrides(session: Session, *, challenge_id: int) -> Sequence[SelectionOverride]:
    """Return what people decided about single suppliers, those in force first, then newest first; names loaded."""
    query = (
        sa.select(SelectionOverride)
        .where(SelectionOverride.challenge_id == challenge_id)
        .options(
            joinedload(SelectionOverride.supplier).joinedload(Supplier.organisation),
            joinedload(SelectionOverride.made_by),
        )
        .order_by(SelectionOverride.ended_at.is_not(None), SelectionOverride.id.desc())
    )
    return session.scalars(query).all()


def released_run(session: Session, *, ref: str) -> MatchRun:
    """Return a released run of a public challenge, with challenge, rules and round. Raises ``NotFound``."""
    found = session.scalar(_released().where(MatchRun.ref == ref))
    if found is None or not found.challenge.is_public:
        raise NotFound
    return found


def released_runs(session: Session, *, since: datetime) -> Sequence[MatchRun]:
    """Return the released runs of public challenges that were frozen after ``since``, newest first."""
    query = _released().where(MatchRun.frozen_at >= since).order_by(MatchRun.released_at.desc(), MatchRun.id)
    return [run for run in session.scalars(query) if run.challenge.is_public]


def _released() -> sa.Select[MatchRun]:
    return (
        sa.select(MatchRun)
        .where(MatchRun.released_at.is_not(None))
        .options(
            joinedload(MatchRun.challenge).joinedload(Challenge.organisation),
            joinedload(MatchRun.rules),
            joinedload(MatchRun.round),
        )
    )


def releaser(session: Session, *, run: MatchRun) -> str:
    """Return the name of the person who released a run; empty when it was not released."""
    person = session.get(Person, run.released_by_id) if run.released_by_id else None
    return person.name if person else ""
