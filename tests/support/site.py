"""A running `engage up`: the site as people start it, with its own server, its web processes and its worker."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sysconfig
import urllib.request
from pathlib import Path

from tests.support.processes import PROJECT, command_of, descendants, gone, interpreter, until

READY = "engage is ready at "


class Site:
    """A running `engage up`."""

    def __init__(self, data_dir: Path, *arguments: str, account: str | None = None, **environ: str) -> None:
        entry = pwd.getpwnam(account) if account else None
        self.data = data_dir / "postgres" / "data"
        self.logs = data_dir / "log"
        self.process = subprocess.Popen(
            [interpreter(account), "-m", "engage", "up", "--port", "0", *arguments],
            env=environment(data_dir) | environ,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            user=entry.pw_uid if entry else None,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
        )
        self.url = ""
        self.printed: list[str] = []

    def ready(self) -> Site:
        """Wait for the ready line."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed.append(line.rstrip("\n"))
            if line.startswith(READY):
                self.url = line.removeprefix(READY).strip()
                return self
        raise AssertionError("it ended before it was ready:\n" + "\n".join(self.printed))

    def answers(self, path: str = "/readyz") -> bool:
        """Whether the page comes back with 200."""
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                self.url + path, timeout=120
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def child(self, words: str) -> int:
        """The id of the supervisor's child with these words in its command; 0 when there is none."""
        for pid in descendants(self.process.pid):
            if words in command_of(pid) and _parent(pid) == self.process.pid:
                return pid
        return 0

    def end(self) -> None:
        """End it at once if it still runs, and wait for its children, which end with it."""
        if self.process.poll() is None:
            below = descendants(self.process.pid)
            self.process.kill()
            self.process.communicate()
            until(lambda: all(gone(pid) for pid in below))

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send the signal and wait; returns the exit code."""
        self.process.send_signal(number)
        self.printed += self.process.communicate(timeout=120)[0].splitlines()
        return self.process.returncode


def environment(data_dir: Path) -> dict[str, str]:
    """What a command of engage finds around it: nothing of this process but ``data_dir`` for its data."""
    ours = ("DATABASE_URL", "SECRET_KEY", "ENGAGE_")
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(ours) or key == "ENGAGE_PG_BIN"
    }
    packages = (str(PROJECT), sysconfig.get_paths()["purelib"])
    return kept | {
        "ENGAGE_DATA_DIR": str(data_dir),
        "ENGAGE_EMBEDDER": "none",
        "PYTHONPATH": os.pathsep.join(packages),
    }


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
