"""Matches as the engine would have left them, with scores at will: what plans are made of."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.audit.queries import history
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Role, System
from engage.kernel.ids import short_id
from engage.kernel.text import sha256
from engage.matching import Band
from engage.matchmaking.enums import Confidence, Outcome, RunState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, SelectionRules
from engage.matchmaking.service import lottery, selecting
from engage.matchmaking.service.sifting import sift
from engage.matchmaking.service.tags import fold, tags
from engage.suppliers.models import Supplier
from tests.factories import accounts, challenges, suppliers

_names = itertools.count(1)
ROBOT = System("tests")
NO_DRAW: dict[str, Any] = {"exploration": 0.0}


def firms(session: Session, number: int, **values: Any) -> list[Supplier]:
    """So many verified suppliers with a statement and somebody who can read; ``values`` as ``supplier`` takes them."""
    return [firm(session, **values) for _ in range(number)]


def firm(session: Session, *, name: str = "", people: bool = True, **values: Any) -> Supplier:
    number = next(_names)
    made = suppliers.supplier(session, name=name or f"Firm {number:04}", does=f"Works {number}.", **values)
    if people:
        suppliers.member(session, made)
    return made


def invited(session: Session, firm: Supplier, *, times: int = 1, days_ago: int = 30) -> None:
    """Give a supplier sent and declined invitations: they are remembered and use no capacity."""
    moment = clock.now() - timedelta(days=days_ago)
    for _ in range(times):
        elsewhere = challenges.challenge(session, state=ChallengeState.PUBLISHED)
        session.add(
            Invitation(
                ref=short_id(),
                challenge_id=elsewhere.id,
                supplier_id=firm.id,
                origin="volunteered",
                state="declined",
                created_at=moment,
                sent_at=moment,
                expires_at=moment + timedelta(days=14),
            )
        )
    session.flush()


def rules(session: Session, challenge: Challenge, **values: Any) -> SelectionRules:
    """The first rules of a challenge, without the service's checks; no draw unless asked for."""
    made = SelectionRules(
        challenge_id=challenge.id,
        number=1,
        **{"places": 2, "floors": {}, "caps": {}, "reason": "", "after_match": False, **NO_DRAW, **values},
        made_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made


def matched(
    session: Session,
    scores: Mapping[Supplier, float],
    *,
    challenge: Challenge | None = None,
    department: Organisation | None = None,
    snapshot: str = "snapshot",
    **asked: Any,
) -> MatchRun:
    """A matched run, not planned yet, of a published challenge with rules ``asked``; the order is that of the scores."""
    if challenge is None:
        challenge = challenges.challenge(session, state=ChallengeState.PUBLISHED, organisation=department)
        rules(session, challenge, **asked)
    commitment = lottery.commit_to_lottery(session, actor=ROBOT, challenge=challenge)
    made = MatchRun(
        ref=f"m-{short_id(8)}",
        challenge=challenge,
        state=RunState.MATCHED,
        frozen_at=clock.now(),
        matched_at=clock.now(),
        snapshot={"challenge": {"approved_hash": challenge.approved_hash}},
        snapshot_hash=sha256(snapshot),
        parameters={},
        engine_version="0",
        embedder="none",
        model_digest="none",
        suppliers_considered=len(scores),
        suppliers_excluded={},
        commitment=commitment,
    )
    session.add(made)
    made.candidates = list(_candidates(session, challenge, scores))
    session.flush()
    return made


def _candidates(
    session: Session, challenge: Challenge, scores: Mapping[Supplier, float]
) -> Iterable[MatchCandidate]:
    entrants = sift(session, department=challenge.organisation, ids=[firm.id for firm in scores]).entrants
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0].id))
    for rank, (supplier, score) in enumerate(ranked, start=1):
        entrant = entrants[supplier.ref]
        yield MatchCandidate(
            supplier_id=supplier.id,
            rank=rank,
            score=score,
            band=Band.GOOD if score > 0 else Band.NONE,
            confidence=Confidence.LOW,
            statements=1,
            why="Because.",
            explanation={"documents": []},
            tags=tags(
                sme=entrant.sme,
                vcse=entrant.vcse,
                regions=entrant.regions,
                recent=entrant.recent,
                work=entrant.work,
                department=challenge.organisation.name,
                on=clock.uk_today(),
            ),
            corporate_group=fold(entrant.group),
        )


def planned(session: Session, scores: Mapping[Supplier, float], **options: Any) -> MatchRun:
    """A matched run with its plan."""
    run = matched(session, scores, **options)
    selecting.plan(session, actor=ROBOT)
    return run


def author(session: Session, run: MatchRun) -> Actor:
    return accounts.actor(session, Role.POLICY_AUTHOR, organisation=run.challenge.organisation)


def chosen(run: MatchRun) -> set[str]:
    return {one.supplier.ref for one in run.candidates if one.outcome is Outcome.CHOSEN}


def alternates(run: MatchRun) -> list[str]:
    found = [one for one in run.candidates if one.alternate_rank is not None]
    return [one.supplier.ref for one in sorted(found, key=lambda one: one.alternate_rank or 0)]


def decided(run: MatchRun) -> dict[str, str]:
    return {one.supplier.ref: one.decided_by for one in run.candidates}


def told(session: Session, subject: str) -> list[str]:
    return [line.tag for line in history(session, subject=subject)]
