"""The letters of this room. None but those to the asker and the department says that somebody asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.challenges.models import Challenge
from engage.consultation import queries
from engage.consultation.models import Question, ToldFact
from engage.kernel.actor import Actor, Anyone, Role, System
from engage.kernel.settings import settings
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.outbox import service as outbox
from engage.suppliers.models import Supplier

_TAKING_PART = (InvitationState.SENT, InvitationState.ACCEPTED)


def received(session: Session, *, question: Question) -> None:
    """Tell the people who answer for the department that a question came in, not from whom."""
    challenge = question.challenge
    readers = accounts.people_with(
        session, Role.FACILITATOR, Role.POLICY_AUTHOR, organisation_id=challenge.organisation_id
    )
    for person in readers:
        outbox.post(
            session,
            template="question_received",
            to=person,
            context={
                "challenge": challenge.title,
                "question": question.text,
                "link": f"{settings().base_url}/department/questions/{question.id}",
            },
            dedupe_key=f"question:{question.id}:received:{person.id}",
            why=f"You get this email because you answer questions for {challenge.organisation.name}.",
            sender=System(),
        )


def answered(session: Session, *, sender: Actor, question: Question) -> None:
    """Send question and answer to the asker and everyone of the suppliers invited, all in the same words.

    An asker who no longer acts for the supplier is left out.
    """
    asker = [(question.asked_by, question.supplier)] if _asker_is_there(session, question) else []
    invited = people_invited(session, challenge_id=question.challenge_id)
    tell(session, sender=sender, question=question, people=[*asker, *invited])


def tell(
    session: Session, *, sender: Anyone, question: Question, people: Iterable[tuple[Person, Supplier]]
) -> None:
    """Send an answered question to ``people``, each with the supplier they act for; nobody gets it twice."""
    _tell_all(
        session,
        sender,
        question.challenge,
        people,
        template="question_answered",
        fact=f"answer:{question.id}",
        anchor="questions",
        said={"question": question.published_text, "answer": question.answer},
    )


def share(
    session: Session, *, sender: Anyone, fact: ToldFact, people: Iterable[tuple[Person, Supplier]]
) -> None:
    """Send what was released to ``people``, each with the supplier they act for; nobody gets it twice."""
    _tell_all(
        session,
        sender,
        fact.challenge,
        people,
        template="fact_shared",
        fact=fact.key,
        anchor="shared",
        said={"title": fact.title, "wording": fact.wording},
    )


def _tell_all(
    session: Session,
    sender: Anyone,
    challenge: Challenge,
    people: Iterable[tuple[Person, Supplier]],
    *,
    template: str,
    fact: str,
    anchor: str,
    said: Mapping[str, str],
) -> None:
    for person, supplier in people:
        outbox.post(
            session,
            template=template,
            to=person,
            context={
                "challenge": challenge.title,
                "department": challenge.organisation.name,
                "link": f"{settings().base_url}/challenges/{challenge.ref}#{anchor}",
                **said,
            },
            dedupe_key=f"{fact}:{person.id}",
            why=f"You get this email because {supplier.organisation.name} takes part in this challenge.",
            sender=sender,
            challenge_ref=challenge.ref,
            audience=f"supplier:{supplier.ref}",
            fact=fact,
        )


def rejected(session: Session, *, sender: Actor, question: Question) -> None:
    """Tell the asker, and nobody else, that the question is not answered and why.

    Nobody is told when the asker no longer acts for the supplier.
    """
    if not _asker_is_there(session, question):
        return
    person, challenge = question.asked_by, question.challenge
    outbox.post(
        session,
        template="question_rejected",
        to=person,
        context={
            "challenge": challenge.title,
            "department": challenge.organisation.name,
            "question": question.text,
            "reason": question.rejection_reason,
            "link": f"{settings().base_url}/challenges/{challenge.ref}/ask",
        },
        dedupe_key=f"question:{question.id}:rejected",
        why="You get this email because you asked this question on engage.",
        sender=sender,
        challenge_ref=challenge.ref,
        audience=f"supplier:{question.supplier.ref}",
        fact=f"rejection:{question.id}",
    )


def _asker_is_there(session: Session, question: Question) -> bool:
    return accounts.is_active_member(
        session, person_id=question.asked_by_id, organisation_id=question.supplier.organisation_id
    )


def people_invited(session: Session, *, challenge_id: int) -> Iterable[tuple[Person, Supplier]]:
    """Return who acts for the suppliers invited to a challenge that have not declined, each with the supplier."""
    query = (
        sa.select(Supplier)
        .join(Invitation, Invitation.supplier_id == Supplier.id)
        .where(Invitation.challenge_id == challenge_id, Invitation.state.in_(_TAKING_PART))
        .order_by(Supplier.id)
    )
    return _people(session, session.scalars(query).all())


def people_told(session: Session, *, fact: ToldFact) -> Iterable[tuple[Person, Supplier]]:
    """Return who acts for the suppliers on engage that were told ``fact``, each with the supplier."""
    tellings = queries.recipients(session, fact_id=fact.id)
    suppliers = dict.fromkeys(telling.supplier for telling in tellings if telling.supplier)
    return _people(session, suppliers)


def _people(session: Session, suppliers: Iterable[Supplier]) -> Iterable[tuple[Person, Supplier]]:
    for supplier in suppliers:
        people = accounts.people_with(
            session, Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT, organisation_id=supplier.organisation_id
        )
        yield from ((person, supplier) for person in people)
