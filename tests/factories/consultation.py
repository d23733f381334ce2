"""Questions in any state."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from engage.challenges.models import Challenge
from engage.consultation.enums import QuestionState
from engage.consultation.models import Question
from engage.kernel import clock
from tests.factories.advisory import SupplierTeam


def question(
    session: Session,
    *,
    challenge: Challenge,
    team: SupplierTeam,
    text: str = "Is the present contract published?",
    state: QuestionState = QuestionState.ASKED,
    **values: Any,
) -> Question:
    now = clock.now()
    columns: dict[str, Any] = {"asked_at": now}
    if state is QuestionState.ANSWERED:
        columns |= {"published_text": text, "answer": "Yes, on Contracts Finder.", "answered_at": now}
    if state is QuestionState.REJECTED:
        columns |= {"rejection_reason": "It has been answered before."}
    made = Question(
        challenge=challenge,
        supplier=team.supplier,
        asked_by=team.person,
        text=text,
        state=state,
        **{**columns, **values},
    )
    session.add(made)
    session.flush()
    return made
