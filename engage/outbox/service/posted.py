"""Reading reports that a mail system posts to us: a mail, the JSON of GOV.UK Notify, or our own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engage.kernel.errors import Invalid
from engage.kernel.text import excerpt
from engage.outbox.enums import Outcome
from engage.outbox.service.reports import LONGEST_WORDS, Report, read_reports

OF_NOTIFY = {
    "delivered": Outcome.DELIVERED,
    "permanent-failure": Outcome.NO_ADDRESS,
    "temporary-failure": Outcome.UNDELIVERED,
    "technical-failure": Outcome.UNDELIVERED,
}
"""What the states of GOV.UK Notify mean; it posts no others."""
MOST_REPORTS = 1000
SHAPE = (
    'Send a mail as message/rfc822, or JSON like {"reports": [{"reference": "12-0a1b…", "outcome": "no_address", '
    '"status": "5.1.1", "words": "no such user"}]}.'
)


def read_posted(data: bytes, *, kind: str) -> list[Report]:
    """Return the reports in ``data``, whose media type is ``kind``. Raises ``Invalid`` where it is not understood."""
    if kind == "message/rfc822":
        return read_reports(data)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Invalid({"body": SHAPE}) from error
    if isinstance(found, dict) and "notification_type" in found:
        return _of_notify(found)
    rows = found.get("reports") if isinstance(found, dict) else None
    if not isinstance(rows, list) or len(rows) > MOST_REPORTS:
        raise Invalid({"body": SHAPE})
    return [_own(number, row) for number, row in enumerate(rows)]


def _of_notify(found: Mapping[str, Any]) -> list[Report]:
    outcome = OF_NOTIFY.get(str(found.get("status")))
    if outcome is None:
        return []
    words = "" if outcome is Outcome.DELIVERED else f"GOV.UK Notify says: {found['status']}"
    return [
        Report(outcome, _marked(found.get("reference")), recipient=str(found.get("to") or ""), words=words)
    ]


def _own(number: int, row: object) -> Report:
    if not isinstance(row, dict) or row.get("outcome") not in list(Outcome):
        outcomes = ", ".join(Outcome)
        raise Invalid({f"reports[{number}]": f"Needs an outcome, one of {outcomes}."})
    message_id = str(row.get("message_id") or "")
    return Report(
        Outcome(row["outcome"]),
        _marked(row.get("reference")),
        f"<{message_id.strip('<>')}>" if message_id else "",
        str(row.get("recipient") or ""),
        excerpt(str(row.get("status") or ""), length=20),
        excerpt(str(row.get("words") or ""), length=LONGEST_WORDS),
    )


def _marked(reference: object) -> str:
    """Return a reference as it stands in an address, where a letter's mark is looked for."""
    return f"+{reference}@" if reference else ""
