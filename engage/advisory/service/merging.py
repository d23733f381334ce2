"""A supplier that turned out to be another: what is under way for it goes on under the other one's name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory.enums import AskState, OfferState
from engage.advisory.models import AccessNeed, Contribution, OneToOneAsk, Seat, VolunteerOffer, WaitingPlace
from engage.advisory.service import seats
from engage.kernel.actor import System
from engage.matchmaking import service as matchmaking
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation

UNDER_WAY = (InvitationState.HELD, InvitationState.SENT, InvitationState.ACCEPTED)
SAME = "The supplier is the same as another one, which is invited to this challenge itself."


def follow_merge(session: Session, *, gone_id: int, kept_id: int) -> None:
    """Move what is under way for one supplier to another that is the same.

    Side effects, in order: offers that wait; the invitations of both are locked, and the sessions in which they have a
    place to come or wait for one; then invitations that are held, were sent or accepted, with their seats, what people
    need there and turns on waiting lists; wishes for a talk; answers in writing. All that for each challenge in which
    the other has none of the kind itself. What the other has already stands; the like of the first one stays with it,
    and ends with it: invitations that nobody was told of at once, so that they keep no place.
    """
    session.flush()
    live = VolunteerOffer.state != OfferState.WITHDRAWN
    _move(session, VolunteerOffer, gone_id, kept_id, VolunteerOffer.state == OfferState.MADE, there=live)
    _lock(session, supplier_ids=(gone_id, kept_id))
    moved = _move(session, Invitation, gone_id, kept_id, Invitation.state.in_(UNDER_WAY), there=sa.true())
    for table in (Seat, WaitingPlace):
        session.execute(sa.update(table).where(table.invitation_id.in_(moved)).values(supplier_id=kept_id))
    theirs = sa.union(
        *(sa.select(table.session_id).where(table.invitation_id.in_(moved)) for table in (Seat, WaitingPlace))
    )
    needs = sa.and_(AccessNeed.supplier_id == gone_id, AccessNeed.session_id.in_(theirs))
    session.execute(sa.update(AccessNeed).where(needs).values(supplier_id=kept_id))
    asked = OneToOneAsk.state != AskState.WITHDRAWN
    _move(session, OneToOneAsk, gone_id, kept_id, asked, there=asked)
    written = Contribution.withdrawn_at.is_(None)
    _move(session, Contribution, gone_id, kept_id, written, there=written)
    held = sa.select(Invitation).where(
        Invitation.supplier_id == gone_id, Invitation.state == InvitationState.HELD
    )
    for invitation in session.scalars(held.order_by(Invitation.id)).all():
        matchmaking.withdraw(session, actor=System(), invitation=invitation, reason=SAME)
    session.expire_all()  # rows were moved behind the session's back


def _lock(session: Session, *, supplier_ids: Collection[int]) -> None:
    """Let nobody answer, and nobody be promoted, for these suppliers until the transaction ends."""
    theirs = sa.select(Invitation.id).where(Invitation.supplier_id.in_(supplier_ids)).order_by(Invitation.id)
    ids = session.scalars(theirs.with_for_update(key_share=True)).all()
    seats.lock_of(session, invitation_ids=ids)


def _move(session: Session, table: Any, gone_id: int, kept_id: int, which: Any, *, there: Any) -> list[int]:
    """Move rows of a challenge in which the kept one has none for which ``there`` holds; return their ids."""
    taken = sa.select(table.challenge_id).where(table.supplier_id == kept_id, there)
    query = (
        sa.update(table)
        .where(table.supplier_id == gone_id, which, table.challenge_id.not_in(taken))
        .values(supplier_id=kept_id)
        .returning(table.id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(query))
