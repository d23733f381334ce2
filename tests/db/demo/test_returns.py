"""The demo shows what does not go smoothly with mail: held, failed, come back, complained of, and lifted again."""

from __future__ import annotations

import sqlalchemy as sa

from engage.demo.stories import returns
from engage.kernel import db
from engage.outbox import queries
from engage.outbox.enums import LetterState, Outcome, SuppressionKind
from engage.outbox.models import Letter, Suppression
from tests.db.demo.conftest import Demo


def test_the_letters_pages_have_something_of_everything(demo: Demo) -> None:
    with db.reading() as session:
        counts, outcomes = queries.counts(session), queries.came_back(session)
        kinds = {alarm.kind for alarm in queries.alarms(session)}
        receipts = session.scalar(sa.select(sa.func.count(Letter.receipt)))
    assert min(counts[LetterState.HELD], counts[LetterState.FAILED]) >= 1
    assert outcomes[Outcome.COMPLAINT] == 1
    assert min(outcomes[Outcome.NO_ADDRESS], outcomes[Outcome.UNDELIVERED]) >= 1
    assert kinds >= {"failed", "held"}
    assert receipts == counts[LetterState.SENT]


def test_two_addresses_have_no_mail_and_one_has_it_again(demo: Demo) -> None:
    of_the_story = sa.select(Suppression).where(Suppression.email.in_(returns.REPORTS))
    with db.reading() as session:
        rows = session.scalars(of_the_story.order_by(Suppression.id)).all()
    assert [(row.email, row.kind, row.lifted_by) for row in rows] == [
        (returns.CLOSED, SuppressionKind.ADDRESS, None),
        (returns.TIRED, SuppressionKind.COMPLAINT, None),
        (returns.BACK, SuppressionKind.ADDRESS, "the person at this address"),
    ]
