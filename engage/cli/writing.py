"""Files that commands write: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from engage.cli.errors import CannotStart


def check_target(target: Path, *read: Path) -> None:
    """Find out before the work whether its result can be written; a file that is ``read`` is not overwritten."""
    if target.resolve() in {each.resolve() for each in read}:
        raise CannotStart(f"{target} is read by this command: give its result another name.")
    if target.is_dir() or not target.parent.is_dir():
        raise CannotStart(f"{target} cannot be written: name a file in a folder that exists.")
    if not os.access(target.parent, os.W_OK):
        raise CannotStart(f"{target} cannot be written: you may not write to its folder.")


def write_whole(target: Path, lines: Iterable[str]) -> None:
    """Write a file whole or not at all: nobody ever finds half of it."""
    try:
        with _replacing(target) as stream:
            stream.writelines(lines)
    except OSError as error:
        raise CannotStart(f"{target} cannot be written ({error.strerror}): choose another place.") from error


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[IO[str]]:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.chmod(0o644)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
