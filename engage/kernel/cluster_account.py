"""Which operating-system account runs the embedded PostgreSQL, and what that account can reach.

PostgreSQL refuses to run as root, so a process started as root lends the server to an unprivileged account.
Nothing that this process did not create itself is ever opened up for that account: an unreachable folder is
worked around.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ACCOUNT_VARIABLE = "ENGAGE_PG_USER"
DEFAULT_ACCOUNT = "nobody"


class ClusterError(Exception):
    """The embedded PostgreSQL cannot be used; the message is one sentence for a person and names the mend."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account the server runs as; `lent` when this process is root and acts for another."""

    uid: int
    gid: int
    name: str
    lent: bool

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, from `/`, without PG* variables; its standard error is captured.

        Returns the finished process whatever its exit code. Raises ClusterError when it cannot be started.
        """
        try:
            return subprocess.run(
                command,
                cwd="/",
                env=server_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                check=False,
                start_new_session=True,  # Ctrl-C is for this process, which then stops the server in order
                user=self.uid if self.lent else None,
                group=self.gid if self.lent else None,
                extra_groups=[] if self.lent else None,
            )
        except OSError as error:
            raise ClusterError(
                f"{command[0]} could not be run as the account {self.name}: {error.strerror}."
            ) from error

    def reaches(self, path: Path) -> bool:
        """Whether the account can get to `path`, or to the nearest folder above it that exists."""
        if not self.lent:
            return True
        existing = next(place for place in (path, *path.parents) if place.exists())
        return self.run("test", "-x", str(existing)).returncode == 0

    def own_folder(self, path: Path) -> None:
        """Make `path` a folder of mode 0700 that belongs to the account.

        Creates it when missing. One that exists is only checked: ClusterError for a link or someone else's.
        """
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            found = path.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.uid:
                raise ClusterError(
                    f"{path} does not belong to the account {self.name} that runs PostgreSQL; remove it, "
                    "or choose another folder with ENGAGE_DATA_DIR."
                ) from None
        else:
            path.chmod(0o700)  # mkdir's mode is subject to the umask
            if self.lent:
                os.chown(path, self.uid, self.gid)

    def give_tree(self, top: Path) -> None:
        """Hand a tree that this process has just made to the account. No links are followed."""
        if not self.lent:
            return
        for folder, _, names in os.walk(top):
            os.lchown(folder, self.uid, self.gid)
            for name in names:
                os.lchown(Path(folder, name), self.uid, self.gid)


def server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for PostgreSQL's programs: nothing redirects them, no missing locale stops them."""
    kept = {key: value for key, value in environ.items() if not key.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def choose_account(data: Path, environ: Mapping[str, str]) -> Account:
    """The account for the server of the data directory `data`, which need not exist yet.

    An ordinary user runs it under the own account. Root keeps to the owner of existing data, so that a
    cluster made by an ordinary user goes on being theirs; else it takes ENGAGE_PG_USER, else `nobody`. Raises
    ClusterError when the data belongs to someone this process cannot act for, or when there is no account to
    lend the server to.
    """
    owner = data.stat().st_uid if data.exists() else None
    me = os.geteuid()
    if me != 0:
        if owner not in (None, me):
            raise ClusterError(
                f"The database in {data} belongs to the account {_name_of(owner)}; start engage as that "
                "account or as root, or choose another folder with ENGAGE_DATA_DIR."
            )
        return Account(uid=me, gid=os.getegid(), name=_name_of(me), lent=False)
    entry = _entry(owner) if owner else _named(environ.get(ACCOUNT_VARIABLE) or DEFAULT_ACCOUNT)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name, lent=True)


def _named(name: str) -> pwd.struct_passwd:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        entry = None
    if entry is None or entry.pw_uid == 0:
        raise ClusterError(
            f"PostgreSQL does not run as root and {name} is no unprivileged account of this machine; "
            f"name one in {ACCOUNT_VARIABLE}, or start engage as an ordinary user."
        )
    return entry


def _entry(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise ClusterError(
            f"The database belongs to account number {uid}, which this machine does not know; "
            "give the folder to a known account, or choose another one with ENGAGE_DATA_DIR."
        ) from None


def _name_of(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid if uid is not None else os.geteuid()).pw_name
    except KeyError:
        return f"number {uid}"
