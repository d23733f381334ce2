"""One-to-one talks after an open session: the same terms for all, two suppliers ask, both are offered one at once."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from functools import partial
from importlib import resources
from typing import Any

from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import SessionFormat
from engage.advisory.service import TalkTimes
from engage.demo.accounts import FACILITATOR
from engage.demo.script import Diary, Step, clock, moment
from engage.demo.world import World

LAST_MINUTE = time(23, 59)


def steps(today: date) -> list[Step]:
    """Return what happened around the talks."""
    story = _story()
    diary = Diary(today)
    diary.note(story["terms_day"], "16:30", "Talks offered to everyone", partial(_sets_terms, story))
    for one in story["asks"]:
        diary.note(one["day"], "16:40", f"{one['who']} asks for a talk", partial(_asks, story, one["who"]))
    diary.note(story["scheduled"], "09:30", "Talks scheduled", partial(_schedules, story))
    diary.note(story["offered"], "10:00", "Talks offered to all who asked", partial(_offers, story))
    for one in story["takes"]:
        diary.note(one["day"], "15:00", f"{one['who']} takes a talk", partial(_takes, story, one["who"]))
    return diary.steps()


def _story() -> dict[str, Any]:
    found = resources.files("engage.demo").joinpath("data/talks.json").read_text(encoding="utf-8")
    return dict(json.loads(found))


def _sets_terms(story: dict[str, Any], session: Session, world: World) -> None:
    service.set_terms(
        session,
        actor=world.actor(session, FACILITATOR.email),
        challenge=world.challenge(session, story["challenge"]),
        minutes=story["minutes"],
        questions=story["questions"],
        ask_until=moment(world.today, story["until"], LAST_MINUTE),
    )


def _asks(story: dict[str, Any], who: str, session: Session, world: World) -> None:
    ref = world.suppliers[who]
    service.ask(
        session,
        actor=world.speaker(session, ref),
        challenge=world.challenge(session, story["challenge"]),
        supplier=world.supplier(session, ref),
    )


def _schedules(story: dict[str, Any], session: Session, world: World) -> None:
    facilitator = world.actor(session, FACILITATOR.email)
    times = TalkTimes(
        first_at=moment(world.today, story["talks_day"], clock(story["first_at"])),
        number=story["number"],
        pause=timedelta(minutes=story["pause"]),
        place=story["place"],
        joining_details=story["joining"],
        facilitator_id=facilitator.person_id,
    )
    challenge = world.challenge(session, story["challenge"])
    service.schedule_talks(session, actor=facilitator, challenge=challenge, times=times)


def _offers(story: dict[str, Any], session: Session, world: World) -> None:
    challenge = world.challenge(session, story["challenge"])
    service.offer_talks(session, actor=world.actor(session, FACILITATOR.email), challenge=challenge)


def _takes(story: dict[str, Any], who: str, session: Session, world: World) -> None:
    ref = world.suppliers[who]
    invitation = world.invitation(session, story["challenge"], ref)
    assert invitation is not None, "who is offered a talk has an invitation"
    found = queries.sessions_of_challenge(session, challenge_id=world.challenges[story["challenge"]])
    talk = next(each for each in found if each.format is SessionFormat.ONE_TO_ONE and each.free)
    service.accept(session, actor=world.speaker(session, ref), invitation=invitation, meeting=talk)
