"""Which kind of file some bytes are, and whether such a file can be taken."""

from __future__ import annotations

from engage.kernel.filetypes import office, pdf, pictures, plain
from engage.kernel.filetypes.archives import LOCKED
from engage.kernel.filetypes.archives import SIGNATURE as ZIP
from engage.kernel.filetypes.kinds import FileKind, Refused
from engage.kernel.filetypes.names import UNKNOWN, check_name, ending_of

EMPTY = "The file is empty."
PROGRAM = "This file is a program. Programs cannot be attached."
OLD_OFFICE = (
    "This file is in an older Office format, which can hide macros. Open it and save it as DOCX, XLSX, PPTX or "
    "PDF."
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED_IN_OLE = "EncryptedPackage".encode("utf-16-le")

_PICTURE = "This is {}. Save it as a PNG or JPEG picture, and attach that."
_ARCHIVE = "This is {}. Attach the files that are in it, one by one."
_FILM = "This is {}. Films and sounds cannot be attached: write its address in the text instead."
_KNOWN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"MZ", PROGRAM),
    (0, b"\x7fELF", PROGRAM),
    (0, b"\xca\xfe\xba\xbe", PROGRAM),
    (0, b"\xcf\xfa\xed\xfe", PROGRAM),
    (0, b"\xce\xfa\xed\xfe", PROGRAM),
    (0, b"\x00asm", PROGRAM),
    (0, b"GIF8", _PICTURE.format("a GIF picture")),
    (0, b"BM", _PICTURE.format("a bitmap picture")),
    (0, b"II*\x00", _PICTURE.format("a TIFF picture")),
    (0, b"MM\x00*", _PICTURE.format("a TIFF picture")),
    (8, b"WEBP", _PICTURE.format("a WebP picture")),
    (4, b"ftyphei", _PICTURE.format("a HEIC picture")),
    (4, b"ftypmif1", _PICTURE.format("a HEIC picture")),
    (4, b"ftypavif", _PICTURE.format("an AVIF picture")),
    (4, b"ftyp", _FILM.format("a film")),
    (0, b"\x1a\x45\xdf\xa3", _FILM.format("a film")),
    (0, b"ID3", _FILM.format("a sound recording")),
    (0, b"OggS", _FILM.format("a sound recording")),
    (8, b"WAVE", _FILM.format("a sound recording")),
    (0, b"7z\xbc\xaf\x27\x1c", _ARCHIVE.format("a 7-Zip archive")),
    (0, b"Rar!\x1a\x07", _ARCHIVE.format("a RAR archive")),
    (0, b"\x1f\x8b", _ARCHIVE.format("a packed file (gzip)")),
    (0, b"BZh", _ARCHIVE.format("a packed file (bzip2)")),
    (0, b"\xfd7zXZ\x00", _ARCHIVE.format("a packed file (xz)")),
    (0, b"PK\x05\x06", _ARCHIVE.format("an empty ZIP archive")),
    (0, b"{\\rtf", "This is a rich text file (RTF). Save it as DOCX, ODT or PDF, and attach that."),
    (0, b"%!PS", "This is a PostScript file. Save it as a PDF, and attach that."),
)


def inspect(data: bytes, *, name: str) -> FileKind:
    """Return which kind of file ``data`` is by its content, with everything looked at that can be looked at.

    ``name`` decides nothing but between plain text and CSV; when it claims another kind that is refused. Raises
    ``Refused`` with a sentence, and nothing else, whatever the bytes are; the work is bounded for a bounded file.
    """
    kind = _examined(data, name)
    check_name(name, kind)
    return kind


def _examined(data: bytes, name: str) -> FileKind:
    if not data:
        raise Refused(EMPTY)
    if data.startswith(ZIP):
        return office.examine(data)
    if data.startswith(pdf.SIGNATURE):
        pdf.examine(data)
        return FileKind.PDF
    if data.startswith(pictures.PNG):
        pictures.examine_png(data)
        return FileKind.PNG
    if data.startswith(pictures.JPEG):
        pictures.examine_jpeg(data)
        return FileKind.JPEG
    if data.startswith(_OLE):
        raise Refused(LOCKED if _LOCKED_IN_OLE in data else OLD_OFFICE)
    for place, sign, sentence in _KNOWN:
        # Two letters alone may begin a text: "BM", "MZ", "BZh" then mean nothing.
        if data.startswith(sign, place) and not (sign.isalnum() and plain.is_text(data)):
            raise Refused(sentence)
    if plain.is_text(data):
        table = ending_of(name) in FileKind.CSV.about.endings
        plain.examine(data, table=table)
        return FileKind.CSV if table else FileKind.TEXT
    raise Refused(UNKNOWN)
