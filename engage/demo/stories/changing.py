"""Texts that two people write, that change after publication, go public by themselves, or begin as a copy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engage.challenges import queries, service
from engage.challenges.enums import EngagementPurpose, Route
from engage.challenges.enums.questions import BY_SLUG
from engage.challenges.errors import AnswerChanged
from engage.demo import files, texts
from engage.demo.accounts import APPROVER, AUTHOR, COLLEAGUE
from engage.demo.script import Diary, Step, clock, moment
from engage.demo.world import World

Told = Mapping[str, Any]


def steps(today: date) -> list[Step]:
    """Return the steps that change texts of the demo department."""
    diary, found = Diary(today), texts.lawful()
    for one in found["merges"]:
        diary.note(one["day"], "11:10", f"{one['challenge']}: written by two", partial(_writes_together, one))
    for one in found["attachments"]:
        name = f"{one['challenge']}: {one['name']}"
        diary.note(one["day"], "15:25", name, partial(_attaches, one["challenge"], one))
    for one in found["revisions"]:
        name = f"{one['challenge']}: change"
        diary.note(one["opened"], "10:05", f"{name} written", partial(_revises, one))
        diary.note(one["submitted"], "15:20", f"{name} submitted", partial(_submits, one))
        diary.note(one["approved"], "11:40", f"{name} approved", partial(_approves, one))
        diary.note(one["published"], "09:35", f"{name} published", partial(_publishes, one))
    for one in found["schedules"]:
        diary.note(one["set"], "16:10", f"{one['challenge']}: time set", partial(_schedules, one))
    for one in found["routes"]:
        diary.note(one["day"], "15:10", f"{one['challenge']}: route", partial(_proposes_route, one))
    for one in found["copies"]:
        diary.note(one["day"], "13:05", f"{one['challenge']}: copied", partial(_copies, one))
    return diary.steps()


def _writes_together(one: Told, session: Session, world: World) -> None:
    """Let two people write upon the same answer: the second one's words are put aside, then both become one."""
    challenge, asked = world.challenge(session, one["challenge"]), BY_SLUG[one["question"]]
    first, second = world.actor(session, COLLEAGUE.email), world.actor(session, AUTHOR.email)
    field = asked.answers[0].field
    seen = queries.answer_number(session, challenge=challenge, question=asked)

    def save(actor: Any, words: str) -> None:
        answers = {field: words}
        service.save_answers(
            session, actor=actor, challenge=challenge, answers=answers, question=asked, seen=seen
        )

    save(first, one["first"])
    try:
        with session.begin_nested():
            save(second, one["second"])
    except AnswerChanged:
        answers = {field: one["second"]}
        service.put_aside(
            session, actor=second, challenge=challenge, answers=answers, question=asked, seen=seen
        )
    seen = queries.answer_number(session, challenge=challenge, question=asked)
    answers = {field: one["merged"]}
    service.merge_answers(
        session, actor=second, challenge=challenge, answers=answers, question=asked, seen=seen
    )


def _revises(one: Told, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, AUTHOR.email), world.challenge(session, one["challenge"])
    service.open_revision(session, actor=actor, challenge=challenge)
    answers = {**one["changes"], "closes_on": world.today + timedelta(days=one["closes_in_days"])}
    service.save_answers(session, actor=actor, challenge=challenge, answers=answers)
    if "attachment" in one:
        _attaches(one["challenge"], one["attachment"], session, world)


def _attaches(name: str, one: Told, session: Session, world: World) -> None:
    data = (
        files.table(one["table"])
        if "table" in one
        else files.page(one["name"].removesuffix(".pdf"), one["page"])
    )
    actor, challenge = world.actor(session, AUTHOR.email), world.challenge(session, name)
    service.attach(session, actor=actor, challenge=challenge, name=one["name"], data=data)


def _submits(one: Told, session: Session, world: World) -> None:
    service.submit_revision(
        session,
        actor=world.actor(session, AUTHOR.email),
        challenge=world.challenge(session, one["challenge"]),
        material=one["material"],
        reason=one["reason"],
    )


def _approves(one: Told, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, APPROVER.email), world.challenge(session, one["challenge"])
    read = queries.latest_version(session, challenge_id=challenge.id)
    assert read is not None
    service.approve_revision(
        session, actor=actor, challenge=challenge, content_hash=read.content_hash, version_read=read.number
    )


def _publishes(one: Told, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, AUTHOR.email), world.challenge(session, one["challenge"])
    service.publish_revision(session, actor=actor, challenge=challenge)


def _schedules(one: Told, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, AUTHOR.email), world.challenge(session, one["challenge"])
    at = moment(world.today, one["day"], clock(one["at"]))
    service.schedule(session, actor=actor, challenge=challenge, at=at)


def _proposes_route(one: Told, session: Session, world: World) -> None:
    service.propose_route(
        session,
        actor=world.actor(session, AUTHOR.email),
        challenge=world.challenge(session, one["challenge"]),
        to=Route.PRELIMINARY_MARKET_ENGAGEMENT,
        purposes=[EngagementPurpose(each) for each in one["purposes"]],
        reason=one["reason"],
    )


def _copies(one: Told, session: Session, world: World) -> None:
    actor, source = world.actor(session, AUTHOR.email), world.challenge(session, one["challenge"])
    made = service.copy_challenge(session, actor=actor, source=source)
    service.save_answers(session, actor=actor, challenge=made, answers={"title": one["title"]})
