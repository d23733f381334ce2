"""The public record of how the places of a challenge were given: enough to check it, nothing about anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges.models import Challenge
from engage.matching import Band
from engage.matchmaking.enums import HardRule, InvitationState
from engage.matchmaking.models import (
    Invitation,
    LotteryCommitment,
    MatchCandidate,
    MatchRun,
    SelectionRules,
)
from engage.matchmaking.queries import Deviations, deviations
from engage.matchmaking.service.fairness import given
from engage.matchmaking.service.places import room
from engage.matchmaking.service.rules import rules_sentences
from engage.matchmaking.service.tags import CAP_TAGS, FLOOR_TAGS

FEW = 3
FEWER = "fewer than 3"
Shown = int | str
"""A number, or ``FEWER`` where it could point at somebody."""


@dataclass(frozen=True)
class Committed:
    """A commitment of the lottery; ``secret`` (hexadecimal) only once its draw is over."""

    number: int
    commitment: str
    committed_at: datetime
    secret: str | None
    revealed_at: datetime | None


@dataclass(frozen=True)
class Places:
    """How many places the rules give, how many are given by now, and how many are left; volunteers take none."""

    places: int
    given: int
    left: int


@dataclass(frozen=True)
class RulesRecord:
    """One version of the rules. ``after_match``: it was set when somebody could have seen a match."""

    number: int
    sentences: tuple[str, ...]
    places: int
    floors: dict[str, int]
    caps: dict[str, int]
    exploration: float
    reason: str
    made_at: datetime
    after_match: bool


@dataclass(frozen=True)
class Release:
    """One match whose invitations went out, in numbers and digests."""

    run: str
    round: str | None
    matched_at: datetime
    released_at: datetime
    engine: str
    embedder: str
    model_digest: str
    parameters: dict[str, Any]
    snapshot_hash: str
    pool_hash: str | None
    lexicon_id: str | None
    background_id: str | None
    list_hash: str | None
    considered: int
    left_out: dict[str, Shown]
    """By hard rule."""
    bands: dict[str, Shown]
    """Of the candidates: the first of the ranked list."""
    invited: int
    """Places given by this match, at once or by stepping in."""
    waiting: int
    """How many of these invitations wait for somebody of the supplier to have an account."""
    by_tag: dict[str, Shown]
    """How many of the invited have a tag that rules can ask for."""
    rules: int | None
    """The number of the rules that held."""
    commitment: int | None
    own_seed: str | None
    """SHA-256 of the revealed secret followed by the snapshot's hash."""
    seeds: tuple[str, ...]
    """That of every challenge planned together, sorted; ``seed`` is the SHA-256 of them joined."""
    seed: str | None
    instance_hash: str | None
    plan_hash: str | None
    solver: str | None
    status: str | None
    objective: float | None
    bound: float | None
    shortages: tuple[str, ...]
    prices: dict[str, float]
    """What each rule cost, in points of the total score."""
    terms: dict[str, Any] | None
    """What the plan of all challenges together did for newcomers and for each, and what that took: see ``_terms``."""
    fairness: dict[str, Any] | None
    """The rolling year as it stood when the places were given: see ``fairness.FairnessReport``."""


@dataclass(frozen=True)
class Record:
    """Everything that everybody may know of how the places of a challenge are given."""

    challenge: str
    title: str
    commitments: tuple[Committed, ...]
    rules: tuple[RulesRecord, ...]
    """Oldest first; the last one holds."""
    places: Places | None
    """Of all matches together; ``None`` before there are rules."""
    matches: int
    """How often suppliers were matched: each match is on this count, released or not."""
    deviations: Deviations
    releases: tuple[Release, ...]
    """Newest first."""

    @property
    def rules_changed_after_match(self) -> int:
        """How many versions of the rules came after somebody could have seen a match."""
        return sum(each.after_match for each in self.rules)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**_plain(asdict(self)), "rules_changed_after_match": self.rules_changed_after_match}


def record(session: Session, *, challenge: Challenge) -> Record | None:
    """Return the record of ``challenge``; ``None`` while the challenge is not public or nothing was committed to.

    Seven statements and three for each release. Numbers below 3 that could point at a supplier stand as ``FEWER``.
    """
    if not challenge.is_public:
        return None
    commitments = _commitments(session, challenge)
    if not commitments:
        return None
    rules = _rules(session, challenge)
    releases = tuple(_release(session, challenge, run) for run in _released(session, challenge))
    count = sa.select(sa.func.count()).where(MatchRun.challenge_id == challenge.id)
    return Record(
        challenge=challenge.ref,
        title=challenge.title,
        commitments=commitments,
        rules=rules,
        places=_places(session, challenge, rules),
        matches=session.scalar(count.where(MatchRun.matched_at.is_not(None))) or 0,
        deviations=deviations(session, challenge_id=challenge.id),
        releases=releases,
    )


def shown(number: int) -> Shown:
    """Return ``number``, or ``FEWER`` where it is so small that it could point at somebody; 0 is 0."""
    return FEWER if 0 < number < FEW else number


def _commitments(session: Session, challenge: Challenge) -> tuple[Committed, ...]:
    query = sa.select(LotteryCommitment).where(LotteryCommitment.challenge_id == challenge.id)
    return tuple(
        Committed(
            number=one.number,
            commitment=one.commitment,
            committed_at=one.committed_at,
            secret=one.secret.hex() if one.revealed_at is not None else None,
            revealed_at=one.revealed_at,
        )
        for one in session.scalars(query.order_by(LotteryCommitment.number))
    )


def _rules(session: Session, challenge: Challenge) -> tuple[RulesRecord, ...]:
    query = sa.select(SelectionRules).where(SelectionRules.challenge_id == challenge.id)
    return tuple(
        RulesRecord(
            number=one.number,
            sentences=tuple(rules_sentences(one)),
            places=one.places,
            floors=one.floors,
            caps=one.caps,
            exploration=one.exploration,
            reason=one.reason,
            made_at=one.made_at,
            after_match=one.after_match,
        )
        for one in session.scalars(query.order_by(SelectionRules.number))
    )


def _places(session: Session, challenge: Challenge, rules: tuple[RulesRecord, ...]) -> Places | None:
    if not rules:
        return None
    found = room(session, challenge_id=challenge.id, places=rules[-1].places)
    return Places(found.places, found.given, found.left)


def _released(session: Session, challenge: Challenge) -> Iterable[MatchRun]:
    query = (
        sa.select(MatchRun)
        .where(MatchRun.challenge_id == challenge.id, MatchRun.released_at.is_not(None))
        .options(joinedload(MatchRun.round), joinedload(MatchRun.rules), joinedload(MatchRun.commitment))
        .order_by(MatchRun.released_at.desc())
    )
    return session.scalars(query).all()


def _release(session: Session, challenge: Challenge, run: MatchRun) -> Release:
    assert run.matched_at is not None
    assert run.released_at is not None
    bands, tags, invited, waiting = _counted(session, run)
    plan = run.round
    own = plan.result["challenges"].get(challenge.ref, {}) if plan else {}
    return Release(
        run=run.ref,
        round=plan.ref if plan else None,
        matched_at=run.matched_at,
        released_at=run.released_at,
        engine=run.engine_version,
        embedder=run.embedder,
        model_digest=run.model_digest,
        parameters=run.parameters,
        snapshot_hash=run.snapshot_hash,
        pool_hash=run.pool_hash,
        lexicon_id=run.lexicon_id,
        background_id=run.background_id,
        list_hash=run.list_hash,
        considered=run.suppliers_considered,
        left_out={rule.value: shown(run.suppliers_excluded.get(rule.value, 0)) for rule in HardRule},
        bands={band.value: shown(bands.get(band, 0)) for band in Band},
        invited=invited,
        waiting=waiting,
        by_tag={tag: shown(tags.get(tag, 0)) for tag in (*FLOOR_TAGS, *CAP_TAGS)},
        rules=run.rules.number if run.rules else None,
        commitment=run.commitment.number if run.commitment else None,
        own_seed=own.get("seed"),
        seeds=tuple(plan.result["seeds"]) if plan else (),
        seed=plan.seed if plan else None,
        instance_hash=plan.instance_hash if plan else None,
        plan_hash=plan.plan_hash if plan else None,
        solver=plan.solver if plan else None,
        status=plan.status.value if plan else None,
        objective=plan.objective if plan else None,
        bound=plan.bound if plan else None,
        shortages=tuple(each["words"] for each in own.get("shortages", ())),
        prices={each["rule"]: each["points"] for each in own.get("prices", ())},
        terms=_terms(plan.result) if plan else None,
        fairness=_careful(plan.result["fairness"]) if plan else None,
    )


def _counted(session: Session, run: MatchRun) -> tuple[Mapping[Band, int], Mapping[str, int], int, int]:
    """Return candidates by band, invited by tag, how many this match invited, and of how many that waits."""
    of_run = MatchCandidate.run_id == run.id
    bands = session.execute(
        sa.select(MatchCandidate.band, sa.func.count()).where(of_run).group_by(MatchCandidate.band)
    )
    own = (Invitation.run_id == run.id, given())
    tag = sa.func.jsonb_array_elements_text(MatchCandidate.tags).table_valued("value", name="tag")
    tags = session.execute(
        sa.select(tag.c.value, sa.func.count())
        .select_from(MatchCandidate)
        .join(Invitation, sa.and_(Invitation.supplier_id == MatchCandidate.supplier_id, *own))
        .join(tag, sa.true())
        .where(of_run)
        .group_by(tag.c.value)
    )
    held = sa.func.count().filter(Invitation.state == InvitationState.HELD, ~_for_release())
    invited, waiting = session.execute(sa.select(sa.func.count(), held).where(*own)).one()
    return dict(bands.all()), dict(tags.all()), invited, waiting


def _for_release() -> sa.ColumnElement[bool]:
    return sa.and_(Invitation.drawn_at.is_not(None), Invitation.wave_id.is_(None))


def _terms(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return total fit, newcomers' share, drawn places and evenness with their costs in points; no small numbers."""
    parity = result.get("parity")
    if parity:
        few = shown(parity["places"]) == FEWER
        kept = {name: parity[name] for name in ("share", "qualified", "aim", "cost")}
        parity = kept | ({"share": None, "qualified": None, "aim": None} if few else {})
    names = ("score", "exploration_cost", "evenness")
    return {name: result.get(name) for name in names} | {"parity": parity}


def _careful(fairness: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fairness report without the small numbers, and without shares that would give them away."""

    def share(found: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {name: shown(found[name]) for name in ("qualified", "invited")}
        for name, counted in (("of_qualified", "qualified"), ("of_invited", "invited")):
            told[name] = None if told[counted] == FEWER else found[name]
        return told

    return {
        **fairness,
        "invitations": {number: shown(count) for number, count in fairness["invitations"].items()},
        "shares": {tag: share(found) for tag, found in fairness["shares"].items()},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
