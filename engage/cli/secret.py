"""The signing key of an installation that was given none: made once, kept in the data directory."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
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
        descriptor, fresh = tempfile.mkstemp(prefix=f"{FILE}.", dir=data_dir)  # mode 0600
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another start was quicker: its value counts
            os.link(fresh, kept)
        Path(fresh).unlink()
    return kept.read_text().strip()
