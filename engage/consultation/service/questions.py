"""The life of a question: asked privately, answered to everyone at once, or turned away with a reason."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.consultation import queries
from engage.consultation.enums import TRANSITIONS, QuestionState
from engage.consultation.events import QuestionAnswered
from engage.consultation.models import Question
from engage.consultation.service import letters
from engage.consultation.service.naming import traces
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.kernel.events import emit
from engage.kernel.states import check
from engage.kernel.text import one_line
from engage.ledger import service as ledger
from engage.ledger.enums import Channel
from engage.suppliers.models import Supplier

MOST_WAITING = 10  # of one supplier about one challenge


def ask(session: Session, *, actor: Actor, supplier: Supplier, challenge: Challenge, text: str) -> Question:
    """Ask a question about an open challenge and return it.

    Side effects, in order: the question, an audit line that does not say who asked, a letter without the
    asker's name to the people of the department. Raises ``Conflict`` when the challenge takes no more
    questions or ``MOST_WAITING`` of the supplier's wait for an answer, ``NotAllowed`` when the supplier is
    not verified.
    """
    if not supplier.organisation.verified:
        raise NotAllowed("Your organisation has to be verified before it can ask.")
    if not challenge.is_open:
        raise Conflict("This challenge no longer takes questions.")
    _refuse_more_than_can_wait(session, supplier, challenge)
    question = Question(
        challenge=challenge,
        supplier=supplier,
        asked_by_id=actor.person_id,
        asked_at=clock.now(),
        text=text,
        state=QuestionState.ASKED,
    )
    session.add(question)
    session.flush()
    _record(session, None, question, "asked")
    letters.received(session, question=question)
    return question


def release(
    session: Session,
    *,
    actor: Actor,
    question: Question,
    published_text: str,
    answer: str,
    names_checked: bool = False,
) -> Question:
    """Publish the question in the wording ``published_text`` and its ``answer`` to everyone at once.

    ``names_checked`` says that a person looked at what seems to name the asker and found that it does not.
    Side effects, in order: the challenge's row is held, the question's locked and changed, an audit line, a ledger
    line with the hash of both texts, a letter to the asker and to everyone invited, the event
    ``QuestionAnswered``. Raises ``Conflict`` when the question was dealt with before or the challenge is not
    public, ``Invalid`` when a text is missing or seems to name the asker.
    """
    if not challenges.lock(session, question.challenge).is_public:
        raise Conflict("This challenge is not public at the moment, so nothing can be answered to everyone.")
    question = _lock(session, question)
    check(TRANSITIONS, now=question.state, to=QuestionState.ANSWERED, thing="question")
    _check_wording(question, published_text, answer, names_checked=names_checked)
    question.state = QuestionState.ANSWERED
    question.published_text = published_text
    question.answer = answer
    question.answered_by_id = actor.person_id
    question.answered_at = clock.now()
    session.flush()
    _record(session, actor, question, "answered", names_checked=names_checked)
    ledger.disclose(
        session,
        challenge_ref=question.challenge.ref,
        fact=f"answer:{question.id}",
        summary=f"Question answered: {one_line(published_text)}",
        channel=Channel.QUESTION,
        body=f"{published_text}\n\n{answer}",
    )
    letters.answered(session, sender=actor, question=question)
    emit(session, QuestionAnswered(question.id))
    return question


def reject(session: Session, *, actor: Actor, question: Question, reason: str) -> Question:
    """Turn a question away; only the asker is told, with the reason.

    Side effects, in order: the question's row is locked and changed, an audit line, a letter to the asker.
    Raises ``Conflict`` when the question was dealt with before, ``Invalid`` without a reason.
    """
    question = _lock(session, question)
    check(TRANSITIONS, now=question.state, to=QuestionState.REJECTED, thing="question")
    if not reason.strip():
        raise Invalid({"reason": "Enter the reason"})
    question.state = QuestionState.REJECTED
    question.rejection_reason = reason
    session.flush()
    _record(session, actor, question, "rejected")
    letters.rejected(session, sender=actor, question=question)
    return question


def _refuse_more_than_can_wait(session: Session, supplier: Supplier, challenge: Challenge) -> None:
    # The lock makes two people of one supplier who ask at once count one after the other.
    session.execute(sa.select(Supplier.id).where(Supplier.id == supplier.id).with_for_update(key_share=True))
    waiting = queries.waiting_of(session, challenge_id=challenge.id, supplier_id=supplier.id)
    if waiting >= MOST_WAITING:
        raise Conflict(
            f"{waiting} of your questions about this challenge wait for an answer. "
            "Ask again once the department has dealt with one of them."
        )


def traces_in(question: Question, text: str) -> list[str]:
    """Return the pieces of ``text`` that seem to name who asked ``question``."""
    asker = question.asked_by
    return traces(
        text,
        organisation=question.supplier.organisation.name,
        person=asker.name,
        email=asker.email,
        website=question.supplier.website,
    )


def _check_wording(question: Question, published_text: str, answer: str, *, names_checked: bool) -> None:
    texts = {"published_text": published_text, "answer": answer}
    missing = {"published_text": "Enter the question as everyone will read it", "answer": "Enter the answer"}
    wrong = {name: missing[name] for name, text in texts.items() if not text.strip()}
    if not names_checked:
        for name, text in texts.items():
            found = traces_in(question, text)
            if found:
                wrong[name] = (
                    f"Take out what may name the asker: {', '.join(f'“{piece}”' for piece in found)}"
                )
    if wrong:
        raise Invalid(wrong)


def _lock(session: Session, question: Question) -> Question:
    query = (
        sa.select(Question)
        .where(Question.id == question.id)
        .options(joinedload(Question.challenge), joinedload(Question.supplier), joinedload(Question.asked_by))
        .with_for_update(of=Question)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one()


def _record(session: Session, actor: Actor | None, question: Question, deed: str, **details: bool) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"consultation:question:{deed}",
        subject=f"question:{question.id}",
        challenge=question.challenge.ref,
        **details,
    )
