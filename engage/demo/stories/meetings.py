"""Advisory sessions: prepared, published, changed, cancelled, held, and what was said in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import SessionFormat
from engage.advisory.models import AdvisorySession, SessionDraft
from engage.advisory.service import SessionDetails
from engage.demo.accounts import FACILITATOR
from engage.demo.script import Diary, clock, moment
from engage.demo.stories.challenges import author_of
from engage.demo.texts import ChallengeSource
from engage.demo.world import World
from engage.kernel.actor import Actor
from engage.kernel.uktime import to_uk

Meeting = Mapping[str, Any]
AFTER = timedelta(minutes=25)
RESERVED_UNTIL = timedelta(days=2)
"""How long before a session the places for volunteers are for everybody."""


def note(diary: Diary, source: ChallengeSource, meetings: Sequence[Meeting]) -> None:
    """Write the lives of a challenge's sessions into ``diary``."""
    for one in meetings:
        if "prepared" in one:
            diary.note(
                one["prepared"], "16:20", f"{source.title}: a draft", partial(_leaves_draft, source, one)
            )
            continue
        name = f"{source.title}: {one['title']}"
        diary.note(one["scheduled"], "12:15", f"{name} announced", partial(_schedules, source, one))
        if "changed" in one:
            diary.note(one["changed"]["day"], "09:50", f"{name} changed", partial(_changes, source, one))
        if "cancelled" in one:
            diary.note(one["cancelled"]["day"], "09:20", f"{name} cancelled", partial(_cancels, source, one))
        elif one["day"] < 0:
            over = to_uk(starts(diary, one) + timedelta(minutes=one["minutes"]) + AFTER)
            at = f"{over:%H:%M}"
            diary.note(one["day"], at, f"{name} held", partial(_held, source, one))
            _note_minutes(diary, source, one, name)


def starts(diary: Diary, one: Meeting) -> datetime:
    """Return when a session begins."""
    return moment(diary.today, one["day"], clock(one["at"]))


def _note_minutes(diary: Diary, source: ChallengeSource, one: Meeting, name: str) -> None:
    if "minutes_day" in one:
        diary.note(one["minutes_day"], "16:40", f"{name} minutes", partial(_publishes, source, one))
    elif "minutes_text" in one:
        diary.note(one["day"] + 1, "16:40", f"{name} minutes drafted", partial(_drafts, source, one))


def _schedules(source: ChallengeSource, one: Meeting, session: Session, world: World) -> None:
    draft = _prepares(source, one, session, world)
    made = publish(session, actor=world.actor(session, author_of(source)), draft=draft)
    world.meetings[source.id, one["key"]] = made.ref


def _leaves_draft(source: ChallengeSource, one: Meeting, session: Session, world: World) -> None:
    _prepares(source, one, session, world)


def publish(session: Session, *, actor: Actor, draft: SessionDraft) -> AdvisorySession:
    """Publish a draft as it stands, as somebody does who has just read it."""
    return service.publish_draft(session, actor=actor, draft=draft, revision=draft.revision)


def _prepares(source: ChallengeSource, one: Meeting, session: Session, world: World) -> SessionDraft:
    begin = moment(world.today, one["day"], clock(one["at"]))
    facilitator = None if source.department else world.actor(session, FACILITATOR.email).person_id
    details = SessionDetails(
        title=one["title"],
        format=SessionFormat(one["format"]),
        starts_at=begin,
        ends_at=begin + timedelta(minutes=one["minutes"]),
        places=one["places"],
        place=one["place"],
        joining_details=one["joining"],
        agenda=one["agenda"],
        facilitator_id=facilitator,
        reserved=one.get("reserved", 0),
        reserved_until=begin - RESERVED_UNTIL if "reserved" in one else None,
    )
    return service.prepare(
        session,
        actor=world.actor(session, author_of(source)),
        challenge=world.challenge(session, source.id),
        details=details,
    )


def _changes(source: ChallengeSource, one: Meeting, session: Session, world: World) -> None:
    meeting = world.meeting(session, source.id, one["key"])
    details = replace(service.details_of(meeting), places=one["changed"]["places"])
    service.change(session, actor=world.actor(session, _host(source)), meeting=meeting, details=details)


def _cancels(source: ChallengeSource, one: Meeting, session: Session, world: World) -> None:
    meeting = world.meeting(session, source.id, one["key"])
    reason = one["cancelled"]["reason"]
    service.cancel(session, actor=world.actor(session, _host(source)), meeting=meeting, reason=reason)


def _held(source: ChallengeSource, one: Meeting, session: Session, world: World) -> None:
    meeting = world.meeting(session, source.id, one["key"])
    away = {world.invited(source.id, who) for who in one.get("no_show", ())}
    came = {seat.id: seat.supplier.ref not in away for seat in queries.live_seats(meeting)}
    service.record_attendance(session, actor=world.actor(session, _host(source)), meeting=meeting, came=came)


def _publishes(source: ChallengeSource, one: Meeting, session: Session, world: World) -> None:
    meeting: AdvisorySession = world.meeting(session, source.id, one["key"])
    actor = world.actor(session, _host(source))
    service.publish_minutes(session, actor=actor, meeting=meeting, text=one["minutes_text"])


def _drafts(source: ChallengeSource, one: Meeting, session: Session, world: World) -> None:
    meeting = world.meeting(session, source.id, one["key"])
    actor = world.actor(session, _host(source))
    service.save_minutes(session, actor=actor, meeting=meeting, text=one["minutes_text"])


def _host(source: ChallengeSource) -> str:
    """Return who runs the sessions: the facilitator of the demo department, or the editor of a real one."""
    return author_of(source) if source.department else FACILITATOR.email
