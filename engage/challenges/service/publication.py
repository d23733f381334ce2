"""Recording the notice, publishing the approved text, withdrawing."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy.orm import Session

from engage.challenges import policy, queries
from engage.challenges.enums import ChallengeState, Route
from engage.challenges.events import ChallengePublished, ChallengeWithdrawn
from engage.challenges.models import Challenge, ChallengeVersion, hash_of
from engage.challenges.service.attachments import tidy
from engage.challenges.service.routing import tell_of_route
from engage.challenges.service.shared import allow, drop_open, lock, may_become, move, note
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.chain import canonical
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.events import emit
from engage.kernel.text import required_text
from engage.kernel.uktime import uk_date
from engage.ledger import service as ledger
from engage.ledger.enums import Channel

NOTICE_NUMBER = re.compile(r"[0-9]{6}-[0-9]{4}")
OCID = re.compile(r"ocds-h6vhtk-[0-9a-f]{6,12}")
LONGEST_REASON = 1000


def record_notice(
    session: Session, *, actor: Actor, challenge: Challenge, notice_number: str, ocid: str
) -> None:
    """Record the preliminary market engagement notice (UK2) that was published on Find a Tender.

    ``notice_number`` is ``nnnnnn-yyyy``, ``ocid`` begins with ``ocds-h6vhtk-``: Find a Tender gives out
    both, engage never makes them up (Procurement Regulations 2024, regs 5 and 8). May be corrected until
    publication. Side effects: the columns, an audit line.

    Raises ``NotAllowed``, ``Conflict`` when no notice is awaited, ``Invalid`` for what has another form.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    lock(session, challenge)
    if challenge.state is not ChallengeState.NOTICE_PENDING:
        raise Conflict("This challenge does not wait for a notice.")
    number, identifier = notice_number.strip(), ocid.strip().lower()
    wrong = {}
    if not NOTICE_NUMBER.fullmatch(number):
        wrong["notice_number"] = (
            "Enter the notice number as 6 digits, a hyphen and the year, like 012345-2026"
        )
    if not OCID.fullmatch(identifier):
        wrong["ocid"] = "Enter the identifier as Find a Tender shows it, like ocds-h6vhtk-0a1b2c"
    if wrong:
        raise Invalid(wrong)
    challenge.notice_number, challenge.ocid = number, identifier
    challenge.notice_recorded_at = challenge.updated_at = clock.now()
    note(session, actor, challenge, "notice_recorded", notice_number=number, ocid=identifier)


def publish(
    session: Session, *, actor: Actor, challenge: Challenge, scheduled: datetime | None = None
) -> None:
    """Make the approved text public. Everything below happens in one transaction, or nothing does.

    ``scheduled`` is the moment set for it, when it is engage that publishes in the actor's name.

    Side effects, in order: state ``published`` with its time, on the challenge and on the frozen version;
    an audit line; a ledger line ``version:REF/N`` to everyone with the canonical text; what ``tell_of_route`` does,
    where the route changed out of view; the event ``ChallengePublished`` (match run, feeds, alerts, release of what
    waited for it).

    Raises ``NotAllowed``; ``Conflict`` when the challenge is not approved (a second click finds it
    published), when preliminary market engagement has no recorded notice, when the text is not the approved
    one, and when its closing date has passed.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    lock(session, challenge)
    may_become(challenge, ChallengeState.PUBLISHED)
    version = publishable(session, challenge)
    move(challenge, ChallengeState.PUBLISHED)
    challenge.published_at = version.published_at = challenge.updated_at
    set_for = {"scheduled": scheduled.isoformat()} if scheduled else {}
    note(session, actor, challenge, "published", version=version.number, hash=version.content_hash, **set_for)
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact=f"version:{challenge.ref}/{version.number}",
        summary=f"The challenge “{challenge.title}”, version {version.number}",
        channel=Channel.PAGE,
        body=canonical(version.content),
    )
    tell_of_route(session, actor=actor, challenge=challenge)
    emit(session, ChallengePublished(challenge_id=challenge.id))


def withdraw(session: Session, *, actor: Actor, challenge: Challenge, reason: str) -> None:
    """Withdraw the challenge for good, with a ``reason`` that everybody reads if the challenge was public.

    Side effects, in order: state ``withdrawn`` with time and reason; a revision that is being prepared is
    dropped, and a time set for publication taken back; an audit line; when it is public a
    ledger line to everyone with the reason; the event ``ChallengeWithdrawn`` (invitations, sessions, people
    told). One that was taken from view for its notice has no page any more: the reason goes to those who know of it.

    Raises ``NotAllowed``, ``Conflict`` for a draft and for what is closed or withdrawn, ``Invalid`` without
    reason.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    lock(session, challenge)
    may_become(challenge, ChallengeState.WITHDRAWN)
    words = checked_reason(reason, missing="Say why the challenge is withdrawn")
    in_view = challenge.is_public
    was_public = queries.published_version(session, challenge_id=challenge.id) is not None
    drop_open(session, challenge, because="The challenge was withdrawn.")
    tidy(session, challenge)
    move(challenge, ChallengeState.WITHDRAWN)
    challenge.withdrawn_at, challenge.withdrawn_reason = challenge.updated_at, words
    note(session, actor, challenge, "withdrawn", was_public=was_public)
    if in_view:
        ledger.disclose(
            session,
            challenge_ref=challenge.ref,
            fact=f"withdrawal:{challenge.ref}",
            summary="The challenge was withdrawn, with the reason",
            channel=Channel.PAGE,
            body=words,
        )
    emit(session, ChallengeWithdrawn(challenge_id=challenge.id, was_public=was_public))


def checked_reason(reason: str, *, missing: str) -> str:
    """Return ``reason`` without spaces around it. Raises ``Invalid`` (field ``reason``) when empty or too long."""
    return required_text(reason, field="reason", missing=missing, longest=LONGEST_REASON)


def publishable(session: Session, challenge: Challenge) -> ChallengeVersion:
    """Return the frozen text if it can be published today. Raises ``Conflict`` with what stands in the way."""
    version = _approved_text(session, challenge)
    _check_notice(challenge)
    if challenge.closes_on and challenge.is_past:
        passed = uk_date(challenge.closes_on)
        raise Conflict(
            f"The closing date passed on {passed}. An approver has to send the text back for a new one."
        )
    return version


def _approved_text(session: Session, challenge: Challenge) -> ChallengeVersion:
    """Return the frozen text that was approved; an approval of one text never publishes another."""
    version = queries.latest_version(session, challenge_id=challenge.id)
    hashes = {challenge.approved_hash, challenge.content_hash}
    if (
        version is None
        or hashes != {version.content_hash}
        or hash_of(version.content) != version.content_hash
    ):
        raise Conflict("The text is not the one that was approved, so it was not published. Submit it again.")
    return version


def _check_notice(challenge: Challenge) -> None:
    if challenge.route is Route.PRELIMINARY_MARKET_ENGAGEMENT and not (
        challenge.notice_number and challenge.ocid
    ):
        raise Conflict("Record the notice from Find a Tender first: the notice comes before this page.")
