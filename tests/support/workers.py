"""Real worker processes: ``python -m engage worker``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.processes import PROJECT

TEST_SECRET = "a secret only for tests, long enough to pass"


class Worker:
    """A worker on the database ``url`` that hands its mail to ``mail``; ended at the end of its block."""

    def __init__(self, url: str, *, mail: str, folder: Path, connections: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"worker-{len(list(folder.iterdir()))}.log"
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "SECRET_KEY": TEST_SECRET,
            "ENGAGE_MAIL": mail,
            "ENGAGE_MAIL_CONNECTIONS": str(connections),
            "ENGAGE_DATA_DIR": str(folder),
            "ENGAGE_EMBEDDER": "none",
            "ENGAGE_BASE_URL": "http://engage.test",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engage", "worker"],
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self.process.kill()
        self.process.wait(timeout=30)

    def stop(self) -> int:
        """Ask it to end; returns its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=30)

    def pause(self) -> None:
        """Freeze it."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.kill()
