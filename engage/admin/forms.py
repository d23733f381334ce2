"""Forms of the back office."""

from __future__ import annotations

from engage.http.forms import (
    CharacterCountField,
    EmailAddress,
    EmailField,
    Form,
    HiddenField,
    Length,
    LinesField,
    Optional,
    RadiosField,
    Required,
    SelectField,
    TextField,
)


class ReasonForm(Form):
    """Why something was decided; whether it is needed depends on the decision."""

    reason = CharacterCountField(
        "Why?",
        [Length(max=2000, message="The reason must be 2,000 characters or fewer")],
        description="The people of the organisation read this in an email",
        error_name="The reason",
    )


class BecauseForm(Form):
    """What somebody compared who verifies a statement, or why that no longer holds."""

    because = CharacterCountField(
        "What did you compare with what?",
        [
            Required("Say what you compared with what"),
            Length(max=1000, message="The reason must be 1,000 characters or fewer"),
        ],
        description="For instance: the award notice names this supplier, this work and this date. "
        "The supplier reads this.",
        error_name="The reason",
    )
    seen = HiddenField()


class PairForm(Form):
    """Whether two suppliers are the same."""

    decision = RadiosField("Are they the same?", [Required("Say whether they are the same")])
    because = CharacterCountField(
        "How do you know?",
        [
            Required("Say how you know"),
            Length(max=1000, message="The reason must be 1,000 characters or fewer"),
        ],
        description="If they are one, the people of the other read this in an email.",
        error_name="The reason",
    )


class DeletionAnswerForm(Form):
    """What became of a request to delete a supplier's data."""

    decision = RadiosField(
        "What do you decide?",
        [Required("Say what you decide")],
        choices=[("delete", "Delete its data"), ("refuse", "Do not delete it")],
    )
    answer = CharacterCountField(
        "What do you answer?",
        [
            Required("Say what was done, or why not"),
            Length(max=1000, message="The answer must be 1,000 characters or fewer"),
        ],
        description="The supplier reads this",
        error_name="The answer",
    )


class RenameForm(Form):
    """Another name for a capability."""

    name = TextField(
        "Name",
        [Required("Enter a name"), Length(max=100, message="The name must be 100 characters or fewer")],
        description="The old name becomes a synonym, so that it is still found.",
    )
    synonyms = LinesField("Also called", [Optional()], description="One a line.")


class MergeForm(Form):
    """Into which capability another goes."""

    into = SelectField(
        "Merge it into",
        [Required("Choose the capability to merge it into")],
        description="Its claims go there, its names become synonyms, its address leads there. "
        "This cannot be undone.",
    )


class SuppressForm(Form):
    """An address to which nothing more is sent, because somebody asked for that."""

    email = EmailField("Email address", [Required("Enter the email address"), EmailAddress()])
    reason = TextField(
        "Who asked for it, and how?",
        [
            Required("Say who asked for it, and how"),
            Length(max=200, message="The reason must be 200 characters or fewer"),
        ],
        description="For instance: by telephone, on Monday",
        error_name="The reason",
    )
