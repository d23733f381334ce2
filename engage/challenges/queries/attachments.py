"""Reading attachments: those of a text, one that may be downloaded, and those that wait to be checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from engage.challenges.enums.files import AttachmentState
from engage.challenges.enums.questions import FILES
from engage.challenges.models import Attachment, Challenge, ChallengeVersion
from engage.challenges.queries.finding import public_challenge
from engage.kernel.errors import NotFound

NO_FILE = "There is no such attachment."
PIECE = 1024 * 1024


def attachments(session: Session, *, challenge: Challenge) -> Mapping[str, Attachment]:
    """Return every file kept for ``challenge`` by its SHA-256, without its bytes, in whatever text it is listed."""
    query = sa.select(Attachment).where(Attachment.challenge_id == challenge.id).order_by(Attachment.id)
    return {each.sha256: each for each in session.scalars(query)}


def attachment(session: Session, *, challenge: Challenge, sha256: str) -> Attachment:
    """Return one clean file for the people who may see ``challenge``. Raises ``NotFound`` for any other."""
    query = sa.select(Attachment).where(
        Attachment.challenge_id == challenge.id,
        Attachment.sha256 == sha256,
        Attachment.state == AttachmentState.CLEAN,
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(NO_FILE)
    return found


def public_attachment(session: Session, *, ref: str, sha256: str) -> Attachment:
    """Return one file for everybody: it stands in a published text of a public challenge, the present or a former.

    Raises ``NotFound``, in the same words, for any other: also for one in a draft, in a change that is not
    published yet, and in a text that waits for its notice.
    """
    try:
        challenge = public_challenge(session, ref=ref)
    except NotFound:
        raise NotFound(NO_FILE) from None
    found = attachment(session, challenge=challenge, sha256=sha256)
    if not session.scalar(sa.select(_published(challenge.id, sha256))):
        raise NotFound(NO_FILE)
    return found


def _published(challenge_id: int, sha256: str) -> sa.Exists:
    return sa.exists().where(
        ChallengeVersion.challenge_id == challenge_id,
        ChallengeVersion.published_at.is_not(None),
        ChallengeVersion.content.contains({FILES: [{"sha256": sha256}]}),
    )


def was_published(session: Session, *, challenge: Challenge, sha256: str) -> bool:
    """Tell whether a published text lists the file: then it stays, whatever later texts say."""
    return bool(session.scalar(sa.select(_published(challenge.id, sha256))))


def pieces(session: Session, *, attachment: Attachment) -> Iterator[bytes]:
    """Give the bytes of a file piece by piece, so that none is in memory as a whole."""
    for place in range(0, attachment.size, PIECE):
        part = sa.func.substring(Attachment.data, place + 1, PIECE, type_=sa.LargeBinary)
        yield bytes(session.scalars(sa.select(part).where(Attachment.id == attachment.id)).one() or b"")


def with_bytes(session: Session, attachment_id: int) -> Attachment | None:
    """Return a file with its bytes, for the check; ``None`` when it was removed meanwhile."""
    return session.get(Attachment, attachment_id, options=[undefer(Attachment.data)])


def unchecked(session: Session) -> Sequence[int]:
    """Return the ids of the files in quarantine, the one that waits longest in front."""
    query = sa.select(Attachment.id).where(Attachment.state == AttachmentState.QUARANTINED)
    return session.scalars(query.order_by(Attachment.added_at, Attachment.id)).all()


def waiting_since(session: Session) -> tuple[int, datetime | None]:
    """Return how many files are in quarantine, and since when the oldest of them."""
    query = sa.select(sa.func.count(), sa.func.min(Attachment.added_at)).where(
        Attachment.state == AttachmentState.QUARANTINED
    )
    number, first = session.execute(query).one()
    return number, first


def not_clean(session: Session, *, challenge: Challenge, content: Mapping[str, Any]) -> Sequence[Attachment]:
    """Return the files listed in ``content`` that are not (or no longer) found clean."""
    hashes = [each["sha256"] for each in content.get(FILES, ())]
    if not hashes:
        return []
    query = sa.select(Attachment).where(
        Attachment.challenge_id == challenge.id,
        Attachment.sha256.in_(hashes),
        Attachment.state != AttachmentState.CLEAN,
    )
    return session.scalars(query.order_by(Attachment.id)).all()
