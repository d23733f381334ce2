"""Offers to help."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts.models import Person
from engage.advisory.enums import OfferState
from engage.advisory.models import VolunteerOffer
from engage.challenges.models import Challenge
from engage.kernel.errors import NotFound
from engage.suppliers.models import Supplier


def live_offer(session: Session, *, challenge_id: int, supplier_id: int) -> VolunteerOffer | None:
    """Return the supplier's offer to help with a challenge, unless it was withdrawn."""
    query = sa.select(VolunteerOffer).where(
        VolunteerOffer.challenge_id == challenge_id,
        VolunteerOffer.supplier_id == supplier_id,
        VolunteerOffer.state != OfferState.WITHDRAWN,
    )
    return session.scalar(query)


def offers_of_challenge(session: Session, *, challenge_id: int) -> Sequence[VolunteerOffer]:
    """Return the offers to help with a challenge, those that wait first; withdrawn ones are left out."""
    waiting = sa.case((VolunteerOffer.state == OfferState.MADE, 0), else_=1)
    query = (
        sa.select(VolunteerOffer)
        .where(VolunteerOffer.challenge_id == challenge_id, VolunteerOffer.state != OfferState.WITHDRAWN)
        .options(joinedload(VolunteerOffer.supplier), joinedload(VolunteerOffer.person))
        .order_by(waiting, VolunteerOffer.id)
    )
    return session.scalars(query).all()


def volunteers(session: Session, *, challenge_id: int) -> Sequence[tuple[Person, Supplier]]:
    """Return who offered to help with a challenge, each with the supplier; withdrawn offers are left out."""
    offers = offers_of_challenge(session, challenge_id=challenge_id)
    return [(offer.person, offer.supplier) for offer in offers]


def offer_by_id(session: Session, *, offer_id: int) -> VolunteerOffer:
    """Return an offer with its challenge, supplier and person. Raises ``NotFound``."""
    query = sa.select(VolunteerOffer).where(VolunteerOffer.id == offer_id)
    loaded = query.options(
        joinedload(VolunteerOffer.challenge).joinedload(Challenge.organisation),
        joinedload(VolunteerOffer.supplier),
        joinedload(VolunteerOffer.person),
    )
    found = session.scalar(loaded)
    if found is None:
        raise NotFound
    return found
