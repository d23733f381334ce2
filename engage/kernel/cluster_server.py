"""One PostgreSQL server on one data directory: making, starting, asking and stopping it.

Whoever calls this holds the lock that serialises starts and stops; see `engage.kernel.cluster`.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from psycopg import pq
from psycopg.conninfo import make_conninfo

from engage.kernel.cluster_account import Account, ClusterError
from engage.kernel.cluster_binaries import BINARIES_VARIABLE, find_binaries, major_version
from engage.kernel.cluster_process import clear_remains
from engage.kernel.tail import end_of, last_line

PORT = 5432  # only names the socket file
SUPERUSER = "engage"
START_SECONDS = 60
STOP_SECONDS = 30
_FIRST_WITH_BUILTIN_LOCALES = 17
_LONGEST_FOLDER = 85  # a socket's address, the folder and ".s.PGSQL.5432", holds 103 to 107 bytes, by system


class Server:
    """The server of the cluster in `root`, run by `account`.

    root: an existing folder; holds `data`, `run` (socket, log) and, where needed, copied `binaries`.
    settings: server settings, used at the next start.
    given_binaries: the folder of programs to use; None leaves the choice to `find_binaries`.
    """

    def __init__(
        self,
        root: Path,
        *,
        account: Account,
        settings: Mapping[str, str],
        durable: bool,
        given_binaries: Path | None,
    ) -> None:
        self.root = root
        self.account = account
        self.settings = settings
        self.durable = durable
        self.data = root / "data"
        self.log = root / "run" / "postgres.log"
        self.socket_folder = self._choose_socket_folder()
        self._given_binaries = given_binaries

    def conninfo(self, **parameters: str) -> str:
        """How libpq reaches the server's own database."""
        return make_conninfo(
            host=str(self.socket_folder), port=PORT, user=SUPERUSER, dbname="postgres", **parameters
        )

    def accepts(self) -> bool:
        """Whether the server accepts connections now."""
        return self._ping() is pq.Ping.OK

    def alive(self) -> bool:
        """Whether a server answers on the socket, be it still starting up; takes at most two seconds."""
        return self._ping() in (pq.Ping.OK, pq.Ping.REJECT)

    def ensure(self) -> None:
        """Make the data directory if there is none, start the server unless it runs, wait until it accepts.

        Raises ClusterError when the data is of another major version or the server does not come up.
        """
        binaries = self._binaries()
        major = major_version(binaries)
        self.account.own_folder(self.root / "run")
        self.account.own_folder(self.socket_folder)
        if self.data.exists():
            self._check_major(major, binaries)
        else:
            self._make_data(major, binaries)
        deadline = time.monotonic() + START_SECONDS
        while not self.accepts():
            if time.monotonic() > deadline:
                raise ClusterError(f"PostgreSQL did not start within {START_SECONDS} s; see {self.log}.")
            if self.alive():
                time.sleep(0.05)
            else:
                self._start(binaries, deadline)

    def stop(self) -> None:
        """Stop the server, if there is one, breaking its connections, and wait until it has gone."""
        if (self.data / "postmaster.pid").exists():
            binaries = self._binaries()
            for mode in ("fast", "immediate"):
                stopped = self._control(binaries, "stop", "-m", mode, "-t", str(STOP_SECONDS)) == 0
                if stopped or not self.alive():
                    break
        if self.socket_folder.parent != self.root:
            with suppress(OSError):  # not empty after a server was killed; the next start uses it again
                self.socket_folder.rmdir()

    def _binaries(self) -> Path:
        return find_binaries(self._given_binaries, account=self.account, copies=self.root / "binaries")

    def _check_major(self, major: int, binaries: Path) -> None:
        held = (self.data / "PG_VERSION").read_text().strip()
        if held != str(major):
            raise ClusterError(
                f"The data in {self.data} was written by PostgreSQL {held} and the programs in {binaries} "
                f"are PostgreSQL {major}: set {BINARIES_VARIABLE} to the programs of version {held}, or dump "
                f"the database with that version's pg_dump, remove {self.root}, start anew and load the dump."
            )

    def _make_data(self, major: int, binaries: Path) -> None:
        # Made beside its place and renamed: there is a whole data directory or none, whenever this is killed.
        unfinished = self.root / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        self.account.own_folder(unfinished)
        options = [f"--pgdata={unfinished}", f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8"]
        options += ["--no-instructions"] if self.durable else ["--no-instructions", "--no-sync"]
        if major >= _FIRST_WITH_BUILTIN_LOCALES:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            options += ["--locale=C.UTF-8"]
        made = self.account.run(str(binaries / "initdb"), *options)
        if made.returncode:
            raise ClusterError(
                f"PostgreSQL could not make its data directory in {self.root} ({last_line(made.stderr)}); "
                "mend that, or choose another folder with ENGAGE_DATA_DIR."
            )
        unfinished.rename(self.data)

    def _start(self, binaries: Path, deadline: float) -> None:
        clear_remains(self.data, self.socket_folder, deadline=deadline)
        safe = "on" if self.durable else "off"
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self.socket_folder),
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
        code = self._control(binaries, "start", "-l", str(self.log), "-o", options, "-t", str(START_SECONDS))
        if code == 0 or self.alive():  # alive: what an earlier, killed start began came up in the meantime
            return
        why = last_line(end_of(self.log), marked=("FATAL:", "PANIC:"))
        # Without /proc the children of a killed server cannot be waited for; they end within moments.
        passing = "shared memory block" in why or "lock file" in why
        if time.monotonic() > deadline or not passing:
            raise ClusterError(f"PostgreSQL did not start ({why.rpartition('UTC ')[2]}); see {self.log}.")
        time.sleep(0.2)

    def _control(self, binaries: Path, action: str, *arguments: str) -> int:
        command = (str(binaries / "pg_ctl"), action, "-D", str(self.data), "-w", "-s", *arguments)
        return self.account.run(*command).returncode

    def _ping(self) -> pq.Ping:
        return pq.Ping(pq.PGconn.ping(self.conninfo(connect_timeout="2").encode()))

    def _choose_socket_folder(self) -> Path:
        inside = self.root / "run"
        # A long path does not fit into a socket's address; a comma would be read as a list of folders.
        if len(os.fsencode(inside)) <= _LONGEST_FOLDER and "," not in str(inside):
            return inside
        # Whoever owns a folder of this name is checked before it is used.
        return Path("/tmp", f"engage-pg-{self.account.uid}-{short_hash(self.root)}")  # noqa: S108 - see above


def short_hash(path: Path) -> str:
    """Eight characters that stand for a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
