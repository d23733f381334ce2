"""A change of the legal route after approval: one person proposes it, another makes it, everybody is told.

Preliminary market engagement may not be public before its notice is on Find a Tender (Procurement Regulations
2024, reg 5(11)). A public challenge that becomes one is therefore taken from view until the notice is recorded; what
suppliers knew by then is written down with the change, and goes to everyone when the challenge comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from engage.challenges import policy, queries
from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.enums.questions import ROUTE_WORDS
from engage.challenges.enums.routes import ROUTE_CHANGE_TRANSITIONS, RouteChangeState
from engage.challenges.events import EngagementResumed, RouteChanged
from engage.challenges.models import Challenge, ChallengeVersion, RouteChange
from engage.challenges.service import route_letters
from engage.challenges.service.shared import allow, lock, move, note, unschedule
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.chain import canonical
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.events import emit
from engage.kernel.states import check, label
from engage.kernel.text import required_text
from engage.ledger import queries as ledger_queries
from engage.ledger import service as ledger
from engage.ledger.enums import Channel, counts

EXPLORATION, ENGAGEMENT = Route.POLICY_EXPLORATION, Route.PRELIMINARY_MARKET_ENGAGEMENT
IN_PUBLIC = (ChallengeState.PUBLISHED, ChallengeState.ENGAGING, ChallengeState.FINDINGS_DUE)
CHANGEABLE: Mapping[Route, tuple[ChallengeState, ...]] = {
    ENGAGEMENT: (ChallengeState.APPROVED, *IN_PUBLIC),
    EXPLORATION: (ChallengeState.NOTICE_PENDING,),
}
"""In which states the route can become this one. Before approval it is an answer like any other."""
LONGEST_REASON = 2000
_ONE_OPEN = "uq_route_change_open"


def propose_route(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    to: Route,
    purposes: Sequence[EngagementPurpose] = (),
    reason: str,
) -> RouteChange:
    """Propose that ``challenge`` takes the route ``to``; nothing changes before another person agrees.

    ``reason`` is told to everyone once the change is public. Side effects, in order: the challenge's row is
    locked, the proposal, an audit line, a letter to each approver who may decide. Raises ``NotAllowed``;
    ``Conflict`` when the route cannot change now or a
    proposal waits already; ``Invalid`` without reason, or without a purpose where one is needed.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    lock(session, challenge)
    _check_possible(challenge, to)
    words = reason.strip()
    wrong = {}
    if not words:
        wrong["reason"] = "Say why the route changes"
    elif len(words) > LONGEST_REASON:
        wrong["reason"] = f"The reason must be {LONGEST_REASON:,} characters or fewer"
    if to is ENGAGEMENT and not purposes:
        wrong["purposes"] = "Choose at least one purpose"
    if wrong:
        raise Invalid(wrong)
    change = RouteChange(
        challenge_id=challenge.id,
        to_route=to,
        purposes=[each.value for each in EngagementPurpose if to is ENGAGEMENT and each in purposes],
        reason=words,
        state=RouteChangeState.PROPOSED,
        proposed_by_id=actor.person_id,
        proposed_at=clock.now(),
        who_knew=[],
    )
    try:
        with session.begin_nested():
            session.add(change)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _ONE_OPEN:
            raise
        raise Conflict("A change of route waits for an approver already.") from error
    note(session, actor, challenge, "route_proposed", to=to.value)
    route_letters.ask_approvers(session, actor=actor, challenge=challenge, change=change)
    return change


def make_route_change(session: Session, *, actor: Actor, change: RouteChange) -> RouteChange:
    """Agree to a proposed change of route, and make it.

    Side effects, in order: the challenge's row is locked, then the change's; what was disclosed so far is written
    down with the change (from the ledger, which has a line for each letter that was delivered); the state
    ``notice_pending`` for preliminary market engagement (a public challenge is out of everybody's view from then on,
    its time of publication forgotten until it is published again), or ``approved`` for a policy exploration; the
    route and its reason in the text, frozen as a new version that both people stand for; an audit line; a letter
    to who proposed it; the event ``RouteChanged`` (letters to who takes part, release of what was told elsewhere).

    Raises ``NotAllowed`` for who proposed it or wrote the text and for who is no approver of the department;
    ``Conflict`` when it was decided before or the route can no longer change.
    """
    challenge = lock(session, change.challenge)
    change = _take(session, change)
    _may_decide(actor, challenge, change)
    check(ROUTE_CHANGE_TRANSITIONS, now=change.state, to=RouteChangeState.MADE, thing="change of route")
    _check_possible(challenge, change.to_route)
    now = clock.now()
    change.state, change.decided_by_id, change.decided_at = RouteChangeState.MADE, actor.person_id, now
    change.who_knew = who_knew(session, challenge=challenge)
    _leave_state(challenge, change)
    _rewrite(session, actor, challenge, change)
    note(
        session,
        actor,
        challenge,
        "route_changed",
        to=change.to_route.value,
        version=_latest(session, challenge).number,
        hash=challenge.approved_hash,
        facts_known=len(change.who_knew),
    )
    route_letters.tell_decision(session, actor=actor, challenge=challenge, change=change)
    emit(session, RouteChanged(challenge_id=challenge.id, route_change_id=change.id))
    return change


def decline_route_change(session: Session, *, actor: Actor, change: RouteChange, reason: str) -> RouteChange:
    """Decline a proposed change of route with a reason for who proposed it.

    Side effects: the challenge's row is locked, then the change's; its state, an audit line, a letter to who
    proposed it. Raises as ``make_route_change`` does, and ``Invalid`` without a reason.
    """
    challenge = lock(session, change.challenge)
    change = _take(session, change)
    _may_decide(actor, challenge, change)
    check(ROUTE_CHANGE_TRANSITIONS, now=change.state, to=RouteChangeState.DECLINED, thing="change of route")
    words = required_text(
        reason, field="answer", missing="Say why the route stays as it is", longest=LONGEST_REASON
    )
    change.state, change.answer = RouteChangeState.DECLINED, words
    change.decided_by_id, change.decided_at = actor.person_id, clock.now()
    note(session, actor, challenge, "route_change_declined", to=change.to_route.value)
    route_letters.tell_decision(session, actor=actor, challenge=challenge, change=change)
    return change


def who_knew(session: Session, *, challenge: Challenge) -> list[dict[str, Any]]:
    """Return what had been disclosed about ``challenge``: each fact with its summary, who had it, and since when.

    ``audiences`` are those of the ledger, each once; ``everyone_since`` is empty while not all could have it.
    Invitations and places are in it too: who is invited knows that there is something to be invited to.
    """
    known: dict[str, dict[str, Any]] = {}
    for line in ledger_queries.disclosures(session, challenge_ref=challenge.ref):
        found = known.setdefault(
            line.fact,
            {
                "fact": line.fact,
                "summary": line.summary,
                "audiences": [],
                "since": line.delivered.isoformat(),
                "everyone_since": "",
            },
        )
        found["since"] = min(found["since"], line.delivered.isoformat())
        if line.to_everyone:
            since = found["everyone_since"] or line.delivered.isoformat()
            found["everyone_since"] = min(since, line.delivered.isoformat())
        elif line.audience not in found["audiences"]:
            found["audiences"].append(line.audience)
    return list(known.values())


def tell_of_route(session: Session, *, actor: Anyone, challenge: Challenge) -> None:
    """Tell everyone of the changes of route that were made out of view; a part of publishing.

    Side effects, for each: a ledger line with the reason and everything that was known before, its time; the state
    that a challenge taken from view comes back to, with an audit line and the event ``EngagementResumed``.
    """
    untold = sa.select(RouteChange).where(
        RouteChange.challenge_id == challenge.id,
        RouteChange.state == RouteChangeState.MADE,
        RouteChange.told_at.is_(None),
    )
    for change in session.scalars(untold.order_by(RouteChange.id)).all():
        change.told_at = challenge.published_at
        ledger.disclose(
            session,
            challenge_ref=challenge.ref,
            fact=change.key,
            summary=f"The route became {ROUTE_WORDS[change.to_route].lower()}; what was known before is listed",
            channel=Channel.PAGE,
            body=canonical(
                {"to": change.to_route, "reason": change.reason, "who_knew": public_part(change.who_knew)}
            ),
        )
        if change.resume is not None:
            _resume(session, actor, challenge, change, change.resume)


def why_route_stays(challenge: Challenge, to: Route) -> str:
    """Return why the route of ``challenge`` cannot become ``to`` now, in a sentence; empty when it can."""
    try:
        _check_possible(challenge, to)
    except Conflict as refusal:
        return refusal.message
    return ""


@dataclass(frozen=True)
class Knowledge:
    """What some had when the route changed, as everyone may read it: no names."""

    facts: Sequence[Mapping[str, Any]]
    """What has to reach everyone: summary, number of those who had it, since when, and since when all."""
    invited: int
    """How many knew that they were invited, had a place or an answer of their own."""


def knowledge(change: RouteChange) -> Knowledge:
    """Return what some had when ``change`` was made."""
    early = [each for each in change.who_knew if each["audiences"]]
    facts = [each for each in early if counts(each["fact"])]
    own = {name for each in early if not counts(each["fact"]) for name in each["audiences"]}
    shown = [{**each, "since_at": datetime.fromisoformat(each["since"])} for each in public_part(facts)]
    return Knowledge(shown, len(own))


def public_part(known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what everybody may read of ``who_knew``: how many had each fact, not who."""
    return [
        {
            "summary": each["summary"],
            "number": len(each["audiences"]),
            "since": each["since"],
            "everyone_since": each["everyone_since"],
        }
        for each in known
    ]


def _resume(
    session: Session, actor: Anyone, challenge: Challenge, change: RouteChange, state: ChallengeState
) -> None:
    if state is not ChallengeState.PUBLISHED:
        move(challenge, state)
    note(session, actor, challenge, "resumed", state=state.value)
    emit(session, EngagementResumed(challenge_id=challenge.id, route_change_id=change.id))


def _check_possible(challenge: Challenge, to: Route) -> None:
    if challenge.route is to:
        raise Conflict(f"The route of this challenge is {ROUTE_WORDS[to].lower()} already.")
    if challenge.state not in CHANGEABLE[to]:
        raise Conflict(_refusal(challenge, to))
    if to is EXPLORATION and challenge.notice_number:
        raise Conflict(
            f"Notice {challenge.notice_number} is recorded, so this is a preliminary market engagement. "
            "Withdraw the challenge if the procurement was given up."
        )
    if challenge.open_revision is not None:
        raise Conflict("A change of the text is being prepared. Publish it or drop it first.")


def _refusal(challenge: Challenge, to: Route) -> str:
    if challenge.is_editable or challenge.state is ChallengeState.IN_REVIEW:
        return "The text is not approved yet: change the route in the text itself."
    if to is EXPLORATION and challenge.is_public:
        return (
            "This challenge is public as preliminary market engagement. A notice cannot be taken back, so the route "
            "stays."
        )
    return f"This challenge is {label(challenge.state)}, so its route can no longer change."


def _may_decide(actor: Actor, challenge: Challenge, change: RouteChange) -> None:
    allow(
        policy.can_review(actor, challenge), "Only an approver who did not write the text can decide on this."
    )
    allow(
        actor.person_id != change.proposed_by_id,
        "You proposed this change, so somebody else has to decide on it.",
    )


def _take(session: Session, change: RouteChange) -> RouteChange:
    query = sa.select(RouteChange).where(RouteChange.id == change.id).with_for_update(of=RouteChange)
    loaded = query.options(joinedload(RouteChange.challenge)).execution_options(populate_existing=True)
    return session.scalars(loaded).one()


def _latest(session: Session, challenge: Challenge) -> ChallengeVersion:
    version = queries.latest_version(session, challenge_id=challenge.id)
    assert version is not None, "an approved challenge has a frozen text"
    return version


def _leave_state(challenge: Challenge, change: RouteChange) -> None:
    """Take the challenge from view before its route says market engagement: the database knows no other order."""
    if change.to_route is EXPLORATION:
        move(challenge, ChallengeState.APPROVED)
        return
    if challenge.state in IN_PUBLIC:
        change.resume = challenge.state
        challenge.published_at = None
    move(challenge, ChallengeState.NOTICE_PENDING)


def _rewrite(session: Session, actor: Actor, challenge: Challenge, change: RouteChange) -> None:
    """Put the route into the text and freeze it: proposed by one of the two, approved by the other."""
    if challenge.publish_at is not None:
        unschedule(
            challenge, because="The legal route changed, so the time for publication has to be set again."
        )
    challenge.route, challenge.purposes = change.to_route, list(change.purposes)
    challenge.route_reason = change.reason
    content, number = challenge.content, _latest(session, challenge).number + 1
    challenge.submitted_by_id, challenge.submitted_at = change.proposed_by_id, change.proposed_at
    challenge.approved_by_id, challenge.approved_at = actor.person_id, change.decided_at
    challenge.approved_hash = challenge.content_hash
    session.add(
        ChallengeVersion(
            challenge_id=challenge.id,
            number=number,
            content=content,
            content_hash=challenge.content_hash,
            submitted_by_id=change.proposed_by_id,
            submitted_at=change.proposed_at,
        )
    )
    session.flush()
