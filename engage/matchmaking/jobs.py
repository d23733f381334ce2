"""Work done later: vectors, matches, invitations that nobody answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import structlog
from sqlalchemy.orm import Session

from engage.challenges import queries as challenges
from engage.kernel import clock, db, jobs
from engage.kernel.actor import System
from engage.kernel.db import unit_of_work
from engage.kernel.jobs import every, task
from engage.matchmaking import queries, service

log = structlog.get_logger()
BATCH = 32
"""Texts in one transaction: a few seconds of work, so that little is lost when a worker dies."""
PAUSE = 0.3
"""Seconds between two looks whether another process has finished its batch."""


@task("matchmaking.embed", lock="matchmaking.embed")
def embed() -> None:
    """Read every text that is not read yet, some in each transaction, and see to the snapshot of the corpus.

    A worker that is told to stop leaves the rest to the next one.
    """
    for _ in reading():
        if jobs.stopping.is_set():
            with unit_of_work() as session:
                jobs.defer(session, embed, once="matchmaking.embed")
            return
    with unit_of_work() as session:
        service.refresh_corpus(session)


def reading() -> Iterator[int]:
    """Read every text that is not read yet; yield of how many after each transaction, 0 while another process reads.

    Whatever was committed stays: after a crash the next one goes on from there.
    """
    while True:
        with unit_of_work() as session:
            done = service.embed_some(session, limit=BATCH) if service.take_turn(session) else None
        if done == 0:
            return
        if done is None:
            jobs.stopping.wait(PAUSE)
        yield done or 0


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


@every("40 3 * * *")
@task("matchmaking.tidy", lock="matchmaking.tidy")
def tidy(**_due: int) -> None:
    """Take the snapshot of the corpus anew if anything was said since, and forget words that nothing refers to."""
    with unit_of_work() as session:
        service.refresh_corpus(session, stale=0)
    with unit_of_work() as session:
        service.forget_words(session)


@every("*/15 * * * *")
@task("matchmaking.expire", lock="matchmaking.expire")
def expire(**_due: int) -> None:
    """Close what nobody answered in time, send what can be read now, and see to places that are free.

    One in each transaction; one that fails keeps nothing else waiting, and is tried again next time. Alternates are
    drawn by a job of their own; here for a place that it could not fill then.
    """
    robot, now = System(), clock.now()
    with db.reading() as session:
        overdue, unsent = queries.overdue(session, moment=now), queries.unsent(session)
    _each(overdue, "expire", lambda one, key: service.expire_overdue(one, actor=robot, invitation_id=key))
    _each(unsent, "send", lambda one, key: service.send_held(one, actor=robot, invitation_id=key))
    with db.reading() as session:
        unread = queries.unread(session, moment=now)
    _each(unread, "end_unread", lambda one, key: service.end_unread(one, actor=robot, invitation_id=key))
    with db.reading() as session:
        free = queries.with_free_places(session)
    _each(free, "draw", lambda one, key: service.draw_alternates(one, challenge_id=key))


def _each(keys: Iterable[int], step: str, do: Callable[[Session, int], object]) -> None:
    for key in keys:
        try:
            with unit_of_work() as session:
                do(session, key)
        except Exception:
            log.exception("an invitation needs looking after", step=step, key=key)


@task(service.DRAW)
def draw_alternates(challenge_id: int) -> None:
    """Draw the next in line for each place of a challenge that is free."""
    with unit_of_work() as session:
        service.draw_alternates(session, challenge_id=challenge_id)


@every("10 * * * *")
@task("matchmaking.remind", lock="matchmaking.remind")
def remind(**_due: int) -> None:
    """Remind suppliers of invitations that nobody has answered and that end soon."""
    with unit_of_work() as session:
        service.remind_of_invitations(session, now=clock.now())
