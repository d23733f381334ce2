"""The written route: a supplier answers in writing what everybody is asked, instead of a session or beside it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory.models import Answered, Contribution
from engage.advisory.queries.contributions import written_route
from engage.advisory.service import around_letters
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.chain import canonical
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from engage.kernel.text import sha256
from engage.matchmaking import service as matchmaking
from engage.suppliers.models import Supplier

MOST_WORDS = 500
LONGEST = 8_000
CLOSED = "This challenge no longer takes answers in writing."


def answer_in_writing(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    supplier: Supplier,
    asked: str,
    answers: Sequence[str],
) -> Contribution:
    """Send what a supplier answers to the questions of a challenge, or replace what it has sent, and return it.

    ``answers`` in the order of the questions, some of which may be empty; ``asked`` is the ``digest`` of the
    questions that they answer. Side effects, in order: the challenge's row locked, so that two people of a supplier
    do not send at once, and the supplier's organisation kept as it is; the contribution, an audit line with a
    digest of the words, a letter to who sent it. Raises ``NotAllowed`` while the supplier is not verified,
    ``Conflict`` when it is too late or the questions have changed, ``Invalid`` (fields ``answer_1`` and so on) when
    nothing is answered or an answer is too long.
    """
    challenge = challenges.lock(session, challenge)
    if not matchmaking.is_verified(session, supplier):
        raise NotAllowed("Your organisation has to be verified before it can answer.")
    route = written_route(session, challenge=challenge)
    if not route.is_open:
        raise Conflict(CLOSED)
    if asked != route.digest or len(answers) != len(route.questions):
        raise Conflict("The questions have changed since you opened the page. Read them again.")
    clean = [answer.strip() for answer in answers]
    _check(clean)
    told: list[Answered] = [
        {"question": question, "answer": answer}
        for question, answer in zip(route.questions, clean, strict=True)
    ]
    found = _live(session, challenge, supplier)
    if found is None:
        found = Contribution(challenge=challenge, supplier=supplier, sent_at=clock.now())
        session.add(found)
        deed = "sent"
    elif found.answers == told:
        return found
    else:
        found.changed_at, deed = clock.now(), "changed"
    found.answers, found.person_id = told, actor.person_id
    session.flush()
    _record(session, actor, found, deed)
    session.refresh(found, ["person"])
    around_letters.answers_sent(session, contribution=found, last_day=route.last_day)
    return found


def withdraw_contribution(
    session: Session, *, actor: Actor, challenge: Challenge, supplier: Supplier
) -> Contribution:
    """Take the answers back: the department does not see them any more.

    Side effects: the row, an audit line. Raises ``NotFound`` when there are none, ``Conflict`` when it is too late: by
    then they have been read.
    """
    route = written_route(session, challenge=challenges.lock(session, challenge))
    found = _live(session, challenge, supplier)
    if found is None:
        raise NotFound
    if not route.is_open:
        raise Conflict(
            "It is too late to take your answers back: they have been read. Write to the department."
        )
    found.withdrawn_at = clock.now()
    session.flush()
    _record(session, actor, found, "withdrawn")
    return found


def _check(answers: Sequence[str]) -> None:
    wrong = {
        f"answer_{number}": f"Each answer must be {MOST_WORDS} words or fewer"
        for number, answer in enumerate(answers, start=1)
        if len(answer.split()) > MOST_WORDS or len(answer) > LONGEST
    }
    if not any(answers):
        wrong["answer_1"] = "Answer at least one of the questions"
    if wrong:
        raise Invalid(wrong)


def _live(session: Session, challenge: Challenge, supplier: Supplier) -> Contribution | None:
    query = sa.select(Contribution).where(
        Contribution.challenge_id == challenge.id,
        Contribution.supplier_id == supplier.id,
        Contribution.withdrawn_at.is_(None),
    )
    return session.scalar(query.execution_options(populate_existing=True))


def _record(session: Session, actor: Actor, found: Contribution, deed: str) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:contribution:{deed}",
        subject=f"challenge:{found.challenge.ref}",
        supplier=found.supplier.ref,
        words=sha256(canonical({"answers": found.answers})),
    )
