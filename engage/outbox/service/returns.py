"""Believing reports: whom a report is about, what becomes of the letter and of the address."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.outbox.enums import LetterState, Outcome, SuppressionKind
from engage.outbox.models import Letter, LetterReport
from engage.outbox.service.reports import Report
from engage.outbox.service.returning import letter_of
from engage.outbox.service.suppressing import last_lifted, suppress

log = structlog.get_logger()

MOST_IN_A_ROW = 5
"""So many letters in a row may come back for a reason that may pass; one more, and the address gets no more mail."""
HEARD_BY = timedelta(hours=72)
"""A letter of which nothing was heard for so long has arrived: mail systems give up within that time."""
LOOKED_AT = 50
SENT = (LetterState.SENT, LetterState.SENDING)
"""Only a letter that has left, or is leaving, can come back."""


def take_report(session: Session, report: Report) -> Letter | None:
    """Write down what a report says about one of our letters; ``None`` when it is about none, or not believed.

    Believed is a report with a letter's own mark, which only those have who handled it, and one that quotes its
    Message-ID and names its recipient. Side effects: the report (the same one twice counts once), the letter's
    outcome, and a suppression: at once when there is no such address or the person complained, after more than
    ``MOST_IN_A_ROW`` letters in a row otherwise. What is heard late, of a letter that had left before somebody lifted
    a suppression of its address, suppresses nothing: they knew better since.
    """
    letter = _letter(session, report)
    if letter is None or letter.state not in SENT:
        log.info("report about no letter of ours", outcome=report.outcome.value, status=report.status)
        return None
    row = {
        "letter_id": letter.id,
        "at": clock.now(),
        "outcome": report.outcome,
        "status": report.status,
        "words": report.words,
        "fingerprint": report.fingerprint,
    }
    insert = postgresql.insert(LetterReport).values(row).on_conflict_do_nothing()
    if session.scalar(insert.returning(LetterReport.id)) is not None:
        _set_outcome(session, letter, report.outcome)
        if not _left_before_lift(session, letter):
            _suppress(session, letter, report.outcome, words=_words(report))
    return letter


def note_outcome(session: Session, letter: Letter, outcome: Outcome, *, words: str) -> None:
    """Set what became of a letter just now, and suppress its address where that follows."""
    _set_outcome(session, letter, outcome)
    _suppress(session, letter, outcome, words=words)


def _set_outcome(session: Session, letter: Letter, outcome: Outcome) -> None:
    if letter.outcome is not Outcome.COMPLAINT:  # that is never taken back
        letter.outcome = outcome
    session.flush()


def _left_before_lift(session: Session, letter: Letter) -> bool:
    lifted = last_lifted(session, letter.recipient)
    return lifted is not None and letter.sent_at is not None and letter.sent_at <= lifted


def _suppress(session: Session, letter: Letter, outcome: Outcome, *, words: str) -> None:
    kind = {
        Outcome.NO_ADDRESS: SuppressionKind.ADDRESS,
        Outcome.COMPLAINT: SuppressionKind.COMPLAINT,
    }.get(outcome)
    if outcome is Outcome.UNDELIVERED and in_a_row(session, letter.recipient) > MOST_IN_A_ROW:
        kind = SuppressionKind.UNDELIVERED
    if kind is not None:
        suppress(session, email=letter.recipient, reason=words, kind=kind, letter_id=letter.id)


def in_a_row(session: Session, address: str) -> int:
    """Return how many letters to ``address`` came back last, since one arrived or a suppression was lifted.

    A letter that has arrived ends the row: one reported as delivered, or one of which nothing was heard for
    ``HEARD_BY``. Of younger ones nothing is known yet.
    """
    since = last_lifted(session, address)
    letters = (
        sa.select(Letter.outcome, Letter.sent_at)
        .where(
            sa.func.lower(Letter.recipient) == address.lower(),
            sa.or_(Letter.state == LetterState.SENT, Letter.outcome.is_not(None)),
        )
        .order_by(Letter.id.desc())
        .limit(LOOKED_AT)
    )
    if since is not None:
        letters = letters.where(Letter.created_at > since)
    number = 0
    for outcome, sent_at in session.execute(letters):
        if outcome is Outcome.UNDELIVERED:
            number += 1
        elif outcome is Outcome.DELIVERED or (
            outcome is None and sent_at and sent_at < clock.now() - HEARD_BY
        ):
            break
    return number


def _letter(session: Session, report: Report) -> Letter | None:
    number = report.letter_id or letter_of(report.addressed_to)
    if number is not None:
        return session.get(Letter, number, with_for_update=True, populate_existing=True)
    if not report.message_id or not report.recipient:
        return None
    named = sa.select(Letter).where(
        Letter.message_id == report.message_id,
        sa.func.lower(Letter.recipient) == report.recipient.lower(),
    )
    found: Letter | None = session.scalar(named.with_for_update().execution_options(populate_existing=True))
    return found


def _words(report: Report) -> str:
    status = "" if report.status in report.words else report.status
    said = " ".join(part for part in (status, report.words) if part)
    if report.outcome is Outcome.COMPLAINT:
        return (
            f"The person reported a letter as spam ({report.words})."
            if report.words
            else "A complaint about spam."
        )
    return said or "It came back without a reason."
