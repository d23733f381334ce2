"""Challenges in any state, as the services would have left them, but without their audit lines."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts.models import Organisation, Person
from engage.challenges.enums import PUBLIC_STATES, ChallengeState, Route
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind
from tests.factories import accounts

_numbers = itertools.count(1)

ANSWERS: dict[str, Any] = {
    "problem": "One in five booked seats travels empty.",
    "why_now": "The contract ends in 2028.",
    "affected": "About 40,000 patients a year.",
    "done_so_far": "Text reminders in one district.",
    "undecided": "Whether this is a service or software.",
    "constraints": "Patient data stays in the United Kingdom.",
    "questions": "What makes people not travel?\nWhat has worked elsewhere?",
    "expertise": "Booking and no-show prediction in public transport.",
    "cpv": ["60130000"],
    "route": Route.POLICY_EXPLORATION,
    "route_reason": "No procurement is planned.",
}
PME: dict[str, Any] = {"route": Route.PRELIMINARY_MARKET_ENGAGEMENT, "purposes": ["requirements"]}
NOTICE: dict[str, Any] = {"notice_number": "012345-2026", "ocid": "ocds-h6vhtk-0a1b2c"}

_APPROVED = (ChallengeState.APPROVED, ChallengeState.NOTICE_PENDING, *PUBLIC_STATES)


def challenge(
    session: Session,
    *,
    state: ChallengeState = ChallengeState.DRAFT,
    organisation: Organisation | None = None,
    author: Person | None = None,
    **values: Any,
) -> Challenge:
    """A challenge with every question answered; ``values`` replace answers or columns.

    Approved and public ones have an approver, a frozen version and its hash; a preliminary market engagement that is
    public has its notice. For ``WITHDRAWN`` give ``published_at`` when it was public before.
    """
    number = next(_numbers)
    owner = organisation or accounts.new_organisation(session, kind=OrganisationKind.DEPARTMENT)
    writer = author or accounts.person(session)
    now = clock.now()
    columns: dict[str, Any] = {
        "ref": f"ENG-2019-{number:04}",
        "title": f"Fewer empty seats {number}",
        "created_at": now,
        "updated_at": now,
        "closes_on": clock.uk_today() + timedelta(days=30),
        "purposes": [],  # as the database fills it in, so that the hash below is that of the frozen text
        **ANSWERS,
    }
    if state is ChallengeState.WITHDRAWN:
        columns |= {"withdrawn_reason": "The policy changed.", "withdrawn_at": now}
    if state in PUBLIC_STATES and values.get("route") is Route.PRELIMINARY_MARKET_ENGAGEMENT:
        columns |= {**NOTICE, "notice_recorded_at": now}
    made = Challenge(
        organisation=owner, author=writer, writer_ids=[writer.id], state=state, **{**columns, **values}
    )
    if state is not ChallengeState.DRAFT:
        made.submitted_by_id, made.submitted_at = writer.id, now
    if state in _APPROVED:
        made.approved_by_id, made.approved_at = accounts.person(session).id, now
        made.approved_hash = made.content_hash
    if state in PUBLIC_STATES:
        made.published_at = made.published_at or now
    session.add(made)
    session.flush()
    if state is not ChallengeState.DRAFT:
        _freeze(session, made)
    return made


def _freeze(session: Session, made: Challenge) -> ChallengeVersion:
    assert made.submitted_by_id
    assert made.submitted_at
    version = ChallengeVersion(
        challenge_id=made.id,
        number=1,
        content=made.content,
        content_hash=made.content_hash,
        submitted_by_id=made.submitted_by_id,
        submitted_at=made.submitted_at,
        published_at=made.published_at,
    )
    session.add(version)
    session.flush()
    return version
