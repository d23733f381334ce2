"""Small documents of every accepted kind, made as their programs make them, and what can be wrong with them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from engage.kernel.filetypes import FileKind

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "application/vnd.openxmlformats-officedocument."
OASIS = "application/vnd.oasis.opendocument."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)

Members = dict[str, bytes | str]


def archive(members: Mapping[str, bytes | str], *, stored: tuple[str, ...] = ("mimetype",)) -> bytes:
    """Pack ``members`` in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            method = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            packed.writestr(zipfile.ZipInfo(name, (2026, 3, 3, 12, 0, 0)), content, method)
    return out.getvalue()


def relations(*rows: tuple[str, str, bool]) -> str:
    """The relationships of a part: type, target, whether outside."""
    lines = ""
    for number, (kind, target, outside) in enumerate(rows):
        mode = ' TargetMode="External"' if outside else ""
        lines += f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'
    return f'{XML}<Relationships xmlns="{RELATIONS}">{lines}</Relationships>'


def types(main: str, part: str, *more: str) -> str:
    """The list of content types of an Open XML document."""
    return (
        f'{XML}<Types xmlns="{TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{part}" ContentType="{main}"/>'
        + "".join(
            f'<Override PartName="/more{number}" ContentType="{each}"/>' for number, each in enumerate(more)
        )
        + "</Types>"
    )


def docx_members(
    text: str = "Fewer empty seats", *, main: str = f"{MAIN}wordprocessingml.document.main+xml"
) -> Members:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return {
        "[Content_Types].xml": types(main, "word/document.xml"),
        "_rels/.rels": relations(("officeDocument", "word/document.xml", False)),
        "word/document.xml": f'{XML}<w:document xmlns:w="{word}"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p>'
        "</w:body></w:document>",
        "word/_rels/document.xml.rels": relations(("hyperlink", "https://example.org/", True)),
    }


def docx(text: str = "Fewer empty seats", **more: bytes | str) -> bytes:
    return archive({**docx_members(text), **more})


def xlsx_members() -> Members:
    return {
        "[Content_Types].xml": types(f"{MAIN}spreadsheetml.sheet.main+xml", "xl/workbook.xml"),
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml", False)),
        "xl/workbook.xml": f'{XML}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>',
        "xl/worksheets/sheet1.xml": f"{XML}<worksheet/>",
    }


def xlsx() -> bytes:
    return archive(xlsx_members())


def pptx() -> bytes:
    return archive(
        {
            "[Content_Types].xml": types(
                f"{MAIN}presentationml.presentation.main+xml", "ppt/presentation.xml"
            ),
            "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml", False)),
            "ppt/presentation.xml": f"{XML}<presentation/>",
            "ppt/embeddings/Microsoft_Excel_Sheet.xlsx": xlsx(),
        }
    )


def odf_members(kind: str = "text", *, content: str = "<text/>", manifest: str = "") -> Members:
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    return {
        "mimetype": f"{OASIS}{kind}",
        "Configurations2/": "",
        "content.xml": f"{XML}<document>{content}</document>",
        "styles.xml": f"{XML}<styles/>",
        "META-INF/manifest.xml": f'{XML}<manifest:manifest xmlns:manifest="{space}">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{OASIS}{kind}"/>{manifest}'
        "</manifest:manifest>",
    }


def odf(kind: str = "text", **more: str) -> bytes:
    return archive(odf_members(kind, **more))


def pdf(*objects: bytes, trailer: bytes = b"", head: bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n") -> bytes:
    """A PDF of one empty page, with ``objects`` beside it."""
    own = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        *objects,
    )
    out, places = head, []
    for number, each in enumerate(own, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(own) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(own) + 1, trailer, start)
    return out


def object_stream(content: bytes, *, more: bytes = b"/Filter /FlateDecode", packed: bool = True) -> bytes:
    """A PDF object that holds objects."""
    body = zlib.compress(content) if packed else content
    return b"<< /Type /ObjStm /N 1 /First 4 %s /Length %d >>\nstream\n%s\nendstream" % (more, len(body), body)


def png(width: int = 2, height: int = 2, *, behind: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    header = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0\xff\0\0\0\0\xff" * 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"") + behind


def jpeg(width: int = 2, height: int = 2, *, behind: bytes = b"") -> bytes:
    """The segments of a JPEG picture; nobody decodes its two bytes of scan."""
    parts = (
        b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0",
        b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0",
        b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\0\x3f\0",
    )
    return b"\xff\xd8" + b"".join(parts) + b"\x12\x34\xff\xd9" + behind


GOOD: dict[FileKind, tuple[str, Callable[[], bytes]]] = {
    FileKind.PDF: ("Annex.pdf", pdf),
    FileKind.PNG: ("Map.png", png),
    FileKind.JPEG: ("Photo.JPEG", jpeg),
    FileKind.TEXT: ("Notes.txt", "Who is affected: 40,000 patients – each year.\n".encode),
    FileKind.CSV: ("Figures.csv", lambda: b"district,seats,change\nNorth,1200,-5\nSouth,900,+44\n"),
    FileKind.ODT: ("Annex.odt", odf),
    FileKind.ODS: ("Figures.ods", lambda: odf("spreadsheet")),
    FileKind.ODP: ("Slides.odp", lambda: odf("presentation")),
    FileKind.DOCX: ("Annex.docx", docx),
    FileKind.XLSX: ("Figures.xlsx", xlsx),
    FileKind.PPTX: ("Slides.pptx", pptx),
}
