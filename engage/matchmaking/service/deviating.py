"""Against the plan once invitations are out: a person invites another, or takes an invitation back, with a reason."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.events import emit
from engage.matchmaking import queries
from engage.matchmaking.enums import HardRule, InvitationState, Origin, OverrideKind, RunState
from engage.matchmaking.events import InvitationTakenBack
from engage.matchmaking.models import Invitation, MatchRun, SelectionOverride
from engage.matchmaking.service.alternates import terms_of
from engage.matchmaking.service.invitations import Steps, invite, lock, put_back, withdraw
from engage.matchmaking.service.overrides import LONGEST_REASON
from engage.matchmaking.service.problem import invited_groups
from engage.matchmaking.service.runs import current
from engage.matchmaking.service.sifting import sift
from engage.matchmaking.service.waves import begin_wave, check_challenge, locked, room_of

TAKEN_BACK = "A person of the department took the invitation back."


def take_back(session: Session, *, actor: Actor, invitation: Invitation, reason: str) -> Invitation:
    """Take the invitation of a supplier back, with a reason that it reads; the next in line gets the place.

    Side effects, in order: the challenge's row locked, the invitation's; the event ``InvitationTakenBack``; the
    decision, which counts among those against the plan; an audit line without the reason; those of ``withdraw``.
    Raises ``Invalid`` (``reason``), and ``Conflict`` when the invitation has ended already or, by the event, when its
    session has begun.
    """
    words = _words(reason)
    challenge = challenges.lock(session, invitation.challenge)
    now = lock(session, invitation)
    if now.state not in (InvitationState.HELD, InvitationState.SENT, InvitationState.ACCEPTED):
        raise Conflict(f"This invitation is {now.state.value} already.")
    emit(session, InvitationTakenBack(now.id))
    _decide(session, actor, challenge, now.supplier_id, OverrideKind.EXCLUDE, words)
    return withdraw(
        session,
        actor=actor,
        invitation=now,
        reason=TAKEN_BACK,
        told=f"{TAKEN_BACK} Its reason: {words}",
    )


def invite_against(
    session: Session, *, actor: Actor, run: MatchRun, supplier_ref: str, reason: str
) -> Invitation:
    """Invite a candidate of a released match whose turn it is not, with a reason: a wave of one.

    It takes a free place or, when there is none, that of the alternate that waits for its release and was drawn last,
    which goes back into line. Hard rules hold, and one of a corporate group only.

    Side effects, in order: the challenge's row locked, the run's, the supplier's; the decision, which counts among
    those against the plan; an audit line without the reason; the wave; those of ``invite``. Raises ``Invalid``
    (``reason``), ``Conflict`` when the invitations are not out, no place is free, or a rule stands in the way, and
    ``NotFound`` when the supplier is no candidate.
    """
    words = _words(reason)
    challenge = challenges.lock(session, run.challenge)
    standing = current(session, challenge_id=run.challenge_id)
    if standing is None or standing.id != run.id or standing.state is not RunState.RELEASED:
        raise Conflict("This match has been replaced, or its invitations are not out. Reload the page.")
    check_challenge(session, standing)
    candidate = queries.candidate(session, run_id=run.id, supplier_ref=supplier_ref)
    (supplier,) = locked(session, [candidate.supplier_id])
    sifted = sift(session, department=challenge.organisation, challenge=challenge, ids=[supplier.id])
    rule = sifted.left_out.get(supplier_ref)
    if rule is not None:
        words_of_rule = HardRule(rule).sentence
        raise Conflict(
            f"A hard rule leaves this supplier out, and no decision overcomes it: {words_of_rule}."
        )
    waiting = queries.alternates_waiting(session, challenge_id=challenge.id)
    own = [one for one in waiting if one.supplier_id == supplier.id]
    if own:
        raise Conflict("It is drawn already and waits for its release. Release it instead.")
    if candidate.corporate_group in invited_groups(session, challenge_id=challenge.id):
        raise Conflict("Another supplier of its corporate group is invited, and only one of a group can be.")
    if not room_of(session, run=standing).left:
        if not waiting:
            raise Conflict(
                "Every place is given. Take an invitation back first; so that the next in line is not invited before "
                "you are done, let alternates wait for a release under “Waves”."
            )
        put_back(session, actor=actor, invitation=waiting[-1])
    _decide(session, actor, challenge, supplier.id, OverrideKind.PIN, words)
    freed = queries.freed_place(session, run=standing)
    wave = begin_wave(session, actor=actor, run=standing, terms=terms_of(session, standing))
    return invite(
        session,
        actor=actor,
        challenge=challenge,
        supplier=supplier,
        origin=Origin.MATCHED,
        run=standing,
        wave=wave,
        steps=Steps(instead_of=freed),
    )


def _decide(
    session: Session, actor: Actor, challenge: Challenge, supplier_id: int, kind: OverrideKind, reason: str
) -> None:
    """Write the decision; one that stood before about the supplier ends with it."""
    former = sa.select(SelectionOverride).where(
        SelectionOverride.challenge_id == challenge.id,
        SelectionOverride.supplier_id == supplier_id,
        SelectionOverride.ended_at.is_(None),
    )
    now = clock.now()
    for one in session.scalars(former):
        one.ended_at, one.ended_by_id = now, actor.person_id
    session.flush()
    made = SelectionOverride(
        challenge_id=challenge.id,
        supplier_id=supplier_id,
        kind=kind,
        reason=reason,
        after_release=True,
        made_at=now,
        made_by_id=actor.person_id,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="matchmaking:override:made",
        subject=f"challenge:{challenge.ref}",
        supplier=made.supplier.ref,
        kind=kind.value,
        override=made.id,
        after_release=True,
    )


def _words(reason: str) -> str:
    words = reason.strip()
    if not words:
        raise Invalid({"reason": "Say why, so that others can follow it"})
    if len(words) > LONGEST_REASON:
        raise Invalid({"reason": f"The reason must be {LONGEST_REASON} characters or fewer"})
    return words
