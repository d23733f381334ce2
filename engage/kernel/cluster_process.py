"""What is left of a PostgreSQL server that was killed: its locks and, for a moment, its children."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")


def clear_remains(data: Path, sockets: Path, *, deadline: float) -> None:
    """Remove the pid file from `data` and the locks from `sockets` when no server works in `data` any more.

    PostgreSQL trusts them when their process id exists, which after a restart of the machine or the container
    may be anybody's, and which a dead server keeps until somebody reaps it (in a container maybe never). The
    pid file is also what keeps a new server away from the shared memory of a dead one's children, so it goes
    only after the last PostgreSQL process whose working directory is `data` has ended: waited for until
    `deadline` (monotonic seconds). Without /proc nothing is done and PostgreSQL's own judgement stands. The
    caller holds the lock that serialises starts.
    """
    if not _PROCESSES.joinpath("self").exists():
        return
    while _anybody_works_in(data):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)
    data.joinpath("postmaster.pid").unlink(missing_ok=True)
    for remains in sockets.glob(".s.PGSQL.*"):
        remains.unlink(missing_ok=True)


def _anybody_works_in(data: Path) -> bool:
    """Whether a live process of PostgreSQL has `data` as its working directory, as all of a server's have."""
    for entry in os.scandir(_PROCESSES):
        if entry.name.isdigit():
            with suppress(OSError):  # it ended just now, or it is somebody else's and so not the server's
                server = Path(entry.path, "comm").read_text().startswith("postgres")
                if server and Path(entry.path, "cwd").readlink() == data:
                    return True
    return False
