"""What people of a department have to do with questions."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import PUBLIC_STATES
from engage.challenges.models import Challenge
from engage.consultation.enums import QuestionState
from engage.consultation.models import Question
from engage.consultation.policy import ConsultationPermission
from engage.kernel.due import Due, Who, until, waited

_ANSWER = Who(ConsultationPermission.ANSWER.roles)


def due(session: Session, *, organisation_id: int) -> list[Due]:
    """Return the questions that wait for a department's answer, counted by challenge. One statement."""
    query = (
        sa.select(Challenge.ref, Challenge.title, sa.func.count(), sa.func.min(Question.asked_at))
        .join(Question.challenge)
        .where(
            Challenge.organisation_id == organisation_id,
            Challenge.state.in_(PUBLIC_STATES),
            Question.state == QuestionState.ASKED,
        )
        .group_by(Challenge.id)
        .order_by(Challenge.id)
    )
    return [
        Due(
            ref,
            title,
            "Answer a question" if number == 1 else f"Answer {number} questions",
            f"/department/challenges/{ref}/questions",
            _ANSWER,
            until(since),
            waited(since, "A question has waited"),
        )
        for ref, title, number, since in session.execute(query)
    ]
