"""Forms with which suppliers answer invitations and offer help, and the department answers offers."""

from __future__ import annotations

from wtforms import Field

from engage.advisory.forms.needs import LONGEST, WHO_READS
from engage.http.forms import (
    CharacterCountField,
    CheckboxField,
    Form,
    HiddenField,
    Length,
    MaxWords,
    Optional,
    RadiosField,
    Required,
    SelectField,
    TextAreaField,
    ValidationError,
)
from engage.interests.service import ATTESTED

PITCH_WORDS = 150
LONGEST_NUMBER = 9


class AcceptForm(Form):
    """Which session to take a place in, and who attends."""

    meeting = RadiosField("Which session will you come to?", [Required("Choose a session")])
    attendee = SelectField("Who will attend?", [Required("Choose who will attend")], coerce=int)
    attested = CheckboxField(
        ATTESTED, [Required("Confirm this, or declare the interest first")], error_name="The confirmation"
    )
    access = TextAreaField(
        "What do you need to be able to take part?",
        [Optional(), Length(max=LONGEST)],
        error_name="What you need",
        description=WHO_READS,
    )
    times = HiddenField()
    """When each session began as the page showed it: ``reference=moment``, with spaces between."""

    def shown(self, ref: str) -> str:
        """Return when the session with this reference began as the page showed it; empty when it did not say."""
        pairs = (part.partition("=") for part in str(self.times.data or "").split())
        return next((moment for name, _, moment in pairs if name == ref), "")


class EntryForm(Form):
    """What who attends confirms before they read how to join."""

    attested = CheckboxField(
        ATTESTED, [Required("Confirm this, or declare the interest first")], error_name="The confirmation"
    )


class AttendeeForm(Form):
    """Who attends instead."""

    attendee = SelectField("Who will attend?", [Required("Choose who will attend")], coerce=int)


class DeclineForm(Form):
    """Why not; nobody has to say."""

    reason = TextAreaField(
        "Why not?",
        [Optional(), Length(max=1000)],
        description="The department reads it. You do not have to give a reason.",
    )


class KeepForm(Form):
    """Keeping a place although the text changed; the page says which text was read."""

    version = HiddenField()

    def read(self) -> int:
        """Return the number of the version that the page showed; what no page ever sent counts as the oldest."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < LONGEST_NUMBER else 0


class VolunteerForm(Form):
    """A short pitch."""

    pitch = CharacterCountField(
        "What can you contribute?",
        [Required("Say what you can contribute"), MaxWords(PITCH_WORDS)],
        error_name="Your offer",
        description="What you know about this problem and where you learnt it. This is not a sales pitch: the "
        "department wants to understand the problem.",
    )


class OfferForm(Form):
    """Invite who volunteered, or decline with a reason."""

    decision = RadiosField(
        "Do you want to invite them?",
        [Required("Choose whether to invite them")],
        choices=[
            ("invite", "Yes, invite them", "They get an invitation like every other supplier"),
            ("decline", "No, decline", "They are told the reason"),
        ],
    )
    reason = TextAreaField("Reason for declining", [Length(max=1000)], description="They are told.")

    def validate_reason(self, field: Field) -> None:
        """Declining needs a reason."""
        if self.decision.data == "decline" and not field.data:
            raise ValidationError("Enter the reason for declining")
