"""The few numbers shown large on the home page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from engage.advisory import queries as advisory
from engage.challenges import queries as challenges
from engage.consultation import queries as consultation
from engage.suppliers import queries as suppliers


@dataclass(frozen=True)
class Figures:
    """What is public, counted."""

    open_challenges: int
    suppliers: int
    sessions_held: int
    answers: int


def headline_figures(session: Session) -> Figures:
    """Count what everyone may see; nothing that is not public is in any number."""
    return Figures(
        open_challenges=len(challenges.open_challenges(session)),
        suppliers=suppliers.count_public(session),
        sessions_held=advisory.count_held(session),
        answers=consultation.count_answered(session),
    )
