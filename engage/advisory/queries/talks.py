"""One-to-one talks as rows: the terms, who asked, how many talks there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.advisory.enums import AskState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession, OneToOneAsk, OneToOneTerms
from engage.challenges import queries as challenges
from engage.kernel import clock
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
    """Return how many talks to come nobody has taken, less those that others were offered and have not chosen."""
    free = _talks(challenge_id).where(
        AdvisorySession.state == SessionState.SCHEDULED,
        AdvisorySession.starts_at > clock.now(),
        AdvisorySession.taken == 0,
    )
    offered = sa.select(sa.func.count(OneToOneAsk.id)).where(
        OneToOneAsk.challenge_id == challenge_id, OneToOneAsk.state == AskState.OFFERED
    )
    taken = _talks(challenge_id).where(
        AdvisorySession.state != SessionState.CANCELLED, AdvisorySession.taken > 0
    )
    open_offers = (session.scalar(offered) or 0) - (session.scalar(taken) or 0)
    return (session.scalar(free) or 0) - max(open_offers, 0)


def talks_begun(session: Session, *, challenge_id: int) -> bool:
    """Tell whether somebody counts on the terms of a challenge's talks: asked, or a talk is scheduled."""
    return bool(asks_of_challenge(session, challenge_id=challenge_id)) or bool(
        count_talks(session, challenge_id=challenge_id)
    )


def _talks(challenge_id: int) -> sa.Select[int]:
    return sa.select(sa.func.count(AdvisorySession.id)).where(
        AdvisorySession.challenge_id == challenge_id, AdvisorySession.format == SessionFormat.ONE_TO_ONE
    )
