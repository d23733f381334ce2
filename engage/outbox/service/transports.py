"""Ways out for mail: an SMTP server, GOV.UK Notify, a folder, the console. Which one, ``ENGAGE_MAIL`` says."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

from engage.kernel.text import sha256, slug
from engage.outbox.errors import Unreachable
from engage.outbox.service.mime import Mail
from engage.outbox.service.notify import NotifyTransport
from engage.outbox.service.smtp import SmtpTransport


class Transport(Protocol):
    """Hands over one mail after the other."""

    def send(self, mail: Mail) -> str:
        """Hand over ``mail`` and return the receipt: what the other side said. Then it has taken it.

        Raises ``Later``, ``Unreachable``, ``Never`` or ``DeadAddress`` otherwise.
        """

    def close(self) -> None:
        """Let go of the connection, if there is one. The transport can be used again."""


def open_transport(address: str) -> Transport:
    """Return the transport for a value of ``ENGAGE_MAIL``; nothing is connected yet."""
    if address.startswith(("smtp://", "smtps://")):
        return SmtpTransport(address)
    if address == "notify":
        return NotifyTransport()
    if address.startswith("file:"):
        return FileTransport(Path(address.removeprefix("file:")))
    return ConsoleTransport()


class FileTransport:
    """Writes each mail as a ``.eml`` file for mail programs. The same Message-ID is the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, mail: Mail) -> str:
        """Write the file whole or not at all and return its name.

        Raises ``Unreachable`` when the folder cannot be written to.
        """
        try:
            return self._write(mail)
        except OSError as error:
            raise Unreachable(f"Mail cannot be written to {self.folder}: {error.strerror}.") from error

    def _write(self, mail: Mail) -> str:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{slug(mail.subject)[:50]}-{sha256(mail.message_id)[:12]}.eml"
        temporary = self.folder / f".{name}.{os.getpid()}"
        with temporary.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(mail.data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.folder / name)
        return name

    def close(self) -> None:
        """Nothing stays open between two mails."""


class ConsoleTransport:
    """Prints the words of each mail."""

    def send(self, mail: Mail) -> str:
        """Print recipient, subject and text."""
        sys.stdout.write(f"To: {mail.recipient}\nSubject: {mail.subject}\n\n{mail.text}\n")
        sys.stdout.flush()
        return "printed"

    def close(self) -> None:
        """Nothing to let go of."""
