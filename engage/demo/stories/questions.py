"""Questions: asked in private, answered to everyone, or turned away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engage.consultation import queries, service
from engage.demo.accounts import FACILITATOR
from engage.demo.script import Diary
from engage.demo.stories.challenges import author_of
from engage.demo.texts import ChallengeSource
from engage.demo.world import World

Asked = Mapping[str, Any]


def note(diary: Diary, source: ChallengeSource, asked: Sequence[Asked]) -> None:
    """Write the questions about a challenge into ``diary``."""
    for number, one in enumerate(asked):
        name = f"{source.title}: question {number + 1}"
        diary.note(one["day"], "15:45", name, partial(_asks, source, number, one))
        if "answered" in one:
            diary.note(one["answered"], "14:20", f"{name} dealt with", partial(_answers, source, number, one))


def _asks(source: ChallengeSource, number: int, one: Asked, session: Session, world: World) -> None:
    ref = world.suppliers[one["who"]]
    made = service.ask(
        session,
        actor=world.speaker(session, ref),
        supplier=world.supplier(session, ref),
        challenge=world.challenge(session, source.id),
        text=one["text"],
    )
    world.questions[source.id, number] = made.id


def _answers(source: ChallengeSource, number: int, one: Asked, session: Session, world: World) -> None:
    question = queries.question_by_id(session, question_id=world.questions[source.id, number])
    actor = world.actor(session, author_of(source) if source.department else FACILITATOR.email)
    if "rejected" in one:
        service.reject(session, actor=actor, question=question, reason=one["rejected"])
    else:
        service.release(
            session, actor=actor, question=question, published_text=one["published"], answer=one["answer"]
        )
