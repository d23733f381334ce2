"""Work done later: drawing the map each night, and before that when much has changed."""

from __future__ import annotations

from engage.kernel import jobs
from engage.kernel.db import reading, unit_of_work
from engage.kernel.jobs import every, task
from engage.matching.landscape import Interrupted
from engage.techmap import service


@task(service.DRAW, lock=service.DRAW)
def draw() -> None:
    """Draw the map. A worker that is told to stop leaves the rest to the next one, which goes on from there."""
    try:
        service.draw_now()
    except Interrupted:
        with unit_of_work() as session:
            jobs.defer(session, draw, once=service.DRAW)


@every("20 2 * * *")
@task("techmap.draw_nightly")
def draw_nightly(**_due: int) -> None:
    """Have the map drawn."""
    with unit_of_work() as session:
        jobs.defer(session, draw, once=service.DRAW)


@every("*/10 * * * *")
@task("techmap.look")
def look(**_due: int) -> None:
    """Have the map drawn before the night when much has changed, or when there is none."""
    with reading() as session:
        wanted = service.wants_drawing(session)
    if wanted:
        with unit_of_work() as session:
            jobs.defer(session, draw, once=service.DRAW)
