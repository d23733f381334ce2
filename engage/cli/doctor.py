"""`engage doctor`: say what works here and what does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import click
import sqlalchemy as sa

from engage.challenges import queries as challenges
from engage.cli.work import bound
from engage.digests.service import overdue
from engage.kernel import clock
from engage.kernel.db import reading
from engage.kernel.scanning import scanner_named
from engage.kernel.settings import settings
from engage.kernel.uktime import uk_time
from engage.matching.embedders import load_embedder
from engage.outbox import queries as letters

PATIENCE = timedelta(minutes=15)
"""How long a file may wait for its check before something is wrong."""


@click.command()
def doctor() -> None:
    """Check the database, the language model, mail, and the check of files; exit code 1 when something is wrong."""
    with bound():
        results = [
            _line("database", _database),
            _line("language model", _model),
            _line("mail", mail),
            _line("file check", files),
        ]
    if not all(results):
        raise SystemExit(1)


def _line(name: str, check: Callable[[], str]) -> bool:
    try:
        click.echo(f"ok      {name}: {check()}")
    except Exception as error:  # noqa: BLE001 - whatever is wrong is what this command is for
        click.echo(f"WRONG   {name}: {error}")
        return False
    return True


def _database() -> str:
    with reading() as session:
        return f"PostgreSQL {session.scalar(sa.text('SHOW server_version'))}, up to date"


def _model() -> str:
    embedder = load_embedder(settings().embedder)
    return f"{embedder.id}" if embedder.dim else "none: the engine compares words only"


def files() -> str:
    """Return what checks attachments. Raises what is wrong with it, or that files wait for longer than ``PATIENCE``."""
    words = scanner_named(settings().scanner).ready()
    with reading() as session:
        number, since = challenges.waiting_since(session)
    if since is not None and clock.now() - since > PATIENCE:
        raise RuntimeError(f"{number} in quarantine, the oldest since {uk_time(since)}: is a worker running?")
    return words


def mail() -> str:
    """Return where mail goes. Raises what should have happened to letters or digests and did not."""
    with reading() as session:
        late = overdue(session)
        wrong = [alarm.words for alarm in (*letters.alarms(session), *([late] if late else []))]
    if wrong:
        raise RuntimeError(" ".join(wrong))
    return settings().mail_transport.split("@")[-1]
