"""What an interrupted drawing goes on from: one file on this machine, named by what is being drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from engage.kernel.settings import settings
from engage.techmap.service.meanings import Meanings

FOLDER = "techmap"
log = structlog.get_logger()

Arrays = Mapping[str, npt.NDArray[Any]]


def file_for(found: Meanings, *, method: str) -> Path:
    """Return the file of a drawing of these suppliers by this method."""
    named = hashlib.sha256(method.encode())
    named.update(found.suppliers.tobytes() + found.fingerprints.tobytes())
    return settings().data_dir / FOLDER / f"{named.hexdigest()[:32]}.npz"


def load(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return what was saved; nothing when there is nothing, or what is there cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except (OSError, ValueError, EOFError):
        return {}


def save(path: Path, arrays: Arrays) -> None:
    """Replace the file. A disk that does not take it costs a later start its head start, no more."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **arrays)  # type: ignore[arg-type]  # its stubs take the names for options
        unfinished.replace(path)
    except OSError as error:
        log.warning("the drawing cannot be kept on the disk", path=str(path), error=str(error))


def forget(path: Path) -> None:
    """Remove this file and those that other drawings left behind."""
    for left in path.parent.glob("*.npz"):
        left.unlink(missing_ok=True)
