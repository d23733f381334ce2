"""How long the words of letters are kept. Who got which letter when, and the hash of its words, stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.settings import settings
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter, LetterReport, LetterStep, Suppression

AT_ONCE = 500
TRIED = (LetterState.QUEUED, LetterState.FAILED)
"""States of the steps that may quote a mail server. Who released a letter or tried again stands elsewhere, too."""
ENDED = (LetterState.SENT, LetterState.FAILED, LetterState.SUPPRESSED, LetterState.CANCELLED)


def empty_some(session: Session) -> int:
    """Remove text, HTML and calendar file of letters whose time is over, oldest first; returns of how many.

    ``ENGAGE_LETTERS_RECORD`` days for a letter about a challenge, ``ENGAGE_LETTERS_KEPT`` for others. What
    mail systems said goes too, wherever it stands: it often quotes. A letter that still waits keeps its words.
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
    gone = {"text": "", "html": "", "calendar": None, "calendar_method": None, "last_error": None}
    done = session.execute(sa.update(Letter).where(Letter.id.in_(ids)).values(**gone, emptied_at=now))
    session.execute(sa.update(LetterReport).where(LetterReport.letter_id.in_(ids)).values(words=""))
    steps = sa.update(LetterStep).where(LetterStep.letter_id.in_(ids), LetterStep.state.in_(TRIED))
    session.execute(steps.values(note=""))
    session.execute(sa.update(Suppression).where(Suppression.letter_id.in_(ids)).values(reason=""))
    return cast("sa.CursorResult[Any]", done).rowcount
