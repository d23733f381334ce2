"""Several people attach at the same moment, with real connections: none is lost, and there are never too many."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from engage.challenges import jobs, queries, service
from engage.challenges.enums.files import MOST_FILES
from engage.challenges.models import Attachment
from engage.kernel.actor import Actor
from engage.kernel.db import new_session, unit_of_work
from engage.kernel.errors import Invalid
from tests.db.challenges.trail import Team

pytestmark = pytest.mark.usefixtures("committed")


def at_once(times: int, deed: Callable[[int], object]) -> list[str]:
    """Do ``deed`` in as many threads at the same moment; what each ended with."""
    ready = Barrier(times)

    def run(number: int) -> str:
        ready.wait()
        try:
            deed(number)
        except Invalid as refused:
            return refused.message
        return "done"

    with ThreadPoolExecutor(times) as pool:
        return sorted(pool.map(run, range(times)))


def attach(ref: str, author: Actor, name: str, data: bytes) -> None:
    with unit_of_work() as session:
        made = queries.challenge(session, ref=ref, actor=author)
        assert (
            made.takes_answers
        )  # as the page does: what was read before the lock must not be what is written
        service.attach(session, actor=author, challenge=made, name=name, data=data)


@pytest.mark.parametrize("revised", [False, True])
def test_fifteen_files_at_once_make_ten(revised: bool) -> None:
    with unit_of_work() as session:
        team = Team(session)
        made = team.published() if revised else team.draft()
        if revised:
            service.open_revision(session, actor=team.author, challenge=made)
        ref, author = made.ref, team.author
    outcomes = at_once(15, lambda number: attach(ref, author, f"{number}.txt", f"{number}".encode()))
    full = f"There are {MOST_FILES} attachments already. Remove one first."
    assert outcomes == [full] * 5 + ["done"] * MOST_FILES
    with new_session() as session:
        made = queries.challenge(session, ref=ref, actor=author)
        assert len(made.writing.attachments) == MOST_FILES
        kept = set(session.scalars(sa.select(Attachment.name)))
        assert {each["name"] for each in made.writing.attachments} == kept


def test_of_the_same_file_sent_twice_one_is_attached() -> None:
    with unit_of_work() as session:
        team = Team(session)
        ref, author = team.draft().ref, team.author
    outcomes = at_once(2, lambda _number: attach(ref, author, "Annex.txt", b"The same"))
    assert outcomes == ["This file is attached already, as “Annex.txt”.", "done"]


def test_a_file_that_is_removed_while_it_is_checked_is_gone() -> None:
    with unit_of_work() as session:
        team = Team(session)
        made, author = team.draft(), team.author
        kept = service.attach(session, actor=author, challenge=made, name="a.txt", data=b"a")
        ref, number, digest = made.ref, kept.id, kept.sha256

    def remove() -> None:
        with unit_of_work() as session:
            found = queries.challenge(session, ref=ref, actor=author)
            service.detach(session, actor=author, challenge=found, sha256=digest)

    at_once(2, lambda turn: remove() if turn else jobs.check_attachment(attachment_id=number))
    with new_session() as session:
        assert session.scalars(sa.select(Attachment.id)).all() == []
