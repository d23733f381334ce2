"""Letters inside the department about a change of route: to who may decide, and to who proposed it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.challenges import queries
from engage.challenges.enums.questions import ROUTE_WORDS
from engage.challenges.enums.routes import RouteChangeState
from engage.challenges.models import Challenge, RouteChange
from engage.kernel.actor import Actor, System
from engage.kernel.settings import settings
from engage.outbox import service as outbox


def ask_approvers(session: Session, *, actor: Actor, challenge: Challenge, change: RouteChange) -> None:
    """Post to each approver who may decide on ``change`` that it waits for them."""
    for person in queries.approvers(session, challenge=challenge):
        if person.id != actor.person_id:
            why = f"You get this email because you are an approver of {challenge.organisation.name}."
            _post(session, "route_proposed", challenge, change, person, why=why, who=actor.person_name)


def tell_decision(session: Session, *, actor: Actor, challenge: Challenge, change: RouteChange) -> None:
    """Post the decision to who proposed ``change``, if they still act for the department."""
    person_id = change.proposed_by_id
    if accounts.is_active_member(session, person_id=person_id, organisation_id=challenge.organisation_id):
        person = session.get_one(Person, person_id)
        why = "You get this email because you proposed this change."
        _post(session, "route_decided", challenge, change, person, why=why, who=actor.person_name)


def _post(
    session: Session,
    template: str,
    challenge: Challenge,
    change: RouteChange,
    person: Person,
    *,
    why: str,
    who: str,
) -> None:
    outbox.post(
        session,
        template=template,
        to=person,
        context={
            "title": challenge.title,
            "who": who,
            "route": ROUTE_WORDS[change.to_route].lower(),
            "reason": change.reason,
            "made": change.state is RouteChangeState.MADE,
            "answer": change.answer,
            "link": f"{settings().base_url}/department/challenges/{challenge.ref}/route",
        },
        dedupe_key=f"{template}:{change.id}:{person.id}",
        why=why,
        sender=System(),
        challenge_ref=challenge.ref,
    )
