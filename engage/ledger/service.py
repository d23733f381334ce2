"""Writing the equal-information ledger."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.chain import append
from engage.kernel.text import excerpt, sha256
from engage.ledger.enums import EVERYONE, Channel
from engage.ledger.models import Disclosure


def disclose(
    session: Session,
    *,
    challenge_ref: str | None,
    fact: str,
    summary: str,
    channel: Channel,
    audience: str = EVERYONE,
    body: str | None = None,
    released_at: datetime | None = None,
    delivered_at: datetime | None = None,
) -> None:
    """Write one ledger line in the session's transaction; it is sealed into the chain at commit.

    ``fact`` is ``kind:reference``; ``summary`` one line without personal data; ``body`` the exact text, of which only
    the hash is kept; ``audience`` is ``everyone`` or ``kind:reference``. ``released_at`` and ``delivered_at`` are given
    where they lie before now: a letter that was on its way, something said elsewhere.
    """
    append(
        session,
        Disclosure(
            at=clock.now(),
            challenge_ref=challenge_ref,
            fact=fact,
            summary=excerpt(summary),
            audience=audience,
            channel=channel,
            body_hash=sha256(body) if body is not None else None,
            released_at=released_at,
            delivered_at=delivered_at,
        ),
    )
