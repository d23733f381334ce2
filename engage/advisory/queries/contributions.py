"""The written route: the questions asked of everybody, until when, and who has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts.models import Organisation
from engage.advisory.enums import SessionState
from engage.advisory.models import AdvisorySession, Contribution
from engage.challenges.models import Challenge
from engage.challenges.service import wording
from engage.kernel import clock
from engage.kernel.text import sha256
from engage.kernel.uktime import from_uk, to_uk
from engage.kernel.workdays import workday_after
from engage.suppliers.models import Supplier

AFTER_THE_LAST_SESSION = 3
"""Working days: who could not come has at least so long after those who did."""
OTHERWISE_ASKED = ("What should the department know about this problem, and about ways to meet it?",)
"""What is asked in writing where the text of the challenge asks nothing."""


@dataclass(frozen=True)
class WrittenRoute:
    """How suppliers can answer in writing: what is asked of everybody, in sessions too, and the last day for it."""

    questions: tuple[str, ...]
    last_day: date | None
    """By UK time; none while neither a closing date nor a session is known."""
    is_open: bool

    @property
    def digest(self) -> str:
        """What the questions are known by in a form: another one when any of them changes."""
        return sha256("\n".join(self.questions))[:16]

    @property
    def ends_at(self) -> datetime | None:
        """The moment from which on it is too late."""
        return from_uk(self.last_day + timedelta(days=1), time()) if self.last_day else None


def written_route(session: Session, *, challenge: Challenge) -> WrittenRoute:
    """Return the written route of a public challenge: one statement.

    The questions are those of the published text. It stays open until the closing date and at least three working days
    after the last session that is not cancelled, unless the department ends the engagement or withdraws the challenge.
    """
    asked = next(
        (each.items for each in wording.told(challenge.content) if each.answer.field == "questions"), ()
    )
    last = _last_day(session, challenge)
    stopped = challenge.withdrawn_at is not None or challenge.ended_early_at is not None
    in_time = challenge.is_open if last is None else clock.uk_today() <= last
    takes = challenge.is_public and challenge.organisation.verified and not stopped and in_time
    return WrittenRoute(tuple(asked) or OTHERWISE_ASKED, last, takes)


def contribution_of(session: Session, *, challenge_id: int, supplier_id: int) -> Contribution | None:
    """Return what a supplier has answered in writing, if it has and has not taken it back."""
    query = _live().where(Contribution.challenge_id == challenge_id, Contribution.supplier_id == supplier_id)
    return session.scalar(query)


def contributions(session: Session, *, challenge_id: int) -> Sequence[Contribution]:
    """Return the answers in writing to a challenge, by the suppliers' names: one statement.

    Whether somebody also came to a session is not to be seen in them: both ways in are read alike.
    """
    query = (
        _live()
        .join(Supplier, Supplier.id == Contribution.supplier_id)
        .join(Organisation, Organisation.id == Supplier.organisation_id)
        .where(Contribution.challenge_id == challenge_id)
        .options(joinedload(Contribution.supplier))
        .order_by(sa.func.lower(Organisation.name), Contribution.id)
    )
    return session.scalars(query).all()


def count_contributions(session: Session, *, challenge_id: int) -> int:
    """Return how many suppliers have answered in writing."""
    live = sa.select(sa.func.count()).where(
        Contribution.challenge_id == challenge_id, Contribution.withdrawn_at.is_(None)
    )
    return session.scalar(live) or 0


def contributions_of_supplier(session: Session, *, supplier_id: int) -> Sequence[Contribution]:
    """Return what a supplier has answered in writing, newest first, with the challenges."""
    query = _live().where(Contribution.supplier_id == supplier_id)
    challenge = joinedload(Contribution.challenge).joinedload(Challenge.organisation)
    return session.scalars(query.options(challenge).order_by(Contribution.sent_at.desc())).all()


def _live() -> sa.Select[Contribution]:
    return sa.select(Contribution).where(Contribution.withdrawn_at.is_(None))


def _last_day(session: Session, challenge: Challenge) -> date | None:
    query = sa.select(sa.func.max(AdvisorySession.ends_at)).where(
        AdvisorySession.challenge_id == challenge.id, AdvisorySession.state != SessionState.CANCELLED
    )
    last: datetime | None = session.scalar(query)
    after = workday_after(to_uk(last).date(), AFTER_THE_LAST_SESSION) if last else None
    return max(filter(None, (challenge.closes_on, after)), default=None)
