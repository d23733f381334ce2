"""Whom to invite: rules before the match, the plan, a person's decisions, the release, and who steps in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts import service as accounts
from engage.challenges.models import Challenge
from engage.demo.accounts import EXPERTS, EXPERTS_DOMAIN
from engage.demo.stories.people import OPERATOR, join
from engage.demo.world import World
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict
from engage.matchmaking import queries, service
from engage.matchmaking.enums import Outcome, OverrideKind
from engage.matchmaking.models import MatchCandidate, MatchRun
from engage.matchmaking.service import RulesText, WaveTerms
from engage.suppliers.models import Supplier

Wave = Mapping[str, Any]
WANTED = "Its work is what the sessions are about, and nobody else here has done it for as long."
UNWANTED = (
    "It helped to write the paper that the sessions begin with, and would be asked about its own words.",
    "It sits on the panel that reads the findings, and cannot do both.",
    "It has told the team that it has nobody free in these weeks.",
    "It is taking part in a trial of the same service, which the sessions look at.",
)
"""Why a made-up supplier whose story is another one is left out: one of these."""


def set_rules(session: Session, *, actor: Actor, challenge: Challenge, wave: Wave) -> None:
    """Set the rules of a match before it is made, where the story has some."""
    if "rules" in wave:
        service.set_rules(session, actor=actor, challenge=challenge, rules=RulesText(**wave["rules"]))


def release(session: Session, world: World, *, name: str, actor: Actor, wave: Wave) -> None:
    """Decide where the story needs it, see that somebody of the chosen has an account, send the invitations.

    Of the made-up suppliers those of the story are invited: whom the plan has not chosen is put in, whom it
    has chosen without need is left out, each with a reason.
    """
    run = queries.current_run(session, challenge_id=world.challenges[name])
    assert run is not None, f"{name} was published, so it was matched"
    _decide(session, world, actor, run, wave)
    chosen = _chosen(session, run)
    enrol_experts(session, world, [one.supplier for one in chosen], count=wave["accounts"])
    terms = WaveTerms(alternates_follow="alternates_wait" not in wave)
    service.release(session, actor=actor, run=run, seen=service.plan_mark(chosen), terms=terms)
    _note_matched(session, world, name, run, chosen)


def step_in(session: Session, world: World, *, name: str) -> None:
    """Draw the next in line, whose people have an account by then; nobody where no real supplier is in line.

    It is sent by itself, or waits for a release, as the department chose.
    """
    with suppress(Conflict), session.begin_nested():
        drawn = service.draw_alternates(session, challenge_id=world.challenges[name])
        if {one.supplier.ref for one in drawn} & set(world.suppliers.values()):
            raise Conflict("The story of this supplier is told elsewhere.")
        enrol_experts(session, world, [one.supplier for one in drawn], count=1)
        service.send_waiting(session, actor=OPERATOR)


def enrol_experts(session: Session, world: World, found: Sequence[Supplier], *, count: int) -> None:
    """Give the first ``count`` real suppliers somebody who acts for them, unless they have somebody."""
    real = [supplier for supplier in found if supplier.ref not in world.suppliers.values()]
    for supplier in real[:count]:
        if supplier.ref in world.experts or len(world.experts) >= len(EXPERTS):
            continue
        name = EXPERTS[len(world.experts)]
        person = accounts.create_person(
            session,
            name=f"{name} Example",
            email=f"{name.lower()}@{EXPERTS_DOMAIN}",
            password=None,
            verified=True,
            actor=OPERATOR,
        )
        roles = (Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT)
        join(session, world, organisation=supplier.organisation, person=person, roles=roles)
        world.experts[supplier.ref] = person.email


def _decide(session: Session, world: World, actor: Actor, run: MatchRun, wave: Wave) -> None:
    wanted = {world.suppliers[key] for key in wave["with"]}
    reasons = {world.suppliers[key]: reason for key, reason in wave.get("reasons", {}).items()}
    for decision in queries.overrides(session, challenge_id=run.challenge_id):
        if decision.ended_at is None and decision.supplier.ref in wanted:
            service.end_override(session, actor=actor, run=run, supplier_ref=decision.supplier.ref)

    def override(ref: str, kind: OverrideKind, usual: str) -> None:
        words = reasons.get(ref, usual)
        service.override(session, actor=actor, run=run, supplier_ref=ref, kind=kind, reason=words)

    unwanted = set(world.suppliers.values()) - wanted
    while found := sorted(unwanted & _refs(_chosen(session, run))):
        number = sum(map(ord, run.challenge.ref + found[0][:2])) + len(found)
        override(found[0], OverrideKind.EXCLUDE, UNWANTED[number % len(UNWANTED)])
    if "second_look" in wave:
        waiting = [one for one in queries.candidates(session, run_id=run.id) if one.alternate_rank]
        for one in sorted(waiting, key=lambda one: one.alternate_rank or 0)[:1]:
            override(one.supplier.ref, OverrideKind.PIN, wave["second_look"])
    for ref in sorted(wanted & _refs(queries.candidates(session, run_id=run.id))):
        if ref not in _refs(_chosen(session, run)):
            override(ref, OverrideKind.PIN, WANTED)


def _refs(found: Sequence[MatchCandidate]) -> set[str]:
    return {candidate.supplier.ref for candidate in found}


def _chosen(session: Session, run: MatchRun) -> list[MatchCandidate]:
    found = queries.candidates(session, run_id=run.id)
    return [candidate for candidate in found if candidate.outcome is Outcome.CHOSEN]


def _note_matched(
    session: Session, world: World, name: str, run: MatchRun, chosen: Sequence[MatchCandidate]
) -> None:
    invited = {one.supplier.ref for one in queries.for_challenge(session, challenge_id=run.challenge_id)}
    world.matched.setdefault(name, []).extend(
        candidate.supplier.ref
        for candidate in chosen
        if candidate.supplier.ref in invited
        and candidate.supplier.ref in world.experts
        and candidate.supplier.ref not in world.suppliers.values()
    )
