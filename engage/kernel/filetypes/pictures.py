"""PNG (ISO/IEC 15948) and JPEG (ISO/IEC 10918): whole, of a reasonable size, and nothing hidden behind them."""

from __future__ import annotations

import struct

from engage.kernel.filetypes.archives import DAMAGED
from engage.kernel.filetypes.kinds import Refused

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"

BEHIND = "Something else is hidden behind this picture. Open it, save it as a new picture, and attach that."
TOO_WIDE = "This picture has more than 100 million points. Make it smaller, and attach that."
MOST_POINTS = 100_000_000

_CHUNK = struct.Struct(">L4s")
_SIZE = struct.Struct(">LL")
_CHECKSUM = 4

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN, _END = 0xDA, b"\xff\xd9"
_ARCHIVE_END = b"PK\x05\x06"
_ARCHIVE_TAIL = 65_557


def examine_png(data: bytes) -> None:
    """Raise ``Refused`` unless ``data`` is chunk after chunk to the end, and nothing beyond."""
    place, first = len(PNG), True
    while place + _CHUNK.size + _CHECKSUM <= len(data):
        length, kind = _CHUNK.unpack_from(data, place)
        if first:
            if kind != b"IHDR" or length < _SIZE.size or place + _CHUNK.size + length > len(data):
                raise Refused(DAMAGED)
            _check_points(*_SIZE.unpack_from(data, place + _CHUNK.size))
            first = False
        place += _CHUNK.size + length + _CHECKSUM
        if kind == b"IEND":
            if place < len(data):
                raise Refused(BEHIND)
            if place == len(data):
                return
    raise Refused(DAMAGED)


def examine_jpeg(data: bytes) -> None:
    """Raise ``Refused`` unless the segments lead to a scan that ends; an archive behind it is refused.

    Other bytes after the end stay: telephones put a second picture there.
    """
    place, framed = 2, False
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            raise Refused(DAMAGED)
        marker = data[place + 1]
        if marker == 0xFF or marker in _ALONE:
            place += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if marker in _FRAMES:
            if length < 7 or place + 9 > len(data):
                raise Refused(DAMAGED)
            height, width = struct.unpack_from(">HH", data, place + 5)
            _check_points(width, height or 1)
            framed = True
        place += 2 + length
        if marker == _SCAN:
            break
    if not framed or data.find(_END, place) < 0:
        raise Refused(DAMAGED)
    if _ARCHIVE_END in data[-_ARCHIVE_TAIL:]:
        raise Refused(BEHIND)


def _check_points(width: int, height: int) -> None:
    if not width or not height:
        raise Refused(DAMAGED)
    if width * height > MOST_POINTS:
        raise Refused(TOO_WIDE)
