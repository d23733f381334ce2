"""Scanners: what looks at a file before anybody may have it. ``ENGAGE_SCANNER`` names the one to use.

``structure`` looks at the file's own structure (``engage.kernel.filetypes``) and at nothing else; ``clamd://host:port``
does that and then asks a ClamAV daemon. Any other name is looked up among the entry points ``engage.scanners`` of
installed packages: a function that takes the whole setting and returns a ``Scanner``.
"""

from __future__ import annotations

import socket
import struct
import time
from importlib.metadata import entry_points
from typing import Protocol
from urllib.parse import urlsplit

from engage.kernel.filetypes import Refused, inspect
from engage.kernel.settings import SettingsError

CONNECT_WITHIN = 5.0
ANSWER_WITHIN = 60.0
PIECE = 64 * 1024
LONGEST_ANSWER = 4096

INFECTED = (
    "The virus scanner found something in this file ({}), so it was not kept. Do not open your copy, and tell your "
    "security team."
)


class ScannerUnavailable(Exception):
    """The scanner could not give an answer; the message says why. The file stays in quarantine."""


class Scanner(Protocol):
    """What every scanner can do."""

    def check(self, data: bytes, *, name: str) -> str:
        """Return why the file must not be had, in a sentence for people, or "" when it is clean.

        Raises ``ScannerUnavailable`` when there is no answer.
        """
        ...

    def ready(self) -> str:
        """Return what the scanner is, for ``engage doctor``. Raises ``ScannerUnavailable`` when it does not answer."""
        ...


class Structure:
    """The file's own structure. It finds what acts by itself or hides; it knows no viruses."""

    def check(self, data: bytes, *, name: str) -> str:
        """Return why the file is refused, or ""."""
        try:
            inspect(data, name=name)
        except Refused as refused:
            return str(refused)
        return ""

    def ready(self) -> str:
        """Return what it is."""
        return "structure: looks for macros, scripts and hidden files, not for viruses"


class Clamd:
    """A ClamAV daemon over TCP, by the protocol that the manual page ``clamd(8)`` describes (commands with "z")."""

    def __init__(
        self, host: str, port: int, *, connect: float = CONNECT_WITHIN, answer: float = ANSWER_WITHIN
    ) -> None:
        self._address = (host, port)
        self._connect = connect
        self._answer = answer

    def check(self, data: bytes, *, name: str) -> str:
        """Look at the structure, then send the bytes (INSTREAM) and return what the daemon found, or ""."""
        refusal = Structure().check(data, name=name)
        return refusal or self._verdict(self._ask(b"zINSTREAM\0", data))

    def ready(self) -> str:
        """Ask for its version."""
        if self._ask(b"zPING\0") != "PONG":
            raise ScannerUnavailable("The virus scanner does not answer as a ClamAV daemon does.")
        return self._ask(b"zVERSION\0")

    def _verdict(self, answer: str) -> str:
        found = answer.removeprefix("stream: ")
        if found == "OK":
            return ""
        if found.endswith(" FOUND"):
            return INFECTED.format(found.removesuffix(" FOUND"))
        raise ScannerUnavailable(f"The virus scanner could not check the file: {found[:200] or 'no answer'}.")

    def _ask(self, command: bytes, data: bytes | None = None) -> str:
        until = time.monotonic() + self._answer
        try:
            with socket.create_connection(self._address, timeout=self._connect) as connection:
                connection.settimeout(self._answer)
                connection.sendall(command)
                if data is not None:
                    self._send(connection, data)
                return self._read(connection, until)
        except OSError as fault:
            host, port = self._address
            raise ScannerUnavailable(f"The virus scanner at {host}:{port} does not answer.") from fault

    def _send(self, connection: socket.socket, data: bytes) -> None:
        """Send the pieces, each with its length, and an empty one as the end.

        A daemon that has seen enough (too large, found something) answers and closes: its answer is what counts.
        """
        try:
            for place in range(0, len(data), PIECE):
                piece = data[place : place + PIECE]
                connection.sendall(struct.pack(">L", len(piece)) + piece)
            connection.sendall(struct.pack(">L", 0))
        except (BrokenPipeError, ConnectionResetError):
            return

    def _read(self, connection: socket.socket, until: float) -> str:
        answer = b""
        while b"\0" not in answer and len(answer) < LONGEST_ANSWER:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            piece = connection.recv(LONGEST_ANSWER)
            if not piece:
                break
            answer += piece
        return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()


def scanner_named(setting: str) -> Scanner:
    """Return the scanner that ``setting`` names. Raises ``SettingsError`` with a sentence when there is none."""
    if setting == "structure":
        return Structure()
    scheme = setting.partition(":")[0]
    if scheme == "clamd":
        return _clamd(setting)
    for found in entry_points(group="engage.scanners", name=scheme):
        made: Scanner = found.load()(setting)
        return made
    raise SettingsError(
        f"ENGAGE_SCANNER is “{setting}”: use structure, clamd://host:port, or the name of an installed scanner."
    )


def _clamd(setting: str) -> Clamd:
    try:
        parts = urlsplit(setting)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.path.strip("/"):
        raise SettingsError(
            "ENGAGE_SCANNER must name the daemon as clamd://host:port, like clamd://127.0.0.1:3310."
        )
    return Clamd(host, port)
