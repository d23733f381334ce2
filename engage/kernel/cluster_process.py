"""What is left of a PostgreSQL server that was killed: its pid file and, for a moment, its children."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")


def clear_stale_pid(data: Path, *, deadline: float) -> None:
    """Remove `postmaster.pid` from the data directory when no process works in there any more.

    PostgreSQL trusts the file when its process id exists, which after a restart of the machine or the
    container may be anybody's, and which a dead server that nobody has reaped keeps too. The file is also
    what keeps a new server away from the shared memory of a dead one's children, so it goes only after the
    last PostgreSQL process whose working directory is `data` has ended: waited for until `deadline`
    (monotonic seconds). Without /proc nothing is done and PostgreSQL's own judgement stands. The caller holds
    the lock that serialises starts.
    """
    pid_file = data / "postmaster.pid"
    if not _PROCESSES.joinpath("self").exists() or not pid_file.exists():
        return
    while _anybody_works_in(data):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)
    pid_file.unlink(missing_ok=True)


def _anybody_works_in(data: Path) -> bool:
    """Whether a live process of PostgreSQL has `data` as its working directory, as all of a server's have."""
    for entry in os.scandir(_PROCESSES):
        if entry.name.isdigit():
            with suppress(OSError):  # it ended just now, or it is somebody else's and so not the server's
                server = Path(entry.path, "comm").read_text().startswith("postgres")
                if server and Path(entry.path, "cwd").readlink() == data:
                    return True
    return False
