"""Work done later: vectors, matches, invitations that nobody answered."""

from __future__ import annotations

from engage.challenges import queries as challenges
from engage.kernel import clock
from engage.kernel.actor import System
from engage.kernel.db import unit_of_work
from engage.kernel.jobs import every, task
from engage.matchmaking import queries, service

BATCH = 32
"""Texts in one transaction: a few seconds of work, so that little is lost when a worker dies."""


@task("matchmaking.embed", lock="matchmaking.embed")
def embed() -> None:
    """Compute every vector that is missing, some texts in each transaction."""
    while True:
        with unit_of_work() as session:
            if not service.embed_some(session, limit=BATCH):
                return


@task("matchmaking.run_for")
def run_for(challenge_id: int, again: bool = False) -> None:
    """Match suppliers to a challenge; unless ``again``, only if there is no match of its approved text yet."""
    embed()
    with unit_of_work() as session:
        challenge = challenges.by_id(session, challenge_id)
        standing = queries.current_run(session, challenge_id=challenge_id)
        done = standing is not None and queries.matched_text(standing) == challenge.approved_hash
        if challenge.state in service.MATCHABLE and (again or not done):
            service.run(session, actor=System(), challenge=challenge)


@every("*/15 * * * *")
@task("matchmaking.expire", lock="matchmaking.expire")
def expire(timestamp: int) -> None:  # noqa: ARG001 - every periodic job is told when it was due
    """Close the invitations that nobody answered in time, and send those whose supplier can read them now."""
    with unit_of_work() as session:
        for invitation in queries.overdue(session, moment=clock.now()):
            service.expire(session, actor=System(), invitation=invitation)
    with unit_of_work() as session:
        service.send_waiting(session, actor=System())
