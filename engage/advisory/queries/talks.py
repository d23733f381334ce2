"""One-to-one talks as rows: the terms, who asked, how many talks there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from engage.advisory.enums import AskState, SeatState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession, OneToOneAsk, OneToOneTerms, Seat
from engage.challenges import queries as challenges
from engage.kernel import clock
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.suppliers.models import Supplier


@dataclass(frozen=True)
class PublicTalks:
    """What everyone may know of the one-to-one talks of a challenge: the terms and numbers, nobody's name."""

    minutes: int
    questions: str
    ask_until: datetime
    offered_at: datetime | None
    asked: int
    """How many suppliers asked; 0 until the last moment for asking is over."""

    @property
    def can_be_asked_for(self) -> bool:
        """Whether a supplier could ask now."""
        return self.ask_until > clock.now()


def public_talks(session: Session, *, challenge_id: int) -> PublicTalks | None:
    """Return the terms of a challenge's talks for everyone; ``None`` when there are none or it is not public."""
    terms = session.get(OneToOneTerms, challenge_id)
    if terms is None or not challenges.by_id(session, challenge_id).is_public:
        return None
    count = sa.select(sa.func.count(OneToOneAsk.id)).where(
        OneToOneAsk.challenge_id == challenge_id, OneToOneAsk.state != AskState.WITHDRAWN
    )
    over = terms.ask_until <= clock.now()
    return PublicTalks(
        minutes=terms.minutes,
        questions=terms.questions,
        ask_until=terms.ask_until,
        offered_at=terms.offered_at,
        asked=(session.scalar(count) or 0) if over else 0,
    )


def ask_of(session: Session, *, challenge_id: int, supplier_id: int) -> OneToOneAsk | None:
    """Return a supplier's wish for a talk, unless it was taken back."""
    query = sa.select(OneToOneAsk).where(
        OneToOneAsk.challenge_id == challenge_id,
        OneToOneAsk.supplier_id == supplier_id,
        OneToOneAsk.state != AskState.WITHDRAWN,
    )
    return session.scalar(query.options(joinedload(OneToOneAsk.challenge), joinedload(OneToOneAsk.supplier)))


def asks_of_challenge(session: Session, *, challenge_id: int) -> Sequence[OneToOneAsk]:
    """Return who asked for a talk, in the order in which they asked, suppliers and people loaded."""
    query = (
        sa.select(OneToOneAsk)
        .where(OneToOneAsk.challenge_id == challenge_id, OneToOneAsk.state != AskState.WITHDRAWN)
        .options(
            joinedload(OneToOneAsk.supplier).joinedload(Supplier.organisation),
            joinedload(OneToOneAsk.person),
        )
        .order_by(OneToOneAsk.id)
    )
    return session.scalars(query).all()


def count_talks(session: Session, *, challenge_id: int) -> int:
    """Return how many talks of a challenge were ever scheduled."""
    return session.scalar(_talks(challenge_id)) or 0


def free_talks(session: Session, *, challenge_id: int) -> int:
    """Return how many talks to come nobody has taken, less one for each supplier that was offered one and has none.

    Below 0 there are too few. Nobody counts whose invitation has ended, or who has had its talk.
    """
    free = _talks(challenge_id).where(
        AdvisorySession.state == SessionState.SCHEDULED,
        AdvisorySession.starts_at > clock.now(),
        AdvisorySession.taken == 0,
    )
    invited = sa.exists().where(
        Invitation.challenge_id == OneToOneAsk.challenge_id,
        Invitation.supplier_id == OneToOneAsk.supplier_id,
        Invitation.state.in_((InvitationState.HELD, InvitationState.SENT, InvitationState.ACCEPTED)),
    )
    offered = sa.select(sa.func.count(OneToOneAsk.id)).where(
        OneToOneAsk.challenge_id == challenge_id,
        OneToOneAsk.state == AskState.OFFERED,
        invited,
        OneToOneAsk.supplier_id.not_in(_talk_seats(challenge_id).with_only_columns(Seat.supplier_id)),
    )
    return (session.scalar(free) or 0) - (session.scalar(offered) or 0)


def talk_of(session: Session, *, challenge_id: int, supplier_id: int) -> Seat | None:
    """Return the place of a supplier in a one-to-one talk of a challenge, to come or over, unless it was given up."""
    query = _talk_seats(challenge_id).where(Seat.supplier_id == supplier_id)
    loaded = query.options(contains_eager(Seat.session)).order_by(Seat.id.desc()).limit(1)
    return session.scalar(loaded.execution_options(populate_existing=True))


def can_choose_talk(session: Session, *, challenge_id: int, supplier_id: int) -> bool:
    """Tell whether a supplier was offered a talk and has not had one."""
    asked = ask_of(session, challenge_id=challenge_id, supplier_id=supplier_id)
    if asked is None or asked.state is not AskState.OFFERED:
        return False
    return talk_of(session, challenge_id=challenge_id, supplier_id=supplier_id) is None


def _talk_seats(challenge_id: int) -> sa.Select[Seat]:
    return (
        sa.select(Seat)
        .join(Seat.session)
        .where(
            AdvisorySession.challenge_id == challenge_id,
            AdvisorySession.format == SessionFormat.ONE_TO_ONE,
            Seat.state != SeatState.RELEASED,
        )
    )


def talks_begun(session: Session, *, challenge_id: int) -> bool:
    """Tell whether somebody counts on the terms of a challenge's talks: asked, or a talk is scheduled."""
    return bool(asks_of_challenge(session, challenge_id=challenge_id)) or bool(
        count_talks(session, challenge_id=challenge_id)
    )


def _talks(challenge_id: int) -> sa.Select[int]:
    return sa.select(sa.func.count(AdvisorySession.id)).where(
        AdvisorySession.challenge_id == challenge_id, AdvisorySession.format == SessionFormat.ONE_TO_ONE
    )
