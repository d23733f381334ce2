"""Declaring an interest, correcting, ending and withdrawing it; saying that there is none."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.audit import service as audit
from engage.challenges import policy as challenges
from engage.challenges.models import Challenge
from engage.interests import policy, queries
from engage.interests.events import InterestsChanged
from engage.interests.models import Declaration, DeclaredNone
from engage.interests.service.telling import Told, read
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from engage.kernel.events import emit
from engage.kernel.text import required_text
from engage.kernel.uktime import uk_date

_ONE_EACH = "uq_declaration_live"
CORRECTED = "Corrected."
LONGEST_REASON = 1000


def declare(session: Session, *, actor: Actor, told: Told, challenge: Challenge | None = None) -> Declaration:
    """Declare an interest of ``actor``, acting for their organisation, about one ``challenge`` or about all.

    Side effects, in order: the declaration, an audit line about the person, the event ``InterestsChanged`` (seats
    that it stands in the way of are blocked at once). Raises ``NotAllowed``; ``Invalid`` with a sentence for each
    field that is wrong, also for an interest declared before; ``NotFound`` for a challenge of somebody else.
    """
    _may_declare(actor, challenge)
    made = _write(session, actor, told, challenge, replaces=None)
    _record(session, actor, made, "made")
    emit(session, InterestsChanged(made.id))
    return made


def correct(
    session: Session,
    *,
    actor: Actor,
    declaration: Declaration,
    told: Told,
    challenge: Challenge | None = None,
) -> Declaration:
    """Put a corrected declaration in the place of one's own; the former stays readable as history.

    Steps decided for the former do not hold for the new one: an approver decides anew. Side effects, in order: the
    former is closed, the new declaration, audit lines, the event ``InterestsChanged``. Raises what ``declare`` raises,
    and ``Conflict`` when it was withdrawn or corrected before.
    """
    _may_declare(actor, challenge)
    former = _own(session, actor, declaration)
    with session.begin_nested():
        _close(former, actor, CORRECTED)
        session.flush()
        made = _write(session, actor, told, challenge, replaces=former)
    _record(session, actor, made, "corrected", replaces=former.id)
    emit(session, InterestsChanged(made.id))
    return made


def end(session: Session, *, actor: Actor, declaration: Declaration, ended_on: date) -> Declaration:
    """Record the last day of an interest; it still counts for its cooling-off.

    Side effects: the end and when it was recorded, an audit line, the event ``InterestsChanged``. Raises ``Invalid``
    (``ended_on``) for a day in the future or before the start, ``Conflict`` when an end was recorded before.
    """
    found = _own(session, actor, declaration)
    if found.ended_on is not None:
        raise Conflict(
            "The end of this interest was recorded before. Correct the declaration if it is wrong."
        )
    if ended_on > clock.uk_today():
        raise Invalid(
            {"ended_on": "The last day must be today or earlier: correct the declaration for a later end"}
        )
    if ended_on < found.starts_on:
        raise Invalid(
            {"ended_on": f"The last day must be {uk_date(found.starts_on)} or later, when it began"}
        )
    found.ended_on, found.ended_at = ended_on, clock.now()
    session.flush()
    session.refresh(found, ["counts_until"])
    _record(session, actor, found, "ended")
    emit(session, InterestsChanged(found.id))
    return found


def withdraw(session: Session, *, actor: Actor, declaration: Declaration, reason: str) -> Declaration:
    """Take back what was declared by mistake; it counts no more, and stays in the assessment with the ``reason``.

    Who declared it may, and for somebody who has left a supplier one of its administrators. Side effects: the time,
    person and reason, an audit line, the event ``InterestsChanged``. Raises ``Invalid`` (``reason``), ``Conflict``.
    """
    words = required_text(reason, field="reason", missing="Say why it was a mistake", longest=LONGEST_REASON)
    found = _own(session, actor, declaration)
    _close(found, actor, words)
    session.flush()
    _record(session, actor, found, "withdrawn")
    emit(session, InterestsChanged(found.id))
    return found


def declare_none(session: Session, *, actor: Actor, challenge: Challenge) -> DeclaredNone:
    """Say that there is nothing to declare about ``challenge``; saying it again changes nothing.

    Side effects: the statement with its time, an audit line. Raises ``NotAllowed`` for who is not of the department,
    ``Conflict`` for who has declared an interest that counts for this challenge.
    """
    if not policy.can_state_none(actor, challenge):
        raise NotAllowed("Only people of the department can say that they have nothing to declare.")
    if queries.counting_of(session, person_id=actor.person_id, challenge=challenge):
        raise Conflict(
            "You have declared an interest that counts for this challenge. If it was a mistake, withdraw it first."
        )
    said = queries.said_none(session, person_id=actor.person_id, challenge=challenge)
    if said is not None:
        return said
    made = DeclaredNone(
        person_id=actor.person_id,
        organisation_id=challenge.organisation_id,
        challenge_id=challenge.id,
        made_at=clock.now(),
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="interests:none:declared",
        subject=f"person:{actor.person_id}",
        challenge=challenge.ref,
    )
    return made


def _may_declare(actor: Actor, challenge: Challenge | None) -> None:
    if not policy.can_declare(actor):
        raise NotAllowed("Act for a department or a supplier to declare an interest.")
    if challenge is None:
        return
    own = challenges.belongs(actor, challenge)
    theirs = actor.organisation_kind is OrganisationKind.SUPPLIER and challenge.is_public
    if not (own or theirs):
        raise NotFound("There is no challenge with this reference.")


def _write(
    session: Session, actor: Actor, told: Told, challenge: Challenge | None, *, replaces: Declaration | None
) -> Declaration:
    made = Declaration(
        **read(session, actor=actor, told=told),
        person_id=actor.person_id,
        organisation_id=actor.organisation_id,
        challenge_id=challenge.id if challenge else None,
        made_at=clock.now(),
        replaces_id=replaces.id if replaces else None,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _ONE_EACH:
            raise
        raise Invalid(
            {"counterpart": "You have declared this interest before: correct or end that declaration instead"}
        ) from error
    return made


def _own(session: Session, actor: Actor, declaration: Declaration) -> Declaration:
    query = sa.select(Declaration).where(Declaration.id == declaration.id).with_for_update()
    found = session.scalars(query.execution_options(populate_existing=True)).one()
    gone = not accounts.is_active_member(
        session, person_id=found.person_id, organisation_id=found.organisation_id
    )
    if not policy.is_own(actor, found) and not (gone and policy.looks_after(actor, found)):
        raise NotFound
    if found.closed_at is not None:
        raise Conflict(
            "This declaration was withdrawn or corrected before. Reload the page to see what holds now."
        )
    return found


def _close(declaration: Declaration, actor: Actor, reason: str) -> None:
    declaration.closed_at = clock.now()
    declaration.closed_by_id = actor.person_id
    declaration.closed_reason = reason


def _record(session: Session, actor: Actor, declaration: Declaration, deed: str, **details: int) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"interests:declaration:{deed}",
        subject=f"person:{declaration.person_id}",
        declaration=declaration.id,
        **details,
    )
