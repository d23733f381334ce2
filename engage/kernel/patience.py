"""A connection that does not wait for ever: a server that has stopped answering is given up.

The server's own limits (``statement_timeout``) cannot help when the server itself hangs or the network swallows
its answer.
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa
from psycopg.abc import PQGen
from sqlalchemy import event

RV = TypeVar("RV")


def be_patient(engine: sa.Engine, seconds: float) -> None:
    """Let every connection of ``engine`` give up an answer that takes longer than ``seconds``.

    The connection is then closed and ``psycopg.OperationalError`` raised, so that the pool opens a new one.
    """

    class Patient(psycopg.Connection[Any]):
        def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
            limit = seconds if timeout is None else timeout
            try:
                return super().wait(gen, interval, limit)
            except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 - psycopg's only name for it
                self.pgconn.finish()
                raise psycopg.OperationalError(
                    f"the database has not answered within {limit:.0f} seconds"
                ) from error

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> Patient:
        return Patient.connect(*arguments, **options)
