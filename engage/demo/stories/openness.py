"""What keeps an engagement fair: interests and steps about them, steps of the department, what was told elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engage.challenges import service as challenges
from engage.consultation import queries as consultation
from engage.consultation import service as telling
from engage.consultation.service import Said
from engage.demo import texts
from engage.demo.accounts import APPROVER, AUTHOR, OF_DEPARTMENT
from engage.demo.script import Diary, Step
from engage.demo.world import World
from engage.interests import queries as interests
from engage.interests import service
from engage.interests.enums import Appearance, Kind, MitigationState
from engage.interests.service import Told
from engage.kernel.clock import now, uk_today
from engage.ledger.enums import Channel

Entry = Mapping[str, Any]
STEPS_WITHIN, REVIEWED_AFTER = 7, 60
"""Days until steps against a conflict are taken, and until somebody looks at them again."""

SPOKEN_BEFORE = timedelta(hours=22)
"""How long after a conversation somebody records what was said in it."""


def steps(today: date) -> list[Step]:
    """Return the steps that keep the engagements of the demo department fair."""
    diary, found = Diary(today), texts.lawful()
    for one in found["nothing_to_declare"]:
        for who in one["who"]:
            name = f"{one['challenge']}: {who} has nothing to declare"
            diary.note(one["day"], "15:30", name, partial(_has_none, one, who))
    for one in found["interests"]:
        name = f"{one['challenge']}: interest of {one['who']}"
        diary.note(one["day"], "16:20", name, partial(_declares, one))
        if "decided" in one:
            diary.note(one["day"], "16:50", f"{name} decided", partial(_decides, one))
    for one in found["steps"]:
        diary.note(one["day"], "16:15", f"{one['challenge']}: step taken", partial(_takes_step, one))
    for one in found["told"]:
        name = f"{one['challenge']}: told {one['to']}"
        diary.note(one["recorded"], "09:45", name, partial(_records, one))
        if "released" in one:
            diary.note(one["released"], "14:05", f"{name}, now everyone", partial(_releases, one))
    return diary.steps()


def _has_none(one: Entry, who: str, session: Session, world: World) -> None:
    actor = world.actor(session, OF_DEPARTMENT[who])
    service.declare_none(session, actor=actor, challenge=world.challenge(session, one["challenge"]))


def _declares(one: Entry, session: Session, world: World) -> None:
    """Declare an interest and propose steps about it."""
    actor = world.actor(session, OF_DEPARTMENT[one["who"]])
    challenge = world.challenge(session, one["challenge"])
    told = Told(
        kind=Kind(one["kind"]),
        appearance=Appearance(one["appearance"]),
        counterpart=one["with"],
        domain=one["domain"],
        starts_on=world.today + timedelta(days=one["from"]),
        ends_on=world.today + timedelta(days=one["until"]) if "until" in one else None,
        description=one["description"],
    )
    made = service.declare(session, actor=actor, told=told, challenge=challenge)
    owner = world.actor(session, OF_DEPARTMENT[one["owner"]])
    service.propose_mitigation(
        session,
        actor=world.actor(session, AUTHOR.email),
        challenge=challenge,
        declaration=made,
        steps=one["steps"],
        owner_id=owner.person_id,
        due_on=uk_today() + timedelta(days=STEPS_WITHIN),
        review_on=uk_today() + timedelta(days=REVIEWED_AFTER),
    )


def _decides(one: Entry, session: Session, world: World) -> None:
    challenge = world.challenge(session, one["challenge"])
    (proposed,) = interests.mitigations(session, challenge_id=challenge.id)
    service.decide_mitigation(
        session,
        actor=world.actor(session, APPROVER.email),
        mitigation=proposed,
        state=MitigationState.IN_PLACE,
        reason=one["decided"],
    )


def _takes_step(one: Entry, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, AUTHOR.email), world.challenge(session, one["challenge"])
    challenges.add_step(session, actor=actor, challenge=challenge, text=one["text"], taken_on=uk_today())


def _records(one: Entry, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, AUTHOR.email), world.challenge(session, one["challenge"])
    supplier = world.supplier(session, world.suppliers[one["to"]])
    said = Said(
        organisation=supplier.organisation.name,
        on_engage=True,
        channel=Channel(one["channel"]),
        told_at=now() - SPOKEN_BEFORE,
        told_by_id=actor.person_id,
    )
    telling.record_telling(
        session, actor=actor, challenge=challenge, title=one["title"], text=one["text"], said=said
    )


def _releases(one: Entry, session: Session, world: World) -> None:
    challenge = world.challenge(session, one["challenge"])
    (fact,) = consultation.told_facts(session, challenge_id=challenge.id)
    actor = world.actor(session, AUTHOR.email)
    telling.release_fact(session, actor=actor, fact=fact, wording=one["wording"])
