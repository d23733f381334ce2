"""Plain text and CSV, in UTF-8."""

from __future__ import annotations

import re

from engage.kernel.filetypes.kinds import Refused

NOT_UTF8 = (
    "This text is not in UTF-8, so some signs would come out wrong. Save it again with the encoding UTF-8 "
    "(in Excel: “CSV UTF-8”)."
)
WEB_PAGE = "This file is a web page, an SVG picture or other markup. Attach a PDF or a PNG picture of it."
SCRIPT = "This file is a program. Programs cannot be attached."
STARTS_PROGRAM = (
    "A cell of this table starts a program when a spreadsheet opens it. Take out cells that begin with “=” "
    "and contain “|”."
)

_MARKUP = re.compile(
    r"<(?:!--|\?xml|!doctype|(?:html|head|body|script|svg|iframe|object|embed|meta)[\s/>])", re.IGNORECASE
)
_DDE = re.compile(r"(?:^|[,;\t\n\r])[\"']?\s{0,10}[=+\-@][^,;\t\n\r|]{0,200}\|[^,;\t\n\r]{0,200}!")
_START = 4_096
_BYTE_ORDER = (b"\xff\xfe", b"\xfe\xff")
_ODD = bytes(code for code in range(32) if code not in b"\t\n\x0c\r")


def is_text(data: bytes) -> bool:
    """Tell whether ``data`` looks like text in any of the usual encodings."""
    return data.startswith(_BYTE_ORDER) or len(data.translate(None, _ODD)) == len(data)


def examine(data: bytes, *, table: bool) -> None:
    """Raise ``Refused`` for text that is not UTF-8, that is markup or a program; for a ``table`` also for DDE."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Refused(NOT_UTF8) from fault
    if text[:_START].lstrip().startswith(("#!", "<?php")):
        raise Refused(SCRIPT)
    if _MARKUP.search(text[:_START]):
        raise Refused(WEB_PAGE)
    if table and _DDE.search(text):
        raise Refused(STARTS_PROGRAM)
