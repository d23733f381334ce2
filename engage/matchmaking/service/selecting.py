"""Giving the places: one plan over every match that stands unreleased, so that capacity and groups are shared."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Collection, Sequence
from importlib.metadata import version
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict
from engage.kernel.ids import short_id
from engage.matching import assignment
from engage.matching.assignment import Cost, Instance, Order, Plan, Scores, Status
from engage.matchmaking.enums import Outcome, RoundStatus, RunState
from engage.matchmaking.models import MatchCandidate, MatchRun, SelectionRound, SelectionRules
from engage.matchmaking.models.selection import EXPLORATION, PLACES
from engage.matchmaking.service import fairness, lottery, outcomes
from engage.matchmaking.service.contradicting import contradiction
from engage.matchmaking.service.matchable import MATCHABLE
from engage.matchmaking.service.problem import Contest, contest, instance_of

_LOCK = 0x726F756E64  # "round": one plan is made at a time
Insists = Callable[[Order], bool]


def begin(session: Session, *, challenge_ids: Collection[int] = ()) -> None:
    """Take every lock that planning needs, in the one order that keeps rounds and releases from a deadlock.

    First that of the rounds, then the rows of all challenges whose match stands unreleased and those with
    ``challenge_ids``, by id, as ``challenges.hold`` does. Whoever changes what a plan is made of (a match,
    rules, an override) calls this before any other lock. The locks end with the transaction.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    waiting = sa.select(MatchRun.challenge_id).where(MatchRun.state == RunState.MATCHED)
    query = (
        sa.select(Challenge)
        .where(sa.or_(Challenge.id.in_(waiting), Challenge.id.in_(challenge_ids)))
        .order_by(Challenge.id)
        .with_for_update(key_share=True)
    )
    session.scalars(query.execution_options(populate_existing=True)).all()


def plan(session: Session, *, actor: Anyone, insists: Insists | None = None) -> SelectionRound | None:
    """Give the places of every match that stands unreleased anew, all at once; ``None`` when none stands.

    Pins that cannot all be kept are left out, the latest of those in contradiction first, and named in the
    round's result; floors that ask for more than there are places end as shortages. With ``insists``, a
    contradiction that it recognises as the caller's is refused instead.

    Side effects, in order: ``begin``; default rules and lottery commitments where there are none; the round
    with problem, plan and fairness report; every candidate's outcome; the runs' rules and round; an audit line
    for the round and for each run whose chosen changed. Raises ``Conflict`` in words for what is insisted on.
    """
    begin(session)
    contests = [
        contest(session, run=run, rules=rules_in_force(session, challenge=run.challenge, keep=True))
        for run in _standing(session)
    ]
    if not contests:
        return None
    seeds = {each.ref: _seed(session, actor, each.run) for each in contests}
    seed = lottery.joint_seed(seeds.values())
    instance, solved, unkept = _solve(contests, seed=seed, actor=actor, insists=insists)
    made = _round(actor, instance, solved)
    made.result = outcomes.result(contests, solved, seeds=seeds, unkept=unkept)
    made.result["fairness"] = fairness.report(session, now=made.made_at).to_dict()
    session.add(made)
    session.flush()
    changes = outcomes.write(session, contests, instance, solved, made=made, unkept=unkept)
    _tell(session, actor, made, contests, changes)
    return made


def rules_in_force(session: Session, *, challenge: Challenge, keep: bool = False) -> SelectionRules:
    """Return the rules of ``challenge``; where nobody set any, the usual ones, added to the session if ``keep``."""
    query = sa.select(SelectionRules).where(SelectionRules.challenge_id == challenge.id)
    found = session.scalar(query.order_by(SelectionRules.number.desc()).limit(1))
    if found is not None:
        return found
    usual = SelectionRules(
        challenge_id=challenge.id,
        number=0,
        floors={},
        caps={},
        reason="",
        after_match=False,
        made_at=clock.now(),
    )
    usual.places, usual.exploration = PLACES, EXPLORATION
    if keep:
        session.add(usual)
        session.flush()
    return usual


def cost_of(candidate: MatchCandidate) -> Cost | None:
    """Return what choosing a candidate would have taken off the round's total; worked out now, nothing is written.

    ``None`` for who was chosen, and for who took no part in the round.
    """
    made = candidate.run.round
    if made is None or candidate.outcome is Outcome.CHOSEN:
        return None
    pair = (candidate.run.challenge.ref, candidate.supplier.ref)
    instance = stored_instance(made)
    if pair not in {(one, other) for one, other, _ in listed_scores(instance)}:
        return None
    return assignment.costs(instance, stored_plan(made), [pair])[pair]


def listed_scores(instance: Instance) -> Sequence[tuple[str, str, float]]:
    """Return the scores of a round's problem: challenge, supplier, points."""
    assert not isinstance(instance.scores, Scores), "rounds list their scores"
    return instance.scores


def stored_instance(made: SelectionRound) -> Instance:
    """Return the problem that a round solved."""
    return assignment.instance_from_json(zlib.decompress(made.instance))


def stored_plan(made: SelectionRound) -> Plan:
    """Return the plan that a round came to."""
    return assignment.plan_from_json(zlib.decompress(made.plan))


def _standing(session: Session) -> list[MatchRun]:
    query = (
        sa.select(MatchRun)
        .join(MatchRun.challenge)
        .where(MatchRun.state == RunState.MATCHED, Challenge.state.in_(MATCHABLE))
        .order_by(MatchRun.challenge_id)
        .with_for_update(of=MatchRun)
        .execution_options(populate_existing=True)
    )
    return [run for run in session.scalars(query) if not run.challenge.is_past]


def _seed(session: Session, actor: Anyone, run: MatchRun) -> str:
    if run.commitment is None:
        run.commitment = lottery.commit_to_lottery(session, actor=actor, challenge=run.challenge)
    return lottery.seed_of(run.commitment.secret, run.snapshot_hash)


def _solve(
    contests: Sequence[Contest], *, seed: str, actor: Anyone, insists: Insists | None
) -> tuple[Instance, Plan, set[int]]:
    """Solve; while orders contradict each other, let the latest pin among them go, else the floors, and solve again."""
    unkept: set[int] = set()
    give_way: set[str] = set()
    while True:
        instance = instance_of(contests, seed=seed, unkept=unkept, give_way=give_way)
        solved = assignment.solve(instance)
        if solved.status is not Status.INFEASIBLE:
            return instance, solved, unkept
        if insists is not None and any(map(insists, solved.conflicting)):
            asked_by = actor.organisation_id if isinstance(actor, Actor) else None
            raise Conflict(contradiction(solved, contests, asked_by=asked_by))
        named = {(order.session, order.supplier) for order in solved.conflicting if order.kind == "pin"}
        pins = [
            pin.id
            for each in contests
            for pin in each.pins
            if pin.id not in unkept and (each.ref, pin.supplier.ref) in named
        ]
        if pins:
            unkept.add(max(pins))
            continue
        floors = {order.session for order in solved.conflicting if order.kind == "floor"} - give_way
        assert floors, "without pins only floors can ask for more than the places"
        give_way |= floors


def _round(actor: Anyone, instance: Instance, solved: Plan) -> SelectionRound:
    problem, answer = assignment.instance_to_json(instance), assignment.plan_to_json(solved)
    return SelectionRound(
        ref=f"r-{short_id(8)}",
        made_at=clock.now(),
        made_by_id=actor.person_id if isinstance(actor, Actor) else None,
        instance=zlib.compress(problem),
        instance_hash=hashlib.sha256(problem).hexdigest(),
        plan=zlib.compress(answer),
        plan_hash=hashlib.sha256(answer).hexdigest(),
        seed=instance.seed,
        solver=f"{solved.solver or 'HiGHS ' + version('highspy')}, assignment {solved.version}",
        status=RoundStatus(solved.status.value),
        objective=solved.objective,
        bound=solved.bound,
    )


def _tell(
    session: Session,
    actor: Anyone,
    made: SelectionRound,
    contests: Sequence[Contest],
    changes: dict[str, dict[str, Any]],
) -> None:
    audit.record(
        session,
        actor=actor,
        tag="matchmaking:round:planned",
        subject=f"round:{made.ref}",
        challenges=[each.ref for each in contests],
        status=made.status.value,
        instance=made.instance_hash,
        plan=made.plan_hash,
    )
    for each in contests:
        if each.ref in changes:
            audit.record(
                session,
                actor=actor,
                tag="matchmaking:run:planned",
                subject=f"run:{each.run.ref}",
                round=made.ref,
                rules=each.rules.number,
                **changes[each.ref],
            )
