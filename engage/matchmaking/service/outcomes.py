"""What a plan means for each candidate, written on the rows; and for each challenge, in the round's result."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.matching import assignment
from engage.matching.assignment import Instance, Plan
from engage.matchmaking.enums import Outcome
from engage.matchmaking.models import MatchCandidate, SelectionRound
from engage.matchmaking.service.deciding import UNKEPT_PIN, shortage_sentence
from engage.matchmaking.service.problem import Contest, current_tags
from engage.matchmaking.service.tags import plain


def write(
    session: Session,
    contests: Sequence[Contest],
    instance: Instance,
    solved: Plan,
    *,
    made: SelectionRound,
    unkept: Collection[int],
) -> dict[str, dict[str, Any]]:
    """Write outcome, order and reason on every candidate, rules and round on every run.

    Returns, by challenge, who came and who went, for the runs whose chosen are not what they were.
    """
    reasons = {(one.session, one.supplier): one.reason for one in assignment.left_out(instance, solved)}
    chances = {(one.session, one.supplier): one.probability for one in solved.chances}
    places = {(place.session, place.supplier): place for place in solved.places}
    run_ids = [each.run.id for each in contests]
    # the order is unique in a run: it is taken away before it is given anew
    session.execute(
        sa.update(MatchCandidate)
        .where(MatchCandidate.run_id.in_(run_ids), MatchCandidate.alternate_rank.is_not(None))
        .values(alternate_rank=None, outcome=Outcome.NOT_CHOSEN)
        .execution_options(synchronize_session="fetch")
    )
    changes: dict[str, dict[str, Any]] = {}
    for each in contests:
        before = {ref for ref, one in each.candidates.items() if one.outcome is Outcome.CHOSEN}
        order = {ref: place for place, ref in enumerate(solved.alternates.get(each.ref, ()), start=1)}
        unkept_refs = {pin.supplier.ref for pin in each.pins if pin.id in unkept}
        for ref, candidate in each.candidates.items():
            place = places.get((each.ref, ref))
            decided = place.reason if place else reasons.get((each.ref, ref), each.aside.get(ref, ""))
            candidate.outcome = _outcome(chosen=place is not None, alternate=ref in order)
            candidate.alternate_rank = order.get(ref)
            candidate.decided_by = UNKEPT_PIN if ref in unkept_refs and place is None else plain(decided)
            candidate.probability = chances.get((each.ref, ref))
            candidate.tags = current_tags(each, ref)
        each.run.rules, each.run.round = each.rules, made
        after = {ref for ref, one in each.candidates.items() if one.outcome is Outcome.CHOSEN}
        if before != after:
            changes[each.ref] = {
                "chosen": len(after),
                "added": sorted(after - before),
                "removed": sorted(before - after),
            }
    session.flush()
    return changes


def result(
    contests: Sequence[Contest], solved: Plan, *, seeds: Mapping[str, str], unkept: Collection[int]
) -> dict[str, Any]:
    """Return what a round says about its challenges and about itself, as JSON values."""
    return {
        "challenges": {
            each.ref: {
                "run": each.run.ref,
                "rules": each.rules.number,
                "seed": seeds[each.ref],
                "shortages": [
                    {
                        "rule": plain(one.rule),
                        "by": one.by,
                        "words": shortage_sentence(plain(one.rule), one.by),
                    }
                    for one in solved.shortages
                    if one.session == each.ref
                ],
                "prices": [
                    {"rule": plain(one.rule), "points": one.points, "exact": one.exact}
                    for one in solved.prices
                    if one.session == each.ref
                ],
                "unkept": [pin.supplier.ref for pin in each.pins if pin.id in unkept],
            }
            for each in contests
        },
        "seeds": sorted(seeds.values()),
        "score": solved.score,
        "gap": solved.gap,
        "exploration_cost": solved.exploration_cost,
        "evenness": asdict(solved.evenness) if solved.evenness else None,
        "parity": asdict(solved.parity) if solved.parity else None,
    }


def _outcome(*, chosen: bool, alternate: bool) -> Outcome:
    if chosen:
        return Outcome.CHOSEN
    return Outcome.ALTERNATE if alternate else Outcome.NOT_CHOSEN
