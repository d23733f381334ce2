"""Who is told by letter of what happens in the rooms below, where no single room knows everyone concerned."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.advisory import queries as advisory
from engage.challenges.events import ChallengeWithdrawn
from engage.consultation import queries as consultation
from engage.consultation import service as answers
from engage.consultation.events import QuestionAnswered
from engage.digests import service
from engage.kernel.actor import System


def on_question_answered(session: Session, event: QuestionAnswered) -> None:
    """Send the answer to those who volunteered too; who was invited or asked has the same letter already."""
    question = consultation.question_by_id(session, question_id=event.question_id)
    people = advisory.volunteers(session, challenge_id=question.challenge_id)
    answers.tell(session, sender=System(), question=question, people=people)


def on_challenge_withdrawn(session: Session, event: ChallengeWithdrawn) -> None:
    """Take the challenge out of digests that wait to be sent."""
    if event.was_public:
        service.leave_out(session, challenge_id=event.challenge_id)
