"""An IMAP server of the test's own with one folder, as far as reading new mail needs it (RFC 9051)."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterable
from typing import Self


class ImapServer:
    """Keeps ``mails`` in the folder Bounces for user ``reader`` with password ``p@ss``; ``seen`` are the flagged ones."""

    def __init__(self, mails: Iterable[bytes]) -> None:
        self.mails = dict(enumerate(mails, start=1))
        self.seen: set[int] = set()
        outer = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"* OK ready\r\n")
                for line in self.rfile:
                    tag, command = line.decode().strip().split(" ", 1)
                    self.wfile.write(outer.answer(command) + f"{tag} {outer.verdict(command)}\r\n".encode())
                    if command == "LOGOUT":
                        return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"imap://reader:p%40ss@127.0.0.1:{self._server.server_address[1]}/Bounces"

    def verdict(self, command: str) -> str:
        if command.startswith("LOGIN") and command != 'LOGIN reader "p@ss"':
            return "NO wrong password"
        if command.startswith("SELECT") and "Bounces" not in command:
            return "NO no such folder"
        return "OK done"

    def answer(self, command: str) -> bytes:
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command.startswith("SELECT"):
            return f"* {len(self.mails)} EXISTS\r\n".encode()
        if command == "UID SEARCH UNSEEN":
            unseen = " ".join(str(uid) for uid in self.mails if uid not in self.seen)
            return f"* SEARCH {unseen}\r\n".encode()
        if found := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.\d+>\)", command):
            uid = int(found[1])
            data = self.mails[uid]
            return f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(data)}}}\r\n".encode() + data + b")\r\n"
        if found := re.fullmatch(r"UID STORE (\d+) \+FLAGS \(\\Seen\)", command):
            self.seen.add(int(found[1]))
        return b""

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
