"""What happens to questions that other rooms react to."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.events import Event


@dataclass(frozen=True)
class QuestionAnswered(Event):
    """An answer was released to everyone."""

    question_id: int


@dataclass(frozen=True)
class FactReleased(Event):
    """What was told to somebody elsewhere was released to everyone."""

    told_fact_id: int
