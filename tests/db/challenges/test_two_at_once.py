"""Several people, real connections: numbers are given out once, of two clicks one acts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.challenges import service
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.db import new_session, unit_of_work
from engage.kernel.errors import Conflict
from engage.ledger.models import Disclosure
from tests.db.challenges.trail import Team

pytestmark = pytest.mark.usefixtures("committed")

Deed = Callable[[Session, Challenge, Actor], object]


def at_once(times: int, deed: Callable[[int], object]) -> list[str]:
    """Do ``deed`` in as many threads at the same moment; the names of what each ended with."""
    ready = Barrier(times)

    def run(number: int) -> str:
        ready.wait()
        try:
            deed(number)
        except Conflict as refusal:
            return refusal.message
        return "done"

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(run, range(times)))


def test_every_draft_has_its_own_number_without_gaps() -> None:
    with unit_of_work() as session:
        author = Team(session).author

    def start(number: int) -> None:
        with unit_of_work() as session:
            service.create_draft(session, actor=author, title=f"Challenge {number}")
            if number % 4 == 0:
                raise Conflict("changed my mind")

    outcomes = at_once(12, start)
    assert outcomes == ["changed my mind"] * 3 + ["done"] * 9
    year = clock.uk_today().year
    with new_session() as session:
        refs = session.scalars(sa.select(Challenge.ref).order_by(Challenge.ref)).all()
    assert refs == [f"ENG-{year}-{number:04}" for number in range(1, 10)]


@pytest.mark.parametrize(
    ("begin", "deed", "state", "trace"),
    [
        (
            Team.draft,
            lambda session, made, actor: service.submit(session, actor=actor, challenge=made),
            ChallengeState.IN_REVIEW,
            {"versions": 1, "disclosures": 0, "lines": 2},
        ),
        (
            Team.approved,
            lambda session, made, actor: service.publish(session, actor=actor, challenge=made),
            ChallengeState.PUBLISHED,
            {"versions": 1, "disclosures": 1, "lines": 5},
        ),
    ],
    ids=["submit", "publish"],
)
def test_of_two_clicks_one_acts(
    begin: Callable[[Team], Challenge], deed: Deed, state: ChallengeState, trace: dict[str, int]
) -> None:
    with unit_of_work() as session:
        team = Team(session)
        made_id, author = begin(team).id, team.author

    def click(_number: int) -> None:
        with unit_of_work() as session:
            deed(session, session.get_one(Challenge, made_id), author)

    words = state.value.replace("_", " ")
    refusal = f"This challenge is already {words}. Nothing was done a second time."
    assert at_once(2, click) == [refusal, "done"]
    with new_session() as session:
        assert session.get_one(Challenge, made_id).state is state
        assert {
            "versions": session.scalar(sa.select(sa.func.count(ChallengeVersion.id))),
            "disclosures": session.scalar(sa.select(sa.func.count(Disclosure.id))),
            "lines": session.scalar(sa.select(sa.func.count(AuditEvent.id))),
        } == trace


def test_an_edit_that_meets_a_submission_is_in_the_frozen_text_or_refused() -> None:
    with unit_of_work() as session:
        team = Team(session)
        made_id, author = team.draft().id, team.author

    def act(number: int) -> None:
        with unit_of_work() as session:
            made = session.get_one(Challenge, made_id)
            if number:
                service.submit(session, actor=author, challenge=made)
            else:
                service.save_answers(
                    session, actor=author, challenge=made, answers={"problem": "Late words."}
                )

    outcomes = at_once(2, act)
    with new_session() as session:
        made, version = (
            session.get_one(Challenge, made_id),
            session.scalars(sa.select(ChallengeVersion)).one(),
        )
        assert version.content == made.content
        assert (made.problem == "Late words.") == (outcomes == ["done", "done"])
