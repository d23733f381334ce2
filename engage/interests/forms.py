"""Forms of interests: declaring, ending, steps and decisions."""

from __future__ import annotations

from datetime import date

from engage.http.forms import (
    CharacterCountField,
    DatePartsField,
    Form,
    HiddenField,
    IntegerField,
    Length,
    Optional,
    RadiosField,
    Required,
    SelectField,
    TextAreaField,
    TextField,
)
from engage.interests.enums import Appearance, Kind, MitigationState
from engage.interests.service import Told

ALL, ONE = "all", "one"
ENDED, MISTAKE = "ended", "mistake"
APPEARANCES = (
    (Appearance.ACTUAL, "Actual", "You, or somebody close to you, could gain or lose by what you do"),
    (Appearance.POTENTIAL, "Potential", "It could come to that later"),
    (Appearance.PERCEIVED, "Perceived", "It does not affect you, but somebody fair-minded could think so"),
)


class DeclareForm(Form):
    """What a person declares."""

    kind = RadiosField(
        "What kind of interest is it?",
        [Required("Choose what kind of interest it is")],
        choices=[(kind, kind.words) for kind in Kind],
        coerce=Kind,
    )
    counterpart = TextField(
        "Which organisation is it with?",
        [Required("Enter the name of the other organisation"), Length(max=200)],
        error_name="The name",
        description="Its full name. For a relative or friend: whom they work for.",
    )
    number = TextField(
        "Its company number",
        [Optional(), Length(max=40)],
        description="If you know it, like 01234567. It tells organisations with like names apart.",
    )
    domain = TextField(
        "The part of its email addresses after the @",
        [Optional(), Length(max=253)],
        description="If you know it, like riverbank.example",
    )
    description = CharacterCountField(
        "What is the interest?",
        [Required("Describe the interest in a sentence or two"), Length(max=2000)],
        error_name="The description",
        description="Whose it is and what it is. Leave out what nobody needs to understand it, such as health or sums.",
    )
    appearance = RadiosField(
        "How does it affect your work, or how could it look?",
        [Required("Choose how it appears")],
        choices=APPEARANCES,
        coerce=Appearance,
    )
    starts_on = DatePartsField(
        "When did it begin, or will it?", [Required("Enter when it began")], error_name="The start"
    )
    ends_on = DatePartsField(
        "When did it end, or will it?",
        [Optional()],
        error_name="The end",
        description="Leave this empty while no end is known.",
    )
    cooling_off = IntegerField(
        "For how many months should it count after its end?",
        [Optional()],
        error_name="The time for which it counts after its end",
        description="Leave this empty for the usual time. You can ask for a longer one.",
        render_kw={"suffix": {"text": "months"}},
    )
    scope = RadiosField("What does it concern?", default=ALL)

    def told(self) -> Told:
        """Return what was entered; call it only when the form is valid."""
        assert self.starts_on.data
        return Told(
            kind=self.kind.data,
            appearance=self.appearance.data,
            counterpart=self.counterpart.data,
            number=self.number.data,
            domain=self.domain.data,
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            cooling_off=self.cooling_off.data,
            description=self.description.data,
        )


class EndForm(Form):
    """It has ended, or it was a mistake."""

    what = RadiosField(
        "What has changed?",
        [Required("Choose what has changed")],
        choices=[
            (ENDED, "The interest has ended", "It still counts for its usual time"),
            (MISTAKE, "It was declared by mistake", "It counts no more; the reason stays in the assessment"),
        ],
    )
    ended_on = DatePartsField("Its last day", [Optional()], error_name="The last day")
    reason = TextAreaField("Why was it a mistake?", [Optional(), Length(max=1000)], error_name="The reason")

    def validate(self, extra_validators: object = None) -> bool:
        """Ask for the day or the reason, whichever the choice needs."""
        valid: bool = super().validate(extra_validators)
        if self.what.data == ENDED and self.ended_on.data is None and not self.ended_on.errors:
            self.add_errors({"ended_on": "Enter its last day"})
            return False
        if self.what.data == MISTAKE and not self.reason.data:
            self.add_errors({"reason": "Say why it was a mistake"})
            return False
        return valid

    @property
    def day(self) -> date:
        """The last day; call it only when the form is valid and the interest has ended."""
        assert self.ended_on.data
        return self.ended_on.data


class StepsForm(Form):
    """Steps against a conflict, and who sees to them."""

    steps = CharacterCountField(
        "What is done about it?",
        [
            Required("Describe the steps, so that somebody else can check that they are taken"),
            Length(max=2000),
        ],
        error_name="The steps",
        description="For example: she takes no part in choosing suppliers, and another person runs the sessions. For a "
        "perceived conflict: what shows that it has no effect.",
    )
    owner = SelectField("Who sees to it?", [Required("Choose who sees to it")], coerce=int)
    due_on = DatePartsField("By when is it in place?", [Required("Enter by when")], error_name="The day")
    review_on = DatePartsField(
        "When do you look at it again?",
        [Required("Enter when you look at it again")],
        error_name="The review",
    )


class DecisionForm(Form):
    """Whether steps are in place, with the reason."""

    state = RadiosField(
        "What do you decide?",
        [Required("Choose what you decide")],
        choices=[
            (MitigationState.IN_PLACE, "The steps are in place", "The conflict no longer stands in the way"),
            (
                MitigationState.NOT_ENOUGH,
                "The steps are not enough",
                "The supplier is not invited and not admitted",
            ),
        ],
        coerce=MitigationState,
    )
    reason = TextAreaField(
        "Why?",
        [Required("Say why you decide so"), Length(max=1000)],
        description="It stands in the assessment.",
    )


class ReviewForm(Form):
    """The assessment that was read, by the hash of what it says."""

    content_hash = HiddenField(validators=[Required("Open the assessment again"), Length(max=64)])
