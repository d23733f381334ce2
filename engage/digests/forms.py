"""Forms of subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import TYPE_CHECKING, Any

from flask import request

from engage.challenges.enums import Listed
from engage.digests.enums import WEEKDAYS, Cadence, Topic
from engage.digests.service import Wish
from engage.http.forms import (
    DatePartsField,
    EmailAddress,
    EmailField,
    Form,
    QueryForm,
    RadiosField,
    Required,
    SelectField,
    TextField,
)
from engage.kernel.codes import REGIONS
from engage.kernel.uktime import clock_words

if TYPE_CHECKING:
    from engage.accounts.models import Organisation
    from engage.suppliers.models import Capability

TUESDAY, EIGHT = 1, 8


class ScheduleForm(Form):
    """When mail should come."""

    cadence = RadiosField(
        "How often do you want an email?",
        [Required("Choose how often you want an email")],
        choices=[
            (Cadence.WEEKLY, "Once a week", "On the day you choose"),
            (Cadence.DAILY, "Once a day"),
            (Cadence.IMMEDIATE, "As soon as there is news", "Within minutes, at any hour"),
        ],
        coerce=Cadence,
        default=Cadence.WEEKLY,
    )
    weekday = SelectField("Day of the week", choices=list(enumerate(WEEKDAYS)), coerce=int, default=TUESDAY)
    hour = SelectField(
        "Time", choices=[(hour, clock_words(time(hour))) for hour in range(24)], coerce=int, default=EIGHT
    )

    @property
    def schedule(self) -> tuple[Cadence, int, int]:
        """Cadence, weekday and hour; what was not answered is Tuesday at 8am."""
        weekday = TUESDAY if self.weekday.data is None else self.weekday.data
        hour = EIGHT if self.hour.data is None else self.hour.data
        return self.cadence.data, weekday, hour


class NeedsScheduleForm(ScheduleForm):
    """When what needs somebody at their department should come: at an hour, because it is said again while it waits."""

    cadence = RadiosField(
        "How often do you want an email?",
        [Required("Choose how often you want an email: once a day or once a week")],
        choices=[
            (Cadence.DAILY, "Once a day"),
            (Cadence.WEEKLY, "Once a week", "On the day you choose"),
        ],
        coerce=Cadence,
        default=Cadence.DAILY,
    )


_HELD_IN = {
    Topic.DEPARTMENT: "department",
    Topic.CAPABILITY: "capability",
    Topic.CPV: "cpv",
    Topic.REGION: "region",
    Topic.SEARCH: "words",
}


class _Wanted:
    """What somebody wants to be told of. Only the field under the chosen answer counts."""

    topic = RadiosField(
        "What do you want to hear about?",
        [Required("Choose what you want to hear about")],
        choices=[
            (Topic.EVERYTHING, "Every challenge"),
            (Topic.DEPARTMENT, "One department"),
            (Topic.CAPABILITY, "A capability", "What your organisation can do"),
            (Topic.CPV, "A CPV code", "What is bought, as notices say it"),
            (Topic.REGION, "A region"),
            (Topic.SEARCH, "Certain words"),
        ],
        coerce=Topic,
        default=Topic.EVERYTHING,
    )
    department = SelectField("Department")
    capability = SelectField("Capability or area", description="An area brings everything below it")
    cpv = TextField("CPV code", description="All of it, or its first digits. For example 72 for IT services")
    region = SelectField(
        "Region",
        description="Brings also what is not bound to a region",
        choices=[("", "Choose a region"), *REGIONS.items()],
    )
    words = TextField(
        "Words", description="As in the search of the list. For example: hydrogen pipelines, “care homes”"
    )
    within = SelectField("From which department?", coerce=int)
    stage = RadiosField(
        "When do you want to hear of them?",
        choices=[
            (Listed.OPEN, "When they open", "While suppliers can take part"),
            (Listed.FINDINGS_DUE, "When suppliers have been heard", "Findings are due next"),
            (Listed.CLOSED, "When they are closed or withdrawn"),
            (Listed.ALL, "At each of these stages"),
        ],
        coerce=Listed,
        default=Listed.OPEN,
    )

    def offer(self, departments: Sequence[Organisation], capabilities: Sequence[Capability]) -> None:
        """Let the person choose among these departments, and among areas and the capabilities below them."""
        known = [(str(department.id), department.name) for department in departments]
        self.department.choices = [("", "Choose a department"), *known]
        self.within.choices = [("", "Any department"), *((each.id, each.name) for each in departments)]
        below: dict[int | None, list[Capability]] = {}
        for each in capabilities:
            below.setdefault(each.parent_id, []).append(each)
        named = [
            line
            for area in below.get(None, [])
            for line in (
                (area.slug, f"{area.name}: everything"),
                *((each.slug, f"{area.name}: {each.name}") for each in below.get(area.id, [])),
            )
        ]
        self.capability.choices = [("", "Choose a capability"), *named]

    @property
    def wanted(self) -> dict[str, Any]:
        """What was asked for, as arguments of a ``Wish``."""
        name = _HELD_IN.get(self.topic.data)
        return {
            "topic": self.topic.data,
            "value": getattr(self, name).data or "" if name else "",
            "stage": self.stage.data or Listed.OPEN,
            "department_id": self.within.data or None,
        }

    @property
    def asked(self) -> dict[str, str]:
        """What was asked for, as the query of an address that fills the form in again."""
        names = ("topic", "department", "capability", "cpv", "region", "words", "within", "stage")
        found = {name: getattr(self, name).data for name in names}
        return {name: str(getattr(data, "value", data)) for name, data in found.items() if data}


class AlertsForm(_Wanted, ScheduleForm):
    """What somebody wants to be told of, where and when."""

    email = EmailField("Your email address", [Required("Enter your email address"), EmailAddress()])

    @property
    def wish(self) -> Wish:
        """What was asked for."""
        cadence, weekday, hour = self.schedule
        return Wish(**self.wanted, cadence=cadence, weekday=weekday, hour=hour)


class WantedForm(_Wanted, QueryForm):
    """What somebody wants to be told of, in an address: nothing is kept. Without a topic it is everything."""

    def __init__(self) -> None:
        super().__init__()
        if not request.args.get("topic"):
            self.topic.data = Topic.EVERYTHING

    @property
    def wish(self) -> Wish:
        """What was asked for, without a schedule."""
        return Wish(**self.wanted)


class PauseForm(Form):
    """A holiday."""

    from_on = DatePartsField("First day without email", [Required("Enter the first day of the pause")])
    until_on = DatePartsField("Last day without email", [Required("Enter the last day of the pause")])


class FindAlertsForm(Form):
    """An address that wants to see what it gets."""

    email = EmailField("Your email address", [Required("Enter your email address"), EmailAddress()])
