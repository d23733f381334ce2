"""Forgetting addresses to which nothing goes any more."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from engage.digests.enums import SubscriptionState
from engage.digests.models import Mute, Pause, Subscription
from engage.kernel import clock

FORGOTTEN_AFTER = timedelta(days=28)


def forget(session: Session) -> int:
    """Forget what nobody needs any more, four weeks after its end; return how many subscriptions that concerned.

    Side effects, in order: what was asked for and never confirmed is deleted, an address that perhaps somebody else
    entered. Where an address gets nothing any more, its ended subscriptions lose the address, the person and what they
    were about: the rows stay for the windows that were told, and so that links to end them go on working. While it gets
    anything they stay whole, or it would be told twice what they told. Pauses go when they are over, and mutes with
    the address. Audit lines stay; they name no address.
    """
    before = clock.now() - FORGOTTEN_AFTER
    number = _delete_unconfirmed(session, before) + _blank_ended(session, before)
    nobody = ~sa.exists().where(sa.func.lower(Subscription.email) == Mute.email)
    session.execute(sa.delete(Mute).where(Mute.created_at < before, nobody))
    over = clock.uk_today() - FORGOTTEN_AFTER
    session.execute(sa.delete(Pause).where(Pause.until_on < over))
    session.expire_all()
    return number


def _delete_unconfirmed(session: Session, before: datetime) -> int:
    over = sa.case(
        (Subscription.state == SubscriptionState.ENDED, Subscription.ended_at), else_=Subscription.created_at
    )
    old = sa.delete(Subscription).where(
        Subscription.confirmed_at.is_(None),
        Subscription.state != SubscriptionState.ACTIVE,
        over < before,
    )
    return len(session.execute(old.returning(Subscription.id)).all())


def _blank_ended(session: Session, before: datetime) -> int:
    other = aliased(Subscription)
    wanted = sa.exists().where(
        sa.func.lower(other.email) == sa.func.lower(Subscription.email),
        sa.or_(other.state != SubscriptionState.ENDED, other.ended_at >= before),
    )
    old = (
        sa.update(Subscription)
        .where(
            Subscription.state == SubscriptionState.ENDED,
            Subscription.ended_at < before,
            Subscription.email != "",
            ~wanted,
        )
        .values(email="", person_id=None, value="", department_id=None)
    )
    return len(session.execute(old.returning(Subscription.id)).all())
