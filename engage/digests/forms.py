"""Forms of subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import TYPE_CHECKING

from engage.digests.enums import WEEKDAYS, Cadence, Topic
from engage.digests.service import Wish
from engage.http.forms import EmailAddress, EmailField, Form, RadiosField, Required, SelectField, TextField
from engage.kernel.uktime import clock_words

if TYPE_CHECKING:
    from engage.accounts.models import Organisation

TUESDAY, EIGHT = 1, 8


class ScheduleForm(Form):
    """When mail should come."""

    cadence = RadiosField(
        "How often do you want an email?",
        [Required("Choose how often you want an email")],
        choices=[
            (Cadence.WEEKLY, "Once a week", "On the day you choose below"),
            (Cadence.DAILY, "Once a day"),
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


class AlertsForm(ScheduleForm):
    """What somebody wants to be told of, where and when."""

    email = EmailField("Your email address", [Required("Enter your email address"), EmailAddress()])
    topic = RadiosField(
        "What do you want to hear about?",
        [Required("Choose what you want to hear about")],
        choices=[
            (Topic.EVERYTHING, "Every new challenge"),
            (Topic.DEPARTMENT, "Challenges from one department", "Choose it below"),
            (Topic.SEARCH, "Challenges about certain words", "Write them below"),
        ],
        coerce=Topic,
        default=Topic.EVERYTHING,
    )
    department = SelectField("Department", description="Only if you chose one department")
    words = TextField(
        "Words",
        description="Only if you chose certain words. For instance: hydrogen pipelines",
    )

    def offer(self, departments: Sequence[Organisation]) -> None:
        """Let the person choose among ``departments``."""
        known = [(str(department.id), department.name) for department in departments]
        self.department.choices = [("", "Choose a department"), *known]

    @property
    def wish(self) -> Wish:
        """What was asked for."""
        topic: Topic = self.topic.data
        values = {Topic.DEPARTMENT: self.department.data or "", Topic.SEARCH: self.words.data or ""}
        cadence, weekday, hour = self.schedule
        return Wish(topic, values.get(topic, ""), cadence, weekday, hour)
