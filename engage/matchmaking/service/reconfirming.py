"""Acceptances asked anew: the text changed, so who accepted the old one says whether it keeps its place."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges import queries as challenges
from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Conflict
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.queries import matched_text
from engage.matchmaking.service.invitations import lock


def reopen(session: Session, *, actor: Anyone, invitation: Invitation, version: int) -> None:
    """Make the acceptance of ``invitation`` a question again, because of ``version`` of the challenge's text.

    The caller has locked the invitation. It stays accepted and its place is kept. Side effects: the column, an
    audit line. One that is not accepted is left as it is.
    """
    if invitation.state is not InvitationState.ACCEPTED:
        return
    invitation.reconfirm_version = version
    session.flush()
    _record(session, actor, invitation, "reopened", version)


def mark_confirmed(session: Session, *, actor: Actor, invitation: Invitation, version: int) -> Invitation:
    """Record that the supplier keeps its place although the text changed; saying it again changes nothing.

    ``version`` is the number of the text that the page showed. Side effects: the invitation locked, version and
    time, an audit line. Raises ``Conflict`` when the invitation is not accepted any more, the challenge is not
    open, or the text changed once more after the page was opened; also for a number that no public text has.
    """
    now = lock(session, invitation)
    if now.state is not InvitationState.ACCEPTED:
        raise Conflict(f"This invitation is {now.state.value}, so there is no place to keep.")
    if not now.reopened:
        return now
    if now.challenge.state not in OPEN_STATES:
        raise Conflict("This challenge is no longer open, so there is no place to keep.")
    assert now.reconfirm_version is not None
    public = {each.number for each in challenges.published_versions(session, challenge_id=now.challenge_id)}
    if version < now.reconfirm_version or version not in public:
        raise Conflict("The text changed once more after you opened the page. Read what differs now.")
    now.confirmed_version, now.confirmed_at = version, clock.now()
    session.flush()
    _record(session, actor, now, "confirmed", version)
    return now


def text_changed(challenge: Challenge, run: MatchRun) -> int | None:
    """Return the version that ``run`` was made with when the approved text is another by now, else ``None``."""
    if challenge.approved_hash in (None, matched_text(run)):
        return None
    return int(run.snapshot["challenge"]["version"])


def _record(session: Session, actor: Anyone, invitation: Invitation, deed: str, version: int) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"matchmaking:invitation:{deed}",
        subject=f"invitation:{invitation.ref}",
        challenge=invitation.challenge.ref,
        supplier=invitation.supplier.ref,
        version=version,
    )
