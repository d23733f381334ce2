"""Forms with which a department prepares, publishes, changes and cancels sessions."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import Field

from engage.advisory.enums import SessionFormat
from engage.advisory.service import SessionDetails
from engage.http.forms import (
    CheckboxField,
    DatePartsField,
    Form,
    HiddenField,
    IntegerField,
    Length,
    NumberRange,
    Optional,
    RadiosField,
    Regexp,
    Required,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
    ValidationError,
)
from engage.http.labels import name_of
from engage.kernel.clock import UK, uk_today
from engage.kernel.uktime import from_zone, uk_date

LONGEST_TEXT = 5000
SHORTEST, LONGEST = 15, 480

FORMATS = (
    (SessionFormat.ROUNDTABLE, "Roundtable", "A conversation between several suppliers and the department"),
    (SessionFormat.BRIEFING, "Briefing", "The department presents the problem and takes questions"),
    (SessionFormat.DEMONSTRATION, "Demonstration", "Suppliers show what already exists"),
    (SessionFormat.WRITTEN, "Written", "Questions to be answered in writing, until a last day"),
)
ONE_TO_ONE = (SessionFormat.ONE_TO_ONE, "One to one", "On the terms that everybody was told")
"""Offered for a talk that is one already: new ones are scheduled on a page of their own, for everybody who asked."""
ZONES = (
    "Europe/London",
    "Europe/Dublin",
    "Europe/Brussels",
    "Europe/Paris",
    "Europe/Berlin",
    "Europe/Kyiv",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)
LAST_MINUTE = time(23, 59)
MOST_HOURS = 24 * 60
FURTHEST = timedelta(days=2 * 366)
"""How far ahead a session can be: further is a slip of the finger, as in the year 2062."""


def _hours(label: str, hint: str, name: str) -> IntegerField:
    wrong = f"{name} must be a number of hours from 0 to {MOST_HOURS}"
    return IntegerField(
        label,
        [Optional(), NumberRange(0, MOST_HOURS, message=wrong)],
        error_name=name,
        description=hint,
    )


class SessionDay:
    """A day for a session, as clocks anywhere have it: not before yesterday here, and not ``FURTHEST`` away."""

    def __init__(self, past: str = "") -> None:
        self.past = past

    def __call__(self, _form: Form, field: Field) -> None:
        """Raise when the rule is broken."""
        day, today = field.data, uk_today()
        if day is not None and day < today - timedelta(days=1):
            raise ValidationError(self.past or f"{name_of(field)} must be in the future")
        if day is not None and day > today + FURTHEST:
            raise ValidationError(f"{name_of(field)} must be {uk_date(today + FURTHEST)} or earlier")


class SessionForm(Form):
    """A session: what everyone sees, and how those with a place join; in the order of the page, as are the errors."""

    seen = HiddenField(validators=[Optional(), Regexp(r"[0-9]{1,9}\Z", message="Open the page again")])
    title = TextField("Title", [Required("Enter a title"), Length(max=150)])
    format = RadiosField(
        "What kind of session is it?",
        [Required("Choose what kind of session it is")],
        choices=FORMATS,
        coerce=SessionFormat,
    )
    starts_on = DatePartsField(
        "Date",
        [Required("Enter the date"), SessionDay("The session must begin in the future")],
        error_name="The date",
    )
    starts_at = TimeField(
        "Start", [Required("Enter when it starts")], description="For example 2:30pm or 14:30"
    )
    zone = SelectField(
        "Time zone of the date and start",
        choices=[(zone, zone.replace("_", " ")) for zone in ZONES],
        default=UK.key,
    )
    length = IntegerField(
        "Length in minutes",
        [
            Required("Enter how long it lasts"),
            NumberRange(
                SHORTEST, LONGEST, message=f"The length must be between {SHORTEST} and {LONGEST} minutes"
            ),
        ],
        render_kw={"suffix": {"text": "minutes"}},
    )
    last_on = DatePartsField(
        "Last day",
        [SessionDay()],
        error_name="The last day",
        description="For a written session only: until the end of which day answers can come.",
    )
    reason = TextAreaField(
        "Why is it moved?",
        [Optional(), Length(max=1000)],
        description="Needed when the date or time changes. Everybody who has a place, and everybody else, can read it.",
    )
    place = TextField(
        "Where it takes place",
        [Required("Enter where it takes place"), Length(max=150)],
        description="Shown to everyone. For example, Online, or Leeds",
    )
    places = IntegerField(
        "Places",
        [
            Required("Enter how many places there are"),
            NumberRange(1, 500, message="Places must be between 1 and 500"),
        ],
        description="Each supplier can have one.",
    )
    lower = CheckboxField("If more places are taken by then, lower to as many as are taken")
    reserved = IntegerField(
        "Places for volunteers first",
        [Optional(), NumberRange(0, 500, message="Places for volunteers must be between 0 and 500")],
        error_name="Places for volunteers",
        description="Suppliers that you invited cannot take these. Leave empty for none.",
    )
    reserved_until = _hours(
        "Hours before the session when those are for everybody",
        "For example 48, for two days before. Who waits gets them then, in order.",
        "The time for volunteers",
    )
    closes_at = _hours(
        "Hours before the session when the last place can be taken",
        "Leave empty if places can be taken until it begins.",
        "The last moment",
    )
    group_limit = IntegerField(
        "Suppliers of one corporate group, at most",
        [Optional(), NumberRange(1, 500, message="Suppliers of one group must be between 1 and 500")],
        error_name="Suppliers of one group",
        description="Everybody can read this. Leave empty for no limit.",
    )
    agenda = TextAreaField(
        "Agenda",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="Shown to everyone before the session. One line for each point.",
    )
    joining_details = TextAreaField(
        "How to join",
        [Optional(), Length(max=2000)],
        description="The link or the room. Shown only to people with a place.",
    )
    facilitator = SelectField("Who runs it", [Required("Choose who runs it")], coerce=int)

    def validate_starts_at(self, field: Field) -> None:
        """Refuse a time that clocks there do not show on that day, or show twice."""
        if self.starts_on.data and not self.starts_on.errors and field.data:
            try:
                from_zone(self.starts_on.data, field.data, self._zone())
            except ValueError as problem:
                raise ValidationError(str(problem).rstrip(".")) from problem

    def validate_last_on(self, field: Field) -> None:
        """A written session has a last day, not before the first."""
        if self.format.data is not SessionFormat.WRITTEN:
            if field.data is not None and self.format.data is not None:
                raise ValidationError(
                    "Only a written session has a last day: leave it empty, or choose Written"
                )
            return
        if field.data is None:
            raise ValidationError("Enter the last day: until when answers can come")
        if self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError("The last day must not be before the first")

    def validate_reserved(self, field: Field) -> None:
        """Places that are kept are kept until some time."""
        if field.data and self.reserved_until.data is None:
            raise ValidationError("Enter below how many hours before the session they are for everybody")

    def validate_reserved_until(self, field: Field) -> None:
        """A time without places would be forgotten, and somebody believes that places are kept."""
        if field.data is not None and not self.reserved.data and not self.reserved.errors:
            raise ValidationError("Enter above how many places are for volunteers first, or leave this empty")

    def details(self) -> SessionDetails:
        """Return what was entered; call it only when the form is valid."""
        assert self.starts_on.data
        assert self.starts_at.data
        assert self.length.data
        assert self.places.data
        zone = self._zone()
        starts_at = from_zone(self.starts_on.data, self.starts_at.data, zone)
        ends_at = starts_at + timedelta(minutes=self.length.data)
        if self.format.data is SessionFormat.WRITTEN and self.last_on.data:
            ends_at = max(from_zone(self.last_on.data, LAST_MINUTE, zone), ends_at)
        return SessionDetails(
            title=self.title.data,
            format=self.format.data,
            starts_at=starts_at,
            ends_at=ends_at,
            zone=zone.key,
            places=self.places.data,
            reserved=self.reserved.data or 0,
            reserved_until=_before(starts_at, self.reserved_until.data if self.reserved.data else None),
            closes_at=_before(starts_at, self.closes_at.data),
            group_limit=self.group_limit.data,
            place=self.place.data,
            joining_details=self.joining_details.data,
            agenda=self.agenda.data,
            facilitator_id=self.facilitator.data,
        )

    def read(self) -> int | None:
        """Return which state of the session was on the page; ``None`` for a new one."""
        return int(self.seen.data) if self.seen.data else None

    def shown_anew(self, now: int) -> None:
        """Let the page, shown again because of what somebody else has changed, replace that."""
        self.seen.data = str(now)

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone.data) if self.zone.data in ZONES else UK


def _before(moment: datetime, hours: int | None) -> datetime | None:
    return None if hours is None else moment - timedelta(hours=hours)


def _hours_before(moment: datetime, earlier: datetime | None) -> int | None:
    return None if earlier is None else round((moment - earlier).total_seconds() / 3600)


class ReasonForm(Form):
    """A reason that people are told."""

    reason = TextAreaField("Reason", [Required("Enter the reason"), Length(max=1000)])


class PublishForm(Form):
    """The words that somebody read before publishing them."""

    revision = HiddenField(
        validators=[
            Regexp(r"[0-9]{1,9}\Z", message="Read what will be said, then publish it with the button")
        ]
    )


def session_values(details: Any) -> dict[str, Any]:
    """Return what the form shows at first for a session as it stands."""
    begin = details.starts_at.astimezone(ZoneInfo(details.zone))
    written = details.format is SessionFormat.WRITTEN
    return {
        "zone": details.zone,
        "last_on": details.ends_at.astimezone(ZoneInfo(details.zone)).date() if written else None,
        "reserved": details.reserved or None,
        "reserved_until": _hours_before(details.starts_at, details.reserved_until),
        "closes_at": _hours_before(details.starts_at, details.closes_at),
        "group_limit": details.group_limit,
        "title": details.title,
        "format": details.format,
        "starts_on": begin.date(),
        "starts_at": begin.time(),
        "length": SHORTEST if written else int((details.ends_at - details.starts_at).total_seconds() // 60),
        "places": details.places,
        "place": details.place,
        "joining_details": details.joining_details,
        "agenda": details.agenda,
        "facilitator": details.facilitator_id,
    }
