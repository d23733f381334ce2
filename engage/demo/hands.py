"""The worker of the demo: does in the loading process, at the moments of the demo, what the real worker does.

Jobs are taken from the same queue and run by the same functions; letters are claimed, composed and settled by the
outbox's own code. Only the way out differs: a few addresses of the demo refuse mail, as some addresses do.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Collection
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa

import engage
from engage.kernel import clock, jobs
from engage.kernel.db import unit_of_work
from engage.outbox import jobs as outbox_jobs
from engage.outbox.errors import DeadAddress, Later
from engage.outbox.service import delivery
from engage.outbox.service.mime import Mail
from engage.outbox.service.posting import DELIVER
from engage.outbox.service.transports import Transport

GONE, SLOW = "office@no-such-firm.example", "post@busy-council.example"
RUN_FOR = "matchmaking.run_for"
LEFT = ("techmap.draw",)
"""Tasks that no story needs, and that take long: the real worker runs them when the site starts."""
_TAKE = sa.text(
    "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND coalesce(scheduled_at, :now) <= :now "
    "AND task_name <> ALL (:left) "
    "AND (task_name <> :run_for OR (args ->> 'challenge_id')::bigint = ANY (:matched)) "
    "RETURNING id, task_name, args"
)


class Postman:
    """A transport in front of another one: two addresses of the demo do not take their mail."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def send(self, mail: Mail) -> str:
        """Hand over ``mail`` and return the receipt. Two addresses raise what a mail server's refusal raises."""
        if mail.recipient == GONE:
            raise DeadAddress("550 5.1.1 The mail server says that there is no such address.")
        if mail.recipient == SLOW:
            raise Later("451 4.7.1 The mail server asks us to try again later.")
        return self.transport.send(mail)

    def close(self) -> None:
        """Let go of the connection behind."""
        self.transport.close()


def work(transport: Transport, *, matched: Collection[int]) -> None:
    """Run the jobs that are due, and those that they defer, until none is; last of all the letters leave.

    Of the matches only those of the challenges ``matched`` are run, because the story goes on from them. The
    others stay in the queue, and so does what is ``LEFT``: the real worker runs them when the site starts.
    """
    _know_every_task()
    letters = False
    while taken := _take(matched):
        once = {(name, json.dumps(arguments, sort_keys=True)) for name, arguments in taken}
        letters = letters or any(name == DELIVER for name, _ in once)
        for name, arguments in sorted(once):
            if name != DELIVER:
                jobs.app.tasks[name].func(**json.loads(arguments))
    if letters:
        deliver(transport)


def deliver(transport: Transport) -> None:
    """Send the letters that are due, each handed over and settled as the outbox's job does it."""
    with unit_of_work() as session:
        claimed = delivery.claim(session)
    while claimed is not None:
        result = outbox_jobs.hand_over(transport, claimed)
        with unit_of_work() as session:
            delivery.settle(session, claimed, result)
            claimed = delivery.claim(session)


@cache
def _know_every_task() -> None:
    """Import the jobs of every room: a task is known once its module is."""
    for room in pkgutil.iter_modules(engage.__path__, "engage."):
        if room.ispkg and find_spec(f"{room.name}.jobs"):
            import_module(f"{room.name}.jobs")


def _take(matched: Collection[int]) -> list[tuple[str, dict[str, Any]]]:
    bound = {"now": clock.now(), "run_for": RUN_FOR, "matched": list(matched), "left": list(LEFT)}
    with unit_of_work() as session:
        rows = session.execute(_TAKE, bound).all()
    return [(row.task_name, row.args) for row in sorted(rows, key=lambda row: row.id)]
