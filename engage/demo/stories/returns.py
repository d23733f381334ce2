"""Letters that came back, an address that gets no mail, and one whose owner got it going again."""

from __future__ import annotations

from datetime import date
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.demo.script import Diary, Step
from engage.demo.stories.alerts import asks, confirms
from engage.demo.world import World
from engage.digests.enums import Topic
from engage.digests.service import Wish
from engage.outbox import service
from engage.outbox.enums import LetterState, Outcome
from engage.outbox.models import Letter
from engage.outbox.service import Report

CLOSED, TIRED = "bids@closed-branch.example", "info@tired-of-mail.example"
FULL, BACK = "box@full-mailbox.example", "team@back-again.example"
REPORTS = {
    CLOSED: (Outcome.NO_ADDRESS, "5.1.1", "550 5.1.1 Recipient address rejected: user unknown"),
    TIRED: (Outcome.COMPLAINT, "", "abuse, reported by a mail provider"),
    FULL: (Outcome.UNDELIVERED, "5.2.2", "552 5.2.2 Mailbox is full"),
    BACK: (Outcome.NO_ADDRESS, "5.2.1", "550 5.2.1 This account is disabled"),
}
"""What the mail systems of these addresses said."""


def steps(today: date) -> list[Step]:
    """Return the steps of four people to whom mail did not simply go."""
    diary = Diary(today)
    for number, address in enumerate(REPORTS):
        day = -30 + 3 * number
        diary.note(day, "15:10", f"{address} asks for alerts", partial(asks, address, Wish(Topic.EVERYTHING)))
        diary.note(day, "15:35", f"{address} confirms", partial(confirms, address))
        diary.note(-7 + number, "09:25", f"A letter to {address} comes back", partial(_comes_back, address))
    diary.note(-2, "16:30", f"{BACK} gets mail again", partial(_works_again, BACK))
    return diary.steps()


def _comes_back(address: str, session: Session, _world: World) -> None:
    """Report on the last letter that went there, as the mailbox of bounces would bring it."""
    sent = sa.select(Letter.id).where(Letter.recipient == address, Letter.state == LetterState.SENT)
    newest = session.scalar(sent.order_by(Letter.id.desc()).limit(1))
    outcome, status, words = REPORTS[address]
    service.take_report(session, Report(outcome, letter_id=newest, status=status, words=words))


def _works_again(address: str, session: Session, _world: World) -> None:
    service.works_again(session, email=address)
