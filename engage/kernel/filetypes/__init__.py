"""What a file is by its content, and whether it holds what an attachment must not hold.

Everything works on bytes in memory, reads a bounded amount, and raises ``Refused`` with a sentence and nothing else.
"""

from __future__ import annotations

from engage.kernel.filetypes.kinds import ABOUT, ACCEPTED, About, FileKind, Refused

__all__ = ["ABOUT", "ACCEPTED", "About", "FileKind", "Refused"]
