"""The signing key of an installation that was given none: made once, kept in the data directory."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from engage.kernel.folders import make_folder

FILE = "secret_key"


def kept_secret(data_dir: Path) -> str:
    """The secret in `data_dir`, made on the first call; readable by this account only.

    Two first calls at once agree on one value: the file appears under its name complete or not at all.
    """
    kept = data_dir / FILE
    if not kept.exists():
        make_folder(data_dir)
        fresh = data_dir / f"{FILE}.{os.getpid()}"
        descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(fresh, kept)
        except FileExistsError:
            pass  # the other start was quicker: its value counts
        finally:
            fresh.unlink()
    return kept.read_text().strip()
