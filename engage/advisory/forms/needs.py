"""Forms of access needs: what somebody needs, and what was arranged."""

from __future__ import annotations

from datetime import datetime

from engage.advisory.enums import NeedState
from engage.http.forms import (
    Form,
    HiddenField,
    Length,
    Optional,
    RadiosField,
    Required,
    SelectField,
    TextAreaField,
)

LONGEST = 500
WHO_READS = (
    "For example a sign language interpreter, captions, documents beforehand, a step-free room, breaks. Read by the "
    "people of the department who run the session and by nobody else, not even your colleagues. Deleted 30 days after "
    "the session."
)


class NeedForm(Form):
    """What somebody needs to be able to take part."""

    text = TextAreaField(
        "What do you need to be able to take part?",
        [Required("Say what you need"), Length(max=LONGEST)],
        error_name="What you need",
        description=WHO_READS,
    )


class NeedAnswerForm(Form):
    """What was arranged, by whom."""

    state = RadiosField(
        "What became of it?",
        [Required("Choose what became of it")],
        coerce=NeedState,
        choices=[
            (NeedState.ASKED, "Open", "Somebody sees to it, nothing is arranged yet"),
            (NeedState.ARRANGED, "Arranged"),
            (NeedState.NOT_POSSIBLE, "It cannot be arranged", "Say below what is done instead"),
        ],
    )
    answer = TextAreaField(
        "What was arranged, or what is done instead",
        [Optional(), Length(max=LONGEST)],
        error_name="The answer",
        description="Read by who asked. They get a letter that says that there is an answer, not what it is.",
    )
    owner = SelectField("Who sees to it", [Required("Choose who sees to it")], coerce=int)
    asked_at = HiddenField()

    def read(self) -> datetime | None:
        """Return when the words that the page showed were asked; ``None`` for what no page ever sent."""
        try:
            return datetime.fromisoformat(str(self.asked_at.data or ""))
        except ValueError:
            return None
