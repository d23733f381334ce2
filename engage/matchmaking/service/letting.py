"""Alternates that were drawn and wait: a named person lets them go out, as the next wave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.kernel import jobs
from engage.kernel.actor import Actor, System
from engage.kernel.errors import Conflict
from engage.kernel.text import sha256
from engage.matchmaking import queries
from engage.matchmaking.enums import HardRule, RunState
from engage.matchmaking.models import Invitation
from engage.matchmaking.service import letters
from engage.matchmaking.service.invitations import DRAW, is_verified, lock, put_back, send
from engage.matchmaking.service.releasing import Released
from engage.matchmaking.service.runs import current
from engage.matchmaking.service.sifting import sift
from engage.matchmaking.service.waves import WaveTerms, begin_wave, check_challenge, locked


def waiting_mark(waiting: Iterable[Invitation]) -> str:
    """Return a short mark of which alternates wait: a page carries it, as with ``plan_mark``."""
    return sha256("\n".join(sorted(one.ref for one in waiting)))[:16]


def release_alternates(
    session: Session, *, actor: Actor, challenge: Challenge, terms: WaveTerms, seen: str | None = None
) -> Released:
    """Let the alternates that wait go out: the next wave. With nobody waiting nothing happens.

    The hard rules are checked once more, under a lock: whom one leaves out by now goes back, and the next in line is
    drawn instead. ``seen`` is the ``waiting_mark`` of what the person looked at.

    Side effects, in order: the challenge's row locked, the run's, then the suppliers', by id; the wave; for each what
    ``send`` does, or ``put_back``; a job that draws anew. Raises ``Conflict`` when the challenge is not open, its text
    is another than the match was made of, or others wait by now.
    """
    challenges.lock(session, challenge)
    run = current(session, challenge_id=challenge.id)
    waiting = queries.alternates_waiting(session, challenge_id=challenge.id)
    if seen is not None and seen != waiting_mark(waiting):
        raise Conflict("Other alternates wait by now. Look again before you send anything.")
    released = Released()
    if run is None or run.state is not RunState.RELEASED or not waiting:
        return released
    check_challenge(session, run)
    left_out = _left_out(session, challenge, waiting)
    wave = begin_wave(session, actor=actor, run=run, terms=terms)
    for one in waiting:
        invitation = lock(session, one)
        rule = left_out.get(one.supplier.ref)
        if not invitation.waits_for_release:
            continue
        if rule is not None:
            put_back(session, actor=System(), invitation=invitation)
            released.left_out[rule] += 1
            continue
        invitation.wave = wave
        if is_verified(session, invitation.supplier) and letters.readers(session, invitation):
            send(session, actor=actor, invitation=invitation)
            released.sent.append(invitation)
        else:
            released.waiting.append(invitation)
    session.flush()
    if released.left_out:
        jobs.defer(session, DRAW, challenge_id=challenge.id)
    return released


def _left_out(session: Session, challenge: Challenge, waiting: Sequence[Invitation]) -> dict[str, HardRule]:
    ids = [one.supplier_id for one in waiting]
    locked(session, ids)
    return sift(session, department=challenge.organisation, challenge=challenge, ids=ids).left_out
