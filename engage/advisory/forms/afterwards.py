"""Forms of what comes after a session: who came, and the minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engage.http.forms import Form, Length, RadiosField, Required, TextAreaField


class MinutesForm(Form):
    """The minutes of a session, saved or published."""

    minutes = TextAreaField(
        "Minutes",
        [Required("Enter the minutes"), Length(max=50_000)],
        description="What was asked, what was said, what the department will do. No names of people, nothing "
        "confidential. Markdown works: # for a heading, - for a list.",
    )


def attendance_form(people: Mapping[int, str]) -> Form:
    """Return a form that asks of each seat (id to the name shown) whether its person came."""
    fields = {f"seat_{seat_id}": _came(name) for seat_id, name in people.items()}
    form: Form = type("AttendanceForm", (Form,), fields)()
    return form


def came(form: Form, seat_ids: Iterable[int]) -> dict[int, bool]:
    """Return what was chosen for each of ``seat_ids``."""
    return {seat_id: form[f"seat_{seat_id}"].data == "yes" for seat_id in seat_ids}


def _came(name: str) -> RadiosField:
    return RadiosField(
        name, [Required(f"Choose whether {name} came")], choices=[("yes", "Came"), ("no", "Did not come")]
    )
