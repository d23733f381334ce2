"""The letters about an engagement that pauses for its notice on Find a Tender, and goes on afterwards."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.challenges.models import RouteChange
from engage.kernel.actor import System
from engage.kernel.settings import settings
from engage.outbox import service as outbox
from engage.suppliers.models import Supplier

People = Iterable[tuple[Person, Supplier]]


def tell_paused(session: Session, *, change: RouteChange, people: People) -> None:
    """Post to ``people`` that the page is out of view until the notice is published, once to each."""
    _post(session, "engagement_paused", change, people)


def tell_resumed(session: Session, *, change: RouteChange, people: People) -> None:
    """Post to ``people`` that the page is public again, once to each."""
    _post(session, "engagement_resumed", change, people)


def _post(session: Session, template: str, change: RouteChange, people: People) -> None:
    challenge = change.challenge
    for person, supplier in people:
        if not accounts.is_active_member(
            session, person_id=person.id, organisation_id=supplier.organisation_id
        ):
            continue  # who left since must not go on reading what is told to the supplier
        outbox.post(
            session,
            template=template,
            to=person,
            context={
                "challenge": challenge.title,
                "department": challenge.organisation.name,
                "notice_number": challenge.notice_number,
                "public_link": f"{settings().base_url}/challenges/{challenge.ref}",
                "link": f"{settings().base_url}/supplier/invitations",
            },
            dedupe_key=f"{template}:{change.id}:{person.id}",
            why=f"You get this email because {supplier.organisation.name} takes part in this challenge.",
            sender=System(),
            challenge_ref=challenge.ref,
            audience=f"supplier:{supplier.ref}",
            fact=change.key,
        )
