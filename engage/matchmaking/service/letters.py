"""The letter that invites a supplier."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.kernel import clock
from engage.kernel.actor import Anyone, System
from engage.kernel.settings import settings
from engage.matchmaking.enums import Origin
from engage.matchmaking.models import Invitation, MatchCandidate
from engage.outbox import service as outbox
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter

if TYPE_CHECKING:
    from engage.accounts.models import Person

NEXT_IN_LINE = (
    "You are next in line: a place became free, and the order was part of the plan before anybody was invited. "
    "Your place is the same as everybody’s."
)
ASKED = "You asked for a one-to-one talk, and everybody who asked in time is offered one."
VOLUNTEERED = "You offered to take part, and the department would like to hear from you."


def readers(session: Session, invitation: Invitation) -> Sequence[Person]:
    """Return the people who are told: everybody who acts for the supplier and can be written to."""
    return accounts.people_of(session, organisation_id=invitation.supplier.organisation_id)


def tell(session: Session, *, sender: Anyone, invitation: Invitation) -> int:
    """Post the letter of ``invitation`` to each reader, once ever, and return how many were written."""
    return _post(session, sender, invitation, template="invitation", more=_invited(session, invitation))


def tell_again(session: Session, *, sender: Anyone, invitation: Invitation) -> int:
    """Post the letter of ``invitation``, which had ended and is open again, to each reader; return how many."""
    assert invitation.sent_at is not None
    key = f":{invitation.sent_at:%Y%m%dT%H%M%S%f}"
    more = _invited(session, invitation)
    return _post(session, sender, invitation, template="invitation", more=more, key=key)


def tell_after_all(
    session: Session, *, sender: Anyone, invitation: Invitation, people: Collection[str], key: str
) -> int:
    """Post the letter of ``invitation`` to those of its readers in ``people`` (addresses, in lower case).

    For letters that were cancelled before they left; ``key`` tells this time from others. Returns how many were
    written.
    """
    more = _invited(session, invitation)
    return _post(session, sender, invitation, template="invitation", more=more, key=f":{key}", only=people)


def tell_withdrawn(session: Session, *, sender: Anyone, invitation: Invitation, reason: str) -> int:
    """Post to each reader that the invitation no longer stands, and return how many letters were written.

    Each time that happens: one that was opened again can be taken back again.
    """
    key, more = f":{clock.now():%Y%m%dT%H%M%S%f}", {"reason": reason}
    return _post(session, sender, invitation, template="invitation_withdrawn", more=more, key=key)


def remind(session: Session, *, invitation: Invitation) -> int:
    """Post to each reader that the answer is still awaited, once for each last moment, and return how many letters."""
    assert invitation.expires_at is not None
    more = {
        "answer_by": invitation.expires_at,
        "link": f"{settings().base_url}/supplier/invitations/{invitation.ref}",
    }
    key = f":{invitation.expires_at:%Y%m%dT%H%M}"
    return _post(session, System(), invitation, template="invitation_reminder", more=more, key=key)


def tell_more_time(session: Session, *, invitation: Invitation) -> int:
    """Post to each reader that there is more time to answer, once for each last moment; return how many letters.

    Not to whom the invitation itself never reached, because it was cancelled before it left.
    """
    assert invitation.expires_at is not None
    address = sa.func.lower(Letter.recipient)
    query = (
        sa.select(address)
        .where(Letter.fact == f"invitation:{invitation.ref}", Letter.template == "invitation")
        .group_by(address)
        .having(sa.func.bool_and(Letter.state == LetterState.CANCELLED))
    )
    unheard = set(session.scalars(query))
    more = {
        "answer_by": invitation.expires_at,
        "link": f"{settings().base_url}/supplier/invitations/{invitation.ref}",
    }
    people = {person.email.lower() for person in readers(session, invitation)} - unheard
    key = f":{invitation.expires_at:%Y%m%dT%H%M}"
    return _post(
        session, System(), invitation, template="invitation_more_time", more=more, key=key, only=people
    )


def _invited(session: Session, invitation: Invitation) -> dict[str, object]:
    return {
        "reasons": reasons(session, invitation),
        "answer_by": invitation.expires_at,
        "link": f"{settings().base_url}/supplier/invitations/{invitation.ref}",
    }


def _post(
    session: Session,
    sender: Anyone,
    invitation: Invitation,
    *,
    template: str,
    more: Mapping[str, object],
    key: str = "",
    only: Collection[str] | None = None,
) -> int:
    challenge, supplier = invitation.challenge, invitation.supplier
    context = {
        "challenge": challenge.title,
        "challenge_ref": challenge.ref,
        "department": challenge.organisation.name,
        "supplier": supplier.organisation.name,
        "public_link": f"{settings().base_url}/challenges/{challenge.ref}",
    }
    written = [
        outbox.post(
            session,
            template=template,
            to=person,
            context={**context, **more},
            dedupe_key=f"{template}:{invitation.ref}{key}:{person.id}",
            why=f"You get this email because you act for {supplier.organisation.name} on engage.",
            sender=sender,
            challenge_ref=challenge.ref,
            audience=f"supplier:{supplier.ref}",
            fact=f"invitation:{invitation.ref}",
        )
        for person in readers(session, invitation)
        if only is None or person.email.lower() in only
    ]
    return len([letter for letter in written if letter is not None])


def reasons(session: Session, invitation: Invitation) -> list[str]:
    """Return why this supplier is invited, in sentences; nothing about anyone else."""
    if invitation.origin is Origin.ASKED:
        return [ASKED]
    if invitation.origin is Origin.VOLUNTEERED or invitation.run_id is None:
        return [VOLUNTEERED]
    candidate = session.get(MatchCandidate, (invitation.run_id, invitation.supplier_id))
    found = [candidate.why] if candidate else []
    return found if invitation.drawn_at is None else [*found, NEXT_IN_LINE]
