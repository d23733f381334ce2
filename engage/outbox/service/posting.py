"""Writing a letter with the change that causes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, SessionTransaction

from engage.kernel import clock, jobs
from engage.kernel.actor import Actor, Anyone
from engage.kernel.errors import Invalid
from engage.kernel.settings import settings
from engage.kernel.text import one_line, sha256
from engage.outbox.enums import CalendarMethod, LetterState
from engage.outbox.models import Letter, LetterStep
from engage.outbox.service.keys import keyed
from engage.outbox.service.rendering import render

DELIVER = "outbox.deliver"
_POSTED = "engage_letters_posted"
# Dots stand one by one between other characters (RFC 5321): mail servers refuse the rest.
_ADDRESS = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
)
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
LONGEST_ADDRESS = 254


class Reader(Protocol):
    """Somebody with an account, as far as a letter to them goes."""

    @property
    def id(self) -> int: ...

    @property
    def email(self) -> str: ...

    @property
    def name(self) -> str: ...


def post(
    session: Session,
    *,
    template: str,
    to: Reader | str,
    context: Mapping[str, Any],
    dedupe_key: str,
    why: str,
    sender: Anyone,
    subject: str | None = None,
    person_id: int | None = None,
    challenge_ref: str | None = None,
    audience: str | None = None,
    fact: str | None = None,
    held: bool = False,
    not_before: datetime | None = None,
    unsubscribe_url: str | None = None,
    calendar: str | None = None,
    calendar_method: str | None = None,
) -> Letter | None:
    """Render and write one letter in the session's transaction; ``None`` when ``dedupe_key`` is taken.

    ``to`` is who reads it; or an address alone, without a name, with ``person_id`` when it is known whose it is.

    Side effects: the letter, its first step, and (at the commit) a job that delivers. A ``held`` letter waits for a
    person's release. With ``unsubscribe_url`` it is bulk mail: it carries the one-click headers of RFC 8058 and goes
    after everything else. ``challenge_ref``, ``audience`` and ``fact`` make the ledger say, once it was sent, who was
    told what. ``why`` stands in the mail. ``calendar`` is an iCalendar file, ``calendar_method`` its method
    (``REQUEST``, ``CANCEL``). Besides ``context`` a template knows ``subject why to_name base_url unsubscribe_url``.

    Raises ``Invalid`` (field ``email``) for an address that mail cannot be sent to.
    """
    assert audience is None or fact is not None, "a letter with an audience says which fact it tells"
    address, name, person_id = _addressed(to, person_id)
    shown = {"why": why, "to_name": name, "base_url": settings().base_url, "unsubscribe_url": unsubscribe_url}
    mail = render(template, {**context, **shown}, subject=subject)
    row = {
        "dedupe_key": dedupe_key,
        "message_id": message_id(dedupe_key),
        "template": template,
        "recipient": address,
        "recipient_name": name,
        "person_id": person_id,
        "subject": plain_name(mail.subject),
        "text": mail.text,
        "html": mail.html,
        "body_hash": sha256(mail.text),
        "headers": unsubscribe_headers(unsubscribe_url, template),
        "why": why,
        "challenge_ref": challenge_ref,
        "audience": audience,
        "fact": fact,
        "bulk": unsubscribe_url is not None,
        "calendar": calendar,
        "calendar_method": CalendarMethod(calendar_method) if calendar_method else None,
        "state": LetterState.HELD if held else LetterState.QUEUED,
        **beginning(sender, not_before=not_before),
    }
    return _write(session, row)


def _addressed(to: Reader | str, person_id: int | None) -> tuple[str, str, int | None]:
    if isinstance(to, str):
        return checked_address(to), "", person_id
    return checked_address(to.email), plain_name(to.name), to.id


def beginning(sender: Anyone, *, not_before: datetime | None = None) -> dict[str, Any]:
    """Return what every letter begins with: who caused it, when it may leave, and that nothing was tried yet."""
    now = clock.now()
    return {
        "sender": sender.person_name if isinstance(sender, Actor) else sender.name,
        "created_at": now,
        "not_before": not_before or now,
        "attempts": 0,
        "forgiven": 0,
        "paced": False,
        "in_doubt": False,
    }


def _write(session: Session, row: Mapping[str, Any]) -> Letter | None:
    insert = postgresql.insert(Letter).values(row).on_conflict_do_nothing(index_elements=["dedupe_key"])
    letter: Letter | None = session.scalar(insert.returning(Letter))
    if letter is not None:
        session.add(LetterStep(letter_id=letter.id, at=letter.created_at, state=letter.state))
        session.flush()
        if letter.state == LetterState.QUEUED and not letter.bulk:
            deliver_soon(session)
    return letter


def deliver_soon(session: Session) -> None:
    """Have a delivery job deferred when the session commits: one, however many letters were written.

    It carries no queueing lock on purpose: two open transactions that both write letters would wait for each
    other.
    """
    session.info[_POSTED] = True


@event.listens_for(Session, "before_commit")
def _defer_delivery(session: Session) -> None:
    if session.info.pop(_POSTED, False):
        jobs.defer(session, DELIVER)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, undone: SessionTransaction) -> None:
    if undone.parent is None:  # the end of a savepoint takes no letter of the transaction around it away
        session.info.pop(_POSTED, None)


def message_id(dedupe_key: str) -> str:
    """Return the Message-ID of the letter with this key: the same at each try, so copies can be folded.

    Nobody who has not seen the letter can work it out: a report that names it is believed.
    """
    host = urlsplit(settings().base_url).hostname or "engage.invalid"
    return f"<{keyed('engage.message', dedupe_key)[:40]}@{host}>"


def checked_address(email: str) -> str:
    """Return ``email`` ready for an envelope and a header; an international domain in its ASCII form.

    Raises ``Invalid`` for what is no plain address: nothing that could end a header or name a second
    recipient.
    """
    local, _, domain = email.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}" if not domain.isascii() else f"{local}@{domain}"
    except UnicodeError:
        address = ""
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise Invalid({"email": "Enter an email address in the correct format, like name@example.com"})
    return address


def plain_name(text: str) -> str:
    """Return ``text`` fit for a header: one line, nothing invisible."""
    return one_line(_INVISIBLE.sub(" ", text))


def unsubscribe_headers(url: str | None, template: str) -> dict[str, str]:
    if url is None:
        return {}
    host = urlsplit(settings().base_url).hostname
    return {
        "List-Id": f"engage {template} <{template.replace('_', '-')}.{host}>",
        "List-Unsubscribe": f"<{url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


__all__ = ["checked_address", "deliver_soon", "message_id", "plain_name", "post"]
