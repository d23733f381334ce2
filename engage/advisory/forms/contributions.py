"""The form of answers in writing: a box for each question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wtforms import Field

from engage.advisory.queries import WrittenRoute
from engage.advisory.service.contributions import MOST_WORDS
from engage.http.forms import CharacterCountField, Form, HiddenField, MaxWords, Optional

if TYPE_CHECKING:
    from engage.advisory.models import Contribution


class ContributionForm(Form):
    """Answers to the questions that everybody is asked."""

    asked = HiddenField()

    @property
    def boxes(self) -> Sequence[Field]:
        """The boxes in the order of the questions."""
        return [field for field in self if field.name.startswith("answer_")]

    def answers(self) -> list[str]:
        """Return what was entered, in the order of the questions."""
        return [str(field.data or "") for field in self.boxes]


def contribution_form(route: WrittenRoute, held: Contribution | None) -> ContributionForm:
    """Return the form for these questions, filled with what the supplier has answered to the same ones."""
    said = {each["question"]: each["answer"] for each in held.answers} if held else {}
    fields = {
        f"answer_{number}": CharacterCountField(
            question, [Optional(), MaxWords(MOST_WORDS)], error_name=f"Answer {number}"
        )
        for number, question in enumerate(route.questions, start=1)
    }
    shown = {
        f"answer_{number}": said.get(question, "") for number, question in enumerate(route.questions, start=1)
    }
    made: type[ContributionForm] = type("OwnContributionForm", (ContributionForm,), fields)
    return made(data=shown | {"asked": route.digest})
