"""Answers in writing: of a supplier that could not come, and of one that came and thought of more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from importlib import resources
from typing import Any

from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.demo.script import Diary, Step
from engage.demo.world import World

Entry = Mapping[str, Any]


def steps(today: date) -> list[Step]:
    """Return the steps in which suppliers answer in writing what everybody is asked."""
    diary = Diary(today)
    data = resources.files("engage.demo") / "data" / "written.json"
    for one in json.loads(data.read_text("utf-8")):
        name = f"{one['challenge']}: {one['who']} answers in writing"
        diary.note(one["day"], "17:10", name, partial(_answers, one, one["answers"]))
        if "changed" in one:
            again = one["changed"]
            diary.note(again["day"], "09:30", f"{name} again", partial(_answers, one, again["answers"]))
    return diary.steps()


def _answers(one: Entry, answers: Sequence[str], session: Session, world: World) -> None:
    ref, challenge = world.suppliers[one["who"]], world.challenge(session, one["challenge"])
    service.answer_in_writing(
        session,
        actor=world.speaker(session, ref),
        challenge=challenge,
        supplier=world.supplier(session, ref),
        asked=queries.written_route(session, challenge=challenge).digest,
        answers=answers,
    )
