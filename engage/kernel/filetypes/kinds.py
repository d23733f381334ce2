"""The kinds of files that people may attach, and what each is called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What a file is by its content, whatever its name says."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    TEXT = "text"
    CSV = "csv"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"

    @property
    def about(self) -> About:
        """What people and browsers call it."""
        return ABOUT[self]


@dataclass(frozen=True)
class About:
    """The names of a kind."""

    words: str
    """After an article: "a …"."""
    short: str
    mime: str
    endings: tuple[str, ...]
    """The endings a name may have, the usual one first."""


_OASIS = "application/vnd.oasis.opendocument."
_OPEN_XML = "application/vnd.openxmlformats-officedocument."

ABOUT: dict[FileKind, About] = {
    FileKind.PDF: About("a PDF", "PDF", "application/pdf", ("pdf",)),
    FileKind.PNG: About("a PNG picture", "PNG", "image/png", ("png",)),
    FileKind.JPEG: About("a JPEG picture", "JPEG", "image/jpeg", ("jpg", "jpeg")),
    FileKind.TEXT: About("plain text", "Text", "text/plain; charset=utf-8", ("txt",)),
    FileKind.CSV: About("plain text", "CSV", "text/csv; charset=utf-8", ("csv",)),
    FileKind.ODT: About("an OpenDocument text", "ODT", f"{_OASIS}text", ("odt",)),
    FileKind.ODS: About("an OpenDocument spreadsheet", "ODS", f"{_OASIS}spreadsheet", ("ods",)),
    FileKind.ODP: About("an OpenDocument presentation", "ODP", f"{_OASIS}presentation", ("odp",)),
    FileKind.DOCX: About("a Word document", "DOCX", f"{_OPEN_XML}wordprocessingml.document", ("docx",)),
    FileKind.XLSX: About("an Excel workbook", "XLSX", f"{_OPEN_XML}spreadsheetml.sheet", ("xlsx",)),
    FileKind.PPTX: About(
        "a PowerPoint presentation", "PPTX", f"{_OPEN_XML}presentationml.presentation", ("pptx",)
    ),
}

ACCEPTED = "PDF, PNG, JPEG, plain text, CSV, ODT, ODS, ODP, DOCX, XLSX or PPTX"


class Refused(ValueError):
    """A file cannot be taken. The message is a sentence for people: what is wrong, and what would mend it."""
