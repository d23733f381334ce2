"""Small files for the demo's attachments, made and not kept: a page of text as PDF, a table as CSV."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Sequence

WIDTH, LINE = 84, 16
TOP, LEFT = 780, 60
FONTS = "<< /Font << /F1 5 0 R >> >>"


def table(rows: Sequence[Sequence[str]]) -> bytes:
    """Return ``rows`` as CSV in UTF-8."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerows(rows)
    return made.getvalue().encode()


def page(title: str, paragraphs: Sequence[str]) -> bytes:
    """Return one page with ``title`` and ``paragraphs`` as PDF 1.4; the texts are ASCII and fit on the page."""
    lines = [line for each in paragraphs for line in (*textwrap.wrap(each, WIDTH), "")]
    shown = "\n".join(f"({_escaped(line)}) Tj T*" for line in lines)
    content = (
        f"BT /F1 18 Tf {LEFT} {TOP} Td ({_escaped(title)}) Tj ET\n"
        f"BT /F1 11 Tf {LINE} TL {LEFT} {TOP - 2 * LINE} Td\n{shown}\nET"
    )
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources {FONTS} >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    made, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(made))
        made += f"{number} 0 obj\n{each}\nendobj\n"
    start = len(made)
    entries = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    made += f"xref\n0 {size}\n0000000000 65535 f \n{entries}"
    made += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return made.encode("ascii")


def _escaped(text: str) -> str:
    for mark in "\\()":
        text = text.replace(mark, f"\\{mark}")
    return text
