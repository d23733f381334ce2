"""Real processes for tests that kill them: a holder of a cluster, and looking at who is left."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_HOLDER = """
import sys
from pathlib import Path
from engage.kernel.cluster import Cluster, ClusterError
try:
    with Cluster(Path(sys.argv[1]), durable="durable" in sys.argv[2:]) as cluster:
        print(cluster.url(), flush=True)
        sys.stdin.read()
except ClusterError as error:
    print(error, flush=True)
"""


class Holder:
    """A process that holds the cluster in `root` until it is released or killed."""

    def __init__(
        self,
        root: Path,
        *,
        account: str | None = None,
        durable: bool = False,
        first_on_path: Path | None = None,
    ) -> None:
        entry = pwd.getpwnam(account) if account else None
        packages = [PROJECT, Path(sysconfig.get_paths()["purelib"])]
        paths = ([first_on_path] if first_on_path else []) + packages
        self.process = subprocess.Popen(
            [interpreter(account), "-c", _HOLDER, str(root), *(["durable"] if durable else [])],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            user=entry.pw_uid if entry else None,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
        )

    def said(self) -> str:
        """Wait for the URL of the cluster, or for the sentence why there is none."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def release(self) -> None:
        """Let it leave the cluster in order and end."""
        self.process.communicate(timeout=120)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        self.process.communicate(timeout=120)


def interpreter(account: str | None) -> str:
    """A Python of this version that `account` can run: this one, or the system's when this one lies in a home."""
    if account is None:
        return sys.executable
    entry = pwd.getpwnam(account)
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            ran = subprocess.run(
                [candidate, "-c", ""],
                user=entry.pw_uid,
                group=entry.pw_gid,
                extra_groups=[],
                cwd="/",
                check=False,
            )
        except OSError:
            continue
        if ran.returncode == 0:
            return candidate
    raise LookupError(f"no Python 3.{sys.version_info.minor} that {account} can run")


def working_in(folder: Path) -> list[int]:
    """The ids of PostgreSQL's processes on the data directory `folder`, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (entry / "cwd").readlink() == folder and (entry / "comm").read_text().startswith("postgres"):
                found.append(int(entry.name))
        except (OSError, ValueError):
            continue
    return sorted(found)


def postmaster(data: Path) -> int:
    """The id of the server's first process."""
    return int((data / "postmaster.pid").read_text().splitlines()[0])


def descendants(pid: int) -> list[int]:
    """The ids of all living processes below `pid`."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        try:
            state, parent = (entry / "stat").read_text().rpartition(") ")[2].split()[:2]
            if state != "Z":
                parents[int(entry.name)] = int(parent)
        except (OSError, ValueError):
            continue
    below: list[int] = []
    wave = [pid]
    while wave:
        wave = [child for child, parent in parents.items() if parent in wave]
        below += wave
    return sorted(below)


def cpu_seconds(pids: Iterable[int]) -> float:
    """How long the processors have worked for these processes, those that are gone left out."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        except (OSError, ValueError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def gone(pid: int) -> bool:
    """Whether no living process has this id."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def until(true: Callable[[], bool], *, seconds: float = 90.0) -> bool:
    """Wait until `true()` is, at most `seconds`; returns whether it came to be."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def command_of(pid: int) -> str:
    """The command line of a process, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to one process that a test has started."""
    os.kill(pid, number)


def modes(*places: Path) -> Mapping[Path, int]:
    """The permission bits of some places, to see that nobody changes them."""
    return {place: place.stat().st_mode & 0o7777 for place in places}
