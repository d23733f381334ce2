"""Attaching files to a text, checking them, and taking them away."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges import policy, queries
from engage.challenges.enums.files import (
    ATTACHMENT_TRANSITIONS,
    LARGEST_FILE,
    LARGEST_TOTAL,
    MOST_FILES,
    AttachmentState,
)
from engage.challenges.enums.questions import FILES
from engage.challenges.models import Attachment, Challenge, ChallengeRevision
from engage.challenges.service.drafting import NOT_A_WRITER, fixed, reopen, why_fixed
from engage.challenges.service.shared import allow, lock, lock_text, note
from engage.kernel import clock
from engage.kernel.actor import Actor, System
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.filetypes import FileKind, Refused, clean_name, inspect
from engage.kernel.jobs import defer
from engage.kernel.states import check

MEGABYTE = 1024 * 1024
CHECK = "challenges.check_attachment"
SCANNER = System("the file check")


def attach(session: Session, *, actor: Actor, challenge: Challenge, name: str, data: bytes) -> Attachment:
    """Add a file to the text that is being written: in quarantine, until a job has checked it.

    What the file is its content decides; ``name`` is cleaned. Side effects, in order: a text sent back by an
    approver becomes a draft again; the row with the bytes; the text lists it, and the actor becomes one of its
    writers; an audit line; the job that checks it.

    Raises ``NotAllowed``, ``Conflict`` when the text is not being written or was public before, ``Invalid`` (field
    ``file``) with the one sentence that says what is wrong with the file, or that there are too many or too much.
    """
    allow(policy.can_edit(actor, challenge), NOT_A_WRITER)
    called, kind, digest = _read(name, data)
    text = _written(session, challenge)
    _check_room(text, digest, len(data))
    kept = _kept(session, actor, challenge, called, kind, data)
    text.attachments = [*text.attachments, kept.entry]
    _changed(session, actor, challenge, text, "attached", kept)
    _have_checked(session, kept)
    return kept


def keep_file(session: Session, *, actor: Actor, challenge: Challenge, name: str, data: bytes) -> Attachment:
    """Keep a file that belongs to ``challenge`` and to no text of it: in quarantine, until a job has checked it.

    Who may is for the caller to know; ``let_go`` is the way back. Side effects, in order: the challenge's row is
    locked, the row with the bytes, an audit line, the job that checks it. Raises ``Invalid`` (``file``).
    """
    called, kind, _digest = _read(name, data)
    lock(session, challenge)
    kept = _kept(session, actor, challenge, called, kind, data)
    kept.held = True
    session.flush()
    note(session, actor, challenge, "file_kept", sha256=kept.sha256, kind=kept.kind.value, size=kept.size)
    _have_checked(session, kept)
    return kept


def let_go(session: Session, *, challenge: Challenge, file: Attachment) -> None:
    """Keep a file no longer for something else than a text; it is deleted unless a text lists it."""
    lock(session, challenge)
    file.held = False
    tidy(session, challenge)


def _read(name: str, data: bytes) -> tuple[str, FileKind, str]:
    called = clean_name(name)
    _check_size(called, data)
    try:
        return called, inspect(data, name=called), hashlib.sha256(data).hexdigest()
    except Refused as refused:
        raise Invalid({"file": str(refused)}) from refused


def _kept(
    session: Session, actor: Actor, challenge: Challenge, name: str, kind: FileKind, data: bytes
) -> Attachment:
    """Return the row with these bytes, a new one in quarantine when the challenge has none yet."""
    digest = hashlib.sha256(data).hexdigest()
    kept = queries.attachments(session, challenge=challenge).get(digest)
    if kept is None:
        kept = Attachment(
            challenge_id=challenge.id,
            sha256=digest,
            name=name,
            kind=kind,
            size=len(data),
            state=AttachmentState.QUARANTINED,
            added_by_id=actor.person_id,
            added_at=clock.now(),
            data=data,
        )
        session.add(kept)
    return kept


def _have_checked(session: Session, kept: Attachment) -> None:
    if kept.state is AttachmentState.QUARANTINED:
        defer(session, CHECK, once=f"{CHECK}:{kept.id}", attachment_id=kept.id)


def detach(session: Session, *, actor: Actor, challenge: Challenge, sha256: str) -> str:
    """Take a file out of the text that is being written, and return its name.

    Side effects, in order: the text no longer lists it; its bytes are deleted unless a published text or the
    challenge's own text lists it; an audit line. Raises ``NotAllowed``, ``Conflict`` when the text is not being
    written or was public before, ``NotFound`` when it does not list the file (a second click finds it gone).
    """
    allow(policy.can_edit(actor, challenge), NOT_A_WRITER)
    text = _written(session, challenge)
    if all(each["sha256"] != sha256 for each in text.attachments):
        raise NotFound(queries.NO_FILE)
    removed = queries.attachments(session, challenge=challenge)[sha256]
    text.attachments = [each for each in text.attachments if each["sha256"] != sha256]
    _changed(session, actor, challenge, text, "detached", removed)
    tidy(session, challenge)
    return removed.name


def tidy(session: Session, challenge: Challenge) -> None:
    """Delete the files of ``challenge`` that nothing else holds and no text lists, its own or a published one."""
    session.flush()
    listed = {each["sha256"] for each in (*challenge.attachments, *challenge.writing.attachments)}
    for sha256, each in queries.attachments(session, challenge=challenge).items():
        if (
            not each.held
            and sha256 not in listed
            and not queries.was_published(session, challenge=challenge, sha256=sha256)
        ):
            session.delete(each)
    session.flush()


def unready(session: Session, challenge: Challenge) -> dict[str, str]:
    """Return what keeps the text from being submitted because of its files: a sentence under ``attachments``."""
    found = queries.not_clean(session, challenge=challenge, content=challenge.writing.content)
    refused = next((each for each in found if each.state is AttachmentState.REFUSED), None)
    if refused is not None:
        return {"attachments": f"Remove the attachment “{refused.name}”: it was refused"}
    if found:
        return {"attachments": f"Wait until the attachment “{found[0].name}” has been checked, or remove it"}
    return {}


def settle(session: Session, *, attachment_id: int, refusal: str) -> None:
    """Keep what the scanner said: clean when ``refusal`` is empty. Does nothing for a file that no longer waits.

    Side effects: the state; the bytes of a refused file are deleted; an audit line.
    """
    found = _waiting(session, attachment_id)
    if found is None:
        return
    state = AttachmentState.REFUSED if refusal else AttachmentState.CLEAN
    check(ATTACHMENT_TRANSITIONS, now=found.state, to=state, thing="attachment")
    found.state, found.refusal, found.trouble = state, refusal, ""
    found.checked_at = clock.now()
    if refusal:
        found.data = None
    challenge = queries.by_id(session, found.challenge_id)
    note(session, SCANNER, challenge, f"attachment_{state.value}", sha256=found.sha256)


def note_trouble(session: Session, *, attachment_id: int, trouble: str) -> None:
    """Keep why a file could not be checked: it stays in quarantine, and its page says so."""
    found = _waiting(session, attachment_id)
    if found is not None:
        found.trouble = trouble


def _waiting(session: Session, attachment_id: int) -> Attachment | None:
    query = sa.select(Attachment).where(
        Attachment.id == attachment_id, Attachment.state == AttachmentState.QUARANTINED
    )
    return session.scalar(query.with_for_update())


def _written(session: Session, challenge: Challenge) -> Challenge | ChallengeRevision:
    """Return the text that is being written, locked: of several people who attach, one comes after the other."""
    text = lock_text(session, challenge)
    if FILES in fixed(session, challenge=challenge):
        raise Conflict(why_fixed(challenge))
    return text


def _check_size(name: str, data: bytes) -> None:
    if not name:
        raise Invalid({"file": "Give the file a name, and attach it again."})
    if len(data) > LARGEST_FILE:
        raise Invalid(
            {"file": f"The file is larger than {LARGEST_FILE // MEGABYTE} MB. Make it smaller, or split it."}
        )


def _check_room(text: Challenge | ChallengeRevision, sha256: str, size: int) -> None:
    twin = next((each for each in text.attachments if each["sha256"] == sha256), None)
    if twin is not None:
        raise Invalid({"file": f"This file is attached already, as “{twin['name']}”."})
    if len(text.attachments) >= MOST_FILES:
        raise Invalid({"file": f"There are {MOST_FILES} attachments already. Remove one first."})
    if sum(each["size"] for each in text.attachments) + size > LARGEST_TOTAL:
        most = LARGEST_TOTAL // MEGABYTE
        raise Invalid(
            {"file": f"All attachments together may have {most} MB. Remove one, or make this one smaller."}
        )


def _changed(
    session: Session,
    actor: Actor,
    challenge: Challenge,
    text: Challenge | ChallengeRevision,
    deed: str,
    file: Attachment,
) -> None:
    reopen(session, actor, challenge)
    text.writer_ids = sorted({*text.writer_ids, actor.person_id})
    text.updated_at = clock.now()
    note(session, actor, challenge, deed, sha256=file.sha256, kind=file.kind.value, size=file.size)
