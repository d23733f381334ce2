"""Releasing a run: a named person lets the invitations go out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict
from engage.kernel.states import check
from engage.matchmaking import queries
from engage.matchmaking.enums import RUN_TRANSITIONS, HardRule, InvitationState, Origin, RunState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun
from engage.matchmaking.service import letters
from engage.matchmaking.service.invitations import find, invite, lock, send
from engage.matchmaking.service.runs import approved_version, current
from engage.matchmaking.service.sifting import broken_rule, capacity_used
from engage.suppliers import queries as suppliers
from engage.suppliers.models import Supplier


@dataclass
class Released:
    """What a release did: invitations sent, held until somebody can read them, suppliers left out by a rule."""

    sent: list[Invitation] = field(default_factory=list)
    waiting: list[Invitation] = field(default_factory=list)
    left_out: Counter[HardRule] = field(default_factory=Counter)


def release(session: Session, *, actor: Actor, run: MatchRun) -> Released:
    """Invite everybody on the shortlist of ``run``. Releasing a second time does nothing.

    The challenge's row is locked first, as a withdrawal does. The hard rules are checked once more, under a
    lock: a supplier that was paused, suspended or filled up since the match is left out. One whose people
    have no account yet is held until they have.

    Side effects, in order: the run with its time and person; for each supplier an invitation with audit
    lines and letters (see ``invite``); an audit line about the release. Raises ``Conflict`` when the
    challenge is not open, its approved text has changed, or nobody is on the shortlist.
    """
    challenges.hold(session, run.challenge)
    standing = current(session, challenge_id=run.challenge_id)
    if standing is None or standing.id != run.id:
        raise Conflict("This match has been replaced by a newer one. Reload the page.")
    if standing.state is RunState.RELEASED:
        return Released()
    _check_challenge(session, standing)
    chosen = _chosen(session, standing)
    if not chosen:
        raise Conflict("Nobody is on the shortlist. Choose at least one supplier first.")
    check(RUN_TRANSITIONS, now=standing.state, to=RunState.RELEASED, thing="match run")
    standing.state = RunState.RELEASED
    standing.released_at = clock.now()
    standing.released_by_id = actor.person_id
    session.flush()
    released = _invite_all(session, actor, standing, chosen)
    audit.record(
        session,
        actor=actor,
        tag="matchmaking:run:released",
        subject=f"run:{standing.ref}",
        challenge=standing.challenge.ref,
        sent=len(released.sent),
        waiting=len(released.waiting),
        left_out={rule.value: count for rule, count in sorted(released.left_out.items())},
    )
    return released


def send_waiting(session: Session, *, actor: Anyone) -> int:
    """Send the held invitations that somebody can read now, and return how many.

    Those of challenges that are still open, whose supplier has got its first people and is verified.
    """
    query = (
        sa.select(Invitation)
        .where(Invitation.state == InvitationState.HELD)
        .options(joinedload(Invitation.challenge), joinedload(Invitation.supplier))
        .order_by(Invitation.id)
    )
    count = 0
    for invitation in session.scalars(query).all():
        ready = invitation.challenge.is_open and invitation.supplier.organisation.verified
        if ready and letters.readers(session, invitation):
            held = lock(session, invitation)
            if held.state is InvitationState.HELD:
                send(session, actor=actor, invitation=held)
                count += 1
    return count


def _check_challenge(session: Session, run: MatchRun) -> None:
    challenge: Challenge = run.challenge
    if not challenge.is_open:
        raise Conflict("Invitations can go out only while the challenge is published and open.")
    if approved_version(session, challenge).content_hash != queries.matched_text(run):
        raise Conflict("The text has been approved anew since this match. Match again before you release.")


def _chosen(session: Session, run: MatchRun) -> Sequence[MatchCandidate]:
    query = (
        sa.select(MatchCandidate)
        .where(MatchCandidate.run_id == run.id, MatchCandidate.shortlisted)
        .order_by(MatchCandidate.rank)
    )
    return session.scalars(query).all()


def _invite_all(session: Session, actor: Actor, run: MatchRun, chosen: Sequence[MatchCandidate]) -> Released:
    ids = [candidate.supplier_id for candidate in chosen]
    rows = {supplier.id: supplier for supplier in _locked(session, ids)}
    today = clock.uk_today()
    used = capacity_used(session, today=today, supplier_ids=ids)
    released = Released()
    for candidate in chosen:
        supplier = rows[candidate.supplier_id]
        rule = broken_rule(supplier, suppliers.fresh(supplier, today=today), used)
        if rule is not None:
            released.left_out[rule] += 1
        elif find(session, challenge=run.challenge, supplier=supplier) is None:
            made = invite(
                session,
                actor=actor,
                challenge=run.challenge,
                supplier=supplier,
                origin=Origin.MATCHED,
                run=run,
            )
            (released.sent if made.state is InvitationState.SENT else released.waiting).append(made)
    return released


def _locked(session: Session, ids: Sequence[int]) -> Sequence[Supplier]:
    """Return suppliers as they stand now, locked: by id, so that two releases wait for each other in one order."""
    query = (
        sa.select(Supplier)
        .where(Supplier.id.in_(ids))
        .order_by(Supplier.id)
        .options(selectinload(Supplier.statements))
        .with_for_update(of=Supplier)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()
