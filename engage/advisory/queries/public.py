"""Sessions as everyone may see them: never joining details, never names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.advisory.enums import SessionFormat, SessionState, WaitingState
from engage.advisory.models import AdvisorySession, WaitingPlace
from engage.advisory.queries.attendance import WasThere, who_was_there
from engage.advisory.queries.feedback import Results, feedback_of_sessions
from engage.advisory.queries.materials import PublicFile, released_materials
from engage.advisory.queries.minutes import minutes_due_on, minutes_late
from engage.advisory.queries.terms import terms
from engage.challenges.enums import OPEN_STATES, PUBLIC_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock

CALENDAR_LOOKS_BACK = timedelta(days=31)


@dataclass(frozen=True)
class PublicChallenge:
    """What a public session says about its challenge."""

    ref: str
    title: str
    department: str


@dataclass(frozen=True)
class PublicSession:
    """What everyone may know of a session: no joining details, nobody's name."""

    ref: str
    title: str
    format: SessionFormat
    state: SessionState
    starts_at: datetime
    ends_at: datetime
    place: str
    agenda: str
    zone: str
    places: int
    free: int
    """Those kept for volunteers included."""
    free_for_invited: int
    reserved: int
    """How many places are for volunteers until ``reserved_until``."""
    reserved_until: datetime | None
    closes_at: datetime | None
    group_limit: int | None
    """At most so many suppliers of one corporate group."""
    waiting: int
    """How many suppliers wait for a place."""
    minutes: str
    """Empty until published."""
    minutes_published_at: datetime | None
    cancel_reason: str
    move_reason: str
    sequence: int
    updated_at: datetime
    challenge: PublicChallenge
    attended: Sequence[WasThere] = ()
    """Which organisations were there; empty until the minutes are published."""
    materials: Sequence[PublicFile] = ()
    feedback: Results | None = None
    """What those who came say of it, when there is enough to show nobody."""

    @property
    def minutes_due_on(self) -> date | None:
        """Until when the minutes have to be published; ``None`` when there is nothing to publish (any more)."""
        over = self.state is not SessionState.CANCELLED and self.ends_at <= clock.now()
        return minutes_due_on(self.ends_at) if over and self.minutes_published_at is None else None

    @property
    def minutes_late(self) -> bool:
        """Whether the minutes are missing after that day."""
        return self.minutes_due_on is not None and minutes_late(self.ends_at, None)

    @property
    def can_be_joined(self) -> bool:
        """Whether a place could be taken now."""
        return self.free > 0 and self.can_be_answered

    @property
    def can_be_answered(self) -> bool:
        """Whether invited suppliers can choose it: for a place, or for a turn on its waiting list."""
        return self.state is SessionState.SCHEDULED and self.open_until > clock.now()

    @property
    def open_until(self) -> datetime:
        """Until when places can be taken."""
        return self.starts_at if self.closes_at is None else self.closes_at

    @property
    def terms(self) -> list[str]:
        """Who can take a place and until when, in sentences."""
        return terms(self)

    def free_for(self, *, volunteered: bool) -> int:
        """Return how many places are free for a volunteer, or for an invited supplier."""
        return self.free if volunteered else self.free_for_invited


def public_sessions(session: Session, *, challenge_id: int) -> Sequence[PublicSession]:
    """Return the sessions of a challenge in order of time; none when the challenge is not public."""
    found = _public(session, AdvisorySession.challenge_id == challenge_id)
    refs = [each.ref for each in found]
    files, attended = released_materials(session, refs=refs), who_was_there(session, refs=refs)
    feedback = feedback_of_sessions(session, refs=refs)
    return [
        replace(
            each,
            attended=attended.get(each.ref, ()),
            materials=files.get(each.ref, ()),
            feedback=feedback.get(each.ref),
        )
        for each in found
    ]


def upcoming_public_sessions(session: Session, *, limit: int) -> Sequence[PublicSession]:
    """Return the next ``limit`` scheduled open sessions of all open challenges, soonest first; no one-to-one talks."""
    return _public(
        session,
        AdvisorySession.state == SessionState.SCHEDULED,
        AdvisorySession.format != SessionFormat.ONE_TO_ONE,
        AdvisorySession.starts_at > clock.now(),
        Challenge.state.in_(OPEN_STATES),
        limit=limit,
    )


def sessions_in_calendar(session: Session) -> Sequence[PublicSession]:
    """Return the open sessions to come and of the last month, cancelled ones too, for the public calendar.

    One-to-one talks are left out: their times are for those who asked for one.
    """
    return _public(
        session,
        AdvisorySession.ends_at > clock.now() - CALENDAR_LOOKS_BACK,
        AdvisorySession.format != SessionFormat.ONE_TO_ONE,
    )


def sessions_to_choose(
    session: Session, *, challenge_id: int, volunteered: bool = False, talks: bool = True
) -> Sequence[PublicSession]:
    """Return the sessions of a challenge that a supplier can choose now, those with a free place for it first.

    Without what is known only of sessions that are over, and without files. ``talks``: whether it was offered a
    one-to-one talk; of these only free ones, as nobody waits for one.
    """
    found = [
        each
        for each in _public(session, AdvisorySession.challenge_id == challenge_id)
        if each.can_be_answered and (each.format is not SessionFormat.ONE_TO_ONE or (talks and each.free > 0))
    ]
    return sorted(found, key=lambda each: not each.free_for(volunteered=volunteered))


def titles_of_sessions(session: Session, *, challenge_id: int) -> Sequence[tuple[str, str]]:
    """Return reference and title of the sessions that ``public_sessions`` returns, in the same order."""
    query = (
        sa.select(AdvisorySession.ref, AdvisorySession.title)
        .join(Challenge, AdvisorySession.challenge_id == Challenge.id)
        .where(_challenge_is_public(), AdvisorySession.challenge_id == challenge_id)
        .order_by(AdvisorySession.starts_at, AdvisorySession.id)
    )
    return [(ref, title) for ref, title in session.execute(query)]


def _public(
    session: Session, *conditions: sa.ColumnElement[bool], limit: int | None = None
) -> Sequence[PublicSession]:
    shown = sa.case((AdvisorySession.minutes_published_at.is_not(None), AdvisorySession.minutes), else_="")
    waiting = (
        sa.select(sa.func.count(WaitingPlace.id))
        .where(WaitingPlace.session_id == AdvisorySession.id, WaitingPlace.state == WaitingState.WAITING)
        .scalar_subquery()
    )
    query = (
        sa.select(
            AdvisorySession.ref,
            AdvisorySession.title,
            AdvisorySession.format,
            AdvisorySession.state,
            AdvisorySession.starts_at,
            AdvisorySession.ends_at,
            AdvisorySession.place,
            AdvisorySession.agenda,
            AdvisorySession.zone,
            AdvisorySession.places,
            _free_for_invited(waiting).label("free_for_invited"),
            AdvisorySession.reserved,
            AdvisorySession.reserved_until,
            AdvisorySession.closes_at,
            AdvisorySession.group_limit,
            (AdvisorySession.places - AdvisorySession.taken).label("free"),
            waiting.label("waiting"),
            shown.label("minutes"),
            AdvisorySession.minutes_published_at,
            AdvisorySession.cancel_reason,
            AdvisorySession.move_reason,
            AdvisorySession.sequence,
            AdvisorySession.updated_at,
            Challenge.ref.label("challenge_ref"),
            Challenge.title.label("challenge_title"),
            Organisation.name.label("department"),
        )
        .join(Challenge, AdvisorySession.challenge_id == Challenge.id)
        .join(Organisation, Challenge.organisation_id == Organisation.id)
        .where(_challenge_is_public(), *conditions)
        .order_by(AdvisorySession.starts_at, AdvisorySession.id)
        .limit(limit)
    )
    return [_public_session(dict(row)) for row in session.execute(query).mappings()]


def _free_for_invited(waiting: sa.ScalarSelect[int]) -> sa.ColumnElement[int]:
    """Places that were kept for volunteers until now go to who waits first: free only when nobody does."""
    over = sa.and_(AdvisorySession.reserved_until <= clock.now(), waiting == 0)
    kept = sa.case((over, 0), else_=AdvisorySession.held_back)
    own = AdvisorySession.places - kept - AdvisorySession.taken_invited
    return sa.func.greatest(sa.func.least(AdvisorySession.places - AdvisorySession.taken, own), 0)


def _public_session(row: dict[str, Any]) -> PublicSession:
    challenge = PublicChallenge(
        ref=row.pop("challenge_ref"), title=row.pop("challenge_title"), department=row.pop("department")
    )
    return PublicSession(challenge=challenge, **row)


def _challenge_is_public() -> sa.ColumnElement[bool]:
    withdrawn = sa.and_(Challenge.state == ChallengeState.WITHDRAWN, Challenge.published_at.is_not(None))
    return sa.or_(Challenge.state.in_(PUBLIC_STATES), withdrawn)


def count_held(session: Session) -> int:
    """Return how many sessions have been held, on challenges that everybody may see."""
    query = (
        sa.select(sa.func.count())
        .select_from(AdvisorySession)
        .join(AdvisorySession.challenge)
        .where(AdvisorySession.state == SessionState.HELD, _challenge_is_public())
    )
    return session.scalar(query) or 0
