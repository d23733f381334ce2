"""No alternate is invited once there is no session left to choose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.advisory import queries as advisory_queries
from engage.advisory.enums import SessionFormat, SessionState
from engage.kernel import clock
from engage.kernel.errors import Conflict
from engage.matchmaking import service
from engage.matchmaking.models import MatchRun
from engage.suppliers.models import Supplier
from tests.db.matchmaking.test_waves import decline, draw, released
from tests.factories import advisory
from tests.factories import selection as made

PAST = timedelta(days=-1)


@pytest.fixture
def firms(session: Session) -> list[Supplier]:
    return list(made.firms(session, 2))


@pytest.fixture
def run(session: Session, firms: list[Supplier]) -> MatchRun:
    """A match with one place, whose supplier has declined; another is next in line."""
    found = released(session, *firms, places=1)
    decline(session, found, firms[0])
    return found


def test_before_any_session_is_planned_the_next_is_drawn(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    assert draw(session, run) == [firms[1].ref]


def test_after_the_last_session_nobody_is_until_there_is_another(
    session: Session, run: MatchRun, firms: list[Supplier]
) -> None:
    advisory.meeting(session, challenge=run.challenge, starts_at=clock.now() + PAST)
    assert draw(session, run) == []
    with pytest.raises(Conflict, match="takes places any more"):
        service.next_alternate(session, actor=made.author(session, run), challenge=run.challenge)
    advisory.meeting(session, challenge=run.challenge)
    assert draw(session, run) == [firms[1].ref]


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ({}, True),
        ({"places": 1, "taken": 1}, True),  # it has a waiting list
        ({"closes_at": clock.now() + PAST}, False),
        ({"state": SessionState.HELD}, False),
        ({"state": SessionState.CANCELLED}, True),
    ],
)
def test_what_counts_as_left(session: Session, values: dict[str, object], left: bool) -> None:
    challenge = advisory.open_challenge(session)
    advisory.meeting(session, challenge=challenge, **values)
    assert advisory_queries.sessions_left(session, challenge_id=challenge.id) is left


def test_a_talk_is_for_those_who_asked(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    advisory.meeting(session, challenge=challenge, state=SessionState.HELD)
    advisory.meeting(session, challenge=challenge, format=SessionFormat.ONE_TO_ONE)
    assert not advisory_queries.sessions_left(session, challenge_id=challenge.id)
