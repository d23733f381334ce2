"""How long the words of letters are kept. Who got which letter when, and the hash of its words, stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.settings import settings
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter, LetterReport

AT_ONCE = 500
ENDED = (LetterState.SENT, LetterState.FAILED, LetterState.SUPPRESSED, LetterState.CANCELLED)


def empty_some(session: Session) -> int:
    """Remove text, HTML and calendar file of letters whose time is over, oldest first; returns of how many.

    ``ENGAGE_LETTERS_RECORD`` days for a letter about a challenge, ``ENGAGE_LETTERS_KEPT`` for others. What another
    mail system said goes too: it often quotes. A letter that still waits keeps its words.
    """
    now = clock.now()
    record, kept = (timedelta(days=days) for days in (settings().letters_record, settings().letters_kept))
    over = sa.or_(
        sa.and_(Letter.challenge_ref.is_(None), Letter.created_at < now - kept),
        Letter.created_at < now - record,
    )
    old = sa.select(Letter.id).where(Letter.emptied_at.is_(None), Letter.state.in_(ENDED), over)
    ids = session.scalars(
        old.order_by(Letter.created_at).limit(AT_ONCE).with_for_update(skip_locked=True)
    ).all()
    gone = {"text": "", "html": "", "calendar": None, "calendar_method": None, "emptied_at": now}
    done = session.execute(sa.update(Letter).where(Letter.id.in_(ids)).values(gone))
    session.execute(sa.update(LetterReport).where(LetterReport.letter_id.in_(ids)).values(words=""))
    return cast("sa.CursorResult[Any]", done).rowcount
