"""The end of a log file, for telling a person why something stopped."""

from __future__ import annotations

import os
from pathlib import Path

_ENOUGH = 16_384


def end_of(log: Path) -> str:
    """The last 16 kB of `log`; empty when it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _ENOUGH))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def last_line(text: str, *, marked: tuple[str, ...] = ("",)) -> str:
    """The last line of `text` with one of the marks in it, or the last at all; a phrase if there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fitting = [line for line in lines if any(mark in line for mark in marked)]
    return next(reversed(fitting or lines), "it wrote nothing")
