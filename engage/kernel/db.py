"""Plain SQLAlchemy 2: the declarative base, the engine, sessions, and the unit of work of jobs and commands.

Transactions end only at the door: ``engage.http.session.writes`` on a view, and ``unit_of_work()`` in a job or a
command. Services flush, they never commit.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from engage.kernel.patience import be_patient

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

READ_ONLY = "engage_read_only"


class Base(DeclarativeBase):
    """Base of every table: named constraints, aware datetimes, enums as checked text."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: sa.DateTime(timezone=True),
        str: sa.Text(),
        enum.Enum: sa.Enum(
            enum.Enum,
            native_enum=False,
            create_constraint=True,
            length=40,
            values_callable=lambda members: [member.value for member in members],
        ),
    }


PATIENCE = (
    22.0  # a little more than the server's own limit on a statement; with one try to reconnect under 30 s
)


def make_engine(url: str, *, patience: float | None = PATIENCE, **options: Any) -> sa.Engine:
    """Create the engine with the manners of a good guest: time limits on connecting, locking and idling.

    A refused database fails within 5 s, a stalled one within 30 s (figures after GOV.UK Notify's configuration).
    ``patience`` is how many seconds an answer may take; ``None`` waits for ever (migrations). More connections
    are kept than a web process has threads: a server process of PostgreSQL that is new has everything still to learn.
    """
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    timeouts = {
        "statement_timeout": "20s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
    }
    defaults: dict[str, Any] = {
        "pool_size": 10,
        "max_overflow": 5,
        "pool_timeout": 10,
        "pool_recycle": 300,
        "pool_pre_ping": True,
    }
    engine = sa.create_engine(
        url,
        connect_args={
            "connect_timeout": 5,
            "tcp_user_timeout": 5000,
            "options": " ".join(f"-c {key}={value}" for key, value in timeouts.items()) + " -c timezone=UTC",
        },
        **(defaults | options),
    )
    if patience is not None:
        be_patient(engine, patience)
    return engine


_sessions: sessionmaker[Session] = sessionmaker(expire_on_commit=False)


def bind(target: sa.Engine | sa.Connection, **options: Any) -> None:
    """Make ``target`` the database of this process; ``options`` go to every session."""
    _sessions.configure(bind=target, **options)


def bound_to() -> sa.Engine | sa.Connection:
    """Return what the sessions of this process are bound to."""
    target = _sessions.kw.get("bind")
    assert isinstance(target, sa.Engine | sa.Connection), "call bind() first"
    return target


def new_session(*, read_only: bool = False) -> Session:
    """Open a session. With ``read_only`` the database itself refuses every write."""
    return _sessions(info={READ_ONLY: read_only})


@event.listens_for(Session, "after_begin")
def _make_read_only(session: Session, _transaction: object, connection: sa.Connection) -> None:
    if session.info.get(READ_ONLY):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Give a session and commit at the end, or roll back and re-raise. For jobs and commands only."""
    session = new_session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


@contextmanager
def reading() -> Iterator[Session]:
    """Give a read-only session and close it at the end. For jobs and commands that only look."""
    session = new_session(read_only=True)
    try:
        yield session
    finally:
        session.close()
