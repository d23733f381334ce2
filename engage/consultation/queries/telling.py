"""Reading what was told elsewhere. What everyone may see is a type that cannot name who was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from engage.accounts.models import Organisation
from engage.challenges.enums import PUBLIC_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.consultation.models import Telling, ToldFact
from engage.kernel.errors import NotFound
from engage.suppliers.models import Supplier


@dataclass(frozen=True)
class SharedFact:
    """Something that was told to somebody first, as everyone reads it; ``told_at`` is when the first had it."""

    id: int
    title: str
    wording: str
    told_at: datetime
    released_at: datetime


def shared(session: Session, *, challenge_id: int) -> Sequence[SharedFact]:
    """Return what was released to everyone, newest first; nothing when the challenge is not public."""
    withdrawn = sa.and_(Challenge.state == ChallengeState.WITHDRAWN, Challenge.published_at.is_not(None))
    first = sa.select(sa.func.min(Telling.told_at)).where(Telling.told_fact_id == ToldFact.id)
    query = (
        sa.select(
            ToldFact.id, ToldFact.title, ToldFact.wording, first.scalar_subquery(), ToldFact.released_at
        )
        .join(ToldFact.challenge)
        .where(
            ToldFact.challenge_id == challenge_id,
            ToldFact.released_at.is_not(None),
            sa.or_(Challenge.state.in_(PUBLIC_STATES), withdrawn),
        )
        .order_by(ToldFact.released_at.desc(), ToldFact.id.desc())
    )
    return [
        SharedFact(key, title, wording, told_at, released_at)
        for key, title, wording, told_at, released_at in session.execute(query)
        if released_at is not None
    ]


def told_facts(session: Session, *, challenge_id: int) -> Sequence[ToldFact]:
    """Return what was told elsewhere about a challenge, what is not released first, with who was told by whom."""
    query = (
        sa.select(ToldFact)
        .where(ToldFact.challenge_id == challenge_id)
        .options(*_tellings())
        .order_by(ToldFact.released_at.is_not(None), ToldFact.id)
    )
    return session.scalars(query).all()


def told_fact(session: Session, *, fact_id: int) -> ToldFact:
    """Return one with its challenge and with who was told by whom. Raises ``NotFound``."""
    query = sa.select(ToldFact).where(ToldFact.id == fact_id)
    challenge = joinedload(ToldFact.challenge).joinedload(Challenge.organisation)
    found = session.scalar(query.options(challenge, *_tellings()))
    if found is None:
        raise NotFound
    return found


def unreleased(session: Session, *, challenge_id: int) -> Sequence[ToldFact]:
    """Return what was told elsewhere and is not released, oldest first, locked until the transaction ends."""
    query = sa.select(ToldFact).where(ToldFact.challenge_id == challenge_id, ToldFact.released_at.is_(None))
    query = query.order_by(ToldFact.id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).all()


def unworded(session: Session, *, challenge_id: int) -> Sequence[ToldFact]:
    """Return what is to go out with the publication while nobody has written what everyone will read of it."""
    query = sa.select(ToldFact).where(
        ToldFact.challenge_id == challenge_id,
        ToldFact.released_at.is_(None),
        ToldFact.with_publication,
        ToldFact.wording == "",
    )
    return session.scalars(query.order_by(ToldFact.id)).all()


def recipients(session: Session, *, fact_id: int) -> Sequence[Telling]:
    """Return who was told a fact, with the suppliers, in order of time."""
    query = sa.select(Telling).where(Telling.told_fact_id == fact_id).order_by(Telling.told_at, Telling.id)
    return session.scalars(query.options(*_who())).all()


def supplier_named(session: Session, name: str) -> Supplier | None:
    """Return the supplier with this name (capitals and spaces aside) or reference; the oldest of several."""
    wanted = " ".join(name.split())
    query = (
        sa.select(Supplier)
        .join(Supplier.organisation)
        .where(sa.or_(sa.func.lower(Organisation.name) == wanted.lower(), Supplier.ref == wanted))
        .options(joinedload(Supplier.organisation))
        .order_by(Supplier.id)
        .limit(1)
    )
    return session.scalar(query)


def first_with_name(session: Session, *, challenge_id: int, name: str) -> Telling | None:
    """Return the first record of telling an organisation of this name, that is not on engage, about a challenge."""
    query = (
        sa.select(Telling)
        .join(Telling.fact)
        .where(
            ToldFact.challenge_id == challenge_id, sa.func.lower(Telling.organisation_name) == name.lower()
        )
        .order_by(Telling.id)
        .limit(1)
    )
    return session.scalar(query)


def _tellings() -> list[sa.orm.interfaces.LoaderOption]:
    telling = selectinload(ToldFact.tellings)
    return [
        telling.joinedload(Telling.supplier).joinedload(Supplier.organisation),
        telling.joinedload(Telling.told_by),
    ]


def _who() -> list[sa.orm.interfaces.LoaderOption]:
    return [joinedload(Telling.supplier).joinedload(Supplier.organisation)]
