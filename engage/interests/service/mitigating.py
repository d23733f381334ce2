"""Steps against a conflict (s.82): proposed with an owner and dates, decided by an approver who did not declare it."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from engage.accounts import queries as accounts
from engage.audit import service as audit
from engage.challenges.models import Challenge
from engage.interests import policy
from engage.interests.enums import MITIGATION_TRANSITIONS, MitigationState
from engage.interests.events import InterestsChanged
from engage.interests.models import Declaration, Mitigation
from engage.interests.service.assessing import concerned
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from engage.kernel.events import emit
from engage.kernel.states import check
from engage.kernel.text import required_text

LONGEST_STEPS = 2000
LONGEST_DECISION = 1000
LATEST = timedelta(days=3 * 366)
_ONE_OPEN = "uq_mitigation_open"


def propose_mitigation(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    declaration: Declaration,
    steps: str,
    owner_id: int,
    due_on: date,
    review_on: date,
) -> Mitigation:
    """Propose ``steps`` against the conflict that ``declaration`` makes in ``challenge``; ``owner_id`` sees to them.

    It blocks until an approver decides that the steps are in place. Side effects: the steps, an audit line. Raises
    ``NotAllowed``, ``NotFound`` for a declaration that does not concern the challenge, ``Invalid`` (``steps``,
    ``owner``, ``due_on``, ``review_on``), ``Conflict`` when steps are proposed or in place already.
    """
    if not policy.can_propose(actor, challenge):
        raise NotAllowed(policy.NOT_A_READER)
    if declaration.id not in {each.id for each in concerned(session, challenge=challenge)}:
        raise NotFound
    _check(session, challenge, steps=steps, owner_id=owner_id, due_on=due_on, review_on=review_on)
    made = Mitigation(
        declaration_id=declaration.id,
        declarer_id=declaration.person_id,
        challenge_id=challenge.id,
        steps=steps.strip(),
        owner_id=owner_id,
        due_on=due_on,
        review_on=review_on,
        proposed_by_id=actor.person_id,
        proposed_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _ONE_OPEN:
            raise
        raise Conflict(
            "Steps against this conflict are proposed or in place already. Decide about those."
        ) from error
    _record(session, actor, made, challenge, "proposed")
    return made


def decide_mitigation(
    session: Session, *, actor: Actor, mitigation: Mitigation, state: MitigationState, reason: str
) -> Mitigation:
    """Decide that steps are in place, so that the conflict no longer blocks, or that they are not enough.

    Side effects, in order: the row locked, the decision with person, time and reason, an audit line, the event
    ``InterestsChanged``. Raises ``NotAllowed`` for who declared the interest (the database refuses it too) and for who
    is no approver of the department, ``Conflict`` when it is decided, ``Invalid`` (``reason``).
    """
    found = lock(session, mitigation)
    if not policy.is_decider(actor, found.challenge):
        raise NotAllowed(policy.NOT_AN_APPROVER)
    if not policy.can_decide(actor, found):
        raise NotAllowed(policy.OWN_INTEREST)
    check(MITIGATION_TRANSITIONS, now=found.state, to=state, thing="step")
    words = required_text(reason, field="reason", missing="Say why you decide so", longest=LONGEST_DECISION)
    found.state = state
    found.decided_by_id, found.decided_at, found.decision = actor.person_id, clock.now(), words
    session.flush()
    session.refresh(found, ["decided_by"])
    _record(session, actor, found, found.challenge, state.value)
    emit(session, InterestsChanged(found.declaration_id))
    return found


def lock(session: Session, mitigation: Mitigation) -> Mitigation:
    """Return the steps as they stand now, locked until the transaction ends."""
    query = (
        sa.select(Mitigation)
        .where(Mitigation.id == mitigation.id)
        .options(joinedload(Mitigation.challenge))
        .with_for_update(of=Mitigation)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one()


def _check(
    session: Session, challenge: Challenge, *, steps: str, owner_id: int, due_on: date, review_on: date
) -> None:
    faults = {}
    today, words = clock.uk_today(), steps.strip()
    if not words:
        faults["steps"] = "Describe the steps, so that somebody else can check that they are taken"
    elif len(words) > LONGEST_STEPS:
        faults["steps"] = f"The steps must be {LONGEST_STEPS:,} characters or fewer"
    if not accounts.is_active_member(session, person_id=owner_id, organisation_id=challenge.organisation_id):
        faults["owner"] = "Choose somebody of your department"
    if not today <= due_on <= today + LATEST:
        faults["due_on"] = "The day must be today or later, within three years"
    if review_on < due_on:
        faults["review_on"] = "The review must be on the day by which the steps are taken, or later"
    elif review_on > today + LATEST:
        faults["review_on"] = "The review must be within three years"
    if faults:
        raise Invalid(faults)


def _record(session: Session, actor: Actor, mitigation: Mitigation, challenge: Challenge, deed: str) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"interests:mitigation:{deed}",
        subject=f"challenge:{challenge.ref}",
        mitigation=mitigation.id,
    )
