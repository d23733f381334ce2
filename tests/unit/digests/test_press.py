"""Mails that differ are rendered apart, whatever they share."""

from __future__ import annotations

from datetime import UTC, date, datetime

from engage.digests.enums import Kind
from engage.digests.service.news import Entry
from engage.digests.service.wording import Press, Reasons


def entry(number: int) -> Entry:
    return Entry(
        number=number,
        challenge_id=number,
        ref=f"ENG-2026-000{number}",
        title=f"Problem {number}",
        department="Department for Bridges",
        excerpt="Bridges sag.",
        closes_on=date(2026, 12, 1),
        kind=Kind.OPEN,
        at=datetime(2026, 11, 2, tzinfo=UTC),
        version=1,
    )


def test_the_same_reason_for_another_entry_is_another_mail() -> None:
    press, entries = Press(), [entry(1), entry(2)]
    reasons = Reasons("all new challenges", "every Tuesday at 8am")
    first, second, again = (
        press.sheet(entries, reasons, edition_id=1, why={number: "you work on bridges"})
        for number in (1, 2, 1)
    )
    assert first.text != second.text
    assert again is first
