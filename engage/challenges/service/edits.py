"""Numbering what is saved: of two people who write upon the same state of an answer, one is let through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engage.challenges import queries
from engage.challenges.enums.questions import Question, plain
from engage.challenges.errors import AnswerChanged
from engage.challenges.models import AnswerEdit, Challenge
from engage.challenges.service.merging import partings
from engage.kernel import clock
from engage.kernel.actor import Actor

CHANGED = "Somebody else saved this answer after you opened the page."
_NUMBERED = ("challenge_id", "round", "question", "number")


def record(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    question: Question,
    values: Mapping[str, Any],
    seen: int | None,
) -> None:
    """Number the answers of ``question`` with ``values`` (by column) in them, written upon state ``seen``.

    ``None`` writes upon whatever stands there. The row comes to be only while ``seen`` is the last number: the
    condition and the key are the database's. Raises ``AnswerChanged`` when somebody was faster.
    """
    base = seen
    if base is None:
        base = queries.answer_number(session, challenge=challenge, question=question)
    if base == 0:
        _keep_beginning(session, challenge, question)
    before = queries.current_answers(challenge, question)
    answers = {field: plain(values[field]) if field in values else value for field, value in before.items()}
    row = sa.select(
        sa.literal(challenge.id),
        sa.literal(challenge.round),
        sa.literal(question.slug),
        sa.literal(base),
        sa.literal(base + 1),
        sa.literal(answers, AnswerEdit.answers.type),
        sa.literal(actor.person_id),
        sa.literal(clock.now()),
    ).where(queries.last_number(challenge, question) == base)
    columns = [*_NUMBERED[:3], "base", "number", "answers", "person_id", "at"]
    statement = insert(AnswerEdit).from_select(columns, row)
    if session.scalar(statement.on_conflict_do_nothing().returning(AnswerEdit.id)) is None:
        raise AnswerChanged(CHANGED)


def _keep_beginning(session: Session, challenge: Challenge, question: Question) -> None:
    """Keep what stood there before the first edit, as number 0: it is the base of two first edits."""
    statement = insert(AnswerEdit).values(
        challenge_id=challenge.id,
        round=challenge.round,
        question=question.slug,
        base=0,
        number=0,
        answers=queries.current_answers(challenge, question),
        at=clock.now(),
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=_NUMBERED))


def put_aside(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    question: Question,
    answers: Mapping[str, Any],
    seen: int,
    instead: bool,
) -> None:
    """Keep ``answers`` (JSON values by column) for their writer, joined with what they put aside before."""
    whole = {**queries.answers_at(session, challenge=challenge, question=question, number=seen), **answers}
    before = queries.aside(session, challenge=challenge, question=question, person_id=actor.person_id)
    if before and not instead:
        base = queries.answers_at(session, challenge=challenge, question=question, number=seen)
        joined = partings(question, base=base, theirs=before.answers, yours=whole)
        whole = {parting.answer.field: plain(parting.proposed) for parting in joined}
        seen = min(seen, before.base)
    if before is None:
        before = AnswerEdit(
            challenge_id=challenge.id,
            round=challenge.round,
            question=question.slug,
            person_id=actor.person_id,
        )
        session.add(before)
    before.base, before.answers, before.at = seen, whole, clock.now()
    session.flush()


def drop(session: Session, *, actor: Actor, challenge: Challenge, question: Question) -> None:
    """Delete what the actor has put aside for ``question``; nothing is done when there is nothing."""
    found = queries.aside(session, challenge=challenge, question=question, person_id=actor.person_id)
    if found is not None:
        session.delete(found)
        session.flush()
