"""Turns among the letters to one domain: no mail provider gets more of them a minute than was set."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.settings import settings
from engage.outbox.models import Letter, MailPace

MINUTE = timedelta(minutes=1)


def turn(session: Session, letter: Letter) -> datetime | None:
    """Return when it is the letter's turn, ``None`` when that is now.

    Turns are handed out in order, ``ENGAGE_MAIL_PER_MINUTE`` a minute and evenly; a letter keeps the one it got. What
    people wait for has turns of its own, so that no password waits behind a thousand digests. Side effect: the turn
    is taken, by all workers together: the row of the domain is locked until the end of the transaction.
    """
    most = settings().mail_per_minute
    if not most or letter.paced:
        return None
    now, step = clock.now(), MINUTE / most
    row = {"domain": letter.recipient.rpartition("@")[2].lower(), "bulk": letter.bulk, "next_at": now + step}
    take = postgresql.insert(MailPace).values(row)
    take = take.on_conflict_do_update(
        index_elements=["domain", "bulk"], set_={"next_at": sa.func.greatest(MailPace.next_at, now) + step}
    )
    after = session.scalar(take.returning(MailPace.next_at))
    assert after is not None
    return after - step if after - step > now else None
