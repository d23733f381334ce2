"""Calendar programs: three readers that share no code, and a calendar that keeps entries as RFC 5546 says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import icalendar
import vobject
from ical.calendar_stream import IcsCalendarStream


@dataclass(frozen=True)
class Entry:
    """What a calendar program understands of one event. Times are aware, ``wall`` is what clocks show then."""

    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    wall: str
    status: str
    summary: str

    @property
    def rank(self) -> tuple[int, datetime]:
        """Of two entries with one UID the one with the higher rank counts: SEQUENCE, then DTSTAMP."""
        return self.sequence, self.stamp


@dataclass(frozen=True)
class File:
    """A calendar file as a program understands it."""

    method: str
    entries: tuple[Entry, ...]


Reader = Callable[[str], File]


def with_icalendar(text: str) -> File:
    """Read with the library that engage itself writes with."""
    found: Any = icalendar.Calendar.from_ical(text)
    return File(str(found["method"]), tuple(_of_icalendar(event) for event in found.events))


def _of_icalendar(event: Any) -> Entry:
    return _entry(
        *(str(event["uid"]), event["sequence"], event["dtstamp"].dt, event["dtstart"].dt, event["dtend"].dt),
        status=str(event["status"]),
        summary=str(event["summary"]),
    )


def with_vobject(text: str) -> File:
    """Read with vobject, which knows no zone names: its times come from the rules in the file."""
    found = vobject.readOne(text)
    found.validate(raiseException=True)
    return File(found.method.value, tuple(_of_vobject(event) for event in found.contents.get("vevent", ())))


def _of_vobject(event: Any) -> Entry:
    return _entry(
        *(event.uid.value, int(event.sequence.value), event.dtstamp.value),
        *(event.dtstart.value, event.dtend.value),
        status=event.status.value,
        summary=event.summary.value,
    )


def with_ical(text: str) -> File:
    """Read with ical, which checks every property against the types of RFC 5545."""
    found = IcsCalendarStream.calendar_from_ics(text)
    return File(str(found.method), tuple(_of_ical(event) for event in found.events))


def _of_ical(event: Any) -> Entry:
    return _entry(
        *(event.uid, event.sequence, event.dtstamp, event.dtstart, event.dtend),
        status=event.status.value,
        summary=event.summary,
    )


READERS: tuple[Reader, ...] = (with_icalendar, with_vobject, with_ical)


def understood(text: str | bytes) -> File:
    """Return what all readers agree on; that they differ fails the test."""
    plain = text.decode() if isinstance(text, bytes) else text
    first, *others = (read(plain) for read in READERS)
    for read, other in zip(READERS[1:], others, strict=True):
        assert other == first, f"{read.__name__} understands something else"
    return first


def _entry(
    uid: str,
    sequence: int,
    stamp: datetime,
    starts_at: datetime,
    ends_at: datetime,
    *,
    status: str,
    summary: str,
) -> Entry:
    return Entry(
        uid=uid,
        sequence=sequence,
        stamp=stamp.astimezone(UTC),
        starts_at=starts_at.astimezone(UTC),
        ends_at=ends_at.astimezone(UTC),
        wall=f"{starts_at:%Y-%m-%d %H:%M}",
        status=status,
        summary=summary,
    )


@dataclass
class Calendar:
    """Somebody's calendar: one entry for each UID, replaced or taken out only by what is newer."""

    _kept: dict[str, tuple[Entry, bool]] = field(default_factory=dict)

    def receive(self, text: str) -> None:
        """Take a file that came by mail: REQUEST puts in or replaces, CANCEL takes out; what is older is ignored."""
        file = understood(text)
        assert file.method in {"REQUEST", "CANCEL"}
        for entry in file.entries:
            known = self._kept.get(entry.uid)
            if known is None or entry.rank > known[0].rank:
                self._kept[entry.uid] = (entry, file.method == "CANCEL")

    def __iter__(self) -> Iterator[Entry]:
        """Give the entries it shows, soonest first."""
        shown = (entry for entry, gone in self._kept.values() if not gone)
        return iter(sorted(shown, key=lambda entry: entry.starts_at))
