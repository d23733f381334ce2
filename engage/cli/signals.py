"""Stopping in order: the first signal asks, the second insists."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Raised in the main thread by the first signal, inside `Stop.interrupting()` only."""


class Stop:
    """Notes SIGINT, SIGTERM and SIGHUP while its block runs, instead of ending the process there and then."""

    def __init__(self) -> None:
        self.count = 0
        self._interrupt = False
        self._before: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether somebody has asked to stop."""
        return self.count > 0

    @property
    def insisted(self) -> bool:
        """Whether somebody has asked again."""
        return self.count > 1

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Within this block a signal raises StopRequested, so that long work ends at once."""
        if self.requested:
            raise StopRequested
        self._interrupt = True
        try:
            yield
        finally:
            self._interrupt = False

    def __enter__(self) -> Self:
        for number in ASKING:
            before = signal.getsignal(number)
            if number == signal.SIGHUP and before == signal.SIG_IGN:
                continue  # started with nohup
            self._before[number] = before
            signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self._interrupt:
            self._interrupt = False
            raise StopRequested
