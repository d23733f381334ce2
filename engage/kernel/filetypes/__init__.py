"""What a file is by its content, and whether it holds what an attachment must not hold.

Everything works on bytes in memory, reads a bounded amount, and raises ``Refused`` with a sentence and nothing else.
"""

from __future__ import annotations

from engage.kernel.filetypes.kinds import ABOUT, ACCEPTED, About, FileKind, Refused
from engage.kernel.filetypes.names import LONGEST, clean_name
from engage.kernel.filetypes.recognising import inspect

__all__ = ["ABOUT", "ACCEPTED", "LONGEST", "About", "FileKind", "Refused", "clean_name", "inspect"]
