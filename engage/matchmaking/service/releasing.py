"""Releasing a run: a named person lets the invitations go out; and inviting those who step in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts.models import Organisation
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.interests import service as interests
from engage.interests.enums import CheckPoint
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict
from engage.kernel.states import check
from engage.kernel.text import sha256
from engage.matching import assignment
from engage.matching.assignment import Instance, Place, Plan, Reason
from engage.matchmaking import queries
from engage.matchmaking.enums import RUN_TRANSITIONS, HardRule, InvitationState, Origin, Outcome, RunState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, SelectionRules
from engage.matchmaking.service import letters, lottery
from engage.matchmaking.service.deciding import AT_RELEASE
from engage.matchmaking.service.invitations import find, invite, is_verified, lock, send
from engage.matchmaking.service.places import STANDING, Room, room
from engage.matchmaking.service.problem import invited_groups, own_caps
from engage.matchmaking.service.runs import approved_version, current
from engage.matchmaking.service.selecting import listed_scores, rules_in_force, stored_instance, stored_plan
from engage.matchmaking.service.sifting import sift
from engage.suppliers.models import Supplier


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


def release(session: Session, *, actor: Actor, run: MatchRun, seen: str | None = None) -> Released:
    """Invite everybody whom the plan of ``run`` has chosen. Releasing a second time does nothing.

    The challenge's row is locked first, as a withdrawal and a round do. The hard rules are checked once more,
    under a lock: a supplier that was paused, suspended or filled up since is left out, and the next alternate
    can be invited instead. One whose people have no account yet is held until they have. ``seen`` is the
    ``plan_mark`` of what the person looked at.

    Side effects, in order: the run with its time and person; for each supplier an invitation with audit
    lines and letters (see ``invite``), or the rule that left it out; the lottery's secret revealed and the
    next one committed to; an audit line about the release. Raises ``Conflict`` when the challenge is not open,
    its approved text has changed, the plan is not what was seen, or nobody is chosen.
    """
    challenges.hold(session, run.challenge)
    standing = current(session, challenge_id=run.challenge_id)
    if standing is None or standing.id != run.id:
        raise Conflict("This match has been replaced by a newer one. Reload the page.")
    if standing.state is RunState.RELEASED:
        return Released()
    _check_challenge(session, standing)
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
    released = _invite_all(session, actor, standing, chosen)
    if standing.commitment is not None:
        lottery.reveal(session, actor=actor, challenge=standing.challenge, commitment=standing.commitment)
    _record(
        session,
        actor,
        standing,
        "released",
        sent=len(released.sent),
        waiting=len(released.waiting),
        left_out={rule.value: count for rule, count in sorted(released.left_out.items())},
        same_group=released.same_group,
    )
    return released


def next_alternate(session: Session, *, actor: Actor, challenge: Challenge) -> Invitation:
    """Invite the next alternate of the released match, in place of somebody who declined or was left out.

    Alternates step in so that the rules stay kept over all matches of the challenge: who comes next depends on who
    is gone. One that a hard rule leaves out by now is passed over.

    Side effects, in order: the challenge's row locked, the run's, then the suppliers' that could come next, by id,
    as a release does; those of ``invite``; an audit line. Raises ``Conflict`` when nothing was released, the
    challenge is not open, every place is taken, or nobody is left.
    """
    challenges.hold(session, challenge)
    run = current(session, challenge_id=challenge.id)
    if run is None or run.state is not RunState.RELEASED or run.round is None or run.rules is None:
        raise Conflict("Alternates can be invited once the invitations of this match are out.")
    _check_challenge(session, run)
    left = room_of(session, run=run)
    if not left.left:
        raise Conflict(f"{_every(left.places)} taken. An alternate can step in for who declines.")
    invited = {one.supplier.ref: one for one in queries.for_challenge(session, challenge_id=challenge.id)}
    candidates = {one.supplier.ref: one for one in queries.candidates(session, run_id=run.id)}
    gone = _gone(invited, candidates)
    instance = _as_it_is(session, run, stored_instance(run.round))
    near = {ref for own, ref, _score in listed_scores(instance) if own == challenge.ref}
    free = {ref: candidates[ref] for ref in sorted(near - invited.keys() - set(gone))}
    rows, ready = _can_come(session, challenge, free)
    plan = _as_it_went(stored_plan(run.round), challenge.ref, candidates, invited, gone)
    away = sorted({*gone, *(free.keys() - ready)})
    ref = assignment.next_alternate(instance, plan, session=challenge.ref, gone=away)
    if ref is None:
        raise Conflict("There is no alternate left. Match again to find more suppliers.")
    made = invite(
        session, actor=actor, challenge=challenge, supplier=rows[ref], origin=Origin.MATCHED, run=run
    )
    _record(session, actor, run, "alternate", supplier=ref, instead_of=left.given)
    return made


def room_of(session: Session, *, run: MatchRun, rules: SelectionRules | None = None) -> Room:
    """Return the places of a planned run's challenge that are given and left; ``rules`` are those in force.

    When the rules were changed after the release, the smaller number of places counts: nobody steps in beyond them.
    """
    places = (rules or rules_in_force(session, challenge=run.challenge)).places
    if run.rules is not None:
        places = min(places, run.rules.places)
    return room(session, challenge_id=run.challenge_id, places=places)


def send_waiting(session: Session, *, actor: Anyone) -> int:
    """Send the held invitations that somebody can read now, and return how many.

    Those of challenges that are still open, whose supplier has got its first people, is verified, and is kept away
    by no conflict of interest.
    """
    query = (
        sa.select(Invitation)
        .where(Invitation.state == InvitationState.HELD)
        .options(joinedload(Invitation.challenge), joinedload(Invitation.supplier))
        .order_by(Invitation.id)
    )
    count = 0
    for invitation in session.scalars(query).all():
        ready = invitation.challenge.is_open and is_verified(session, invitation.supplier)
        if ready and letters.readers(session, invitation) and not _torn(session, invitation):
            held = lock(session, invitation)
            if held.state is InvitationState.HELD:
                send(session, actor=actor, invitation=held)
                count += 1
    return count


def _torn(session: Session, invitation: Invitation) -> bool:
    return interests.is_blocked(
        session, challenge=invitation.challenge, supplier_id=invitation.supplier_id, on=clock.uk_today()
    )


def _can_come(
    session: Session, challenge: Challenge, free: Mapping[str, MatchCandidate]
) -> tuple[dict[str, Supplier], set[str]]:
    """Return the suppliers of ``free``, locked, and the references of those that nothing keeps away by now.

    All of them are locked at once, in the order in which a release locks: were the one that comes next locked and,
    if it had to be passed over, the one after it, two challenges could wait for each other.
    """
    ids = [one.supplier_id for one in free.values()]
    rows = {supplier.ref: supplier for supplier in _locked(session, ids)}
    left_out = sift(session, department=challenge.organisation, challenge=challenge, ids=ids).left_out
    groups = invited_groups(session, challenge_id=challenge.id)
    ready = {ref for ref, one in free.items() if ref not in left_out and one.corporate_group not in groups}
    return rows, ready


def _as_it_is(session: Session, run: MatchRun, instance: Instance) -> Instance:
    """Return the problem of a round with what other matches of the challenge have given of floors and caps by now."""
    assert run.rules is not None, "a planned run has rules"
    others = room(session, challenge_id=run.challenge_id, places=run.rules.places, but_for=run)
    ref = run.challenge.ref
    floors, caps = others.floors(run.rules), own_caps(others, run.rules, ref)
    sessions = [
        replace(each, floors=floors, caps=caps) if each.id == ref else each for each in instance.sessions
    ]
    return replace(instance, sessions=sessions)


def _gone(invited: Mapping[str, Invitation], candidates: Mapping[str, MatchCandidate]) -> list[str]:
    """Return who takes none of the places: who declined or let the time pass, and who cannot be invited."""
    ended = {ref for ref, one in invited.items() if one.state not in STANDING}
    refused = {
        ref for ref, one in candidates.items() if ref not in invited and one.decided_by.startswith(AT_RELEASE)
    }
    return sorted(ended | refused)


def _as_it_went(
    plan: Plan,
    ref: str,
    candidates: Mapping[str, MatchCandidate],
    invited: Mapping[str, Invitation],
    gone: Sequence[str],
) -> Plan:
    """Return ``plan`` with the places of the challenge ``ref`` as they were given in truth, also by stepping in."""
    kept = tuple(place for place in plan.places if place.session != ref)
    given = sorted(one for one in {*invited, *gone} & set(candidates))
    own = tuple(
        Place(session=ref, supplier=one, score=candidates[one].score, reason=Reason.FIT.value)
        for one in given
    )
    return replace(plan, places=(*kept, *own))


def _check_challenge(session: Session, run: MatchRun) -> None:
    challenge: Challenge = run.challenge
    if not challenge.is_open:
        raise Conflict("Invitations can go out only while the challenge is published and open.")
    if approved_version(session, challenge).content_hash != queries.matched_text(run):
        raise Conflict("The text has been approved anew since this match. Match again before you release.")


def _chosen(session: Session, run: MatchRun) -> Sequence[MatchCandidate]:
    query = (
        sa.select(MatchCandidate)
        .where(MatchCandidate.run_id == run.id, MatchCandidate.outcome == Outcome.CHOSEN)
        .order_by(MatchCandidate.rank)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def _invite_all(session: Session, actor: Actor, run: MatchRun, chosen: Sequence[MatchCandidate]) -> Released:
    ids = [candidate.supplier_id for candidate in chosen]
    rows = {supplier.id: supplier for supplier in _locked(session, ids)}
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
            )
            (released.sent if made.state is InvitationState.SENT else released.waiting).append(made)
    return released


def _every(places: int) -> str:
    return "The one place is" if places == 1 else f"All {places} places are"


def _locked(session: Session, ids: Sequence[int]) -> Sequence[Supplier]:
    """Return suppliers as they stand now, locked, and their organisations kept from being suspended meanwhile.

    Organisations first, as a suspension has its own before it marks the supplier; each by id, so that two
    releases wait for each other in one order.
    """
    theirs = sa.select(Supplier.organisation_id).where(Supplier.id.in_(ids))
    owners = sa.select(Organisation).where(Organisation.id.in_(theirs)).order_by(Organisation.id)
    session.scalars(owners.with_for_update(read=True).execution_options(populate_existing=True)).all()
    query = (
        sa.select(Supplier)
        .where(Supplier.id.in_(ids))
        .order_by(Supplier.id)
        .with_for_update(of=Supplier)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def _record(session: Session, actor: Actor, run: MatchRun, deed: str, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"matchmaking:run:{deed}",
        subject=f"run:{run.ref}",
        challenge=run.challenge.ref,
        **details,
    )
