"""A ClamAV daemon that knows one virus, on a real socket: the protocol of ``clamd(8)`` with commands that begin with "z"."""

from __future__ import annotations

import socketserver
import struct
import threading
from types import TracebackType
from typing import Self

EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
ANSWERS = {b"zPING\0": b"PONG\0", b"zVERSION\0": b"ClamAV 1.4.3/27700\0"}


class Conversation(socketserver.StreamRequestHandler):
    """One command and its answer."""

    def handle(self) -> None:
        """Read the command, answer it."""
        server = self.server
        assert isinstance(server, Server)
        daemon, command = server.daemon, b""
        while not command.endswith(b"\0"):
            piece = self.rfile.read(1)
            if not piece:
                return
            command += piece
        if daemon.silent:
            daemon.released.wait(20)
        elif command == b"zINSTREAM\0":
            self.wfile.write(daemon.verdict(self.read(daemon.limit)) + b"\0")
        else:
            self.wfile.write(ANSWERS.get(command, b"UNKNOWN COMMAND\0"))

    def read(self, limit: int) -> bytes | None:
        """The pieces up to the empty one; ``None`` when they are too many."""
        data = b""
        while length := struct.unpack(">L", self.rfile.read(4))[0]:
            data += self.rfile.read(length)
            if len(data) > limit:
                return None
        return data


class Server(socketserver.ThreadingTCPServer):
    """Listens on a free port."""

    daemon_threads = True

    def __init__(self, daemon: FakeClamd) -> None:
        self.daemon = daemon
        super().__init__(("127.0.0.1", 0), Conversation)


class FakeClamd:
    """The daemon, for the length of a block. ``streams`` are the files it was sent.

    ``answer`` replaces its verdict, ``silent`` lets it hang, ``limit`` is the longest stream it takes.
    """

    def __init__(self, *, answer: bytes | None = None, silent: bool = False, limit: int = 25_000_000) -> None:
        self.streams: list[bytes | None] = []
        self.released = threading.Event()
        self.answer, self.silent, self.limit = answer, silent, limit
        self._server = Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def setting(self) -> str:
        """What to write into ``ENGAGE_SCANNER``."""
        host, port = self._server.server_address[:2]
        return f"clamd://{host!s}:{port}"

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return "127.0.0.1", int(self._server.server_address[1])

    def verdict(self, data: bytes | None) -> bytes:
        """What it says about ``data``."""
        self.streams.append(data)
        if self.answer is not None:
            return self.answer
        if data is None:
            return b"INSTREAM size limit exceeded. ERROR"
        return b"stream: Win.Test.EICAR_HDB-1 FOUND" if EICAR in data else b"stream: OK"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
