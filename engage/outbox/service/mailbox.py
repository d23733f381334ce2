"""The mailbox to which letters come back: a Maildir on this machine, or a folder on an IMAP server."""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from engage.kernel.settings import SettingsError

TIMEOUT = 20.0
IMAP, IMAPS = 143, 993
MOST_AT_ONCE = 1000
LARGEST = 10 * 1024 * 1024
INFO = ":2,"
"""Stands in the name of a file in a Maildir between the name of the mail and its flags."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Mailbox(Protocol):
    """Mails that nobody has read yet."""

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Give each mail that has not been read, with its key."""

    def mark_read(self, key: str) -> None:
        """Mark one as read: it stays for people to see, and is not given again."""


@contextmanager
def open_mailbox(address: str) -> Iterator[Mailbox]:
    """Give the mailbox of a value of ``ENGAGE_MAIL_REPORTS`` and let go of it at the end.

    Raises ``OSError`` or ``imaplib.IMAP4.error`` when it cannot be reached: the job is tried again.
    """
    if address.startswith("maildir:"):
        yield MaildirMailbox(address.removeprefix("maildir:"))
        return
    with _signed_in(address) as (connection, folder):
        yield ImapMailbox(connection, folder)


class MaildirMailbox:
    """A folder in the format Maildir, as mail servers and fetching programs write it.

    No mail is parsed here, only file names are: what cannot be parsed can be given and marked all the same.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        for part in ("tmp", "new", "cur"):
            (self._folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Give each mail without the flag S, the oldest first; of one larger than ``LARGEST`` its beginning."""
        found = [file for part in ("new", "cur") for file in (self._folder / part).iterdir()]
        unread = [file for file in found if file.name[0] != "." and "S" not in _flags(file.name)]
        for file in sorted(unread, key=lambda file: file.name)[:MOST_AT_ONCE]:
            with (
                contextlib.suppress(FileNotFoundError),
                file.open("rb") as mail,
            ):  # somebody else has moved it
                data = mail.read(LARGEST)
                yield str(file.relative_to(self._folder)), data

    def mark_read(self, key: str) -> None:
        """Set the flag S and move the mail from ``new`` to ``cur``."""
        file = self._folder / key
        name = file.name.partition(INFO)[0]
        flags = "".join(sorted({*_flags(file.name), "S"}))
        with contextlib.suppress(FileNotFoundError):
            file.rename(self._folder / "cur" / f"{name}{INFO}{flags}")


def _flags(name: str) -> str:
    return name.partition(INFO)[2]


class ImapMailbox:
    """A folder on an IMAP server."""

    def __init__(self, connection: imaplib.IMAP4, folder: str) -> None:
        self._connection = connection
        self._check(*connection.select(f'"{folder}"'))

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Give each mail without the flag Seen; of one larger than ``LARGEST`` its beginning."""
        (found,) = self._check(*self._connection.uid("SEARCH", "UNSEEN"))
        for number in (found or b"").split()[:MOST_AT_ONCE]:
            key = number.decode()
            parts = self._check(*self._connection.uid("FETCH", key, f"(BODY.PEEK[]<0.{LARGEST}>)"))
            yield key, b"".join(part[1] for part in parts if isinstance(part, tuple))

    def mark_read(self, key: str) -> None:
        """Set the flag Seen."""
        self._check(*self._connection.uid("STORE", key, "+FLAGS", r"(\Seen)"))

    @staticmethod
    def _check(status: str, found: list[Any]) -> list[Any]:
        if status != "OK":
            raise imaplib.IMAP4.error(f"the mailbox answered {status}")
        return found


@contextmanager
def _signed_in(address: str) -> Iterator[tuple[imaplib.IMAP4, str]]:
    parts = urlsplit(address)
    host = parts.hostname or "localhost"
    secure = parts.scheme == "imaps"
    if not secure and host not in LOOPBACK:
        raise SettingsError(
            "ENGAGE_MAIL_REPORTS: use imaps:// for another machine, the password would be readable."
        )
    connection: imaplib.IMAP4
    if secure:
        context = ssl.create_default_context()
        connection = imaplib.IMAP4_SSL(host, parts.port or IMAPS, ssl_context=context, timeout=TIMEOUT)
    else:
        connection = imaplib.IMAP4(host, parts.port or IMAP, timeout=TIMEOUT)
    try:
        connection.login(unquote(parts.username or ""), unquote(parts.password or ""))
        yield connection, unquote(parts.path.strip("/")) or "INBOX"
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            connection.logout()
