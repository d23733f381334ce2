"""Publishing an approved change: the next version of the text takes the place of the one before, and is told."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from engage.challenges import policy, queries
from engage.challenges.enums import RevisionState
from engage.challenges.enums.questions import ANSWERS, ROUTE_ANSWERS, revived
from engage.challenges.events import ChallengeChanged
from engage.challenges.models import Challenge, ChallengeRevision, ChallengeVersion, hash_of
from engage.challenges.service import revisions
from engage.challenges.service.shared import allow, note
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.chain import canonical
from engage.kernel.errors import Conflict
from engage.kernel.events import emit
from engage.kernel.uktime import uk_date
from engage.ledger import service as ledger
from engage.ledger.enums import Channel


def publish_revision(session: Session, *, actor: Actor, challenge: Challenge) -> ChallengeVersion:
    """Make an approved change public as the next version. Everything below happens in one transaction.

    Side effects, in order: the revision is ``published``; the challenge's columns hold the new answers, and who
    wrote, submitted and approved them; the frozen version gets its time; an audit line; a ledger line
    ``version:REF/N`` to everyone with the canonical text; the event ``ChallengeChanged`` (letters, invitations
    asked anew).

    Raises ``NotAllowed``; ``Conflict`` when no change is approved (a second click finds it published), when the
    text is not the approved one, and when its new closing date has passed meanwhile.
    """
    allow(policy.can_conduct(actor, challenge), policy.NOT_ONE_OF_YOU)
    revision = revisions.locked(session, challenge)
    revisions.may_become(revision, RevisionState.PUBLISHED)
    version = _approved_text(session, challenge, revision)
    _check_closing(challenge, version)
    revision.state = RevisionState.PUBLISHED
    revision.ended_at = revision.updated_at = clock.now()
    session.flush()
    session.expire(challenge, ["open_revision"])
    _take_over(challenge, revision)
    version.published_at = revision.ended_at
    details = {"version": version.number, "hash": version.content_hash, "material": bool(version.material)}
    note(session, actor, challenge, "changed", **details)
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact=f"version:{challenge.ref}/{version.number}",
        summary=f"The challenge “{challenge.title}”, version {version.number}: {version.reason}",
        channel=Channel.PAGE,
        body=canonical(version.content),
    )
    changed = ChallengeChanged(challenge.id, version=version.number, material=bool(version.material))
    emit(session, changed)
    return version


def _approved_text(session: Session, challenge: Challenge, revision: ChallengeRevision) -> ChallengeVersion:
    """Return the frozen text that was approved; an approval of one text never publishes another."""
    version = queries.latest_version(session, challenge_id=challenge.id)
    hashes = {revision.approved_hash, revision.content_hash}
    if (
        version is None
        or hashes != {version.content_hash}
        or hash_of(version.content) != version.content_hash
    ):
        raise Conflict(
            "The text is not the one that was approved, so it was not published. An approver has to send it back."
        )
    return version


def _check_closing(challenge: Challenge, version: ChallengeVersion) -> None:
    value = version.content["closes_on"]
    closes = date.fromisoformat(value) if value else None
    if closes is not None and closes != challenge.closes_on and closes < clock.uk_today():
        raise Conflict(
            f"The new closing date passed on {uk_date(closes)}. An approver has to send the text back for another one."
        )


def _take_over(challenge: Challenge, revision: ChallengeRevision) -> None:
    """Let the challenge say what the revision says, and who stands for it: writers and approver differ there too."""
    challenge.put(
        {
            field: revived(answer, revision.answers[field])
            for field, answer in ANSWERS.items()
            if field not in ROUTE_ANSWERS
        }
    )
    challenge.attachments = revision.attachments
    challenge.writer_ids = list(revision.writer_ids)
    challenge.submitted_by_id, challenge.submitted_at = revision.submitted_by_id, revision.submitted_at
    challenge.approved_by_id, challenge.approved_at = revision.approved_by_id, revision.approved_at
    challenge.approved_hash = revision.approved_hash
    challenge.updated_at = clock.now()
