"""Releasing a run: a named person lets the invitations go out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.interests import service as interests
from engage.interests.enums import CheckPoint
from engage.kernel import clock, jobs
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict
from engage.kernel.states import check
from engage.kernel.text import sha256
from engage.matchmaking.enums import RUN_TRANSITIONS, HardRule, InvitationState, Origin, Outcome, RunState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, Wave
from engage.matchmaking.service import lottery
from engage.matchmaking.service.deciding import AT_RELEASE
from engage.matchmaking.service.invitations import DRAW, find, invite
from engage.matchmaking.service.problem import invited_groups
from engage.matchmaking.service.runs import current
from engage.matchmaking.service.sifting import sift
from engage.matchmaking.service.waves import USUAL_TERMS, WaveTerms, begin_wave, check_challenge, locked


@dataclass
class Released:
    """What a release did: invitations sent, held until somebody can read them, suppliers left out by a rule."""

    sent: list[Invitation] = field(default_factory=list)
    waiting: list[Invitation] = field(default_factory=list)
    left_out: Counter[HardRule] = field(default_factory=Counter)
    same_group: int = 0
    """How many were left out because one of their corporate group was invited since the plan was made."""


def plan_mark(chosen: Iterable[MatchCandidate]) -> str:
    """Return a short mark of who is chosen: a page carries it, so that nobody releases what they have not seen."""
    return sha256("\n".join(sorted(str(one.supplier_id) for one in chosen)))[:16]


def release(
    session: Session,
    *,
    actor: Actor,
    run: MatchRun,
    seen: str | None = None,
    terms: WaveTerms = USUAL_TERMS,
) -> Released:
    """Invite everybody whom the plan of ``run`` has chosen: the next wave. Releasing a second time does nothing.

    The challenge's row is locked first, as a withdrawal and a round do. The hard rules are checked once more,
    under a lock: a supplier that was paused, suspended or filled up since is left out, and the next alternate
    comes instead. One whose people have no account yet is held until they have. ``seen`` is the
    ``plan_mark`` of what the person looked at; ``terms`` say how long there is to answer, and whether alternates
    follow by themselves in this person's name.

    Side effects, in order: the run with its time and person; the wave; for each supplier an invitation with audit
    lines and letters (see ``invite``), or the rule that left it out; the lottery's secret revealed and the
    next one committed to; an audit line about the release; a job that draws alternates where a rule left somebody out.
    Raises ``Conflict`` when the challenge is not open,
    its approved text has changed, the plan is not what was seen, or nobody is chosen.
    """
    challenges.lock(session, run.challenge)
    standing = current(session, challenge_id=run.challenge_id)
    if standing is None or standing.id != run.id:
        raise Conflict("This match has been replaced by a newer one. Reload the page.")
    if standing.state is RunState.RELEASED:
        return Released()
    check_challenge(session, standing)
    chosen = _chosen(session, standing)
    if not chosen:
        raise Conflict("Nobody is chosen. Look at the rules and the decisions, or match again.")
    if seen is not None and seen != plan_mark(chosen):
        raise Conflict("The plan has changed since you looked at it. Look again before you send anything.")
    check(RUN_TRANSITIONS, now=standing.state, to=RunState.RELEASED, thing="match run")
    standing.state = RunState.RELEASED
    standing.released_at = clock.now()
    standing.released_by_id = actor.person_id
    session.flush()
    wave = begin_wave(session, actor=actor, run=standing, terms=terms)
    released = _invite_all(session, actor, standing, chosen, wave)
    if standing.commitment is not None:
        lottery.reveal(session, actor=actor, challenge=standing.challenge, commitment=standing.commitment)
    _record(
        session,
        actor,
        standing,
        "released",
        wave=wave.number,
        sent=len(released.sent),
        waiting=len(released.waiting),
        left_out={rule.value: count for rule, count in sorted(released.left_out.items())},
        same_group=released.same_group,
    )
    if released.left_out or released.same_group:
        jobs.defer(session, DRAW, challenge_id=standing.challenge_id)
    return released


def _chosen(session: Session, run: MatchRun) -> Sequence[MatchCandidate]:
    query = (
        sa.select(MatchCandidate)
        .where(MatchCandidate.run_id == run.id, MatchCandidate.outcome == Outcome.CHOSEN)
        .order_by(MatchCandidate.rank)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def _invite_all(
    session: Session, actor: Actor, run: MatchRun, chosen: Sequence[MatchCandidate], wave: Wave
) -> Released:
    ids = [candidate.supplier_id for candidate in chosen]
    rows = {supplier.id: supplier for supplier in locked(session, ids)}
    department = run.challenge.organisation
    left_out = sift(session, department=department, challenge=run.challenge, ids=ids).left_out
    interests.note_findings(
        session,
        challenge=run.challenge,
        supplier_ids=[one for one in ids if left_out.get(rows[one].ref) is HardRule.CONFLICT],
        on=clock.uk_today(),
        point=CheckPoint.INVITATION,
        subject=f"run:{run.ref}",
        words="the invitation for which it was chosen",
    )
    groups = invited_groups(session, challenge_id=run.challenge_id)
    released = Released()
    for candidate in chosen:
        supplier = rows[candidate.supplier_id]
        rule = left_out.get(supplier.ref)
        if rule is not None:
            candidate.outcome, candidate.decided_by = Outcome.NOT_CHOSEN, f"{AT_RELEASE}{rule.value}"
            released.left_out[rule] += 1
        elif candidate.corporate_group in groups:
            candidate.outcome, candidate.decided_by = Outcome.NOT_CHOSEN, f"{AT_RELEASE}group"
            released.same_group += 1
        elif find(session, challenge=run.challenge, supplier=supplier) is None:
            made = invite(
                session,
                actor=actor,
                challenge=run.challenge,
                supplier=supplier,
                origin=Origin.MATCHED,
                run=run,
                wave=wave,
            )
            (released.sent if made.state is InvitationState.SENT else released.waiting).append(made)
    return released


def _record(session: Session, actor: Actor, run: MatchRun, deed: str, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"matchmaking:run:{deed}",
        subject=f"run:{run.ref}",
        challenge=run.challenge.ref,
        **details,
    )
