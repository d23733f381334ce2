"""The letters about what a supplier asks of itself: an offer to help, a one-to-one talk."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.advisory import queries
from engage.advisory.models import OneToOneAsk, OneToOneTerms, VolunteerOffer
from engage.kernel.actor import Anyone
from engage.kernel.settings import settings
from engage.matchmaking.models import Invitation
from engage.outbox import service as outbox


def talk_offered(
    session: Session, *, sender: Anyone, asked: OneToOneAsk, invitation: Invitation, terms: OneToOneTerms
) -> None:
    """Tell who asked for a one-to-one talk that everybody who asked is offered one, and where to choose the time.

    When who asked does not act for the supplier any more, everybody who does is told.
    """
    challenge, base, own = asked.challenge, settings().base_url, asked.supplier.organisation
    for person in accounts.readers_for(session, person=asked.person, organisation_id=own.id):
        outbox.post(
            session,
            template="talk_offered",
            to=person,
            context={
                "challenge": challenge.title,
                "department": challenge.organisation.name,
                "minutes": terms.minutes,
                "questions": terms.questions,
                "answer_by": invitation.expires_at,
                "link": f"{base}/supplier/invitations/{invitation.ref}",
                "public_link": f"{base}/challenges/{challenge.ref}",
            },
            dedupe_key=f"talk_offered:{asked.id}:{person.id}",
            why=f"You get this email because a talk was asked for in the name of {own.name}.",
            sender=sender,
            challenge_ref=challenge.ref,
            audience=f"supplier:{asked.supplier.ref}",
            fact=f"talk:{asked.id}",
        )


def offer_received(session: Session, *, sender: Anyone, offer: VolunteerOffer) -> None:
    """Tell the people who run the department's sessions that a supplier offers to help."""
    challenge = offer.challenge
    for person in queries.who_can_run(session, organisation_id=challenge.organisation_id):
        _about_offer(
            session,
            "offer_received",
            sender,
            offer,
            person,
            why=f"You get this email because you run sessions for {challenge.organisation.name}.",
            link=f"{settings().base_url}/department/challenges/{challenge.ref}/sessions",
            pitch=offer.pitch,
        )


def offer_declined(session: Session, *, sender: Anyone, offer: VolunteerOffer) -> None:
    """Tell who made the offer that it was declined, why, and which ways in remain.

    When they do not act for the supplier any more, everybody who does is told.
    """
    own = offer.supplier.organisation
    for person in accounts.readers_for(session, person=offer.person, organisation_id=own.id):
        _about_offer(
            session,
            "offer_declined",
            sender,
            offer,
            person,
            why=f"You get this email because help was offered in the name of {own.name}.",
            link=f"{settings().base_url}/challenges/{offer.challenge.ref}",
            reason=offer.answer,
            audience=f"supplier:{offer.supplier.ref}",
        )


def _about_offer(
    session: Session,
    template: str,
    sender: Anyone,
    offer: VolunteerOffer,
    person: Person,
    *,
    why: str,
    audience: str | None = None,
    **more: str,
) -> None:
    outbox.post(
        session,
        template=template,
        to=person,
        context={
            "challenge": offer.challenge.title,
            "department": offer.challenge.organisation.name,
            "supplier": offer.supplier.organisation.name,
            **more,
        },
        dedupe_key=f"{template}:{offer.id}:{offer.created_at:%Y%m%dT%H%M%S%f}:{person.id}",
        why=why,
        sender=sender,
        challenge_ref=offer.challenge.ref if audience else None,
        audience=audience,
        fact=f"offer:{offer.id}" if audience else None,
    )
