"""What keeps an engagement fair: steps taken (s.16(3)), reasons for differences (s.12(3)), the gate at close."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges import policy, queries
from engage.challenges.enums import OVER_STATES, Route
from engage.challenges.models import Challenge, EngagementStep, Justification
from engage.challenges.service.shared import allow, lock, note
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.ledger.queries import Asymmetry

LONGEST_STEP = 500
LONGEST_TEXT = 3000
NAMED = 5
"""So many facts a refusal names; it counts the others."""
SUGGESTED_STEPS = (
    "Everything that was shared with one supplier is on the page of the challenge.",
    "Every supplier had the same time to answer.",
    "Every supplier was asked the same questions.",
    "Who could not come to a session could answer in writing.",
)


def add_step(
    session: Session, *, actor: Actor, challenge: Challenge, text: str, taken_on: date
) -> EngagementStep:
    """Record a step taken so that nobody who takes part is at an unfair advantage (Procurement Act 2023, s.16(3)).

    Side effects: the challenge's row is locked, the step, an audit line. Raises ``NotAllowed``, ``Conflict`` when the
    challenge is over, ``Invalid`` for an empty or long text and for a day to come.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    _running(lock(session, challenge))
    words, wrong = text.strip(), {}
    if not words:
        wrong["text"] = "Say what was done"
    elif len(words) > LONGEST_STEP:
        wrong["text"] = f"The step must be {LONGEST_STEP:,} characters or fewer"
    if taken_on > clock.uk_today():
        wrong["taken_on"] = "The day must be today or in the past"
    if wrong:
        raise Invalid(wrong)
    step = EngagementStep(
        challenge_id=challenge.id,
        text=words,
        taken_on=taken_on,
        recorded_by_id=actor.person_id,
        recorded_at=clock.now(),
    )
    session.add(step)
    challenge.updated_at = clock.now()
    note(session, actor, challenge, "step_recorded", taken_on=taken_on.isoformat())
    return step


def remove_step(session: Session, *, actor: Actor, challenge: Challenge, step_id: int) -> None:
    """Take a step off the list that was recorded by mistake; the audit trail keeps that it was there.

    Side effects: the challenge's row is locked, the step is gone, an audit line. Nothing happens when it is gone
    already. Raises ``NotAllowed``, ``Conflict`` when the challenge is over.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    _running(lock(session, challenge))
    gone = sa.delete(EngagementStep).where(
        EngagementStep.id == step_id, EngagementStep.challenge_id == challenge.id
    )
    text = session.scalar(gone.returning(EngagementStep.text))
    if text is not None:
        challenge.updated_at = clock.now()
        note(session, actor, challenge, "step_removed", step=step_id)


def justify(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    facts: Collection[str],
    difference: str,
    steps: str,
) -> Justification:
    """Record why it was justified that some knew ``facts`` and others did not (Procurement Act 2023, s.12(3)).

    ``difference`` says which difference between suppliers justified it, ``steps`` what was done so that it put
    nobody at an unfair advantage or disadvantage; everybody reads both on the record. Side effects: the challenge's
    row is locked, the justification, an audit line. Raises ``NotAllowed``; ``Conflict`` when the challenge is over;
    ``Invalid`` for facts that are not open, and for a text that is missing or too long.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    _running(lock(session, challenge))
    texts = {"difference": difference.strip(), "steps": steps.strip()}
    missing = {
        "difference": "Say which difference between suppliers justified it",
        "steps": "Say what was done so that nobody was at an unfair advantage or disadvantage",
    }
    wrong = {name: missing[name] for name, text in texts.items() if not text}
    for name, text in texts.items():
        if len(text) > LONGEST_TEXT:
            wrong[name] = f"This must be {LONGEST_TEXT:,} characters or fewer"
    named = [each.fact for each in queries.unsettled(session, challenge=challenge) if each.fact in facts]
    if not named or len(named) != len(set(facts)):
        wrong["facts"] = "Choose what the reasons are for, from the list as it stands now"
    if wrong:
        raise Invalid(wrong)
    made = Justification(
        challenge_id=challenge.id, facts=named, by_id=actor.person_id, at=clock.now(), **texts
    )
    session.add(made)
    note(session, actor, challenge, "difference_justified", facts=named)
    return made


def check_fair_to_close(session: Session, challenge: Challenge) -> None:
    """Raise ``Conflict``, naming each thing to mend, unless everybody could know what somebody knew.

    What some know and not everyone could has to be released, or its difference justified; a preliminary market
    engagement has at least one step recorded under s.16(3).
    """
    open_ones = queries.unsettled(session, challenge=challenge)
    if open_ones:
        raise Conflict(_not_everyone(open_ones))
    steps = queries.engagement_steps(session, challenge_id=challenge.id)
    if challenge.route is Route.PRELIMINARY_MARKET_ENGAGEMENT and not steps:
        raise Conflict(
            "Record at least one step taken so that nobody has an unfair advantage (Procurement Act 2023, section "
            "16(3)) on the Notice tab, then close the challenge."
        )


def _not_everyone(open_ones: Sequence[Asymmetry]) -> str:
    names = [f"“{each.summary}”" for each in open_ones[:NAMED]]
    if len(open_ones) > NAMED:
        names.append(f"{len(open_ones) - NAMED} more")
    things = "something" if len(open_ones) == 1 else f"{len(open_ones)} things"
    return (
        f"This challenge cannot be closed yet: some suppliers were told {things} that not everyone could know: "
        f"{', '.join(names)}. On the Ledger tab, release each to everyone, or record why the difference was justified."
    )


def _running(challenge: Challenge) -> None:
    if challenge.state in OVER_STATES:
        raise Conflict("This challenge is over, so its record no longer changes.")
