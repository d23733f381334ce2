"""Loading the demo: one transaction, so that it is there as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.demo import features
from engage.demo.accounts import AUTHOR
from engage.demo.hands import Postman, work
from engage.demo.script import Step
from engage.demo.stories import everything
from engage.demo.world import World
from engage.kernel import clock, db
from engage.kernel.settings import settings
from engage.matching import load_embedder
from engage.outbox.service.transports import open_transport
from engage.techmap import service as techmap

Progress = Callable[[int, int], None]
_LOCK = 0x64656D6F  # "demo": two that load at once wait for each other, and the second finds it done
SOON_AFTER = timedelta(seconds=40)
"""How long the worker takes to come to a step's jobs and letters."""


class OtherDataError(Exception):
    """The database holds data that is not the demo's."""


def loaded() -> bool:
    """Tell whether the demo is in the database. Raises ``OtherDataError`` when there are people and no demo."""
    with db.reading() as session:
        if accounts.person_by_email(session, AUTHOR.email) is not None:
            return True
        if session.scalar(sa.select(Person.id).limit(1)) is not None:
            raise OtherDataError(
                "this database holds other data, so the demo was not loaded into it: unset DATABASE_URL, or "
                "name an empty database."
            )
    return False


def load(*, progress: Progress | None = None) -> bool:
    """Fill the database with the demo as it stands today; return ``False`` when it is there already.

    Everything is done by the rooms' services at the moments of the story, and the worker's jobs right after;
    mail goes to the transport of the settings. All of it is one transaction: a process that dies leaves
    nothing. ``progress(done, all)`` is called after each step. Raises ``OtherDataError``.
    """
    with _one_transaction():
        with db.unit_of_work() as session:
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if loaded():
            return False
        with db.unit_of_work() as session:
            features.store(session, load_embedder(settings().embedder))
        _act_out(everything(clock.uk_today()), progress)
        techmap.draw_now()
    return True


def _act_out(steps: list[Step], progress: Progress | None) -> None:
    world = World(clock.uk_today())
    transport = Postman(open_transport(settings().mail_transport))
    try:
        for done, step in enumerate(steps, start=1):
            with clock.as_of(step.moment), db.unit_of_work() as session:
                step.act(session, world)
            with clock.as_of(step.moment + SOON_AFTER):
                work(transport, matched=world.matchable)
            if progress is not None:
                progress(done, len(steps))
    finally:
        transport.close()


@contextmanager
def _one_transaction() -> Iterator[None]:
    """Make every unit of work of this process a savepoint of one transaction, until the end of the block."""
    before = db.bound_to()
    engine = before.engine
    with engine.connect() as connection, connection.begin():
        db.bind(connection, join_transaction_mode="create_savepoint")
        try:
            yield
        finally:
            db.bind(before)
