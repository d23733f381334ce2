"""Who may do what with a challenge, and who has to act next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from engage.challenges.enums import OPEN_STATES, TRANSITIONS, ChallengeState, RevisionState, Step
from engage.challenges.enums.questions import missing
from engage.challenges.models import Challenge
from engage.kernel.actor import Actor, Role
from engage.kernel.permissions import Permission
from engage.kernel.uktime import uk_date, uk_time


class ChallengePermission(Permission):
    """What roles may do with challenges. Reading depends on the challenge: see ``can_see``."""

    DRAFT = ("draft a challenge", {Role.POLICY_AUTHOR})
    APPROVE = ("approve a challenge", {Role.APPROVER})
    START = ("start an engagement", {Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR})
    CONDUCT = ("publish a challenge and lead the engagement", {Role.POLICY_AUTHOR, Role.APPROVER})


READERS = (Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR)

NOT_ONE_OF_YOU = "Only policy authors and approvers of the department can do this."
NOT_VERIFIED = "Your organisation has not been verified yet. Texts can be submitted once it is."


def belongs(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` acts for the department that owns ``challenge``."""
    return actor.organisation_id == challenge.organisation_id


def can_see(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` may open the workspace: the department's own people, and auditors."""
    return actor.has(Role.AUDITOR) or (belongs(actor, challenge) and actor.has(*READERS))


def can_draft(actor: Actor) -> bool:
    """Tell whether ``actor`` may start a challenge; a department may prepare drafts before it is verified."""
    return ChallengePermission.DRAFT.allows(actor)


def can_edit(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` may write in the text, when its state lets anybody write."""
    return can_draft(actor) and belongs(actor, challenge)


def can_submit(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` may send the text to the approvers."""
    return can_edit(actor, challenge) and actor.organisation_verified


def has_written(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` wrote or submitted the text that waits, and so must not approve it."""
    text = challenge.writing
    return actor.person_id in {*text.writer_ids, text.submitted_by_id}


def can_review(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` may approve the text or ask for changes."""
    return (
        ChallengePermission.APPROVE.allows(actor)
        and actor.organisation_verified
        and belongs(actor, challenge)
        and not has_written(actor, challenge)
    )


def can_conduct(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` may record the notice, publish, open and end the engagement, and withdraw."""
    return (
        ChallengePermission.CONDUCT.allows(actor)
        and actor.organisation_verified
        and belongs(actor, challenge)
    )


def can_start(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` may begin the engagement: whoever conducts it, and facilitators."""
    return (
        ChallengePermission.START.allows(actor) and actor.organisation_verified and belongs(actor, challenge)
    )


def can_withdraw(actor: Actor, challenge: Challenge) -> bool:
    """Tell whether ``actor`` may withdraw ``challenge`` in its present state."""
    withdrawable = ChallengeState.WITHDRAWN in TRANSITIONS.get(challenge.state, frozenset())
    return withdrawable and can_conduct(actor, challenge)


def may_take(actor: Actor, challenge: Challenge, step: Step) -> bool:
    """Tell whether ``actor`` is one of those who have to take ``step``."""
    if step is Step.WRITE:
        return can_edit(actor, challenge)
    if step is Step.REVIEW:
        return can_review(actor, challenge)
    if step is Step.START:
        return can_start(actor, challenge)
    return step is not Step.NOTHING and can_conduct(actor, challenge)


@dataclass(frozen=True)
class NextStep:
    """What has to be done next: by whom, and in words. ``overdue`` says what is late, or is empty.

    ``short`` fits on a card, ``action`` on a button.
    """

    step: Step
    who: str
    short: str
    text: str
    action: str = ""
    overdue: str = ""


AUTHOR = "A policy author"
APPROVER = "An approver"
EITHER = "A policy author or an approver"

_STEPS: dict[ChallengeState, NextStep] = {
    ChallengeState.CHANGES_REQUESTED: NextStep(
        Step.WRITE,
        AUTHOR,
        "Changes asked for",
        "An approver asked for changes. Read the reasons, then change the text.",
        "Change the text",
    ),
    ChallengeState.IN_REVIEW: NextStep(
        Step.REVIEW,
        APPROVER,
        "Waiting for an approver",
        "Somebody who did not write the text reads it, then approves it or asks for changes.",
        "Read and decide",
    ),
    ChallengeState.APPROVED: NextStep(
        Step.PUBLISH,
        EITHER,
        "Approved, ready to publish",
        "The text is approved. Publish it, and everybody can read it from that moment.",
        "Publish now",
    ),
    ChallengeState.PUBLISHED: NextStep(
        Step.START,
        EITHER,
        "Plan a first session",
        "Everybody can read it. A first session starts the engagement: see who fits and who is invited, then plan "
        "it. If you only want written answers, start it without a session.",
        "Start without a session",
    ),
    ChallengeState.ENGAGING: NextStep(
        Step.END,
        EITHER,
        "Engagement under way",
        "Sessions and contributions are under way until the closing date. It ends after that, or early with a reason.",
        "End the engagement",
    ),
    ChallengeState.FINDINGS_DUE: NextStep(
        Step.CLOSE,
        EITHER,
        "Tell what you heard",
        "Tell everybody what you heard and what you will do about it, then close the challenge.",
        "Close the challenge",
    ),
    ChallengeState.CLOSED: NextStep(Step.NOTHING, "", "", "This challenge is closed. Nothing is left to do."),
    ChallengeState.WITHDRAWN: NextStep(
        Step.NOTHING, "", "Withdrawn", "This challenge was withdrawn. Nothing is left to do."
    ),
}


_CLOSING_DATE_PASSED = NextStep(
    Step.END,
    EITHER,
    "To be ended",
    "Nobody can offer help or ask any more. When the last session is over, end the engagement: then tell what you "
    "heard.",
    "End the engagement",
)


def next_step(challenge: Challenge) -> NextStep:
    """Return what has to be done next with ``challenge``, whoever is looking."""
    if challenge.state is ChallengeState.DRAFT:
        return _writing(challenge)
    if challenge.state is ChallengeState.NOTICE_PENDING:
        found = _notice(challenge)
    elif challenge.state in OPEN_STATES and challenge.is_past:
        found = _CLOSING_DATE_PASSED
    else:
        found = _STEPS[challenge.state]
    if challenge.publish_at is not None:
        found = _set_for(challenge.publish_at)
    if challenge.open_revision is not None:
        found = replace(found, short=_CHANGE[challenge.open_revision.state])
    return replace(found, overdue=overdue(challenge))


_CHANGE: dict[RevisionState, str] = {
    RevisionState.WRITING: "A change of the text is being written",
    RevisionState.IN_REVIEW: "A change of the text waits for an approver",
    RevisionState.APPROVED: "A change of the text is ready to publish",
}
"""On a card, what becomes of the published text comes first."""


def _set_for(moment: datetime) -> NextStep:
    when = uk_time(moment)
    text = f"It is published by itself on {when}. Until then the time can be changed or taken back."
    return NextStep(Step.PUBLISH, EITHER, f"Goes public on {when}", text, "Publish now")


def overdue(challenge: Challenge) -> str:
    """Say what is late with ``challenge``; empty when nothing is."""
    if not challenge.is_past or challenge.closes_on is None:
        return ""
    passed = f"The closing date passed on {uk_date(challenge.closes_on)}"
    if challenge.state in {ChallengeState.APPROVED, ChallengeState.NOTICE_PENDING}:
        return f"{passed}: an approver has to send the text back for a new one."
    if challenge.state in {ChallengeState.PUBLISHED, ChallengeState.ENGAGING}:
        return f"{passed}."
    return ""


def _writing(challenge: Challenge) -> NextStep:
    left = len({question.slug for question, _ in missing(challenge.content)})
    if not left:
        text = "Every question is answered. Check the text and send it for approval."
        return NextStep(Step.WRITE, AUTHOR, "Ready to send for approval", text, "Check and send")
    questions = "1 question" if left == 1 else f"{left} questions"
    text = (
        f"{questions} {'is' if left == 1 else 'are'} still to be answered. Then the text goes to an approver."
    )
    return NextStep(Step.WRITE, AUTHOR, f"{questions} to answer", text, "Continue writing")


def _notice(challenge: Challenge) -> NextStep:
    if challenge.notice_number and challenge.ocid:
        text = (
            f"Notice {challenge.notice_number} is recorded. Publish the challenge, and everybody can read it."
        )
        return NextStep(Step.PUBLISH, EITHER, "Notice recorded, ready to publish", text, "Publish now")
    return NextStep(
        Step.NOTICE,
        EITHER,
        "Notice to be recorded",
        "The text is approved. Publish the preliminary market engagement notice (UK2) on Find a Tender, then "
        "record its number here. Until then nobody outside your department can see the challenge.",
        "Record the notice",
    )
