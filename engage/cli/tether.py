"""Run a command that ends with the process that started it: `python tether.py PARENT-PID COMMAND…`.

A script of its own, run between fork and exec, because the starting process may have threads by then
(numpy's, onnxruntime's) and so must not run Python code in the fork. It imports nothing of engage and
replaces itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Ask the kernel for SIGTERM when `parent` dies (Linux only), then become `command`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)  # it died before it could be noticed
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
