"""Reading questions. What everyone may see is a type that cannot name the asker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from engage.accounts.models import Person
from engage.challenges.enums import PUBLIC_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.consultation.enums import QuestionState
from engage.consultation.models import Question
from engage.kernel.errors import NotFound
from engage.suppliers.models import Supplier


@dataclass(frozen=True)
class PublicAnswer:
    """A question and its answer as everyone sees them."""

    id: int
    question: str
    answer: str
    answered_at: datetime


def answered(session: Session, *, challenge_id: int) -> Sequence[PublicAnswer]:
    """Return the answered questions about a challenge, newest first; none when it is not public."""
    withdrawn = sa.and_(Challenge.state == ChallengeState.WITHDRAWN, Challenge.published_at.is_not(None))
    query = (
        sa.select(Question.id, Question.published_text, Question.answer, Question.answered_at)
        .join(Question.challenge)
        .where(
            Question.challenge_id == challenge_id,
            Question.state == QuestionState.ANSWERED,
            sa.or_(Challenge.state.in_(PUBLIC_STATES), withdrawn),
        )
        .order_by(Question.answered_at.desc(), Question.id.desc())
    )
    rows = session.execute(query)
    return [PublicAnswer(key, question, answer, at) for key, question, answer, at in rows if at is not None]


def open_count(session: Session, *, challenge_id: int) -> int:
    """Return how many questions about a challenge wait for an answer."""
    query = sa.select(sa.func.count()).where(
        Question.challenge_id == challenge_id, Question.state == QuestionState.ASKED
    )
    return session.scalar(query) or 0


def waiting_of(session: Session, *, challenge_id: int, supplier_id: int) -> int:
    """Return how many questions of one supplier about a challenge wait for an answer."""
    query = sa.select(sa.func.count()).where(
        Question.challenge_id == challenge_id,
        Question.supplier_id == supplier_id,
        Question.state == QuestionState.ASKED,
    )
    return session.scalar(query) or 0


def open_questions(session: Session, *, organisation_id: int) -> Sequence[Question]:
    """Return the questions that wait for a department's answer, oldest first, each with its challenge."""
    query = (
        sa.select(Question)
        .join(Question.challenge)
        .options(contains_eager(Question.challenge))
        .where(Challenge.organisation_id == organisation_id, Question.state == QuestionState.ASKED)
        .order_by(Question.asked_at, Question.id)
    )
    return session.scalars(query).all()


def of_challenge(session: Session, *, challenge_id: int) -> Sequence[Question]:
    """Return all questions about a challenge: first those that wait, oldest first, then the others."""
    waits = sa.case((Question.state == QuestionState.ASKED, 0), else_=1)
    query = (
        sa.select(Question)
        .where(Question.challenge_id == challenge_id)
        .options(joinedload(Question.supplier))
        .order_by(waits, Question.asked_at, Question.id)
    )
    rows = session.scalars(query).all()
    waiting = [row for row in rows if row.state is QuestionState.ASKED]
    return [*waiting, *reversed(rows[len(waiting) :])]


def of_supplier(session: Session, *, challenge_id: int, supplier_id: int) -> Sequence[Question]:
    """Return the questions that one supplier asked about a challenge, newest first."""
    query = (
        sa.select(Question)
        .where(Question.challenge_id == challenge_id, Question.supplier_id == supplier_id)
        .order_by(Question.id.desc())
    )
    return session.scalars(query).all()


def askers(session: Session, *, challenge_id: int) -> Sequence[tuple[Person, Supplier]]:
    """Return who asked about a challenge, whatever became of the question, each once with the supplier."""
    query = (
        sa.select(Question)
        .where(Question.challenge_id == challenge_id)
        .options(joinedload(Question.asked_by), joinedload(Question.supplier))
        .order_by(Question.id)
    )
    found = {(row.asked_by_id, row.supplier_id): row for row in session.scalars(query)}
    return [(row.asked_by, row.supplier) for row in found.values()]


def question_by_id(session: Session, *, question_id: int) -> Question:
    """Return a question with its challenge, supplier and asker. Raises ``NotFound``."""
    query = (
        sa.select(Question)
        .where(Question.id == question_id)
        .options(
            joinedload(Question.challenge).joinedload(Challenge.organisation),
            joinedload(Question.supplier),
            joinedload(Question.asked_by),
        )
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def count_answered(session: Session) -> int:
    """Return how many questions have been answered to everyone, on challenges that everybody may see."""
    query = (
        sa.select(sa.func.count())
        .select_from(Question)
        .join(Question.challenge)
        .where(Question.state == QuestionState.ANSWERED, Challenge.state.in_(PUBLIC_STATES))
    )
    return session.scalar(query) or 0
