"""Reading ZIP archives that strangers made: everything is counted before it is unpacked, and while it is."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from engage.kernel.filetypes.kinds import Refused

SIGNATURE = b"PK\x03\x04"

DAMAGED = "This file is damaged. Open it in the program that made it, save it again, and attach the new file."
LOCKED = "This file is protected by a password. Save it without one, so that everybody can read it."
TOO_MUCH = "This file unpacks to more than can be checked. Save it again in the program that made it, or attach a PDF."

MOST_MEMBERS = 2_000
MOST_UNPACKED = 100 * 1024 * 1024
MOST_RATIO = 200
SMALL = 10 * 1024 * 1024
"""Below this the ratio does not matter: nobody is harmed by a small file that packs well."""
LARGEST_DIRECTORY = 1024 * 1024
LARGEST_PART = 2 * 1024 * 1024
"""The most that is read of a part that says what the others are."""
DEEPEST = 2
"""A chart in a document holds its figures in a workbook; nothing needs more levels than that."""
PIECE = 256 * 1024
OVERLAP = 2 * 1024
"""Longer than anything that is looked for."""
HEAD = 8

_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\x05\x06"
_LONGEST_COMMENT = 65_535
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1 | 0x40 | 0x2000
# What zipfile and zlib raise on bytes that are no archive; anything else would be a fault of ours.
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    OverflowError,
)


@dataclass
class Budget:
    """What may still be unpacked, counted over an archive and the archives inside it."""

    members: int = MOST_MEMBERS
    unpacked: int = MOST_UNPACKED
    parts: int = SMALL
    """Bytes of the parts that are parsed."""
    depth: int = DEEPEST

    def take(self, members: int, unpacked: int) -> None:
        """Count; raises ``Refused`` when it is more than is left."""
        self.members -= members
        self.unpacked -= unpacked
        if self.members < 0 or self.unpacked < 0:
            raise Refused(TOO_MUCH)


class Archive:
    """An archive whose directory is in order. Raises ``Refused`` for one that is damaged, locked or a bomb."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        _check_end(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _FAULTS as fault:
            raise Refused(DAMAGED) from fault
        members = self._zip.infolist()
        total = sum(each.file_size for each in members)
        budget.take(len(members), total)
        if total > SMALL and total > MOST_RATIO * len(data):
            raise Refused(TOO_MUCH)
        if sum(each.compress_size for each in members) > len(data):
            raise Refused(DAMAGED)  # members lie upon each other: the trick of the bombs that need no nesting
        _check_members(members)
        self._members = {each.filename: each for each in members}
        self._budget = budget

    @property
    def names(self) -> list[str]:
        """The names of the members, without folders."""
        return [name for name in self._members if not name.endswith("/")]

    def heads(self) -> Iterator[tuple[str, bytes]]:
        """Unpack every member, piece by piece, and give its name and first bytes; so the checksums are checked."""
        for name in self.names:
            head = b""
            for piece in self._pieces(name):
                head = head or piece[:HEAD]
            yield name, head

    def part(self, name: str) -> bytes:
        """Return a member that says what others are; empty when there is none. It must not be large."""
        found = self._members.get(name)
        if found is None:
            return b""
        self._budget.parts -= found.file_size
        if found.file_size > LARGEST_PART or self._budget.parts < 0:
            raise Refused(TOO_MUCH)
        return self.whole(name)

    def holds(self, name: str, pattern: re.Pattern[bytes]) -> bool:
        """Tell whether ``pattern``, which fits into ``OVERLAP``, is found in a member; in little memory."""
        before = b""
        for piece in self._pieces(name):
            if pattern.search(before + piece):
                return True
            before = piece[-OVERLAP:]
        return False

    def whole(self, name: str) -> bytes:
        """Return a member as it is."""
        return b"".join(self._pieces(name))

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(self._members[name]) as member:
                while piece := member.read(PIECE):
                    yield piece
        except _FAULTS as fault:
            raise Refused(DAMAGED) from fault


def _check_end(data: bytes) -> None:
    """Look at the last record before zipfile reads the directory it speaks of: that may be as large as the file."""
    place = data.rfind(_END_SIGNATURE, max(0, len(data) - _END.size - _LONGEST_COMMENT))
    if not data.startswith(SIGNATURE) or place < 0 or place + _END.size > len(data):
        raise Refused(DAMAGED)
    _, disk, first_disk, _, members, size, offset, comment = _END.unpack_from(data, place)
    if disk or first_disk or offset + size != place or place + _END.size + comment != len(data):
        raise Refused(DAMAGED)
    if members > MOST_MEMBERS or size > LARGEST_DIRECTORY:
        raise Refused(TOO_MUCH)


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    seen = set()
    for each in members:
        if each.flag_bits & _ENCRYPTED:
            raise Refused(LOCKED)
        name = each.filename.casefold()
        outside = name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")
        if each.compress_type not in _METHODS or name in seen or outside or ":" in name[:2]:
            raise Refused(DAMAGED)
        seen.add(name)
