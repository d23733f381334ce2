"""What people of a department have to do with their challenges: texts, decisions, publication, the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, load_only

from engage.challenges import policy
from engage.challenges.enums import OPEN_REVISION, OPEN_STATES, OVER_STATES, ChallengeState, RevisionState
from engage.challenges.enums.routes import RouteChangeState
from engage.challenges.models import Challenge, ChallengeRevision, Justification, RouteChange
from engage.challenges.queries.fairness import is_justified
from engage.kernel.actor import Role
from engage.kernel.clock import uk_today
from engage.kernel.due import Due, Who, until, waited
from engage.kernel.uktime import to_uk, uk_date
from engage.kernel.workdays import workday_after
from engage.ledger import queries as ledger

FINDINGS_WITHIN = 20
"""Working days in which a department tells what it heard, counted from the end of the engagement."""

_S = ChallengeState
_CONDUCT = Who(policy.ChallengePermission.CONDUCT.roles)
_MOVING = (_S.IN_REVIEW, _S.APPROVED, _S.NOTICE_PENDING, *OPEN_STATES, _S.FINDINGS_DUE)
_NEEDED = (
    Challenge.ref,
    Challenge.title,
    Challenge.state,
    Challenge.closes_on,
    Challenge.writer_ids,
    Challenge.submitted_by_id,
    Challenge.submitted_at,
    Challenge.approved_at,
    Challenge.notice_number,
    Challenge.ocid,
    Challenge.notice_recorded_at,
    Challenge.publish_at,
    Challenge.schedule_ended,
    Challenge.published_at,
    Challenge.ended_early_at,
    Challenge.updated_at,
)


class _Row(NamedTuple):
    """What several statements bring of a challenge."""

    id: int
    ref: str
    title: str


def page(ref: str, place: str = "") -> str:
    """Return the address of a page of a challenge's workspace; ``place`` is what follows its own."""
    return f"/department/challenges/{ref}{place}"


def due(session: Session, *, organisation_id: int) -> list[Due]:
    """Return everything that waits for somebody in a department's challenges, whoever is looking.

    Six statements, whatever the number of challenges.
    """
    mine = Challenge.organisation_id == organisation_id
    return [
        *_texts(session, mine),
        *_moves(session, mine),
        *_revisions(session, mine),
        *_routes(session, mine),
        *_differences(session, mine),
    ]


def _texts(session: Session, mine: sa.ColumnElement[bool]) -> Iterator[Due]:
    """Texts that are being written: their writers' turn."""
    query = sa.select(Challenge).where(mine, Challenge.state.in_([_S.DRAFT, _S.CHANGES_REQUESTED]))
    query = query.options(joinedload(Challenge.open_revision))
    for found in session.scalars(query.order_by(Challenge.id)):
        step = policy.next_step(found)
        what = {
            _S.CHANGES_REQUESTED: "Change the text: an approver asked for changes",
            _S.DRAFT: f"{step.action}: {step.short[0].lower()}{step.short[1:]}",
        }[found.state]
        writers = Who(frozenset({Role.POLICY_AUTHOR}), only=frozenset({found.author_id, *found.writer_ids}))
        yield Due(found.ref, found.title, what, page(found.ref, "/check"), writers, late=step.overdue)


def _moves(session: Session, mine: sa.ColumnElement[bool]) -> Iterator[Due]:
    """Challenges that somebody has to move on."""
    query = sa.select(Challenge).where(mine, Challenge.state.in_(_MOVING)).options(load_only(*_NEEDED))
    for found in session.scalars(query.order_by(Challenge.id)):
        yield from _next(found)


def _next(found: Challenge) -> Iterator[Due]:
    item = partial(Due, found.ref, found.title)
    here = page(found.ref)
    if found.state is _S.IN_REVIEW:
        since = found.submitted_at or found.updated_at
        who = Who(frozenset({Role.APPROVER}), never=_hands(found.writer_ids, found.submitted_by_id))
        late = waited(since, "In approval")
        yield item("Read the text and decide", f"{here}/review", who, until(since), late)
    elif found.state in {_S.APPROVED, _S.NOTICE_PENDING}:
        yield from _to_publication(found)
    elif found.state is _S.FINDINGS_DUE:
        day = workday_after(_ended(found), FINDINGS_WITHIN)
        late = f"Findings were due on {uk_date(day)}" if day < uk_today() else ""
        yield item("Tell what you heard, then close the challenge", here, _CONDUCT, day, late)
    elif found.is_past:
        late = policy.overdue(found).rstrip(".")
        yield item("End the engagement", here, _CONDUCT, found.closes_on, late)


def _to_publication(found: Challenge) -> Iterator[Due]:
    item = partial(Due, found.ref, found.title)
    here, since = page(found.ref), found.approved_at or found.updated_at
    if found.is_past:
        who = Who(frozenset({Role.APPROVER}), never=_hands(found.writer_ids, found.submitted_by_id))
        what = "Send the text back for a new closing date"
        yield item(what, f"{here}/review", who, found.closes_on, policy.overdue(found).rstrip("."))
    elif found.state is _S.NOTICE_PENDING and not (found.notice_number and found.ocid):
        what, late = (
            "Publish the notice on Find a Tender, then record its number",
            waited(since, "No notice recorded"),
        )
        yield item(what, f"{here}/notice", _CONDUCT, until(since), late)
    elif found.publish_at is None:
        since = found.notice_recorded_at or since
        late = (found.schedule_ended or "").rstrip(".") or waited(since, "Ready to publish")
        yield item("Publish the challenge, or set a time for it", here, _CONDUCT, until(since), late)


def _revisions(session: Session, mine: sa.ColumnElement[bool]) -> Iterator[Due]:
    """Changes of published texts."""
    query = (
        sa.select(ChallengeRevision)
        .join(ChallengeRevision.challenge)
        .where(mine, ChallengeRevision.state.in_(OPEN_REVISION))
        .options(contains_eager(ChallengeRevision.challenge).load_only(Challenge.ref, Challenge.title))
        .order_by(ChallengeRevision.id)
    )
    for found in session.scalars(query):
        item = partial(Due, found.challenge.ref, found.challenge.title)
        here = page(found.challenge.ref)
        if found.state is RevisionState.WRITING:
            who = Who(frozenset({Role.POLICY_AUTHOR}), only=frozenset(found.writer_ids))
            yield item("Finish the change of the published text, or drop it", f"{here}/revision", who)
        elif found.state is RevisionState.IN_REVIEW:
            since = found.submitted_at or found.updated_at
            who = Who(frozenset({Role.APPROVER}), never=_hands(found.writer_ids, found.submitted_by_id))
            late = waited(since, "Change in approval")
            yield item("Read the changed text and decide", f"{here}/review", who, until(since), late)
        else:
            since = found.approved_at or found.updated_at
            late = waited(since, "Change ready to publish")
            yield item("Publish the changed text", f"{here}/revision", _CONDUCT, until(since), late)


def _routes(session: Session, mine: sa.ColumnElement[bool]) -> Iterator[Due]:
    """Changes of the legal route that somebody proposed."""
    query = (
        sa.select(RouteChange)
        .join(RouteChange.challenge)
        .where(mine, RouteChange.state == RouteChangeState.PROPOSED, Challenge.state.not_in(OVER_STATES))
        .options(
            contains_eager(RouteChange.challenge).load_only(
                Challenge.ref, Challenge.title, Challenge.writer_ids, Challenge.submitted_by_id
            )
        )
        .order_by(RouteChange.id)
    )
    for change in session.scalars(query):
        found = change.challenge
        hands = _hands(found.writer_ids, found.submitted_by_id) | {change.proposed_by_id}
        who = Who(frozenset({Role.APPROVER}), never=hands)
        late = waited(change.proposed_at, "Change of route proposed")
        what = "Decide on the change of the legal route"
        path = page(found.ref, "/route")
        yield Due(found.ref, found.title, what, path, who, until(change.proposed_at), late)


def _differences(session: Session, mine: sa.ColumnElement[bool]) -> Iterator[Due]:
    """What some know and not everyone: it keeps the challenge from being closed."""
    running = Challenge.state.in_([_S.NOTICE_PENDING, *OPEN_STATES, _S.FINDINGS_DUE])
    query = sa.select(Challenge.id, Challenge.ref, Challenge.title).where(mine, running)
    rows = [_Row(*row) for row in session.execute(query.order_by(Challenge.id)).all()]
    unequal = ledger.open_facts(session, challenge_refs=[row.ref for row in rows])
    reasons = _reasons(session, [row.id for row in rows if row.ref in unequal])
    for row in rows:
        justified = reasons.get(row.id, {})
        facts = [each for each in unequal.get(row.ref, []) if not is_justified(each, justified)]
        if facts:
            since = min(each.first_told_at for each in facts)
            things = "one thing" if len(facts) == 1 else f"{len(facts)} things"
            late = waited(since, "Not everyone has known the same")
            what = f"Tell everyone {things} that only some know"
            yield Due(row.ref, row.title, what, page(row.ref, "/ledger"), _CONDUCT, until(since), late)


def _reasons(session: Session, challenge_ids: Sequence[int]) -> Mapping[int, Mapping[str, datetime]]:
    """Return, by challenge, the facts whose difference is justified, with when somebody last did."""
    query = sa.select(Justification.challenge_id, Justification.facts, Justification.at)
    query = query.where(Justification.challenge_id.in_(challenge_ids)).order_by(Justification.id)
    found: dict[int, dict[str, datetime]] = {}
    for number, facts, at in session.execute(query):
        found.setdefault(number, {}).update(dict.fromkeys(facts, at))
    return found


def _hands(writer_ids: Sequence[int], submitted_by_id: int | None) -> frozenset[int]:
    return frozenset({*writer_ids, *({submitted_by_id} if submitted_by_id else ())})


def _ended(found: Challenge) -> date:
    """Return the day on which the engagement ended: its closing date, unless it was ended before."""
    if found.ended_early_at or not found.is_past or found.closes_on is None:
        return to_uk(found.ended_early_at or found.updated_at).date()
    return found.closes_on
