"""A real mail server inside the test process that takes, refuses, delays or cuts the line as told."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

Answer = Callable[[str], str]
"""Gives the server's answer for a recipient: "250 …", "451 …", "550 …", or "cut" to drop the connection."""


def welcome(_recipient: str) -> str:
    return "250 OK"


@dataclass
class Handler:
    """What happens at RCPT and after DATA."""

    at_recipient: Answer = welcome
    after_data: Answer = welcome
    at_sender: str = "250 OK"
    delay: float = 0.0
    taken: list[EmailMessage] = field(default_factory=list)
    tries: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    at_once: int = 0
    most_at_once: int = 0

    async def on_sender(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.at_sender.startswith("250"):
            envelope.mail_from = address
            with self.lock:
                self.senders.append(address)
        return self.at_sender

    async def on_recipient(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        with self.lock:
            self.tries.append(address)
        answer = self.at_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def on_data(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.delay)
        self.at_once -= 1
        answer = self.after_data(envelope.rcpt_tos[0])
        if answer.startswith(("250", "cut")):
            assert isinstance(envelope.content, bytes)
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            with self.lock:
                self.taken.append(message)
        if answer == "cut":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer

    def hooks(self) -> SimpleNamespace:
        """The names under which aiosmtpd looks for what to do."""
        return SimpleNamespace(
            handle_MAIL=self.on_sender, handle_RCPT=self.on_recipient, handle_DATA=self.on_data
        )


class MailServer:
    """Listens on a free port of this machine while its block runs. ``port`` keeps it across two blocks."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, handler: Handler | None = None) -> None:
        self.handler = handler or Handler()
        self.host = host
        self.port = port
        self._controller: _Controller | None = None

    @property
    def address(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    @property
    def taken(self) -> list[EmailMessage]:
        """The mails it has taken, in order."""
        with self.handler.lock:
            return list(self.handler.taken)

    @property
    def senders(self) -> list[str]:
        """The envelope senders it was told, in order."""
        with self.handler.lock:
            return list(self.handler.senders)

    @property
    def tries(self) -> list[str]:
        """The recipients it was asked for, in order."""
        with self.handler.lock:
            return list(self.handler.tries)

    def __enter__(self) -> Self:
        self._controller = _Controller(
            self.handler.hooks(), hostname=self.host, port=self.port or free_port()
        )
        self._controller.start()
        self.port = self._controller.port
        return self

    def __exit__(self, *_: object) -> None:
        assert self._controller is not None
        self._controller.stop()


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mail.test", data_size_limit=2**24)


def free_port() -> int:
    """A port nobody listens on at the moment."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
