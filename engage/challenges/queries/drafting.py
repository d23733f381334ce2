"""Reading what people write: the numbered edits of each question, and what was put aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges.enums.questions import Question
from engage.challenges.models import AnswerEdit, Challenge


def current_answers(challenge: Challenge, question: Question) -> dict[str, Any]:
    """Return the answers to ``question`` as they are saved now, JSON values by column."""
    content = challenge.writing.content
    return {answer.field: content[answer.field] for answer in question.answers}


def last_number(challenge: Challenge, question: Question) -> sa.ScalarSelect[int]:
    """Return the number of the last saved edit of ``question`` as an expression; 0 when there is none."""
    return (
        sa.select(sa.func.coalesce(sa.func.max(AnswerEdit.number), 0))
        .where(*_of(challenge, question))
        .scalar_subquery()
    )


def answer_number(session: Session, *, challenge: Challenge, question: Question) -> int:
    """Return which state of the answers to ``question`` stands now: what a page that shows them has read."""
    return session.scalar(sa.select(last_number(challenge, question))) or 0


def answers_at(
    session: Session, *, challenge: Challenge, question: Question, number: int
) -> Mapping[str, Any]:
    """Return the answers to ``question`` as they stood with ``number``; empty when there never was such a state."""
    query = sa.select(AnswerEdit.answers).where(*_of(challenge, question), AnswerEdit.number == number)
    found: Mapping[str, Any] | None = session.scalar(query)
    if found is not None:
        return found
    return current_answers(challenge, question) if number == 0 else {}


def last_edit(session: Session, *, challenge: Challenge, question: Question) -> AnswerEdit | None:
    """Return the last saved edit of ``question`` with its writer; ``None`` when nobody saved any."""
    query = (
        sa.select(AnswerEdit)
        .where(*_of(challenge, question), AnswerEdit.number > 0)
        .options(joinedload(AnswerEdit.person))
        .order_by(AnswerEdit.number.desc())
        .limit(1)
    )
    return session.scalar(query)


def aside(session: Session, *, challenge: Challenge, question: Question, person_id: int) -> AnswerEdit | None:
    """Return what this person has put aside for ``question``, or ``None``."""
    query = sa.select(AnswerEdit).where(
        *_of(challenge, question), AnswerEdit.number.is_(None), AnswerEdit.person_id == person_id
    )
    return session.scalar(query)


def all_aside(session: Session, *, challenge: Challenge) -> Sequence[AnswerEdit]:
    """Return everything that anybody has put aside in this text, oldest first, with its writers."""
    query = (
        sa.select(AnswerEdit)
        .where(
            AnswerEdit.challenge_id == challenge.id,
            AnswerEdit.round == challenge.round,
            AnswerEdit.number.is_(None),
        )
        .options(joinedload(AnswerEdit.person))
        .order_by(AnswerEdit.id)
    )
    return session.scalars(query).all()


def _of(challenge: Challenge, question: Question) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        AnswerEdit.challenge_id == challenge.id,
        AnswerEdit.round == challenge.round,
        AnswerEdit.question == question.slug,
    )
