"""Tables for spreadsheets: CSV in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return ``head`` and ``rows`` as CSV (RFC 4180), an apostrophe before each cell that would be computed."""
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(head)
    writer.writerows([harmless(str(cell)) for cell in row] for row in rows)
    return sheet.getvalue()


def harmless(cell: str) -> str:
    """Return ``cell`` so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
