"""One command start: the database, then the web server and the worker, watched until asked to stop."""

from __future__ import annotations

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import click
from alembic.util import CommandError
from sqlalchemy.exc import ArgumentError, OperationalError

from config import PROJECT, Config, load
from engage.cli.children import Child, make_log
from engage.cli.database import Database, open_database, why_unreachable
from engage.cli.errors import CannotStart
from engage.cli.secret import kept_secret
from engage.cli.signals import Stop, StopRequested
from engage.kernel.cluster import ClusterError
from engage.kernel.folders import make_folder
from engage.kernel.settings import SettingsError

HOST = "127.0.0.1"
WEB_PROCESSES, WEB_THREADS = 2, 8
READY_SECONDS = 120.0
STOP_SECONDS = 15.0
LOOK_SECONDS = 1.0  # how often the embedded server is asked whether it is alive

Prepare = Callable[[str], None]


def run_site(*, port: int, worker: bool, prepare: Prepare | None = None) -> None:
    """Run the whole site on 127.0.0.1:`port` until SIGINT or SIGTERM; 0 takes a free port.

    In order: reads the configuration, takes the port, opens the database (the embedded one without
    DATABASE_URL), migrates it, calls `prepare` with its URL, starts the web server and, with `worker`, the
    job worker, waits until the site answers and prints `engage is ready at http://127.0.0.1:PORT`. A child
    that dies is started again. On the way out everything is stopped in the opposite order, the embedded
    server too when nobody else holds it.

    Raises CannotStart, with one sentence, when something stands in the way; then nothing is left running.
    """
    try:
        with Stop() as stop, ExitStack() as stack:
            config = load()
            listener = stack.enter_context(_listening(port))
            database = stack.enter_context(open_database(config))
            with stop.interrupting():
                _prepare(database, prepare)
            site = Site(config, database, listener, worker=worker)
            stack.callback(site.stop, stop)
            site.run(stop)
    except StopRequested:
        pass
    except (ClusterError, SettingsError) as error:
        raise CannotStart(str(error)) from error
    click.echo("engage has stopped.")


class Site:
    """The children of one start and what they share: the port, the database, the logs."""

    def __init__(self, config: Config, database: Database, listener: socket.socket, *, worker: bool) -> None:
        self.database = database
        self.listener = listener
        self.url = f"http://{HOST}:{listener.getsockname()[1]}"
        self.logs = config.data_dir.absolute() / "log"
        self.environment = _child_environment(config, database, self.url)
        self.web = self._child("web server", "web", _web_command(listener), keep_open=(listener.fileno(),))
        self.children = [self.web]
        if worker:
            self.children.append(self._child("worker", "worker", [sys.executable, "-m", "engage", "worker"]))

    def run(self, stop: Stop) -> None:
        """Start the children, say when the site is ready, and keep it so until asked to stop."""
        click.echo(f"Logs are in {self.logs}")
        for child in self.children:
            child.start()
        self._wait_until_ready(stop)
        if not stop.requested:
            click.echo(f"engage is ready at {self.url}")
        looked = time.monotonic()
        while not stop.requested:
            self._tend()
            if time.monotonic() - looked > LOOK_SECONDS:
                self._look_after_database()
                looked = time.monotonic()
            time.sleep(0.1)

    def stop(self, stop: Stop) -> None:
        """Stop web server and worker; requests and jobs under way are waited for, unless asked twice."""
        self.listener.close()  # or new visitors would wait for an answer that never comes
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.end(STOP_SECONDS, hurry=lambda: stop.insisted)

    def _child(self, name: str, log: str, command: Sequence[str], keep_open: tuple[int, ...] = ()) -> Child:
        return Child(
            name=name,
            command=command,
            environment=self.environment,
            folder=PROJECT,
            log=make_log(self.logs, log),
            keep_open=keep_open,
        )

    def _wait_until_ready(self, stop: Stop) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not stop.requested and not _answers(f"{self.url}/readyz"):
            if not self.web.running:
                raise CannotStart(
                    f"the web server stopped while starting ({self.web.last_words()}); see {self.web.log} "
                    "for the cause."
                )
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"the site did not become ready within {READY_SECONDS:.0f} seconds; see the logs in "
                    f"{self.logs}."
                )
            self._tend(self.children[1:])
            time.sleep(0.1)

    def _tend(self, children: Sequence[Child] | None = None) -> None:
        for child in self.children if children is None else children:
            if told := child.tend():
                click.echo(told, err=True)

    def _look_after_database(self) -> None:
        if self.database.cluster is None:
            return
        try:
            if self.database.cluster.revive():
                click.echo("PostgreSQL had died and was started again.", err=True)
        except ClusterError as error:
            click.echo(f"{error} Trying again.", err=True)


def _prepare(database: Database, prepare: Prepare | None) -> None:
    from engage.cli.codes import bring_codes  # not before it is needed: it imports much

    try:
        if database.migrate():
            click.echo("The database schema was brought up to date.")
        bring_codes(database.url)
    except OperationalError as error:
        raise CannotStart(
            f"the database cannot be used ({why_unreachable(error)}); check DATABASE_URL and that the server "
            "runs."
        ) from error
    except CommandError as error:
        raise CannotStart(
            f"the database is at a revision that this version does not know ({error}); start the newer "
            "version, or restore a backup from before it."
        ) from error
    except ArgumentError as error:
        raise CannotStart(
            f"DATABASE_URL is not usable ({error}); write it as postgresql://user@host/name."
        ) from error
    if prepare is not None:
        prepare(database.url)


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """Hold the port from the beginning to the end.

    Nothing is started in vain when it is taken, and requests wait while the web server is started again.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            raise CannotStart(
                f"port {port} cannot be used ({error.strerror}): choose another with --port, or stop what "
                "uses it."
            ) from error
        listener.listen(512)
        yield listener


def _web_command(listener: socket.socket) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "wsgi:app"),
        *("--bind", f"fd://{listener.fileno()}"),
        *("--worker-class", "gthread", "--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS)),
        *("--timeout", "60", "--graceful-timeout", "10"),
        "--preload",  # one import for all processes: a quicker start, and they share its memory
        "--no-control-socket",
    ]


def _child_environment(config: Config, database: Database, url: str) -> dict[str, str]:
    data_dir = config.data_dir.absolute()
    make_folder(data_dir)
    ours = {
        "DATABASE_URL": database.url,
        "SECRET_KEY": config.secret_key or kept_secret(data_dir),
        "ENGAGE_DATA_DIR": str(data_dir),
        "ENGAGE_BASE_URL": os.environ.get("ENGAGE_BASE_URL") or url,
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **ours}


def _answers(url: str) -> bool:
    try:
        with _opener.open(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy stands before loopback
