"""Files of a session: with the department until they are released, then with everyone at once, attendees or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries
from engage.advisory.enums import SessionState
from engage.advisory.events import SessionPublished
from engage.advisory.models import AdvisorySession, SessionMaterial
from engage.advisory.service import seats
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.enums.files import AttachmentState
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.events import emit
from engage.ledger import service as ledger
from engage.ledger.enums import Channel

MOST = 10
NOT_PUBLIC = "This challenge is not public at the moment, so nothing can be released to everyone."


def add_material(
    session: Session, *, actor: Actor, meeting: AdvisorySession, name: str, data: bytes
) -> SessionMaterial:
    """Add a file to a session, for the department alone until it is released; the same file again changes nothing.

    Side effects, in order: those of ``challenges.service.keep_file`` (quarantine, the check), the session's row is
    locked, the row, an audit line. Raises ``Conflict`` for a cancelled session, ``Invalid`` (``file``).
    """
    file = challenges.keep_file(session, actor=actor, challenge=meeting.challenge, name=name, data=data)
    meeting = seats.lock(session, meeting.id)
    if meeting.state is SessionState.CANCELLED:
        raise Conflict("This session was cancelled.")
    held = queries.materials_of(session, session_id=meeting.id)
    for each in held:
        if each.attachment_id == file.id:
            return each
    if len(held) >= MOST:
        raise Invalid({"file": f"There are {MOST} files already. Remove one first."})
    made = SessionMaterial(
        session_id=meeting.id,
        attachment=file,
        name=file.name,
        added_by_id=actor.person_id,
        added_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _record(session, actor, meeting, "added", sha256=file.sha256)
    return made


def remove_material(session: Session, *, actor: Actor, meeting: AdvisorySession, material_id: int) -> str:
    """Remove a file that was not released, and return its name.

    Side effects, in order: the challenge's and the session's row are locked, the row, an audit line; the bytes are
    deleted unless something else has the file. Raises ``NotFound``, ``Conflict`` when everyone has it already.
    """
    challenges.lock(session, meeting.challenge)
    meeting = seats.lock(session, meeting.id)
    query = sa.select(SessionMaterial).where(
        SessionMaterial.id == material_id, SessionMaterial.session_id == meeting.id
    )
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("This file was removed before.")
    if found.released_at is not None:
        raise Conflict("Everyone has this file already, so it stays.")
    file, name = found.attachment, found.name
    session.delete(found)
    session.flush()
    _record(session, actor, meeting, "removed", sha256=file.sha256)
    others = sa.select(SessionMaterial.id).where(SessionMaterial.attachment_id == file.id).limit(1)
    if session.scalar(others) is None:
        challenges.let_go(session, challenge=meeting.challenge, file=file)
    return name


def release_materials(session: Session, *, actor: Actor, meeting: AdvisorySession) -> list[str]:
    """Release every file of a session to everyone, and tell who takes part in the same moment; return their names.

    Side effects, in order: the challenge's row is held, the session's locked, the rows, an audit line and a ledger
    line for each file, the event ``SessionPublished``. Raises ``Conflict`` when the challenge is not public, there is
    nothing to release, or a file was not found clean.
    """
    if not challenges.lock(session, meeting.challenge).is_public:
        raise Conflict(NOT_PUBLIC)
    meeting = seats.lock(session, meeting.id)
    released = release_now(session, actor=actor, meeting=meeting, at=clock.now())
    if not released:
        raise Conflict("There is nothing to release: everyone has every file of this session.")
    names = [each.name for each in released]
    fact = queries.fact_of_files(meeting, first_id=released[0].id)
    emit(session, SessionPublished(meeting.id, minutes=False, materials=tuple(names), fact=fact))
    return names


def release_now(
    session: Session, *, actor: Actor, meeting: AdvisorySession, at: datetime
) -> Sequence[SessionMaterial]:
    """Release what is not released yet, all of it at one moment, and return it; the caller has locked the rows, and
    tells who takes part.
    """
    waiting = [
        each for each in queries.materials_of(session, session_id=meeting.id) if each.released_at is None
    ]
    for each in waiting:
        if each.attachment.state is not AttachmentState.CLEAN:
            raise Conflict(
                f"“{each.name}” was not found clean (yet). Wait for the check, or remove the file."
            )
    for each in waiting:
        each.released_at = at
        session.flush()
        _record(session, actor, meeting, "released", sha256=each.attachment.sha256)
        ledger.disclose(
            session,
            challenge_ref=meeting.challenge.ref,
            fact=queries.fact_of_files(meeting, first_id=waiting[0].id),
            summary=f"File of a session released: {each.name} ({meeting.title})",
            channel=Channel.PAGE,
            body=each.attachment.sha256,
        )
    return waiting


def _record(session: Session, actor: Actor, meeting: AdvisorySession, deed: str, **details: str) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:material:{deed}",
        subject=f"session:{meeting.ref}",
        challenge=meeting.challenge.ref,
        **details,
    )
