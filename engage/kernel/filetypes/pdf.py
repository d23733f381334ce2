"""PDFs (ISO 32000): looking for what acts by itself. This is a search for names, not a reading of the document."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from engage.kernel.filetypes.archives import DAMAGED, LOCKED, TOO_MUCH
from engage.kernel.filetypes.kinds import Refused

SIGNATURE = b"%PDF-"

ACTS = "This PDF holds {}. Print it to a new PDF, and attach that."
HIDDEN = "This PDF is packed in a way that cannot be checked. Print it to a new PDF, and attach that."
FORBIDDEN: dict[bytes, str] = {
    b"JavaScript": "a script",
    b"Launch": "a command that starts a program",
    b"EmbeddedFile": "another file",
    b"EmbeddedFiles": "another file",
    b"GoToE": "another file",
    b"RichMedia": "an active medium, such as a film or an animation",
    b"XFA": "a form that can run scripts (XFA)",
}
_ENCRYPT = b"Encrypt"
_OBJECTS = b"ObjStm"
_WATCHED = frozenset({*FORBIDDEN, _ENCRYPT, _OBJECTS})

END = b"%%EOF"
TAIL = 2_048
MOST_UNPACKED = 20 * 1024 * 1024
MOST_ESCAPED = 20_000
MOST_STREAMS = 20_000
LONGEST_DICTIONARY = 4 * 1024

_REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%#]"
_LITERAL = re.compile(
    rb"/(" + b"|".join(sorted(_WATCHED, reverse=True)) + rb")(?=[\x00\t\n\x0c\r ()<>\[\]{}/%]|$)"
)
_ESCAPED = re.compile(rb"/(" + _REGULAR + rb"{0,20}#[0-9A-Fa-f]{2}(?:" + _REGULAR + rb"|#){0,80})")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_FILTER_NAMES = re.compile(
    rb"/((?:ASCIIHex|ASCII85|LZW|RunLength|Crypt)(?:Decode)?|AHx|A85|LZW|RL|Predictor)(?![A-Za-z])"
)


def examine(data: bytes) -> None:
    """Raise ``Refused`` for a PDF that is cut off, locked, or acts by itself; also inside its object streams."""
    if END not in data[-TAIL:]:
        raise Refused(DAMAGED)
    names = sorted(_names(data), key=lambda found: found[1])
    _check({name for name, _ in names})
    streams = [place for name, place in names if name == _OBJECTS]
    if len(streams) > MOST_STREAMS:
        raise Refused(HIDDEN)
    for packed in _unpacked(data, streams):
        _check({name for name, _ in _names(packed)})


def _check(names: set[bytes]) -> None:
    if _ENCRYPT in names:
        raise Refused(LOCKED)
    for name in sorted(names & FORBIDDEN.keys()):
        raise Refused(ACTS.format(FORBIDDEN[name]))


def _names(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Give each name that is watched and where it stands, also when its signs are written as ``#xx``."""
    for found in _LITERAL.finditer(data):
        yield found[1], found.start()
    if b"#" not in data:
        return
    for count, found in enumerate(_ESCAPED.finditer(data)):
        if count == MOST_ESCAPED:
            raise Refused(HIDDEN)
        name = _unescaped(found[1])
        if name in _WATCHED:
            yield name, found.start()


def _unescaped(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), text)


def _unpacked(data: bytes, places: list[int]) -> Iterator[bytes]:
    """Give what the object streams unpack to whose dictionaries have a name at ``places`` (in ascending order).

    Those that are not packed have been looked through already. What cannot be unpacked is refused, and so are
    streams that overlap: the work stays within what the file itself holds.
    """
    left, packed, end = MOST_UNPACKED, len(data), -1
    for place in places:
        first = _begin(data, place)
        if first is None:
            continue
        if end < first:
            end = data.find(b"endstream", first)
        packed -= end - first
        if end < 0 or packed < 0:
            raise Refused(HIDDEN)
        content = _inflated(data[first:end], left)
        left -= len(content)
        yield content


def _begin(data: bytes, place: int) -> int | None:
    """Return where the packed stream begins whose dictionary has a name at ``place``; ``None`` if it is no such."""
    window = data[place : place + LONGEST_DICTIONARY]
    start, end = window.find(b"stream"), window.find(b"endobj")
    if 0 <= end < start or (start < 0 <= end):
        return None
    if start < 0:
        if place + LONGEST_DICTIONARY >= len(data):
            return None
        raise Refused(HIDDEN)
    before = data[max(0, place - LONGEST_DICTIONARY) : place]
    dictionary = _unescaped(before[max(before.rfind(b"obj"), 0) :] + window[:start])
    if _FILTER_NAMES.search(dictionary):
        raise Refused(HIDDEN)
    if b"Filter" not in dictionary:
        return None
    first = place + start + len(b"stream")
    return first + (2 if data[first : first + 2] == b"\r\n" else 1)


def _inflated(data: bytes, left: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data, left + 1)
    except zlib.error as fault:
        raise Refused(HIDDEN) from fault
    if len(unpacked) > left:
        raise Refused(TOO_MUCH)
    if not unpacker.eof:
        raise Refused(HIDDEN)
    return unpacked
