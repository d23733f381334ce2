"""A mail server of this machine, in a process of its own, that takes every mail, after a while, and keeps none."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP


class Sink:
    """Runs the mail server while its block runs; it takes ``delay`` seconds to say yes to each mail."""

    address = ""

    def __init__(self, *, delay: float = 0.0) -> None:
        self._delay = delay

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.sink", str(self._delay)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.address = f"smtp://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=30)


class _Takes:
    def __init__(self, delay: float) -> None:
        self._delay = delay

    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802 - aiosmtpd's name
        await asyncio.sleep(self._delay)
        return "250 OK"


async def _serve(delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(_Takes(delay), hostname="mail.test", data_size_limit=2**24), "127.0.0.1", 0
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # until the one who started it ends or lets go


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
