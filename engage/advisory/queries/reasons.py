"""Why a supplier was invited, in the words of the match run that chose it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from engage.kernel.errors import NotFound
from engage.matching import Band
from engage.matchmaking import queries as matchmaking
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import Piece, Reason, own_reasons, pieces

__all__ = ["Piece", "Reason", "Why", "pieces", "why"]


@dataclass(frozen=True)
class Why:
    """How well a supplier fits and why; nothing about anyone else."""

    band: Band
    summary: str
    reasons: Sequence[Reason]


def why(session: Session, *, invitation: Invitation) -> Why | None:
    """Return why the supplier was invited, or ``None`` when it volunteered and no run chose it."""
    if invitation.run_id is None:
        return None
    try:
        found = matchmaking.candidate(session, run_id=invitation.run_id, supplier_ref=invitation.supplier.ref)
    except NotFound:
        return None
    return Why(band=found.band, summary=found.why, reasons=own_reasons(found.explanation))
