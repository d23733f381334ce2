"""The end of a log file, for telling a person why something stopped."""

from __future__ import annotations

import os
from pathlib import Path

_ENOUGH = 16_384


def last_line(log: Path) -> str:
    """The last line of `log` with something in it; a phrase when there is none or no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _ENOUGH))
            text = file.read().decode(errors="replace")
    except OSError:
        return "it wrote no log"
    return last_line_of(text)


def last_line_of(text: str) -> str:
    """The last line of `text` with something in it; a phrase when there is none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it wrote nothing"
