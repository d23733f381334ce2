"""From the first draft to publication: two people, one text, and the notice where one is needed."""

from __future__ import annotations

from datetime import date
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges import service
from engage.challenges.enums import PUBLIC_STATES, ChallengeState, Route
from engage.challenges.models import Challenge
from engage.challenges.service import ChallengeRecord
from engage.demo import texts
from engage.demo.accounts import APPROVER, AUTHOR, DEPARTMENT, EDITOR, REVIEWER
from engage.demo.script import Diary, Step
from engage.demo.stories import selection
from engage.demo.texts import ChallengeSource
from engage.demo.world import World
from engage.kernel import clock

_S = ChallengeState
FIRST_NOTICE, FIRST_PROCESS = 990001, 0xFFFF0001
"""Far above the numbers that Find a Tender gives out: none of the demo's notices exists."""
DAY_OF_LAST_ACT = {
    _S.DRAFT: -1,
    _S.IN_REVIEW: -11,
    _S.CHANGES_REQUESTED: -2,
    _S.APPROVED: -1,
    _S.NOTICE_PENDING: -3,
}
"""When a challenge that is not public yet came to where it stands."""
PUBLISHED = (*PUBLIC_STATES, _S.WITHDRAWN)
PAST_ENGAGEMENT = 20
"""How long the engagement of a past challenge without sessions lasted, in days."""
AFTER_CLOSING = 5
"""So many days after its closing date it was ended: the working day before that is past the date too."""


def author_of(source: ChallengeSource) -> str:
    """Return who writes a challenge and conducts it, as the world calls them."""
    return f"{EDITOR[0]} @ {source.department}" if source.department else AUTHOR.email


def approver_of(source: ChallengeSource) -> str:
    """Return who approves it."""
    return f"{REVIEWER[0]} @ {source.department}" if source.department else APPROVER.email


def steps(today: date, source: ChallengeSource) -> list[Step]:
    """Return the steps of one challenge up to publication, and those of past ones up to the end."""
    assert source.state is not None
    diary = Diary(today)
    day = _day(source)
    _writing(diary, source, day)
    state = source.state
    if state not in {_S.DRAFT, _S.IN_REVIEW}:
        decide = partial(_sends_back, source) if state is _S.CHANGES_REQUESTED else partial(_approves, source)
        diary.note(day - (state in PUBLISHED) * 2, "14:10", f"{source.title}: decided", decide)
    if state in PUBLISHED:
        if source.answers["route"] is Route.PRELIMINARY_MARKET_ENGAGEMENT:
            diary.note(day, "09:20", f"{source.title}: notice", partial(_records_notice, source))
        diary.note(day, "10:00", f"{source.title}: published", partial(_publishes, source))
    if state is _S.CLOSED and source.id not in texts.happenings():
        _past(diary, source, day)
    return diary.steps()


def _day(source: ChallengeSource) -> int:
    assert source.state is not None
    return source.published_day if source.published_day is not None else DAY_OF_LAST_ACT[source.state]


def _writing(diary: Diary, source: ChallengeSource, day: int) -> None:
    days = 0 if source.state is _S.DRAFT else 1
    diary.note(day - 9 * days, "10:30", f"{source.title}: begun", partial(_begins, source))
    diary.note(day - 6 * days, "15:00", f"{source.title}: written", partial(_writes, source))
    if source.state is not _S.DRAFT:
        submitted = day - (0 if source.state is _S.IN_REVIEW else 4)
        diary.note(submitted, "16:00", f"{source.title}: submitted", partial(_submits, source))


def _past(diary: Diary, source: ChallengeSource, day: int) -> None:
    assert source.closes_day < 0
    acts = ((day + 5, service.start_engaging), (source.closes_day + AFTER_CLOSING, service.end_engaging))
    for when, act in (*acts, (source.closes_day + PAST_ENGAGEMENT - 6, service.close)):
        diary.note(when, "15:20", f"{source.title}: {act.__name__}", partial(_conducts, source, act.__name__))


def _begins(source: ChallengeSource, session: Session, world: World) -> None:
    record = ChallengeRecord(
        source_ref=source.id,
        title=source.title,
        department=source.department or DEPARTMENT,
        answers={"problem": source.answers["problem"], "cpv": source.answers["cpv"]},
        source=source.source,
    )
    service.import_challenge(session, actor=world.actor(session, author_of(source)), record=record)
    made = session.scalars(sa.select(Challenge).where(Challenge.source_ref == source.id)).one()
    world.challenges[source.id] = made.id
    if texts.happenings().get(source.id, {}).get("matches"):
        world.matchable.add(made.id)


def _writes(source: ChallengeSource, session: Session, world: World) -> None:
    service.save_answers(
        session,
        actor=world.actor(session, author_of(source)),
        challenge=world.challenge(session, source.id),
        answers=source.complete(world.today),
    )


def _submits(source: ChallengeSource, session: Session, world: World) -> None:
    actor = world.actor(session, author_of(source))
    service.submit(session, actor=actor, challenge=world.challenge(session, source.id))


def _approves(source: ChallengeSource, session: Session, world: World) -> None:
    challenge = world.challenge(session, source.id)
    actor = world.actor(session, approver_of(source))
    service.approve(session, actor=actor, challenge=challenge, content_hash=challenge.content_hash)


def _sends_back(source: ChallengeSource, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, approver_of(source)), world.challenge(session, source.id)
    service.request_changes(session, actor=actor, challenge=challenge, reasons=source.reason)


def _records_notice(source: ChallengeSource, session: Session, world: World) -> None:
    place = [one.id for one in texts.challenges()].index(source.id)
    service.record_notice(
        session,
        actor=world.actor(session, author_of(source)),
        challenge=world.challenge(session, source.id),
        notice_number=f"{FIRST_NOTICE + place}-{clock.uk_today().year}",
        ocid=f"ocds-h6vhtk-{FIRST_PROCESS + place:x}",
    )


def _publishes(source: ChallengeSource, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, author_of(source)), world.challenge(session, source.id)
    for wave in texts.happenings().get(source.id, {}).get("matches", [])[:1]:
        selection.set_rules(session, actor=actor, challenge=challenge, wave=wave)
    service.publish(session, actor=actor, challenge=challenge)


def _conducts(source: ChallengeSource, act: str, session: Session, world: World) -> None:
    actor, challenge = world.actor(session, author_of(source)), world.challenge(session, source.id)
    getattr(service, act)(session, actor=actor, challenge=challenge)
