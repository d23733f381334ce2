"""Documents that are ZIP archives: Office Open XML (ISO/IEC 29500) and OpenDocument (ISO/IEC 26300)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engage.kernel.filetypes.archives import DAMAGED, LOCKED, SIGNATURE, TOO_MUCH, Archive, Budget
from engage.kernel.filetypes.kinds import ABOUT, FileKind, Refused
from engage.kernel.filetypes.markup import elements

MACROS = "This file holds macros. Save it without them, as {}, or attach a PDF."
CONTROLS = "This file holds active controls or an add-in. Take them out, or attach a PDF."
EMBEDDED = "Another file is embedded in this one. Take it out, or attach a PDF and the other file beside it."
PROGRAM = "A program is packed into this file. Take it out, or attach a PDF."
ELSEWHERE = (
    "This file loads something from another place when it is opened, such as a picture or linked figures. "
    "Break its links, or attach a PDF."
)
TEMPLATE_ELSEWHERE = (
    "This document loads a template from another place when it is opened. Attach the template “Normal” to it "
    "in Word and save it again, or attach a PDF."
)
PLAIN_ZIP = "This file is a ZIP archive. Attach the files that are in it, one by one."
OTHER_OFFICE = "This Office file is of a kind that cannot be attached. Save it as DOCX, XLSX, PPTX or PDF."
A_TEMPLATE = (
    "This file is a template or a slide show. Save it as a document (DOCX, XLSX, PPTX, ODT, ODS or ODP)."
)

_MAIN = {f"{ABOUT[kind].mime}.main+xml": kind for kind in (FileKind.DOCX, FileKind.XLSX, FileKind.PPTX)}
_OASIS = {about.mime: kind for kind, about in ABOUT.items() if "opendocument" in about.mime}
_USUAL = "DOCX, XLSX or PPTX"
_HYPERLINK = "/hyperlink"
_OTHER_FORMAT = "/afchunk"
_TEMPLATE = "/attachedtemplate"

_DDE = re.compile(rb"<w:instrText[^<>]{0,200}>\s{0,20}(?i:DDE)|w:instr=\"\s{0,20}(?i:DDE)|(?i:DDEAUTO)")
_ODF_SCRIPT = re.compile(rb"<script:event-listener[\s>]")
_ODF_ACTIVE = re.compile(rb"<draw:(?:applet|floating-frame)[\s>]")
_ODF_ELSEWHERE = re.compile(
    rb"<office:dde-source[\s>]"
    rb"|<draw:(?:image|object|object-ole)\s[^<>]{0,1000}xlink:href=\"(?:[A-Za-z][A-Za-z0-9+.-]{0,20}:|//|\.\./)"
)
_PROGRAMS = (b"MZ", b"\x7fELF")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def examine(data: bytes, budget: Budget | None = None) -> FileKind:
    """Return which kind of document the archive ``data`` is.

    Raises ``Refused`` for any other archive, for one that is damaged, locked or unpacks to too much, and for
    macros, active controls, embedded objects and what is loaded from elsewhere. ``budget`` is that of the archive
    around it.
    """
    budget = budget or Budget()
    archive = Archive(data, budget)
    names = archive.names
    if "mimetype" in names:
        kind = _open_document(archive)
    elif "[Content_Types].xml" in names:
        kind = _open_xml(archive)
    else:
        raise Refused(PLAIN_ZIP)
    for name, head in archive.heads():
        _check_member(archive, name, head, budget)
    return kind


def _check_member(archive: Archive, name: str, head: bytes, budget: Budget) -> None:
    if head == _OLE:
        raise Refused(EMBEDDED)
    if head.startswith(_PROGRAMS):
        raise Refused(PROGRAM)
    if head.startswith(SIGNATURE):
        if budget.depth == 0:
            raise Refused(TOO_MUCH)
        budget.depth -= 1
        try:
            examine(archive.whole(name), budget)
        except Refused as refused:
            raise (Refused(EMBEDDED) if str(refused) == PLAIN_ZIP else refused) from None
        budget.depth += 1


def _open_xml(archive: Archive) -> FileKind:
    declared = elements(archive.part("[Content_Types].xml"))
    types = [each.get("ContentType", "") for name, each in declared if name in {"Default", "Override"}]
    folded = [each.casefold() for each in types]
    _check_types(folded)
    _check_names([name.casefold() for name in archive.names])
    mains = {_MAIN[each] for each in types if each in _MAIN}
    if len(mains) != 1:
        another = any(each.endswith(("template.main+xml", "slideshow.main+xml")) for each in folded)
        raise Refused(A_TEMPLATE if another else OTHER_OFFICE)
    for name in archive.names:
        if name.casefold().endswith(".rels"):
            _check_relationships(archive.part(name))
    kind = mains.pop()
    if kind is FileKind.DOCX:
        _check_fields(archive)
    return kind


def _check_types(types: Iterable[str]) -> None:
    for each in types:
        if "macro" in each or "vba" in each:
            raise Refused(MACROS.format(_USUAL))
        if "activex" in each or "webextension" in each:
            raise Refused(CONTROLS)


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        folder = f"/{name.rpartition('/')[0]}/"
        if name.rpartition("/")[2].startswith(("vbaproject", "vbadata")):
            raise Refused(MACROS.format(_USUAL))
        if "/macrosheets/" in folder or "/dialogsheets/" in folder:
            raise Refused(MACROS.format(_USUAL))
        if "/activex/" in folder or "/webextensions/" in folder:
            raise Refused(CONTROLS)
        if "/externallinks/" in folder:
            raise Refused(ELSEWHERE)
        if "/embeddings/" in folder and name.endswith((".bin", ".ole")):
            raise Refused(EMBEDDED)


def _check_relationships(part: bytes) -> None:
    for name, each in elements(part):
        if name != "Relationship":
            continue
        kind = each.get("Type", "").casefold()
        if kind.endswith(_OTHER_FORMAT):
            raise Refused(EMBEDDED)
        if each.get("TargetMode", "").casefold() == "external" and not kind.endswith(_HYPERLINK):
            raise Refused(TEMPLATE_ELSEWHERE if kind.endswith(_TEMPLATE) else ELSEWHERE)


def _check_fields(archive: Archive) -> None:
    for name in archive.names:
        if name.startswith("word/") and name.endswith(".xml") and archive.holds(name, _DDE):
            raise Refused(ELSEWHERE)


def _open_document(archive: Archive) -> FileKind:
    mime = archive.part("mimetype").decode("ascii", "replace").strip()
    _check_manifest(archive.part("META-INF/manifest.xml"))
    if mime not in _OASIS:
        raise Refused(A_TEMPLATE if mime.endswith("-template") else PLAIN_ZIP)
    kind = _OASIS[mime]
    if "content.xml" not in archive.names:
        raise Refused(DAMAGED)
    for name in archive.names:
        if name.casefold().startswith(("basic/", "scripts/", "dialogs/")):
            raise Refused(MACROS.format(kind.about.short))
        if name.rpartition("/")[2] in {"content.xml", "styles.xml"}:
            _check_content(archive, name, kind)
    return kind


def _check_manifest(part: bytes) -> None:
    if not part:
        raise Refused(DAMAGED)
    for name, each in elements(part):
        if name == "encryption-data":
            raise Refused(LOCKED)
        if "oleobject" in each.get("media-type", "").casefold():
            raise Refused(EMBEDDED)


def _check_content(archive: Archive, name: str, kind: FileKind) -> None:
    if archive.holds(name, _ODF_SCRIPT):
        raise Refused(MACROS.format(kind.about.short))
    if archive.holds(name, _ODF_ACTIVE):
        raise Refused(CONTROLS)
    if archive.holds(name, _ODF_ELSEWHERE):
        raise Refused(ELSEWHERE)
