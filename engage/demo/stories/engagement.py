"""After publication: matches, invitations and answers, offers, the end. Sessions and questions stand beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engage.advisory import queries as advisory_queries
from engage.advisory import service as advisory
from engage.challenges import service as challenges
from engage.demo import texts
from engage.demo.script import Diary, Step
from engage.demo.stories import meetings, questions, selection
from engage.demo.stories.challenges import author_of
from engage.demo.texts import ChallengeSource
from engage.demo.world import World
from engage.matchmaking import service

Happening = Mapping[str, Any]


def steps(today: date, source: ChallengeSource) -> list[Step]:
    """Return what happened to a challenge after its publication."""
    happening = texts.happenings().get(source.id)
    if happening is None:
        return []
    diary = Diary(today)
    for number, wave in enumerate(happening["matches"]):
        name = f"{source.title}: match {number + 1}"
        if number:
            diary.note(wave["day"], "11:00", f"{name} run", partial(_matches_again, source, wave))
        diary.note(wave["day"], "11:30", f"{name} released", partial(_releases, source, wave))
    meetings.note(diary, source, happening["sessions"])
    for answer in happening["answers"]:
        name = f"{source.title}: answer of {answer['who']}"
        diary.note(answer["day"], "15:10", name, partial(_answers, source, answer))
        if "alternate" in answer:
            diary.note(answer["alternate"], "10:20", f"{name}: next", partial(_steps_in, source))
    questions.note(diary, source, happening["questions"])
    _note_offers(diary, source, happening["offers"])
    _note_end(diary, source, happening)
    return diary.steps()


def _note_offers(diary: Diary, source: ChallengeSource, offers: Sequence[Happening]) -> None:
    for offer in offers:
        name = f"{source.title}: offer of {offer['who']}"
        diary.note(offer["day"], "13:45", name, partial(_offers, source, offer))
        if "then" in offer:
            diary.note(
                offer["answered"], "10:50", f"{name} {offer['then']}", partial(_decides, source, offer)
            )


def _note_end(diary: Diary, source: ChallengeSource, happening: Happening) -> None:
    for deed, key in (("end_engaging", "ended"), ("close", "closed"), ("withdraw", "withdrawn")):
        if key in happening:
            diary.note(happening[key], "16:45", f"{source.title}: {key}", partial(_ends, source, deed))


def _matches_again(source: ChallengeSource, wave: Happening, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, author_of(source)), world.challenge(session, source.id)
    selection.set_rules(session, actor=actor, challenge=challenge, wave=wave)
    service.run(session, actor=actor, challenge=challenge)


def _releases(source: ChallengeSource, wave: Happening, session: Session, world: World) -> None:
    actor = world.actor(session, author_of(source))
    selection.release(session, world, name=source.id, actor=actor, wave=wave)


def _steps_in(source: ChallengeSource, session: Session, world: World) -> None:
    selection.step_in(session, world, name=source.id)


def _answers(source: ChallengeSource, answer: Happening, session: Session, world: World) -> None:
    """Accept, for a turn on the waiting list where it is full, or decline.

    Nothing happens where the match brought fewer suppliers than the story has.
    """
    ref = world.invited(source.id, answer["who"])
    invitation = world.invitation(session, source.id, ref) if ref else None
    if ref is None or invitation is None:
        return
    actor = world.speaker(session, ref)
    if answer["do"] == "accept":
        meeting = world.meeting(session, source.id, answer["session"])
        advisory.accept_or_wait(session, actor=actor, invitation=invitation, meeting=meeting)
    else:
        advisory.decline(session, actor=actor, invitation=invitation, reason=answer.get("reason", ""))


def _offers(source: ChallengeSource, offer: Happening, session: Session, world: World) -> None:
    ref = world.suppliers[offer["who"]]
    made = advisory.offer_help(
        session,
        actor=world.speaker(session, ref),
        challenge=world.challenge(session, source.id),
        supplier=world.supplier(session, ref),
        pitch=offer["pitch"],
    )
    world.offers[source.id, offer["who"]] = made.id


def _decides(source: ChallengeSource, offer: Happening, session: Session, world: World) -> None:
    found = advisory_queries.offer_by_id(session, offer_id=world.offers[source.id, offer["who"]])
    actor = world.actor(session, author_of(source))
    if offer["then"] == "invited":
        advisory.invite_volunteer(session, actor=actor, offer=found)
    else:
        advisory.decline_offer(session, actor=actor, offer=found, reason=offer["answer"])


def _ends(source: ChallengeSource, deed: str, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, author_of(source)), world.challenge(session, source.id)
    if deed == "withdraw":
        challenges.withdraw(session, actor=actor, challenge=challenge, reason=source.reason)
    elif deed == "close":
        challenges.close(session, actor=actor, challenge=challenge)
    else:
        challenges.end_engaging(session, actor=actor, challenge=challenge)
