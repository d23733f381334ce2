"""The problem of a round, gathered from rows: who may be invited where, under which rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.matching import Band
from engage.matching.assignment import FAIR_TERMS, Instance, Reason
from engage.matching.assignment import Entrant as Competitor
from engage.matching.assignment import Session as Occasion
from engage.matchmaking.enums import Outcome, OverrideKind
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, SelectionOverride, SelectionRules
from engage.matchmaking.service.deciding import FULL, INVITED, NOT_NEAR, RULE
from engage.matchmaking.service.places import STANDING, Room, room
from engage.matchmaking.service.sifting import Entrant, sift
from engage.matchmaking.service.tags import INCUMBENT, NEW_ENTRANT, fold, own_tag
from engage.suppliers.models import Supplier

TERMS = replace(FAIR_TERMS, time_limit=20.0)
"""The usual terms. The search ends well before the database gives up an idle transaction (60 seconds)."""


@dataclass
class Contest:
    """One run that stands unreleased, with everything that decides about its places."""

    run: MatchRun
    rules: SelectionRules
    room: Room
    """What earlier matches of the challenge have left of the places."""
    candidates: dict[str, MatchCandidate]
    """By the supplier's reference, in order of rank."""
    entrants: dict[str, Entrant]
    """Those whom the hard rules let through at this moment."""
    aside: dict[str, str] = field(default_factory=dict)
    """Who takes no part, and what decided that."""
    pins: list[SelectionOverride] = field(default_factory=list)
    exclusions: list[SelectionOverride] = field(default_factory=list)

    @property
    def ref(self) -> str:
        """The challenge's reference: what the solver knows it by."""
        return self.run.challenge.ref

    @property
    def taking_part(self) -> Iterable[tuple[str, MatchCandidate]]:
        """The candidates that can be chosen, with their references."""
        return ((ref, one) for ref, one in self.candidates.items() if ref not in self.aside)


def contest(session: Session, *, run: MatchRun, rules: SelectionRules) -> Contest:
    """Gather what decides about the places of ``run``. Six statements, however many candidates."""
    query = (
        sa.select(MatchCandidate)
        .where(MatchCandidate.run_id == run.id)
        .options(joinedload(MatchCandidate.supplier))
        .order_by(MatchCandidate.rank)
        .execution_options(populate_existing=True)
    )
    candidates = {candidate.supplier.ref: candidate for candidate in session.scalars(query)}
    ids = [candidate.supplier_id for candidate in candidates.values()]
    sifted = sift(session, department=run.challenge.organisation, challenge=run.challenge, ids=ids)
    left = room(session, challenge_id=run.challenge_id, places=rules.places)
    found = Contest(run, rules, left, candidates, sifted.entrants)
    _note_overrides(session, found)
    pinned = {pin.supplier.ref for pin in found.pins}
    decided = pinned | {one.supplier.ref for one in found.exclusions}
    query_invited = sa.select(Invitation.supplier_id).where(Invitation.challenge_id == run.challenge_id)
    invited = set(session.scalars(query_invited))
    groups = invited_groups(session, challenge_id=run.challenge_id)
    for ref, candidate in candidates.items():
        if candidate.supplier_id in invited:
            found.aside[ref] = INVITED
        elif ref in sifted.left_out:
            found.aside[ref] = f"{RULE}{sifted.left_out[ref].value}"
        elif candidate.corporate_group in groups:
            found.aside[ref] = "group"
        elif candidate.band is Band.NONE and ref not in pinned:
            found.aside[ref] = NOT_NEAR
        elif not left.left and ref not in decided:
            found.aside[ref] = FULL
    return found


def current_tags(contest: Contest, ref: str) -> list[str]:
    """Return the tags of a candidate: as they were at the match, but whether it is a newcomer as of now."""
    tags = [tag for tag in contest.candidates[ref].tags if tag != NEW_ENTRANT]
    entrant = contest.entrants.get(ref)
    newcomer = entrant.recent == 0 if entrant else NEW_ENTRANT in contest.candidates[ref].tags
    return [*tags, NEW_ENTRANT] if newcomer else tags


def instance_of(
    contests: Sequence[Contest],
    *,
    seed: str,
    unkept: Collection[int] = (),
    give_way: Collection[str] = (),
) -> Instance:
    """Return the problem of a round as the solver takes it; pins whose ids are in ``unkept`` are left out.

    In the challenges ``give_way`` floors that ask for more than there are places end as a shortage.

    A supplier in several contests has the profile facts of the newest match. To be an incumbent depends on
    the department, so that tag is named for each challenge.
    """
    return Instance(
        sessions=[_occasion(each, floors_give_way=each.ref in give_way) for each in contests],
        suppliers=_competitors(contests),
        scores=[(each.ref, ref, one.score) for each in contests for ref, one in each.taking_part],
        exclusions=[
            (each.ref, one.supplier.ref) for each in contests for one in each.exclusions if _plays(each, one)
        ],
        pins=[
            (each.ref, pin.supplier.ref)
            for each in contests
            for pin in each.pins
            if pin.id not in unkept and _plays(each, pin)
        ],
        previous=[
            (each.ref, ref)
            for each in contests
            if each.run.round_id is not None
            for ref, one in each.taking_part
            if one.outcome is Outcome.CHOSEN and one.decided_by != Reason.PINNED.value
        ],
        seed=seed,
        terms=TERMS,
    )


def _plays(contest: Contest, override: SelectionOverride) -> bool:
    ref = override.supplier.ref
    return ref in contest.candidates and ref not in contest.aside


def _occasion(contest: Contest, *, floors_give_way: bool) -> Occasion:
    return Occasion(
        id=contest.ref,
        places=contest.room.left,
        floors=contest.room.floors(contest.rules),
        caps=own_caps(contest.room, contest.rules, contest.ref),
        exploration=contest.rules.exploration,
        floors_give_way=floors_give_way,
    )


def own_caps(left: Room, rules: SelectionRules, ref: str) -> dict[str, int]:
    """Return how many more of each kind the rules take in the challenge ``ref``, by the tags of a problem."""
    return {own_tag(tag, ref): number for tag, number in left.caps(rules).items()}


def _competitors(contests: Sequence[Contest]) -> list[Competitor]:
    tags: dict[str, dict[str, None]] = {}
    newest: dict[str, tuple[Entrant, MatchCandidate]] = {}
    for each in sorted(contests, key=lambda contest: contest.run.id, reverse=True):
        for ref, candidate in each.taking_part:
            known = current_tags(each, ref)
            if ref not in newest:
                newest[ref] = (each.entrants[ref], candidate)
                tags[ref] = dict.fromkeys(tag for tag in known if tag != INCUMBENT)
            if INCUMBENT in known:
                tags[ref][own_tag(INCUMBENT, each.ref)] = None
    return [
        Competitor(
            id=ref,
            capacity=entrant.capacity_left,
            tags=tuple(sorted(tags[ref])),
            group=candidate.corporate_group,
            recent=entrant.recent,
        )
        for ref, (entrant, candidate) in sorted(newest.items())
    ]


def _note_overrides(session: Session, contest: Contest) -> None:
    query = (
        sa.select(SelectionOverride)
        .where(
            SelectionOverride.challenge_id == contest.run.challenge_id, SelectionOverride.ended_at.is_(None)
        )
        .options(joinedload(SelectionOverride.supplier))
        .order_by(SelectionOverride.id)
    )
    for override in session.scalars(query):
        pins = override.kind is OverrideKind.PIN
        (contest.pins if pins else contest.exclusions).append(override)


def invited_groups(session: Session, *, challenge_id: int) -> set[str]:
    """Return the corporate groups, folded, of which somebody has a standing invitation to the challenge."""
    query = (
        sa.select(Supplier.corporate_group)
        .join(Invitation, Invitation.supplier_id == Supplier.id)
        .where(Invitation.challenge_id == challenge_id, Invitation.state.in_(STANDING))
    )
    return {fold(group) for group in session.scalars(query)} - {""}
