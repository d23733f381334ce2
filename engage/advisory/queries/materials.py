"""The files of sessions: all of them for the department, those that were released for everybody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from engage.advisory.models import AdvisorySession, SessionMaterial
from engage.challenges import queries as challenges
from engage.challenges.models import Attachment
from engage.kernel.errors import NotFound
from engage.kernel.text import size_words

NO_FILE = "There is no such file."


@dataclass(frozen=True)
class PublicFile:
    """A file of a session that everybody can have."""

    name: str
    sha256: str
    kind: str
    size: str


def fact_of_files(meeting: AdvisorySession, *, first_id: int) -> str:
    """Return how the ledger calls the files that were released at one moment, ``first_id`` the first of them."""
    return f"material:{meeting.ref}/{first_id}"


def materials_of(session: Session, *, session_id: int) -> Sequence[SessionMaterial]:
    """Return the files of a session, for its department, in the order in which they were added."""
    query = sa.select(SessionMaterial).where(SessionMaterial.session_id == session_id)
    return session.scalars(
        query.options(joinedload(SessionMaterial.attachment)).order_by(SessionMaterial.id)
    ).all()


def released_materials(session: Session, *, refs: Collection[str]) -> dict[str, list[PublicFile]]:
    """Return the files of these sessions that were released. One statement."""
    query = (
        sa.select(AdvisorySession.ref, SessionMaterial.name, Attachment)
        .join(SessionMaterial.session)
        .join(SessionMaterial.attachment)
        .where(AdvisorySession.ref.in_(refs), SessionMaterial.released_at.is_not(None))
        .order_by(SessionMaterial.id)
    )
    found: dict[str, list[PublicFile]] = {}
    for ref, name, file in session.execute(query):
        shown = PublicFile(name, file.sha256, file.kind.about.short, size_words(file.size))
        found.setdefault(ref, []).append(shown)
    return found


def public_material(session: Session, *, ref: str, session_ref: str, sha256: str) -> SessionMaterial:
    """Return a released file of a session of a public challenge. Raises ``NotFound``, in the same words, otherwise."""
    try:
        challenge = challenges.public_challenge(session, ref=ref)
    except NotFound:
        raise NotFound(NO_FILE) from None
    query = (
        sa.select(SessionMaterial)
        .join(SessionMaterial.session)
        .join(SessionMaterial.attachment)
        .options(contains_eager(SessionMaterial.attachment))
        .where(
            AdvisorySession.challenge_id == challenge.id,
            AdvisorySession.ref == session_ref,
            Attachment.sha256 == sha256,
            SessionMaterial.released_at.is_not(None),
        )
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(NO_FILE)
    return found
