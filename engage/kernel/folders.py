"""Making the folders that hold data: closed to others, but passable where another account must get through."""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """Make `path` and the missing folders above it; one that exists is left as it is.

    They are for this account alone. Those that root makes may be passed through, though not looked into: the
    embedded PostgreSQL lives below them and runs under another account.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    missing = [place for place in (path, *path.parents) if not place.exists()]
    for place in reversed(missing):
        try:
            place.mkdir()
        except FileExistsError:  # another start was quicker
            continue
        place.chmod(mode)  # mkdir's own mode is subject to the umask
