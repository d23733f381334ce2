"""States of questions."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class QuestionState(StrEnum):
    """Where a question stands."""

    ASKED = "asked"
    ANSWERED = "answered"
    REJECTED = "rejected"


TRANSITIONS: Transitions[QuestionState] = {
    QuestionState.ASKED: frozenset({QuestionState.ANSWERED, QuestionState.REJECTED}),
}
