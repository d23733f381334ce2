"""Calendar files, written and parsed back: stable identity, right offsets around both changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest

import config
from engage.accounts.models import Person
from engage.advisory.enums import SessionFormat, SessionState
from engage.advisory.models import AdvisorySession
from engage.advisory.queries import PublicChallenge, PublicSession
from engage.advisory.service import calendar
from engage.challenges.models import Challenge
from engage.outbox.enums import CalendarMethod
from tests.support.calendars import understood

GOLDEN = Path(__file__).resolve().parents[2] / "data" / "calendar"
SECRET = "https://meet.example/secret-room"


@pytest.fixture(autouse=True)
def base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    made = config.Config(base_url="https://engage.example:8443", mail_from="engage <hello@engage.example>")
    monkeypatch.setattr("engage.kernel.settings._current", made)


def meeting(**values: object) -> AdvisorySession:
    columns: dict[str, object] = {
        "ref": "k3v9",
        "title": "Roundtable; with a, comma",
        "state": SessionState.SCHEDULED,
        "starts_at": datetime(2027, 3, 30, 13, 30, tzinfo=UTC),
        "ends_at": datetime(2027, 3, 30, 15, 0, tzinfo=UTC),
        "place": "Online",
        "joining_details": f"Room 5\n{SECRET}",
        "sequence": 2,
        "updated_at": datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        "challenge": Challenge(ref="ENG-2026-0001", title="Fewer empty seats"),
    }
    return AdvisorySession(**{**columns, **values})


def public(**values: object) -> PublicSession:
    columns: dict[str, object] = {
        "ref": "k3v9",
        "title": "Roundtable",
        "format": SessionFormat.ROUNDTABLE,
        "state": SessionState.SCHEDULED,
        "starts_at": datetime(2027, 3, 30, 13, 30, tzinfo=UTC),
        "ends_at": datetime(2027, 3, 30, 15, 0, tzinfo=UTC),
        "place": "Online",
        "agenda": "",
        "zone": "Europe/London",
        "places": 5,
        "free": 2,
        "free_for_invited": 2,
        "reserved": 0,
        "reserved_until": None,
        "closes_at": None,
        "group_limit": None,
        "waiting": 0,
        "minutes": "",
        "minutes_published_at": None,
        "cancel_reason": "",
        "move_reason": "",
        "sequence": 0,
        "updated_at": datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        "challenge": PublicChallenge("ENG-2026-0001", "Fewer empty seats", "Transport"),
    }
    return PublicSession(**{**columns, **values})  # type: ignore[arg-type]  # a test's short cut


def parsed(text: bytes | str) -> icalendar.Calendar:
    found = icalendar.Calendar.from_ical(text)
    assert isinstance(found, icalendar.Calendar)
    return found


def entry(text: bytes | str) -> icalendar.Event:
    return parsed(text).events[0]


PERSONAL = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//engage//advisory sessions//EN
CALSCALE:GREGORIAN
METHOD:PUBLISH
BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19960331T010000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Roundtable\\; with a\\, comma (Fewer empty seats)
DTSTART;TZID=Europe/London:20270330T143000
DTEND;TZID=Europe/London:20270330T160000
DTSTAMP:20261123T090000Z
UID:k3v9@engage.example
SEQUENCE:2
DESCRIPTION:Advisory session for the challenge “Fewer empty seats”\\, b
 efore any tender is written.\\n\\nHow to join:\\nRoom 5\\nhttps://meet.example
 /secret-room\\n\\nhttps://engage.example:8443/challenges/ENG-2026-0001
LAST-MODIFIED:20261123T090000Z
LOCATION:Online
ORGANIZER;CN=engage:mailto:hello@engage.example
STATUS:CONFIRMED
URL:https://engage.example:8443/challenges/ENG-2026-0001
END:VEVENT
END:VCALENDAR
"""


def test_the_personal_file_word_for_word() -> None:
    assert calendar.personal_file(meeting()).decode() == PERSONAL.replace("\n", "\r\n")


def test_lines_end_as_the_format_wants_and_are_at_most_75_octets() -> None:
    text = calendar.personal_file(meeting(title="Sitzung über Züge " * 12, joining_details="é" * 300))
    lines = text.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(len(line) for line in lines) <= 75
    assert str(entry(text)["summary"]) == f"{'Sitzung über Züge ' * 12} (Fewer empty seats)"


@pytest.mark.parametrize(
    ("utc", "local", "offset"),
    [
        (datetime(2027, 3, 27, 14, 0, tzinfo=UTC), "2027-03-27T14:00", 0),  # the day before clocks go forward
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "2027-03-28T00:30", 0),  # half an hour before
        (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), "2027-03-28T02:30", 1),  # half an hour after
        (datetime(2027, 3, 30, 13, 0, tzinfo=UTC), "2027-03-30T14:00", 1),
        (datetime(2026, 10, 24, 13, 0, tzinfo=UTC), "2026-10-24T14:00", 1),  # the day before clocks go back
        (datetime(2026, 10, 25, 2, 30, tzinfo=UTC), "2026-10-25T02:30", 0),  # after
        (datetime(2026, 10, 26, 14, 0, tzinfo=UTC), "2026-10-26T14:00", 0),
        (datetime(2051, 7, 4, 9, 0, tzinfo=UTC), "2051-07-04T10:00", 1),  # far away
    ],
)
def test_offsets_are_right_around_both_changes(utc: datetime, local: str, offset: int) -> None:
    text = calendar.personal_file(meeting(starts_at=utc, ends_at=utc + timedelta(hours=1)))
    start = entry(text).start
    assert isinstance(start, datetime)
    assert start == utc
    assert start.isoformat(timespec="minutes")[:16] == local
    assert start.utcoffset() == timedelta(hours=offset)


def around(change: datetime) -> list[PublicSession]:
    """Three sessions: the day before clocks change, over the change itself, and the day after."""
    begins = {
        "Before": change.replace(hour=13, minute=30) - timedelta(days=1),
        "Over": change - timedelta(minutes=30),
        "After": change.replace(hour=14, minute=30) + timedelta(days=1),
    }
    return [
        public(ref=title.lower(), title=title, starts_at=begin, ends_at=begin + timedelta(hours=2))
        for title, begin in begins.items()
    ]


@pytest.mark.parametrize(
    ("name", "change", "walls"),
    [
        (
            "clocks-go-forward.ics",
            datetime(2027, 3, 28, 1, 0, tzinfo=UTC),
            ["2027-03-27 13:30", "2027-03-28 00:30", "2027-03-29 15:30"],
        ),
        (
            "clocks-go-back.ics",
            datetime(2027, 10, 31, 1, 0, tzinfo=UTC),
            ["2027-10-30 14:30", "2027-10-31 01:30", "2027-11-01 14:30"],
        ),
    ],
)
def test_the_golden_files_around_both_changes(name: str, change: datetime, walls: list[str]) -> None:
    meetings = around(change)
    written = calendar.public_file(meetings)
    assert written == (GOLDEN / name).read_bytes()
    read = understood(written)
    assert [(entry.starts_at, entry.ends_at) for entry in read.entries] == [
        (each.starts_at, each.ends_at) for each in meetings
    ]
    assert [entry.wall for entry in read.entries] == walls


@pytest.mark.parametrize("year", [2026, 2027, 2038, 2051])
def test_the_rules_in_the_file_agree_with_the_zone(year: int) -> None:
    """A program that knows no zone names must come to the same offsets by the rules in the file."""
    zone = parsed(calendar.personal_file(meeting())).timezones[0].to_tz(lookup_tzid=False)
    known = ZoneInfo("Europe/London")
    day = datetime(year, 1, 1, 12, tzinfo=UTC)
    differences = [
        moment
        for moment in (day + timedelta(days=count) for count in range(365))
        if moment.replace(tzinfo=zone).utcoffset() != moment.replace(tzinfo=known).utcoffset()
    ]
    assert differences == []


def test_a_session_over_a_change_of_the_clocks_keeps_its_length() -> None:
    begin = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    found = entry(calendar.personal_file(meeting(starts_at=begin, ends_at=begin + timedelta(hours=3))))
    assert isinstance(found.start, datetime)
    assert isinstance(found.end, datetime)
    assert found.end.astimezone(UTC) - found.start.astimezone(UTC) == timedelta(hours=3)


def test_mail_asks_or_takes_back_under_the_same_identity() -> None:
    person = Person(name="Aisha Rahman", email="aisha@example.test")
    request = calendar.mail_part(meeting(), person=person, method=CalendarMethod.REQUEST)
    cancel = calendar.mail_part(meeting(sequence=3), person=person, method=CalendarMethod.CANCEL)

    assert [str(parsed(each)["method"]) for each in (request, cancel)] == ["REQUEST", "CANCEL"]
    assert [str(entry(each)["uid"]) for each in (request, cancel)] == ["k3v9@engage.example"] * 2
    assert [entry(each)["sequence"] for each in (request, cancel)] == [2, 3]
    assert [str(entry(each)["status"]) for each in (request, cancel)] == ["CONFIRMED", "CANCELLED"]
    assert [str(entry(each)["attendee"]) for each in (request, cancel)] == ["mailto:aisha@example.test"] * 2
    assert [SECRET in str(entry(each)["description"]) for each in (request, cancel)] == [True, False]


def test_what_nobody_sees_of_a_name_does_not_get_into_the_file() -> None:
    person = Person(name='Aisha\n\x0b\u202e "Ash"; Rahman', email="aisha@example.test")
    written = calendar.mail_part(meeting(), person=person, method=CalendarMethod.REQUEST)
    assert entry(written)["attendee"].params["CN"] == 'Aisha "Ash"; Rahman'


def test_the_public_list_names_nobody_and_shows_cancelled_sessions_as_such() -> None:
    gone = public(ref="z7", state=SessionState.CANCELLED, sequence=1, cancel_reason="Flooded.")
    text = calendar.public_file([public(), gone])
    found = parsed(text)
    assert [(str(each["uid"]), str(each["status"])) for each in found.events] == [
        ("k3v9@engage.example", "CONFIRMED"),
        ("z7@engage.example", "CANCELLED"),
    ]
    assert str(found["method"]) == "PUBLISH"
    assert b"ATTENDEE" not in text
    assert text.count(b"mailto:") == text.count(b"mailto:hello@engage.example") == 2


def test_an_empty_public_list_is_a_calendar() -> None:
    assert parsed(calendar.public_file([])).events == []
