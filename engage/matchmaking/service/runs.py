"""Match runs: frozen, matched, released; replaced by a new one, never edited."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges.models import Challenge, ChallengeVersion
from engage.interests import service as interests
from engage.interests.enums import CheckPoint
from engage.kernel import clock, jobs
from engage.kernel.actor import Anyone
from engage.kernel.errors import Conflict
from engage.kernel.states import check
from engage.matchmaking import queries
from engage.matchmaking.enums import RUN_TRANSITIONS, RunState
from engage.matchmaking.models import MatchRun
from engage.matchmaking.service import lottery, selecting
from engage.matchmaking.service.freezing import frozen_run, list_hash, list_lines, ranked_candidates
from engage.matchmaking.service.invitations import put_back
from engage.matchmaking.service.matchable import MATCHABLE
from engage.matchmaking.service.matching import match
from engage.matchmaking.service.texts import challenge_text, published_on
from engage.matchmaking.service.vectors import count_missing

RUN_FOR = "matchmaking.run_for"
QUICK = 64
"""So many texts without a vector can be read while somebody waits; more are left to a job."""
_LOCKS = 0x6D61746368  # "match": the space of this room's advisory locks


def run(session: Session, *, actor: Anyone, challenge: Challenge) -> MatchRun:
    """Match suppliers to the approved text of ``challenge`` and plan whom to invite, together with every other
    match that stands unreleased.

    A run that stands already is superseded; invitations it sent stay, and their suppliers are not chosen
    again. Missing vectors are computed here, which can take a while: ``embed_some`` beforehand.

    Side effects, in order: the lottery's commitment, where none stands; vectors; the former run superseded,
    with an audit line; the new run frozen, then matched, with an audit line each; those of
    ``selecting.plan``. Raises ``Conflict`` when the text is not approved, the engagement is over, or a match
    of the same challenge is running at this moment.
    """
    version = approved_version(session, challenge)
    if not session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCKS + challenge.id))):
        raise Conflict("Suppliers are being matched to this challenge right now. Reload in a moment.")
    lottery.commit_to_lottery(session, actor=actor, challenge=challenge)
    frozen_at = clock.now()
    found = match(
        session,
        challenge_text(version.content, published=published_on(challenge)),
        challenge=challenge,
        floors=selecting.rules_in_force(session, challenge=challenge).floors,
        writing=True,
    )
    selecting.begin(session, challenge_ids=[challenge.id])
    if approved_version(session, challenge).id != version.id:
        raise Conflict("The text was approved anew while suppliers were matched to it. Match again.")
    supersede(session, actor=actor, challenge=challenge)
    made = frozen_run(session, challenge=challenge, version=version, found=found, frozen_at=frozen_at)
    session.add(made)
    session.flush()
    _record(session, actor, made, "frozen", challenge=challenge.ref, snapshot=made.snapshot_hash)
    made.commitment = lottery.commit_to_lottery(session, actor=actor, challenge=challenge)
    interests.note_findings(
        session,
        challenge=challenge,
        on=found.ready.sifted.today,
        point=CheckPoint.MATCH,
        subject=f"run:{made.ref}",
        words="taking part in the match",
    )
    made.candidates = ranked_candidates(session, found)
    refs = {each.id: ref for ref, each in found.ready.sifted.entrants.items()}
    made.list_hash = list_hash(list_lines(made.candidates, refs))
    check(RUN_TRANSITIONS, now=made.state, to=RunState.MATCHED, thing="match run")
    made.state = RunState.MATCHED
    made.matched_at = clock.now()
    session.flush()
    _record(session, actor, made, "matched", challenge=challenge.ref, candidates=len(made.candidates))
    selecting.plan(session, actor=actor)
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
    """Put the standing run of ``challenge`` aside, if there is one.

    Side effects: its alternates that nobody was told of go back into line (``invitations.put_back``); its state, an
    audit line.
    """
    former = current(session, challenge_id=challenge.id)
    if former is None:
        return
    for waiting in queries.alternates_waiting(session, challenge_id=challenge.id):
        put_back(session, actor=actor, invitation=waiting)
    check(RUN_TRANSITIONS, now=former.state, to=RunState.SUPERSEDED, thing="match run")
    former.state = RunState.SUPERSEDED
    session.flush()
    _record(session, actor, former, "superseded", challenge=challenge.ref)


def _record(session: Session, actor: Anyone, run: MatchRun, deed: str, **details: object) -> None:
    audit.record(session, actor=actor, tag=f"matchmaking:run:{deed}", subject=f"run:{run.ref}", **details)
