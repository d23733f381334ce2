"""Solving a round again, and looking whether everything that is kept of it fits together."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from engage.audit import queries as audit
from engage.matching import InputError, assignment
from engage.matching.assignment import Instance, Plan, Scores
from engage.matchmaking.enums import Outcome
from engage.matchmaking.models import MatchCandidate, MatchRun, SelectionRound
from engage.matchmaking.service import lottery
from engage.matchmaking.service.deciding import AT_RELEASE
from engage.suppliers.models import Supplier


def resolve(session: Session, *, round_ref: str) -> tuple[bytes, bytes]:
    """Solve a round again from what was stored and return the plan made now and the one kept, canonical bytes.

    Equal bytes are a successful replay. Nothing is written.
    """
    found = _round(session, round_ref)
    instance = assignment.instance_from_json(zlib.decompress(found.instance))
    return assignment.plan_to_json(assignment.solve(instance)), zlib.decompress(found.plan)


def round_differences(session: Session, *, run: MatchRun) -> list[str]:
    """Return in sentences what does not fit about the plan of ``run``; none when it has no plan yet.

    Compared are: what is kept with its digests, and these with the audit trail; the seed with the secret
    that was committed to and what was matched; the problem's scores with the ranked list; whom the rows call
    chosen with the plan; the plan with the one that comes out now. Nothing is written.
    """
    if run.round is None:
        return []
    found = _round(session, run.round.ref)
    try:
        problem, answer = zlib.decompress(found.instance), zlib.decompress(found.plan)
        instance, plan = assignment.instance_from_json(problem), assignment.plan_from_json(answer)
    except (zlib.error, InputError) as error:
        return [f"What is kept of round {found.ref} cannot be read ({error})."]
    differences = [*_digests(session, found, problem, answer), *_seeds(found, run, instance)]
    differences += _rows(session, run, instance, plan)
    if assignment.plan_to_json(assignment.solve(instance)) != answer:
        differences.append(f"The plan of round {found.ref} comes out differently.")
    return differences


def _round(session: Session, ref: str) -> SelectionRound:
    query = sa.select(SelectionRound).where(SelectionRound.ref == ref)
    kept = (undefer(SelectionRound.instance), undefer(SelectionRound.plan))
    return session.scalars(query.options(*kept).execution_options(populate_existing=True)).one()


def _digests(session: Session, found: SelectionRound, problem: bytes, answer: bytes) -> Iterator[str]:
    recorded = (found.instance_hash, found.plan_hash)
    if (hashlib.sha256(problem).hexdigest(), hashlib.sha256(answer).hexdigest()) != recorded:
        yield f"What is kept of round {found.ref} is not what its digests name."
    lines = audit.history(session, subject=f"round:{found.ref}")
    if recorded not in {(line.details.get("instance"), line.details.get("plan")) for line in lines}:
        yield f"The digests of round {found.ref} are not those of the audit trail."


def _seeds(found: SelectionRound, run: MatchRun, instance: Instance) -> Iterator[str]:
    own = found.result["challenges"].get(run.challenge.ref, {}).get("seed")
    secret = run.commitment.secret if run.commitment else b""
    if run.commitment is None or hashlib.sha256(secret).hexdigest() != run.commitment.commitment:
        yield "The secret of the draw is not the one that was committed to."
    elif lottery.seed_of(secret, run.snapshot_hash) != own:
        yield "The seed of this challenge does not come from the secret and from what was matched."
    seeds = found.result["seeds"]
    if own not in seeds or not lottery.joint_seed(seeds) == found.seed == instance.seed:
        yield f"The seed of round {found.ref} does not come from those of its challenges."


def _rows(session: Session, run: MatchRun, instance: Instance, plan: Plan) -> Iterator[str]:
    """Compare the ranked list with the problem, and the outcomes on it with the plan."""
    assert not isinstance(instance.scores, Scores), "rounds list their scores"
    ref = run.challenge.ref
    query = (
        sa.select(Supplier.ref, MatchCandidate.score, MatchCandidate.outcome, MatchCandidate.decided_by)
        .join(Supplier, Supplier.id == MatchCandidate.supplier_id)
        .where(MatchCandidate.run_id == run.id)
    )
    rows = session.execute(query).all()
    scores = {row.ref: row.score for row in rows}
    asked = {supplier: score for own, supplier, score in instance.scores if own == ref}
    if not asked.items() <= scores.items():
        yield "The plan was made with other scores than those of the ranked list."
    chosen = {
        row.ref for row in rows if row.outcome is Outcome.CHOSEN or row.decided_by.startswith(AT_RELEASE)
    }
    if chosen != {place.supplier for place in plan.places if place.session == ref}:
        yield "Other suppliers are called chosen than the plan has chosen."
