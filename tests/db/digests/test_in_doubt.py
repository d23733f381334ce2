"""Letters of which nobody knows whether they left: never written anew, and their readers hear what changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.events import ChallengeWithdrawn
from engage.challenges.models import Challenge
from engage.digests import handlers, jobs, service
from engage.kernel import clock
from engage.outbox.enums import LetterState
from engage.outbox.errors import Later
from engage.outbox.models import Letter
from engage.outbox.service import delivery
from tests.factories import challenges, digests
from tests.support.queue import run_waiting
from tests.support.records import letters

TUESDAY = datetime(2026, 3, 3, 8, 5, tzinfo=UTC)
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def on_a_tuesday() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(TUESDAY, tick=False) as traveller:
        yield traveller


def digest_of(session: Session, *titles: str) -> tuple[Letter, list[Challenge]]:
    """Write the digest that tells of new challenges with these titles."""
    made = [
        challenges.challenge(
            session,
            title=title,
            state=ChallengeState.PUBLISHED,
            published_at=clock.now() - timedelta(days=1),
            closes_on=date(2026, 6, 1),
        )
        for title in titles
    ]
    digests.subscription(session, covered_until=TUESDAY - WEEK, confirmed_at=TUESDAY - WEEK)
    session.commit()
    jobs.open_runs(clock.now())
    jobs.write_runs()
    session.expire_all()
    (found,) = letters(session, "digest")
    return found, made


@pytest.mark.parametrize("in_doubt", [True, False])
def test_a_digest_whose_end_is_unknown_goes_again_as_it_is_and_the_change_is_told(
    session: Session, on_a_tuesday: time_machine.Traveller, in_doubt: bool
) -> None:
    first, (_, gone) = digest_of(session, "Quieter railways", "Cleaner rivers")
    claimed = delivery.claim(session)
    assert claimed is not None
    delivery.not_sent(session, claimed, Later("The connection broke.", in_doubt=in_doubt))
    on_a_tuesday.shift(MINUTE)
    gone.state, gone.withdrawn_reason, gone.withdrawn_at = ChallengeState.WITHDRAWN, "No.", clock.now()
    session.flush()
    handlers.on_challenge_withdrawn(session, ChallengeWithdrawn(gone.id, was_public=True))
    session.commit()
    run_waiting(session, service.REWRITE)
    run_waiting(session, service.TELL)
    session.expire_all()
    found = letters(session, "digest")
    assert [one.state for one in found if one.id == first.id] == [
        LetterState.QUEUED if in_doubt else LetterState.CANCELLED
    ]
    assert len(found) == (1 if in_doubt else 2)
    assert len(letters(session, "challenge_withdrawn")) == (1 if in_doubt else 0)


def test_a_letter_taken_over_from_a_dead_worker_is_in_doubt(session: Session) -> None:
    digest_of(session, "Quieter railways")
    assert delivery.claim(session) is not None
    past = clock.now() - MINUTE
    session.execute(sa.update(Letter).values(lease_until=past))
    taken_over = delivery.claim(session)
    assert taken_over is not None
    assert taken_over.letter.in_doubt
    delivery.not_sent(session, taken_over, Later("busy"))
    (found,) = letters(session, "digest")
    assert (found.state, found.in_doubt) == (LetterState.QUEUED, True)
