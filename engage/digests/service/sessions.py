"""Telling who takes part that something of a session is with everyone: the same words at the same moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from engage.accounts.models import Person
from engage.advisory.models import AdvisorySession
from engage.kernel.actor import System
from engage.kernel.settings import settings
from engage.kernel.uktime import uk_range
from engage.outbox import service as outbox
from engage.suppliers.models import Supplier


def tell_session_published(
    session: Session,
    *,
    meeting: AdvisorySession,
    minutes: bool,
    materials: Sequence[str],
    fact: str,
    people: Iterable[tuple[Person, Supplier]],
) -> None:
    """Write to everybody who takes part in the challenge, once each, that minutes or files were published.

    ``minutes`` says whether the minutes were, ``materials`` names the files, ``fact`` is what the ledger calls it.
    Side effects: letters.
    """
    challenge, told = meeting.challenge, set[int]()
    for person, supplier in people:
        if person.id in told:
            continue
        told.add(person.id)
        outbox.post(
            session,
            template="session_published",
            to=person,
            context={
                "title": meeting.title,
                "when": uk_range(meeting.starts_at, meeting.ends_at),
                "challenge": challenge.title,
                "department": challenge.organisation.name,
                "minutes": minutes,
                "materials": list(materials),
                "link": f"{settings().base_url}/challenges/{challenge.ref}#session-{meeting.ref}",
            },
            dedupe_key=f"session_published:{fact}:{person.id}",
            why=f"You get this email because {supplier.organisation.name} takes part in this challenge.",
            sender=System(),
            challenge_ref=challenge.ref,
            audience=f"supplier:{supplier.ref}",
            fact=fact,
        )
