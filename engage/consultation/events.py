"""What happens to questions that other rooms react to."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.events import Event


@dataclass(frozen=True)
class QuestionAnswered(Event):
    """An answer was released to everyone."""

    question_id: int
