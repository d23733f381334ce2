"""What people say of sessions: who may say something, one's own answer, and results that show nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory.enums import Side
from engage.advisory.models import AdvisorySession, Attendance, FeedbackAnswer, FeedbackRound
from engage.challenges.models import Challenge
from engage.kernel import clock

ENOUGH = 5
"""Fewer answers are never shown, not even how many there are."""


@dataclass(frozen=True)
class Results:
    """What at least five people said: the mean of each of the five questions, from 1 to 5, in their order."""

    number: int
    means: tuple[float, ...]


def sides_of(session: Session, *, meeting: AdvisorySession, person_id: int) -> set[Side]:
    """Return from which sides a person may say how a session was: came on a supplier's place, ran it."""
    came = sa.select(Attendance.id).where(
        Attendance.session_id == meeting.id,
        Attendance.person_id == person_id,
        Attendance.seat_id.is_not(None),
    )
    sides = {Side.ATTENDEE} if session.scalar(came) is not None else set[Side]()
    return sides | ({Side.FACILITATOR} if meeting.facilitator_id == person_id else set())


def round_of(session: Session, *, session_id: int) -> FeedbackRound | None:
    """Return until when people can say how a session was, when they can."""
    return session.get(FeedbackRound, session_id)


def own_answers(session: Session, *, session_id: int, side: Side, person_id: int) -> Sequence[int]:
    """Return what one has said so far; empty when nothing."""
    query = sa.select(FeedbackAnswer.answers).where(
        FeedbackAnswer.session_id == session_id,
        FeedbackAnswer.side == side,
        FeedbackAnswer.person_id == person_id,
    )
    return session.scalar(query) or []


def feedback_of_sessions(session: Session, *, refs: Collection[str]) -> dict[str, Results]:
    """Return what attendees say of these sessions, once the time to answer is over and there is enough of it."""
    query = (
        sa.select(AdvisorySession.ref, FeedbackAnswer.answers)
        .join(FeedbackRound, FeedbackRound.session_id == FeedbackAnswer.session_id)
        .join(AdvisorySession, AdvisorySession.id == FeedbackAnswer.session_id)
        .where(
            AdvisorySession.ref.in_(refs),
            FeedbackAnswer.side == Side.ATTENDEE,
            FeedbackRound.closes_at <= clock.now(),
        )
    )
    said: dict[str, list[list[int]]] = {}
    for ref, answers in session.execute(query):
        said.setdefault(ref, []).append(answers)
    return {ref: _results(rows) for ref, rows in said.items() if len(rows) >= ENOUGH}


def feedback_of_department(session: Session, *, organisation_id: int) -> Results | None:
    """Return what facilitators of a department say of its sessions, in steps of five sessions; ``None`` below five.

    The sessions whose time is over, oldest first, and of them as many as five goes into: the next result has five
    more, never one, so that nobody can work out what was said of one session.
    """
    query = (
        sa.select(FeedbackAnswer.answers)
        .join(FeedbackRound, FeedbackRound.session_id == FeedbackAnswer.session_id)
        .join(AdvisorySession, AdvisorySession.id == FeedbackAnswer.session_id)
        .join(Challenge, AdvisorySession.challenge_id == Challenge.id)
        .where(
            Challenge.organisation_id == organisation_id,
            FeedbackAnswer.side == Side.FACILITATOR,
            FeedbackRound.closes_at <= clock.now(),
        )
        .order_by(FeedbackRound.closes_at, FeedbackAnswer.session_id, FeedbackAnswer.id)
    )
    rows = list(session.scalars(query))
    rows = rows[: len(rows) // ENOUGH * ENOUGH]
    return _results(rows) if rows else None


def _results(rows: Sequence[Sequence[int]]) -> Results:
    columns = zip(*rows, strict=True)
    return Results(len(rows), tuple(round(sum(column) / len(rows), 1) for column in columns))


def feedback_of_who_runs(session: Session, *, challenge_id: int, person_id: int) -> dict[str, datetime]:
    """Return by reference until when a person can say how the sessions of a challenge were that they run."""
    query = (
        sa.select(AdvisorySession.ref, FeedbackRound.closes_at)
        .join(FeedbackRound, FeedbackRound.session_id == AdvisorySession.id)
        .where(
            AdvisorySession.challenge_id == challenge_id,
            AdvisorySession.facilitator_id == person_id,
            FeedbackRound.closes_at > clock.now(),
        )
    )
    return {row[0]: row[1] for row in session.execute(query)}


def feedback_to_give(session: Session, *, person_id: int) -> Sequence[tuple[str, str, datetime]]:
    """Return the sessions of which a person who came can still say how they were: reference, title, until when."""
    query = (
        sa.select(AdvisorySession.ref, AdvisorySession.title, FeedbackRound.closes_at)
        .join(FeedbackRound, FeedbackRound.session_id == AdvisorySession.id)
        .join(Attendance, Attendance.session_id == AdvisorySession.id)
        .where(
            Attendance.person_id == person_id,
            Attendance.seat_id.is_not(None),
            FeedbackRound.closes_at > clock.now(),
        )
        .order_by(FeedbackRound.closes_at)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]
