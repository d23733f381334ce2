"""Forms of matchmaking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engage.http.forms import (
    CharacterCountField,
    Form,
    IntegerField,
    Length,
    NumberRange,
    Optional,
    RadiosField,
    Required,
)
from engage.kernel.codes import REGIONS
from engage.matchmaking.enums import OverrideKind
from engage.matchmaking.service import FEWEST_DAYS, MOST_DAYS, RulesText, WaveTerms

if TYPE_CHECKING:
    from engage.matchmaking.models import SelectionRules

MOST_PLACES = 50
MOST_DRAWN = 50
LONGEST_REASON = 500
_REGION = "region_"
_KINDS = ("sme", "vcse", "new_entrant")


def _at_least(label: str, hint: str = "") -> IntegerField:
    wrong = f"Enter a number of places from 0 to {MOST_PLACES}"
    return IntegerField(
        label, [Optional(), NumberRange(min=0, max=MOST_PLACES, message=wrong)], description=hint
    )


class RulesForm(Form):
    """The rules by which the places of a challenge are shared out."""

    places = IntegerField(
        "How many suppliers do you want to invite?",
        [
            Required("Enter how many suppliers you want to invite"),
            NumberRange(min=1, max=MOST_PLACES, message=f"Enter a number from 1 to {MOST_PLACES}"),
        ],
        error_name="The number of suppliers",
        description=f"From 1 to {MOST_PLACES}. Think of the seats in your sessions; not everybody accepts.",
    )
    sme = _at_least("Small or medium-sized firms (SME)")
    vcse = _at_least("Charities and social enterprises (VCSE)")
    new_entrant = _at_least(
        "New entrants", "Suppliers that nobody has invited through engage in the last 12 months."
    )
    incumbent = _at_least(
        "Suppliers that have worked for you",
        "They have a statement about work for your department in the last three years. Leave empty for no limit.",
    )
    exploration = IntegerField(
        "What part of the places is drawn by lot among newcomers that fit?",
        [
            Required("Enter a percentage; 0 means that nobody is drawn"),
            NumberRange(min=0, max=MOST_DRAWN, message=f"Enter a percentage from 0 to {MOST_DRAWN}"),
        ],
        error_name="The part that is drawn",
        description=f"From 0 to {MOST_DRAWN} in a hundred. It gives suppliers a chance that nobody has heard yet.",
    )
    reason = CharacterCountField(
        "Why these rules?",
        [
            Required("Say why you chose these rules"),
            Length(max=LONGEST_REASON, message=f"The reason must be {LONGEST_REASON} characters or fewer"),
        ],
        description="One or two sentences. Everybody can read them on the public record of this match.",
    )

    @classmethod
    def of(cls, rules: SelectionRules) -> RulesForm:
        """Return the form filled with the rules in force; the reason is asked for anew."""
        floors = {tag.replace("region:", _REGION): count for tag, count in rules.floors.items()}
        caps = {"incumbent": rules.caps.get("incumbent")}
        part = round(rules.exploration * 100)
        return cls(data={"places": rules.places, "exploration": part} | floors | caps)

    def rules(self) -> RulesText:
        """Return what was entered. An empty field asks for nothing; unlike that, at most 0 is a limit."""
        asked = {tag: self[tag].data for tag in _KINDS}
        asked |= {f"region:{code}": self[f"{_REGION}{code}"].data for code in REGIONS}
        most = self.incumbent.data
        return RulesText(
            places=self.places.data or 0,
            floors={tag: count for tag, count in asked.items() if count},
            caps={} if most is None else {"incumbent": most},
            exploration=(self.exploration.data or 0) / 100,
            reason=self.reason.data,
        )

    def regions(self) -> list[IntegerField]:
        """Return the fields of the regions, in the order of the list."""
        return [self[f"{_REGION}{code}"] for code in REGIONS]


for _code, _name in REGIONS.items():
    setattr(RulesForm, f"{_REGION}{_code}", _at_least(_name))


class WaveForm(Form):
    """What a person decides when invitations go out."""

    days = IntegerField(
        "How many days do they have to answer?",
        [
            Required("Enter how many days they have to answer"),
            NumberRange(
                min=FEWEST_DAYS,
                max=MOST_DAYS,
                message=f"The time to answer must be between {FEWEST_DAYS} and {MOST_DAYS} days",
            ),
        ],
        error_name="The number of days",
        description="They are reminded three days before. The challenge’s last day is the last day for all.",
    )
    follow = RadiosField(
        "What happens when a place becomes free?",
        [Required("Choose what happens when a place becomes free")],
        choices=[
            (
                "follow",
                "The next in line is invited by itself",
                "In your name, in the order of the plan, and with as many days to answer.",
            ),
            (
                "wait",
                "The next in line waits for a release",
                "Nobody is told before somebody lets it go out.",
            ),
        ],
        error_name="What happens when a place becomes free",
    )

    @classmethod
    def of(cls, terms: WaveTerms) -> WaveForm:
        """Return the form filled with ``terms``."""
        return cls(
            data={"days": terms.days_to_answer, "follow": "follow" if terms.alternates_follow else "wait"}
        )

    def terms(self) -> WaveTerms:
        """Return what was chosen."""
        return WaveTerms(alternates_follow=self.follow.data == "follow", days_to_answer=self.days.data or 0)


class AgainstPlanForm(Form):
    """Why a person decides against the plan."""

    reason = CharacterCountField(
        "Why?",
        [
            Required("Say why, so that others can follow it"),
            Length(max=LONGEST_REASON, message=f"The reason must be {LONGEST_REASON} characters or fewer"),
        ],
    )


class OverrideForm(Form):
    """A person's decision about one supplier, with the reason."""

    kind = RadiosField(
        "What do you want to do?",
        [Required("Choose what you want to do")],
        choices=[
            (OverrideKind.PIN.value, "Give it a place", "The plan keeps a place for it."),
            (OverrideKind.EXCLUDE.value, "Leave it out", "The plan gives the place to another."),
        ],
        error_name="What you want to do",
    )
    reason = CharacterCountField(
        "Why?",
        [
            Required("Say why, so that others can follow it"),
            Length(max=LONGEST_REASON, message=f"The reason must be {LONGEST_REASON} characters or fewer"),
        ],
        description="Kept with your name for the department and the auditor. How often this is done is published.",
    )
