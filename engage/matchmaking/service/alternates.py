"""Stepping in: who is next in line for a place that became free, and how it comes to be invited.

A place is free when the matches of a challenge have given fewer than the rules have, so drawing once more than
needed does nothing. Each place that becomes free is given once: drawing holds the challenge's row, and the database
takes no second invitation in place of the same one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges import queries as known
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone, System
from engage.kernel.errors import Conflict
from engage.matching import assignment
from engage.matching.assignment import Instance, Place, Plan, Reason
from engage.matchmaking import queries
from engage.matchmaking.enums import Origin, RunState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, Wave
from engage.matchmaking.service import openings
from engage.matchmaking.service.deciding import AT_RELEASE
from engage.matchmaking.service.invitations import Steps, hold, invite
from engage.matchmaking.service.places import STANDING, room
from engage.matchmaking.service.problem import invited_groups, own_caps
from engage.matchmaking.service.runs import current
from engage.matchmaking.service.selecting import listed_scores, stored_instance, stored_plan
from engage.matchmaking.service.sifting import sift
from engage.matchmaking.service.waves import WaveTerms, begin_wave, check_challenge, goes_on, locked, room_of
from engage.suppliers.models import Supplier

NOTHING_TO_CHOOSE = (
    "No session of this challenge takes places any more. Schedule one before an alternate is invited."
)


def draw_alternates(session: Session, *, challenge_id: int) -> list[Invitation]:
    """Draw the next in line for every place of a challenge that is free, and return their invitations.

    From the match that stands, once its invitations are out; a match that was replaced gives no more places. An
    alternate is sent by itself, in the name of who released the wave of the place, if that person said so, and with
    the same time to answer; else it is held until somebody releases it (``release_alternates``). Nothing happens
    while the challenge is not open or its text is another than the match was made of, once no session takes places any
    more (``openings``), when every place is given, and when nobody is left in line. Safe to run twice and at once.

    Side effects, in order: the challenge's row locked, the run's, then the suppliers' that could come next, by id;
    those of ``hold`` or ``invite``; an audit line for each.
    """
    challenge = challenges.lock(session, known.by_id(session, challenge_id))
    run = current(session, challenge_id=challenge.id)
    if (
        run is None
        or run.state is not RunState.RELEASED
        or not openings.left(session, challenge_id=challenge.id)
    ):
        return []
    try:
        check_challenge(session, run)
    except Conflict:
        return []
    drawn: list[Invitation] = []
    while room_of(session, run=run).left:
        supplier = _next_in_line(session, challenge, run)
        if supplier is None:
            break
        drawn.append(_step_in(session, challenge, run, supplier))
    return drawn


def next_alternate(session: Session, *, actor: Actor, challenge: Challenge) -> Invitation:
    """Invite the next in line now: a wave of one, by a named person, on the terms of the wave before.

    Alternates step in so that the rules stay kept over all matches of the challenge: who comes next depends on who
    is gone. One that a hard rule leaves out by now is passed over.

    Side effects, in order: the challenge's row locked, the run's, then the suppliers' that could come next, by id,
    as a release does; the wave; those of ``invite``; an audit line. Raises ``Conflict`` when nothing was released,
    the challenge is not open, no session takes places any more, every place is taken, or nobody is left.
    """
    challenges.lock(session, challenge)
    run = current(session, challenge_id=challenge.id)
    if run is None or run.state is not RunState.RELEASED or run.round is None or run.rules is None:
        raise Conflict("Alternates can be invited once the invitations of this match are out.")
    check_challenge(session, run)
    if not openings.left(session, challenge_id=challenge.id):
        raise Conflict(NOTHING_TO_CHOOSE)
    left = room_of(session, run=run)
    if not left.left:
        raise Conflict(f"{_every(left.places)} taken. An alternate can step in for who declines.")
    supplier = _next_in_line(session, challenge, run)
    if supplier is None:
        raise Conflict("There is no alternate left. Match again to find more suppliers.")
    freed = queries.freed_place(session, run=run)
    wave = begin_wave(session, actor=actor, run=run, terms=terms_of(session, run))
    return _invite(session, actor, challenge, run, supplier, wave, freed)


def terms_of(session: Session, run: MatchRun) -> WaveTerms:
    """Return the terms of the last wave of ``run``: what the next one begins with."""
    last = queries.last_wave(session, run=run)
    if last is None:
        return WaveTerms()
    return WaveTerms(alternates_follow=last.alternates_follow, days_to_answer=last.days_to_answer)


def _step_in(session: Session, challenge: Challenge, run: MatchRun, supplier: Supplier) -> Invitation:
    freed = queries.freed_place(session, run=run)
    wave = freed.wave if freed is not None and freed.run_id == run.id else None
    wave = wave or queries.last_wave(session, run=run)
    if wave is not None and goes_on(session, wave=wave, challenge=challenge):
        return _invite(session, System(), challenge, run, supplier, wave, freed)
    made = hold(
        session,
        actor=System(),
        challenge=challenge,
        supplier=supplier,
        origin=Origin.MATCHED,
        run=run,
        steps=Steps(drawn_at=clock.now(), instead_of=freed),
    )
    _record(session, System(), made, run, wave=None)
    return made


def _invite(
    session: Session,
    actor: Anyone,
    challenge: Challenge,
    run: MatchRun,
    supplier: Supplier,
    wave: Wave,
    freed: Invitation | None,
) -> Invitation:
    made = invite(
        session,
        actor=actor,
        challenge=challenge,
        supplier=supplier,
        origin=Origin.MATCHED,
        run=run,
        wave=wave,
        steps=Steps(drawn_at=clock.now(), instead_of=freed),
    )
    _record(session, actor, made, run, wave=wave.number)
    return made


def _next_in_line(session: Session, challenge: Challenge, run: MatchRun) -> Supplier | None:
    """Return who has the next free place of ``challenge``, its row locked; ``None`` when nobody is left in line."""
    if run.round is None or run.rules is None:
        return None
    invited = {one.supplier.ref: one for one in queries.for_challenge(session, challenge_id=challenge.id)}
    candidates = {one.supplier.ref: one for one in queries.candidates(session, run_id=run.id)}
    planned = {ref: one for ref, one in invited.items() if one.origin is Origin.MATCHED}
    gone = _gone(planned, candidates)
    instance = _as_it_is(session, run, stored_instance(run.round))
    near = {ref for own, ref, _score in listed_scores(instance) if own == challenge.ref}
    free = {ref: candidates[ref] for ref in sorted(near - invited.keys() - gone)}
    rows, ready = _can_come(session, challenge, free)
    plan = _as_it_went(stored_plan(run.round), challenge.ref, candidates, {*planned, *gone})
    away = sorted({*gone, *(free.keys() - ready), *(invited.keys() - planned.keys())})
    ref = assignment.next_alternate(instance, plan, session=challenge.ref, gone=away)
    return None if ref is None else rows[ref]


def _can_come(
    session: Session, challenge: Challenge, free: Mapping[str, MatchCandidate]
) -> tuple[dict[str, Supplier], set[str]]:
    """Return the suppliers of ``free``, locked, and the references of those that nothing keeps away by now.

    All of them are locked at once, in the order in which a release locks: were the one that comes next locked and,
    if it had to be passed over, the one after it, two challenges could wait for each other.
    """
    ids = [one.supplier_id for one in free.values()]
    rows = {supplier.ref: supplier for supplier in locked(session, ids)}
    left_out = sift(session, department=challenge.organisation, challenge=challenge, ids=ids).left_out
    groups = invited_groups(session, challenge_id=challenge.id)
    ready = {ref for ref, one in free.items() if ref not in left_out and one.corporate_group not in groups}
    return rows, ready


def _as_it_is(session: Session, run: MatchRun, instance: Instance) -> Instance:
    """Return the problem of a round with what other matches of the challenge have given of floors and caps by now."""
    assert run.rules is not None, "a planned run has rules"
    others = room(session, challenge_id=run.challenge_id, places=run.rules.places, but_for=run)
    ref = run.challenge.ref
    floors, caps = others.floors(run.rules), own_caps(others, run.rules, ref)
    sessions = [
        replace(each, floors=floors, caps=caps) if each.id == ref else each for each in instance.sessions
    ]
    return replace(instance, sessions=sessions)


def _gone(planned: Mapping[str, Invitation], candidates: Mapping[str, MatchCandidate]) -> set[str]:
    """Return who takes none of the places: who declined or let the time pass, and who cannot be invited.

    ``planned`` are the invitations of matches: who comes beside the plan takes no place, and none of a floor or cap.
    """
    ended = {ref for ref, one in planned.items() if one.state not in STANDING}
    refused = {
        ref for ref, one in candidates.items() if ref not in planned and one.decided_by.startswith(AT_RELEASE)
    }
    return ended | refused


def _as_it_went(
    plan: Plan,
    ref: str,
    candidates: Mapping[str, MatchCandidate],
    given: Collection[str],
) -> Plan:
    """Return ``plan`` with the places of the challenge ``ref`` as they were ``given``, also by stepping in."""
    kept = tuple(place for place in plan.places if place.session != ref)
    own = tuple(
        Place(session=ref, supplier=one, score=candidates[one].score, reason=Reason.FIT.value)
        for one in sorted(candidates.keys() & given)
    )
    return replace(plan, places=(*kept, *own))


def _every(places: int) -> str:
    return "The one place is" if places == 1 else f"All {places} places are"


def _record(session: Session, actor: Anyone, made: Invitation, run: MatchRun, *, wave: int | None) -> None:
    audit.record(
        session,
        actor=actor,
        tag="matchmaking:run:alternate",
        subject=f"run:{run.ref}",
        challenge=run.challenge.ref,
        supplier=made.supplier.ref,
        instead_of=made.instead_of.ref if made.instead_of else None,
        wave=wave,
    )
