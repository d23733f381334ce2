"""A person decides about one supplier: in, or out, with a reason that is kept. Every decision plans anew at once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.matching.assignment import Order
from engage.matchmaking.enums import HardRule, OverrideKind, RunState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, SelectionOverride
from engage.matchmaking.service import selecting
from engage.matchmaking.service.deciding import RULE
from engage.matchmaking.service.problem import contest
from engage.matchmaking.service.runs import current
from engage.suppliers.models import Supplier

LONGEST_REASON = 500
_ONE_LIVE = "uq_selection_override_live"


def override(
    session: Session, *, actor: Actor, run: MatchRun, supplier_ref: str, kind: OverrideKind, reason: str
) -> SelectionOverride:
    """Pin a candidate of ``run``, so that it is chosen, or exclude it, so that it is not; and plan anew.

    The decision holds for the challenge, also through later matches, until it is ended. A pin overcomes fit
    and lot, never a hard rule. Side effects, in order: the row; an audit line without the reason, which names
    what a person thought of a supplier; then those of ``selecting.plan``.

    Raises ``Conflict`` when the run was released or replaced, the supplier was invited before, a decision
    about it stands, or the pin cannot be kept (in words, with the smallest way out); ``Invalid`` (``reason``);
    ``NotFound`` when the supplier is no candidate.
    """
    selecting.begin(session, challenge_ids=[run.challenge_id])
    standing = _standing(session, run)
    words = _reason(reason)
    candidate = _candidate(session, standing, supplier_ref)
    if kind is OverrideKind.PIN:
        _check_pin(session, standing, supplier_ref)
    made = SelectionOverride(
        challenge_id=standing.challenge_id,
        supplier_id=candidate.supplier_id,
        kind=kind,
        reason=words,
        made_at=clock.now(),
        made_by_id=actor.person_id,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _ONE_LIVE:
            raise
        raise Conflict("Somebody has decided about this supplier already. Take that back first.") from error
    _record(session, actor, standing, "made", supplier=supplier_ref, kind=kind.value, override=made.id)
    ref = standing.challenge.ref

    def mine(order: Order) -> bool:
        return order.kind == "pin" and (order.session, order.supplier) == (ref, supplier_ref)

    selecting.plan(session, actor=actor, insists=mine if kind is OverrideKind.PIN else None)
    return made


def end_override(session: Session, *, actor: Actor, run: MatchRun, supplier_ref: str) -> None:
    """Take back the decision about a supplier and plan anew. It stays on the record.

    Side effects, in order: the row's end; an audit line; those of ``selecting.plan``. Raises ``Conflict`` when
    the run was released or replaced, ``NotFound`` when no decision about the supplier stands.
    """
    selecting.begin(session, challenge_ids=[run.challenge_id])
    standing = _standing(session, run)
    query = (
        sa.select(SelectionOverride)
        .join(SelectionOverride.supplier)
        .where(
            SelectionOverride.challenge_id == standing.challenge_id,
            SelectionOverride.ended_at.is_(None),
            Supplier.ref == supplier_ref,
        )
    )
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("No decision about this supplier stands.")
    found.ended_at, found.ended_by_id = clock.now(), actor.person_id
    session.flush()
    _record(
        session, actor, standing, "ended", supplier=supplier_ref, kind=found.kind.value, override=found.id
    )
    selecting.plan(session, actor=actor)


def _standing(session: Session, run: MatchRun) -> MatchRun:
    standing = current(session, challenge_id=run.challenge_id)
    if standing is None or standing.id != run.id or standing.state is not RunState.MATCHED:
        raise Conflict("This match has been released or replaced in the meantime. Reload the page.")
    if standing.challenge.is_past:
        raise Conflict("The last day of this challenge is over, so its places are not given any more.")
    return standing


def _reason(reason: str) -> str:
    words = reason.strip()
    if not words:
        raise Invalid({"reason": "Say why, so that others can follow it"})
    if len(words) > LONGEST_REASON:
        raise Invalid({"reason": f"The reason must be {LONGEST_REASON} characters or fewer"})
    return words


def _candidate(session: Session, run: MatchRun, supplier_ref: str) -> MatchCandidate:
    query = (
        sa.select(MatchCandidate)
        .join(MatchCandidate.supplier)
        .where(MatchCandidate.run_id == run.id, Supplier.ref == supplier_ref)
        .options(joinedload(MatchCandidate.supplier))
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("This supplier is not in the match.")
    invited = sa.select(Invitation.id).where(
        Invitation.challenge_id == run.challenge_id, Invitation.supplier_id == found.supplier_id
    )
    if session.scalar(invited) is not None:
        raise Conflict(f"{found.supplier.organisation.name} has already been invited to this challenge.")
    return found


def _check_pin(session: Session, run: MatchRun, supplier_ref: str) -> None:
    """Refuse a pin that something stronger than a plan stands against."""
    rules = selecting.rules_in_force(session, challenge=run.challenge)
    decided = contest(session, run=run, rules=rules).aside.get(supplier_ref, "")
    if decided == "group":
        raise Conflict("Another supplier of its corporate group is invited, and only one of a group can be.")
    if decided.startswith(RULE):
        rule = HardRule(decided.removeprefix(RULE)).sentence
        raise Conflict(f"A hard rule leaves this supplier out, and no decision overcomes it: {rule}.")


def _record(session: Session, actor: Actor, run: MatchRun, deed: str, **details: Any) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"matchmaking:override:{deed}",
        subject=f"run:{run.ref}",
        challenge=run.challenge.ref,
        **details,
    )
