"""Forms of what comes after a session: who came, and the minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from engage.advisory.enums import Part
from engage.advisory.service import Presence, day_of
from engage.http.filters import sentence, words
from engage.http.forms import (
    Form,
    Length,
    RadiosField,
    Required,
    SelectField,
    TextAreaField,
    TimeField,
)
from engage.kernel.errors import Invalid
from engage.kernel.uktime import from_uk, to_uk

PARTS = [(part.value, sentence(words(part))) for part in Part]


class MinutesForm(Form):
    """The minutes of a session, saved or published."""

    minutes = TextAreaField(
        "Minutes",
        [Required("Enter the minutes"), Length(max=50_000)],
        description="What was asked, what was said, what the department will do. No names of people, nothing "
        "confidential. Markdown works: # for a heading, - for a list.",
    )


class OfficialForm(Form):
    """Somebody of the department who was there."""

    person = SelectField("Who was there?", [Required("Choose who was there")], coerce=int)
    part = SelectField("Part", [Required("Choose the part")], choices=PARTS, coerce=Part)
    joined = TimeField("Joined", [Required("Enter when they joined")])
    left = TimeField("Left", [Required("Enter when they left")])

    def presence(self, meeting: Any) -> Presence:
        """Return what was entered. Raises ``Invalid`` for a time that clocks do not show."""
        return _presence(meeting, self.part.data, self.joined.data, self.left.data, ("joined", "left"))


def attendance_form(
    people: Mapping[int, str], meeting: Any, known: Mapping[int, Any], *, again: bool
) -> Form:
    """Return a form that asks of each seat (id to the name shown) whether its person came, as what, and when.

    ``known`` is what was recorded before, by seat; ``again`` says that something was.
    """
    fields: dict[str, object] = {}
    values: dict[str, object] = {}
    for number, name in people.items():
        there = known.get(number)
        fields |= {
            f"seat_{number}": _came(name),
            f"part_{number}": SelectField(f"Part of {name}", choices=PARTS, coerce=Part),
            f"joined_{number}": TimeField(f"{name} joined", error_name=f"{name}: the time of joining"),
            f"left_{number}": TimeField(f"{name} left", error_name=f"{name}: the time of leaving"),
        }
        values |= {
            f"part_{number}": there.part if there else Part.PARTICIPANT,
            f"joined_{number}": to_uk(there.joined_at if there else meeting.starts_at).time(),
            f"left_{number}": to_uk(there.left_at if there else meeting.ends_at).time(),
        }
        if again:
            values[f"seat_{number}"] = "yes" if there else "no"
    form: Form = type("AttendanceForm", (Form,), fields)(data=values)
    return form


def with_names(problems: Mapping[str, str], people: Mapping[int, str]) -> dict[str, str]:
    """Return what is wrong with whose name before it: among twenty people one has to know which."""
    named = {}
    for field, message in problems.items():
        number = field.rpartition("_")[2]
        name = people.get(int(number)) if number.isdecimal() else None
        named[field] = f"{name}: {message[:1].lower()}{message[1:]}" if name else message
    return named


def came(form: Form, seat_ids: Sequence[int]) -> dict[int, bool]:
    """Return what was chosen for each of ``seat_ids``."""
    return {seat_id: form[f"seat_{seat_id}"].data == "yes" for seat_id in seat_ids}


def presences(form: Form, meeting: Any, seat_ids: Sequence[int]) -> dict[int, Presence]:
    """Return as what and when the people of those seats came who did. Raises ``Invalid`` for impossible times."""
    found = {}
    for number, there in came(form, seat_ids).items():
        if there:
            names = (f"joined_{number}", f"left_{number}")
            joined, left = (form[name].data for name in names)
            found[number] = _presence(meeting, form[f"part_{number}"].data, joined, left, names)
    return found


def _presence(
    meeting: Any, part: Part | None, joined: time | None, left: time | None, names: tuple[str, str]
) -> Presence:
    begin = _moment(meeting, joined, names[0], meeting.starts_at)
    return Presence(
        part=part or Part.PARTICIPANT,
        joined_at=begin,
        left_at=_moment(meeting, left, names[1], meeting.ends_at),
    )


def _moment(meeting: Any, at: time | None, name: str, usual: datetime) -> datetime:
    """Return the moment that is meant by a time of day; empty: the usual moment."""
    if at is None or at == to_uk(usual).time():
        return usual
    try:
        return from_uk(day_of(meeting, at), at)
    except ValueError as problem:
        raise Invalid({name: str(problem)}) from problem


def _came(name: str) -> RadiosField:
    return RadiosField(
        name, [Required(f"Choose whether {name} came")], choices=[("yes", "Came"), ("no", "Did not come")]
    )
