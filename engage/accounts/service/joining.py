"""Asking to act for an organisation that is here already. Its own people answer.

Who asks gives an address that anybody could type. So an approval does not make a member: it sends the address the link
that every invitation is, and whoever opens it joins.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.enums import JOINING, JoinState, Scheme
from engage.accounts.models import JoinRequest, Organisation
from engage.accounts.policy import AccountPermission
from engage.accounts.service.identifiers import normalise
from engage.accounts.service.letters import url
from engage.accounts.service.registration import check_email
from engage.accounts.service.team import invite
from engage.audit.service import record
from engage.kernel import clock
from engage.kernel.actor import Actor, System
from engage.kernel.errors import Invalid, NotFound
from engage.kernel.states import check
from engage.kernel.text import one_line
from engage.outbox.service import post

LONGEST_NAME = 100
LONGEST_WORDS = 500
MOST_WAITING = 20
"""Requests that wait at one organisation; further ones are not kept, so that nobody is drowned."""


def ask_to_join(
    session: Session, *, scheme: Scheme, number: str, name: str, email: str, words: str = ""
) -> None:
    """Ask the people of the organisation with this number whether ``email`` may act for it.

    Asked again while it waits, nothing happens; nor when there is no verified organisation with the number, so that
    the answer tells nothing. Side effects: the row, an audit line, a letter to each who may add people. Raises
    ``Invalid`` by field.
    """
    clean = _checked(name, words)
    organisation = queries.organisation_by_identifier(
        session, scheme=scheme.value, value=normalise(scheme, number)
    )
    if organisation is None or not organisation.verified:
        return
    check_email(kind=organisation.kind, email=email)
    ask_for(session, organisation=organisation, name=clean, email=email, words=words)


def ask_for(session: Session, *, organisation: Organisation, name: str, email: str, words: str) -> bool:
    """Ask the people of ``organisation`` whether ``email`` may act for it, and tell whether that was kept.

    Not when they are asked already, nor when very many wait. Side effects: as of ``ask_to_join``.
    """
    queries.lock_organisation(session, organisation.id)
    if len(queries.join_requests(session, organisation_id=organisation.id)) >= MOST_WAITING:
        return False
    added = (
        postgresql.insert(JoinRequest)
        .values(
            organisation_id=organisation.id,
            name=name,
            email=email.strip(),
            words=words.strip(),
            state=JoinState.WAITING,
            asked_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(JoinRequest.id)
    )
    request_id = session.scalar(added)
    if request_id is None:
        return False
    record(
        session,
        actor=None,
        tag="accounts:organisation:join_asked",
        subject=f"organisation:{organisation.id}",
        request=request_id,
    )
    _tell(session, organisation, request_id, name, email.strip(), words.strip())
    return True


def answer_join_request(
    session: Session, *, actor: Actor, request_id: int, approve: bool, roles: Iterable[str] = ()
) -> JoinRequest:
    """Approve a request, which sends the link to join with ``roles``, or decline it.

    Side effects: the row, an audit line, with an approval those of ``invite``. Raises ``NotFound`` when it is not one
    of the actor's organisation, ``Conflict`` when it was answered meanwhile, ``Invalid`` (field ``roles``).
    """
    query = sa.select(JoinRequest).where(
        JoinRequest.id == request_id, JoinRequest.organisation_id == actor.organisation_id
    )
    found = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    to = JoinState.APPROVED if approve else JoinState.DECLINED
    check(JOINING, now=found.state, to=to, thing="request")
    if approve:
        invite(session, actor=actor, email=found.email, roles=roles)
    found.state, found.answered_at = to, clock.now()
    session.flush()
    record(
        session,
        actor=actor,
        tag=f"accounts:organisation:join_{to.value}",
        subject=f"organisation:{found.organisation_id}",
        request=found.id,
    )
    return found


def _checked(name: str, words: str) -> str:
    wrong: dict[str, str] = {}
    clean = one_line(name)
    if not clean:
        wrong["name"] = "Enter your name"
    if len(clean) > LONGEST_NAME:
        wrong["name"] = f"Your name must be {LONGEST_NAME} characters or fewer"
    if len(words.strip()) > LONGEST_WORDS:
        wrong["words"] = f"What they should know must be {LONGEST_WORDS} characters or fewer"
    if wrong:
        raise Invalid(wrong)
    return clean


def _tell(
    session: Session, organisation: Organisation, request_id: int, name: str, email: str, words: str
) -> None:
    roles = AccountPermission.MANAGE_PEOPLE.roles
    for person in queries.people_with(session, *roles, organisation_id=organisation.id):
        post(
            session,
            template="join_asked",
            to=person,
            context={
                "organisation": organisation.name,
                "who": name,
                "email": email,
                "words": words,
                "link": url("account", "people", "requests", str(request_id)),
            },
            dedupe_key=f"join_asked:{request_id}:{person.id}",
            why=f"You get this email because you look after the people of {organisation.name} on engage.",
            sender=System(),
        )
