"""Calendar files (RFC 5545): one entry for each session, the same entry wherever it is read.

The UID is made of the session's reference and the host of the site, so a changed or cancelled session
replaces its entry (by SEQUENCE) instead of standing beside it. Times are UK times with the rules of the zone
in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

import icalendar

from engage.accounts.models import Person
from engage.advisory.enums import SessionState
from engage.advisory.models import AdvisorySession
from engage.advisory.queries import PublicSession
from engage.kernel import clock
from engage.kernel.clock import UK
from engage.kernel.settings import settings
from engage.outbox.enums import CalendarMethod
from engage.outbox.service import plain_name

Meeting = AdvisorySession | PublicSession

PRODUCT = "-//engage//advisory sessions//EN"
PUBLISH = "PUBLISH"
REFRESH = timedelta(hours=12)
REFRESH_OWN = timedelta(hours=1)
OWN_NAME = "My advisory sessions on engage"

# In force since 1996: clocks change on the last Sundays of March and October at 1am UTC. Local times, without a zone.
_CLOCK_CHANGES = (
    (icalendar.TimezoneDaylight, "BST", "1996-03-31T01:00", 3, timedelta(0), timedelta(hours=1)),
    (icalendar.TimezoneStandard, "GMT", "1996-10-27T02:00", 10, timedelta(hours=1), timedelta(0)),
)


def public_file(meetings: Iterable[PublicSession]) -> bytes:
    """Return the calendar of sessions for everyone: no joining details, nobody's name."""
    calendar = _calendar(PUBLISH)
    calendar.add("name", "Advisory sessions on engage")
    calendar.add("x-wr-calname", "Advisory sessions on engage")
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for meeting in meetings:
        calendar.add_component(_entry(meeting, _about(meeting)))
    return bytes(calendar.to_ical())


def personal_file(meeting: AdvisorySession) -> bytes:
    """Return the entry of one session with its joining details, for somebody who may read them."""
    calendar = _calendar(PUBLISH)
    calendar.add_component(_entry(meeting, _about(meeting, meeting.joining_details)))
    return bytes(calendar.to_ical())


@dataclass(frozen=True)
class Standing:
    """Whether somebody reads how to join in their calendar, and what is said there otherwise."""

    joins: bool
    note: str = ""


def feed_file(entries: Iterable[tuple[AdvisorySession, Standing]]) -> bytes:
    """Return one person's calendar: the entries of the letters, cancelled ones too."""
    calendar = _calendar(PUBLISH)
    calendar.add("name", OWN_NAME)
    calendar.add("x-wr-calname", OWN_NAME)
    calendar.add("refresh-interval", REFRESH_OWN, parameters={"value": "DURATION"})
    for meeting, standing in entries:
        gone = meeting.state is SessionState.CANCELLED
        joining = meeting.joining_details if standing.joins and not gone else ""
        calendar.add_component(_entry(meeting, _about(meeting, joining, "" if gone else standing.note)))
    return bytes(calendar.to_ical())


def mail_part(meeting: AdvisorySession, *, person: Person, method: CalendarMethod, joins: bool = True) -> str:
    """Return the entry that goes with a letter to ``person``, who has or had a seat.

    ``REQUEST`` puts the session into the person's calendar or changes it there, ``CANCEL`` takes it out. A
    person who gave up a seat gets the entry as cancelled although the session itself goes on. Of two such
    files with one SEQUENCE the later one counts, by DTSTAMP: a place that was given up can be taken again.
    How to join stands in it when ``joins``.
    """
    gone = method is CalendarMethod.CANCEL
    calendar = _calendar(method.value)
    told = joins and not gone
    entry = _entry(meeting, _about(meeting, meeting.joining_details if told else ""), cancelled=gone)
    entry["dtstamp"] = icalendar.vDatetime(clock.now())
    attendee = icalendar.vCalAddress(f"mailto:{person.email}")
    attendee.params.update({"CN": plain_name(person.name), "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
    entry.add("attendee", attendee)
    calendar.add_component(entry)
    return bytes(calendar.to_ical()).decode()


def _calendar(method: str) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    zone = icalendar.Timezone()
    zone.add("tzid", UK.key)
    for kind, name, first, month, before, after in _CLOCK_CHANGES:
        change = kind()
        change.add("dtstart", datetime.fromisoformat(first))
        change.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
        change.add("tzname", name)
        change.add("tzoffsetfrom", before)
        change.add("tzoffsetto", after)
        zone.add_component(change)
    calendar.add_component(zone)
    return calendar


def _entry(meeting: Meeting, description: str, *, cancelled: bool = False) -> icalendar.Event:
    gone = cancelled or meeting.state is SessionState.CANCELLED
    host = urlsplit(settings().base_url).hostname or "engage.invalid"
    organiser = icalendar.vCalAddress(f"mailto:{parseaddr(settings().mail_from)[1]}")
    organiser.params["CN"] = "engage"
    entry = icalendar.Event()
    entry.add("uid", f"{meeting.ref}@{host}")
    entry.add("sequence", meeting.sequence)
    entry.add("dtstamp", meeting.updated_at)
    entry.add("last-modified", meeting.updated_at)
    entry.add("dtstart", meeting.starts_at.astimezone(UK))
    entry.add("dtend", meeting.ends_at.astimezone(UK))
    entry.add("summary", f"{meeting.title} ({meeting.challenge.title})")
    entry.add("description", description)
    if meeting.place:
        entry.add("location", meeting.place)
    entry.add("url", _page(meeting))
    entry.add("status", "CANCELLED" if gone else "CONFIRMED")
    entry.add("organizer", organiser)
    return entry


def _about(meeting: Meeting, joining_details: str = "", note: str = "") -> str:
    parts = [f"Advisory session for the challenge “{meeting.challenge.title}”, before any tender is written."]
    if joining_details:
        parts.append(f"How to join:\n{joining_details}")
    if note:
        parts.append(note)
    parts.append(_page(meeting))
    return "\n\n".join(parts)


def _page(meeting: Meeting) -> str:
    return f"{settings().base_url}/challenges/{meeting.challenge.ref}"
