"""A GOV.UK Notify of the test's own: the two addresses that engage uses, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

SERVICE, SECRET = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
KEY = f"tests-{SERVICE}-{SECRET}"
Refusal = tuple[int, str]


class NotifyServer:
    """Takes emails while its block runs; ``answer`` may refuse one with a status and a sentence, or cut the line."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.answer: Callable[[dict[str, Any]], Refusal | None] = lambda _: None
        self.cut_after = 0
        """So many emails are taken and not answered."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                refused = outer.refusal(self.headers["Authorization"]) or outer.answer(body)
                if refused:
                    self.say(refused[0], {"errors": [{"error": "BadRequestError", "message": refused[1]}]})
                    return
                body["id"] = str(uuid.uuid4())
                outer.taken.append(body)
                if outer.cut_after:
                    outer.cut_after -= 1
                    self.close_connection = True
                    return
                self.say(201, {"id": body["id"], "reference": body["reference"]})

            def do_GET(self) -> None:
                wanted = parse_qs(urlsplit(self.path).query)["reference"][0]
                rows = [
                    {"id": one["id"], "status": "sending"}
                    for one in outer.taken
                    if one["reference"] == wanted
                ]
                self.say(200, {"notifications": rows})

            def say(self, status: int, found: dict[str, Any]) -> None:
                data = json.dumps(found).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @staticmethod
    def refusal(authorization: str) -> Refusal | None:
        """Check the token as Notify does."""
        head, claims, seal = authorization.removeprefix("Bearer ").split(".")
        made = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        good = base64.urlsafe_b64encode(made).rstrip(b"=").decode() == seal and said["iss"] == SERVICE
        return None if good else (403, "Invalid token: signature, api token not found")

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
