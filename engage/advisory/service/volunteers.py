"""The open door: any verified supplier may offer to help, and is invited or told why not."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from engage.accounts import queries as accounts
from engage.advisory.enums import OFFER_TRANSITIONS, OfferState
from engage.advisory.errors import AlreadyOffered
from engage.advisory.models import VolunteerOffer
from engage.advisory.service import offer_letters
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict, NotAllowed
from engage.kernel.states import check
from engage.matchmaking import queries as invitations
from engage.matchmaking import service as matchmaking
from engage.matchmaking.models import Invitation
from engage.suppliers.models import Supplier

_ONE_EACH = "uq_volunteer_offer_live"


def offer_help(
    session: Session, *, actor: Actor, challenge: Challenge, supplier: Supplier, pitch: str
) -> VolunteerOffer:
    """Offer the supplier's help with an open challenge and return the offer.

    Whose invitation was declined, expired or was withdrawn can offer help like everybody else; an offer that had led to
    that invitation is made again, with the new words.

    Side effects, in order: the challenge's row locked and the supplier's organisation kept as it is (who merges or
    suspends it waits), the offer, an audit line, a letter to each person who runs the department's sessions. Raises
    ``Conflict`` when the challenge takes no more offers or the supplier has an invitation that stands,
    ``AlreadyOffered`` when it has an offer standing, ``NotAllowed`` when it is not verified.
    """
    challenge = challenges.lock(session, challenge)
    if not matchmaking.is_verified(session, supplier):
        raise NotAllowed("Your organisation has to be verified before it can offer help.")
    if not challenge.is_open:
        raise Conflict("This challenge no longer takes offers.")
    invitation = invitations.invitation_of(session, challenge_id=challenge.id, supplier_id=supplier.id)
    ended = invitation is not None and invitation.has_ended
    if invitation is not None and invitation.sent_at is not None and not ended:
        raise Conflict("You have already been invited to this challenge: answer the invitation instead.")
    offer = _made_again(session, actor, challenge, supplier, pitch) if ended else None
    deed = "made" if offer is None else "made_again"
    offer = offer or _made(session, actor, challenge, supplier, pitch)
    _record(session, actor, offer, deed)
    offer_letters.offer_received(session, sender=actor, offer=offer)
    return offer


def _made(
    session: Session, actor: Actor, challenge: Challenge, supplier: Supplier, pitch: str
) -> VolunteerOffer:
    offer = VolunteerOffer(
        challenge=challenge, supplier=supplier, person_id=actor.person_id, pitch=pitch, created_at=clock.now()
    )
    try:
        with session.begin_nested():
            session.add(offer)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _ONE_EACH:
            raise
        raise AlreadyOffered("You have already offered to help with this challenge.") from error
    return offer


def _made_again(
    session: Session, actor: Actor, challenge: Challenge, supplier: Supplier, pitch: str
) -> VolunteerOffer | None:
    """Make the offer that led to an invitation which has ended by now again; ``None`` when there is no such offer."""
    query = sa.select(VolunteerOffer).where(
        VolunteerOffer.challenge_id == challenge.id,
        VolunteerOffer.supplier_id == supplier.id,
        VolunteerOffer.state == OfferState.INVITED,
    )
    offer = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if offer is None:
        return None
    check(OFFER_TRANSITIONS, now=offer.state, to=OfferState.MADE, thing="offer")
    offer.state, offer.pitch, offer.person_id = OfferState.MADE, pitch, actor.person_id
    offer.created_at, offer.answered_at = clock.now(), None
    session.flush()
    session.refresh(offer, ["person"])
    return offer


def withdraw_offer(session: Session, *, actor: Actor, offer: VolunteerOffer) -> None:
    """Take an offer back while it waits; ``Conflict`` after that. Side effects: its state, an audit line."""
    offer = _move(session, offer, OfferState.WITHDRAWN)
    _record(session, actor, offer, "withdrawn")


def invite_volunteer(session: Session, *, actor: Actor, offer: VolunteerOffer) -> Invitation:
    """Invite a supplier that offered help; from there on it goes the way of every invitation.

    Side effects, in order: the challenge's row is locked, then the offer's, whose state changes, an audit
    line, then what ``matchmaking.service.invite_who_offered`` does (invitation, letter). Raises ``Conflict`` when the
    offer does not wait any more or the challenge is not open.
    """
    challenges.lock(session, offer.challenge)
    # Who merges suppliers locks their organisations before their offers, and so does this.
    accounts.keep_organisations(session, [offer.supplier.organisation_id])
    offer = _move(session, offer, OfferState.INVITED)
    _record(session, actor, offer, "invited")
    return matchmaking.invite_who_offered(
        session, actor=actor, challenge=offer.challenge, supplier=offer.supplier
    )


def decline_offer(session: Session, *, actor: Anyone, offer: VolunteerOffer, reason: str) -> None:
    """Decline an offer with a reason, told to who made it.

    Side effects, in order: the offer's row is locked, its state and answer, an audit line, a letter.
    Raises ``Conflict`` when the offer does not wait any more.
    """
    offer = _move(session, offer, OfferState.DECLINED, answer=reason)
    _record(session, actor, offer, "declined")
    offer_letters.offer_declined(session, sender=actor, offer=offer)


def decline_waiting(session: Session, *, actor: Anyone, challenge_id: int, reason: str) -> None:
    """Decline every offer to help with a challenge that still waits, in order of id.

    One that is answered or taken back at this moment is left as it is: the database looks at the state again
    once it has the lock.
    """
    query = sa.select(VolunteerOffer).where(
        VolunteerOffer.challenge_id == challenge_id, VolunteerOffer.state == OfferState.MADE
    )
    waiting = query.order_by(VolunteerOffer.id).with_for_update().execution_options(populate_existing=True)
    for offer in session.scalars(waiting).all():
        decline_offer(session, actor=actor, offer=offer, reason=reason)


def _move(session: Session, offer: VolunteerOffer, to: OfferState, *, answer: str = "") -> VolunteerOffer:
    query = (
        sa.select(VolunteerOffer)
        .where(VolunteerOffer.id == offer.id)
        .options(joinedload(VolunteerOffer.challenge), joinedload(VolunteerOffer.supplier))
        .with_for_update(of=VolunteerOffer)
        .execution_options(populate_existing=True)
    )
    offer = session.scalars(query).one()
    check(OFFER_TRANSITIONS, now=offer.state, to=to, thing="offer")
    offer.state = to
    offer.answer = answer
    offer.answered_at = clock.now()
    session.flush()
    return offer


def _record(session: Session, actor: Anyone, offer: VolunteerOffer, deed: str) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:offer:{deed}",
        subject=f"challenge:{offer.challenge.ref}",
        supplier=offer.supplier.ref,
    )
