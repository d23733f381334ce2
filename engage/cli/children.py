"""Processes that a supervisor starts, restarts and stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from engage.kernel.tail import end_of, last_line

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 60.0  # after running this long a child's earlier deaths are forgotten
LARGEST_LOG = 10_000_000
_TETHER = Path(__file__).with_name("tether.py")


@dataclass(slots=True)
class Child:
    """A command kept running. All of its output goes to the end of `log`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    keep_open: tuple[int, ...] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _started: float = field(default=0.0, init=False)
    _next_start: float = field(default=0.0, init=False)
    _pause: float = field(default=FIRST_PAUSE, init=False)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id of the last start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the command in a session of its own, so that Ctrl-C reaches the supervisor alone.

        Where the system can (Linux), it is told to stop when this process dies, however it dies.
        """
        tether = (sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*tether, *self.command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.keep_open,
            )
        self._started = time.monotonic()

    def tend(self) -> str | None:
        """Start the command again if it has ended and its pause is over; returns what to tell a person.

        The pause doubles from half a second to half a minute with each death, until the child has run for a
        minute.
        """
        now = time.monotonic()
        if self._process is None:
            if now >= self._next_start:
                self.start()
            return None
        code = self._process.poll()
        if code is None:
            return None
        if now - self._started > STEADY_SECONDS:
            self._pause = FIRST_PAUSE
        self._next_start = now + self._pause
        told = (
            f"The {self.name} ended ({_ending(code)}) and starts again in {self._pause:g} s; see {self.log}."
        )
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        self._kill_session()
        self._process = None
        return told

    def ask_to_stop(self) -> None:
        """Tell the command to finish what it is doing and end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def end(self, seconds: float, *, hurry: Callable[[], bool]) -> None:
        """Wait for the command to end, then end it and whatever it started in its session.

        It is given `seconds`, or until `hurry()` says that nobody wants to wait any longer.
        """
        if self._process is None:
            return
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline and not hurry():
            time.sleep(0.02)
        self._kill_session()
        self._process.wait()

    def last_words(self) -> str:
        """The last line of the log."""
        return last_line(end_of(self.log))

    def _kill_session(self) -> None:
        # The child leads a process group of its own; the group outlives it while it has members.
        assert self._process is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def make_log(folder: Path, name: str) -> Path:
    """The log file for a child; one that has grown large is set aside as `NAME.log.1` first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    with suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    return log


def _ending(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
