"""What happened, story by story; each gives steps for the script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from engage.demo import texts
from engage.demo.script import Step
from engage.demo.stories import (
    alerts,
    around,
    challenges,
    changing,
    engagement,
    notices,
    openness,
    people,
    returns,
    subscribers,
    suppliers,
    talks,
    writing,
)


def everything(today: date) -> list[Step]:
    """Return every step of the demo that leads up to ``today``, in order of time."""
    return sorted(_steps(today), key=lambda step: step.moment)


def _steps(today: date) -> Iterator[Step]:
    yield from people.steps(today)
    yield from suppliers.steps(today)
    for source in texts.challenges():
        if source.state is not None:
            yield from challenges.steps(today, source)
            yield from engagement.steps(today, source)
    for story in (around, notices, changing, openness, alerts, subscribers, writing, returns, talks):
        yield from story.steps(today)
