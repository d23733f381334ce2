"""Match runs: frozen, matched, released; replaced by a new one, never edited."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import clock, jobs
from engage.kernel.actor import Anyone
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.ids import short_id
from engage.kernel.states import check
from engage.matching import Band
from engage.matchmaking.enums import RUN_TRANSITIONS, Confidence, RunState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun
from engage.matchmaking.service.matching import CANDIDATES, Match, match, snapshot_hash
from engage.matchmaking.service.texts import challenge_text, kept, why
from engage.matchmaking.service.vectors import count_missing

MATCHABLE = (
    ChallengeState.APPROVED,
    ChallengeState.NOTICE_PENDING,
    ChallengeState.PUBLISHED,
    ChallengeState.ENGAGING,
)
SHORTLIST = 12
RUN_FOR = "matchmaking.run_for"
QUICK = 64
"""So many texts without a vector can be read while somebody waits; more are left to a job."""
MOST_SHORTLISTED = 50
_LOCKS = 0x6D61746368  # "match": the space of this room's advisory locks


def run(session: Session, *, actor: Anyone, challenge: Challenge, shortlist: int = SHORTLIST) -> MatchRun:
    """Match suppliers to the approved text of ``challenge`` and put the first ``shortlist`` on the shortlist.

    A run that stands already is superseded; invitations it sent stay, and their suppliers are not
    shortlisted again. Nobody is shortlisted whose match is not at least possible. Missing vectors are
    computed here, which can take a while: ``embed_some`` beforehand.

    Side effects, in order: vectors; the former run superseded, with an audit line; the new run frozen, then
    matched, with an audit line each. Raises ``Conflict`` when the text is not approved, the engagement is
    over, or a match of the same challenge is running at this moment.
    """
    version = approved_version(session, challenge)
    if not session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCKS + challenge.id))):
        raise Conflict("Suppliers are being matched to this challenge right now. Reload in a moment.")
    frozen_at = clock.now()
    found = match(session, challenge_text(version.content), writing=True)
    if approved_version(session, challenges.hold(session, challenge)).id != version.id:
        raise Conflict("The text was approved anew while suppliers were matched to it. Match again.")
    supersede(session, actor=actor, challenge=challenge)
    made = _freeze(session, actor, challenge, version, found, frozen_at)
    made.candidates = _candidates(found)
    _shortlist_first(made, _invited(session, challenge), shortlist)
    check(RUN_TRANSITIONS, now=made.state, to=RunState.MATCHED, thing="match run")
    made.state = RunState.MATCHED
    made.matched_at = clock.now()
    session.flush()
    _record(session, actor, made, "matched", challenge=challenge.ref, candidates=len(made.candidates))
    return made


def run_soon(session: Session, *, actor: Anyone, challenge: Challenge) -> MatchRun | None:
    """Match now when that is quick, else have a job do it and return ``None``. Raises what ``run`` raises."""
    if count_missing(session) <= QUICK:
        return run(session, actor=actor, challenge=challenge)
    approved_version(session, challenge)
    once = f"{RUN_FOR}:{challenge.id}"
    jobs.defer(session, RUN_FOR, once=once, challenge_id=challenge.id, again=True)
    return None


def approved_version(session: Session, challenge: Challenge) -> ChallengeVersion:
    """Return the exact text that was approved. Raises ``Conflict`` when there is none to match with now."""
    if challenge.state not in MATCHABLE or challenge.approved_hash is None:
        raise Conflict(
            "Suppliers are matched to a text that is approved, until the engagement ends. This challenge is "
            f"{challenge.state.value.replace('_', ' ')}."
        )
    query = (
        sa.select(ChallengeVersion)
        .where(
            ChallengeVersion.challenge_id == challenge.id,
            ChallengeVersion.content_hash == challenge.approved_hash,
        )
        .order_by(ChallengeVersion.number.desc())
        .limit(1)
    )
    return session.scalars(query).one()


def current(session: Session, *, challenge_id: int) -> MatchRun | None:
    """Return the run that stands, locked until the transaction ends."""
    query = sa.select(MatchRun).where(
        MatchRun.challenge_id == challenge_id, MatchRun.state != RunState.SUPERSEDED
    )
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def supersede(session: Session, *, actor: Anyone, challenge: Challenge) -> None:
    """Put the standing run of ``challenge`` aside, if there is one. Side effects: its state, an audit line."""
    former = current(session, challenge_id=challenge.id)
    if former is None:
        return
    check(RUN_TRANSITIONS, now=former.state, to=RunState.SUPERSEDED, thing="match run")
    former.state = RunState.SUPERSEDED
    session.flush()
    _record(session, actor, former, "superseded", challenge=challenge.ref)


def choose(session: Session, *, actor: Anyone, run: MatchRun, refs: Collection[str]) -> int:
    """Make the suppliers with ``refs`` the shortlist of ``run`` and return how many they are.

    Side effects: the candidates and, if anything changed, an audit line with who came, who went and how
    many ranked higher than the last one chosen were passed over. Raises ``Conflict`` when the run was
    released or superseded, ``Invalid`` (field ``chosen``) for a supplier that is no candidate or was
    invited before, or too many.
    """
    standing = current(session, challenge_id=run.challenge_id)
    if standing is None or standing.id != run.id or standing.state is not RunState.MATCHED:
        raise Conflict("This match has been released or replaced in the meantime. Reload the page.")
    chosen = set(refs)
    candidates = {candidate.supplier.ref: candidate for candidate in standing.candidates}
    invited = _invited(session, standing.challenge)
    able = {ref for ref, candidate in candidates.items() if candidate.supplier_id not in invited}
    if not chosen <= able:
        raise Invalid({"chosen": "Choose among the suppliers in the list that have not been invited yet"})
    if len(chosen) > MOST_SHORTLISTED:
        raise Invalid({"chosen": f"Choose {MOST_SHORTLISTED} suppliers or fewer"})
    before = {ref for ref, candidate in candidates.items() if candidate.shortlisted}
    if chosen == before:
        return len(chosen)
    for ref, candidate in candidates.items():
        candidate.shortlisted = ref in chosen
    session.flush()
    last = max((candidates[ref].rank for ref in chosen), default=0)
    passed = [ref for ref in able - chosen if candidates[ref].rank < last]
    _record(
        session,
        actor,
        standing,
        "shortlisted",
        chosen=len(chosen),
        added=sorted(chosen - before),
        removed=sorted(before - chosen),
        passed_over=len(passed),
    )
    return len(chosen)


def _freeze(
    session: Session,
    actor: Anyone,
    challenge: Challenge,
    version: ChallengeVersion,
    found: Match,
    frozen_at: Any,
) -> MatchRun:
    snapshot = found.snapshot
    snapshot["challenge"] |= {"version": version.number, "approved_hash": version.content_hash}
    made = MatchRun(
        ref=f"m-{short_id(8)}",
        challenge=challenge,
        state=RunState.FROZEN,
        frozen_at=frozen_at,
        snapshot=snapshot,
        snapshot_hash=snapshot_hash(snapshot),
        parameters=found.index.parameters.to_dict() | {"candidates": CANDIDATES},
        engine_version=found.index.identity.engine_version,
        embedder=found.model.id,
        model_digest=found.model.digest,
        suppliers_considered=len(found.sifted.profiles),
        suppliers_excluded={rule.value: count for rule, count in sorted(found.sifted.excluded.items())},
    )
    session.add(made)
    session.flush()
    _record(session, actor, made, "frozen", challenge=challenge.ref, snapshot=made.snapshot_hash)
    return made


def _candidates(found: Match) -> list[MatchCandidate]:
    made = []
    for place in found.ranked:
        assert place.explanation is not None, "every candidate is explained"
        made.append(
            MatchCandidate(
                supplier=found.sifted.suppliers[place.supplier_id],
                rank=place.rank,
                score=place.score,
                band=place.band,
                confidence=Confidence.of(place.confidence),
                statements=place.confidence,
                why=why(place.explanation, found.sifted.statements, band=place.band),
                explanation=kept(place.explanation, found.sifted.statements),
            )
        )
    return made


def _shortlist_first(run: MatchRun, invited: Collection[int], count: int) -> None:
    able = [c for c in run.candidates if c.band is not Band.NONE and c.supplier.id not in invited]
    for candidate in able[:count]:
        candidate.shortlisted = True


def _invited(session: Session, challenge: Challenge) -> set[int]:
    return set(
        session.scalars(sa.select(Invitation.supplier_id).where(Invitation.challenge_id == challenge.id))
    )


def _record(session: Session, actor: Anyone, run: MatchRun, deed: str, **details: object) -> None:
    audit.record(session, actor=actor, tag=f"matchmaking:run:{deed}", subject=f"run:{run.ref}", **details)
