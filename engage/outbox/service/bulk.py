"""Many letters at once: what they share is rendered once, and they are written in one go.

For letters that go to thousands and differ only in a few words, such as digests. Everything that holds for ``post``
holds here: a letter is rendered when it is written, it has a key, it is written with the change that causes it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog
from markupsafe import escape
from psycopg import sql
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.kernel.errors import Invalid
from engage.kernel.settings import settings
from engage.kernel.text import sha256
from engage.outbox.enums import WAITING, LetterState
from engage.outbox.models import Letter, LetterStep
from engage.outbox.service.posting import (
    beginning,
    checked_address,
    message_id,
    plain_name,
    unsubscribe_headers,
)
from engage.outbox.service.rendering import Rendered, render

log = structlog.get_logger()

ALWAYS = ("why", "unsubscribe_url")
"""What differs in every letter: why it came, and where it is stopped."""

_MARK = secrets.token_hex(12)
"""Stands in a sheet where a letter has words of its own; nobody who writes a text can know it."""
_SLOT = re.compile(rf"{_MARK}([a-z_]+){_MARK}")


@dataclass(frozen=True)
class Sheet:
    """A rendered mail with blanks. ``text`` and ``html`` are cut at the blanks: every second part names one."""

    template: str
    subject: str
    text: Sequence[str]
    html: Sequence[str]

    def fill(self, values: Mapping[str, str]) -> Rendered:
        """Return the mail with ``values`` in its blanks, escaped in HTML. Raises ``KeyError`` for one without value."""
        escaped = {name: str(escape(value)) for name, value in values.items()}
        return Rendered(self.subject, _filled(self.text, values), _filled(self.html, escaped))


@dataclass(frozen=True, kw_only=True)
class Addressed:
    """One letter of many: the sheet, to whom it goes, and what stands in its blanks."""

    sheet: Sheet
    to: str
    dedupe_key: str
    why: str
    unsubscribe_url: str
    person_id: int | None = None
    challenge_ref: str | None = None
    audience: str | None = None
    fact: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """What stands in blanks of the caller's own."""


def prepare(template: str, context: Mapping[str, Any], *, blanks: Iterable[str] = ()) -> Sheet:
    """Render ``templates/mail/<template>`` once for many letters.

    ``why``, ``unsubscribe_url`` and the names in ``blanks`` are left open; templates may print them and ask whether
    they are there, nothing else. The subject has no blanks. Otherwise as ``post``.
    """
    open_ones = {name: f"{_MARK}{name}{_MARK}" for name in (*ALWAYS, *blanks)}
    shown = {"to_name": "", "base_url": settings().base_url, **open_ones}
    mail = render(template, {**context, **shown})
    subject = plain_name(mail.subject)
    assert _MARK not in subject, "a subject is the same for all"
    return Sheet(template, subject, _SLOT.split(mail.text), _SLOT.split(mail.html))


def post_all(session: Session, letters: Sequence[Addressed], *, sender: Anyone) -> list[int | None]:
    """Write bulk letters in the session's transaction; return the id of each, in order.

    ``None`` stands for a letter whose key is taken, or whose address mail cannot be sent to (that is logged): one
    wrong address does not keep the others from their mail. Side effects: the letters and their first steps, by
    ``COPY``. No job is deferred: bulk mail waits for the next delivery, which the caller may call.
    """
    session.flush()
    taken = _taken(session, [one.dedupe_key for one in letters])
    rows: list[dict[str, Any]] = []
    places: list[int] = []
    for place, one in enumerate(letters):
        if one.dedupe_key in taken:
            continue
        try:
            row = _row(one, sender)
        except Invalid:
            log.warning("a letter has no usable address", kind=one.sheet.template, person=one.person_id)
            continue
        taken.add(one.dedupe_key)
        rows.append(row)
        places.append(place)
    ids = _copy(session, rows)
    found: list[int | None] = [None] * len(letters)
    for place, number in zip(places, ids, strict=True):
        found[place] = number
    return found


def _row(one: Addressed, sender: Anyone) -> dict[str, Any]:
    blanks = {**one.values, "why": one.why, "unsubscribe_url": one.unsubscribe_url}
    mail = one.sheet.fill(blanks)
    return {
        "dedupe_key": one.dedupe_key,
        "message_id": message_id(one.dedupe_key),
        "template": one.sheet.template,
        "recipient": checked_address(one.to),
        "recipient_name": "",
        "person_id": one.person_id,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "body_hash": sha256(mail.text),
        "headers": json.dumps(unsubscribe_headers(one.unsubscribe_url, one.sheet.template)),
        "why": one.why,
        "challenge_ref": one.challenge_ref,
        "audience": one.audience,
        "fact": one.fact,
        "bulk": True,
        "state": LetterState.QUEUED.value,
        **beginning(sender),
    }


def _taken(session: Session, keys: Sequence[str]) -> set[str]:
    query = sa.select(Letter.dedupe_key).where(
        Letter.dedupe_key == sa.any_(sa.literal(list(keys), sa.ARRAY(sa.Text)))
    )
    return set(session.scalars(query))


def _copy(session: Session, rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    if not rows:
        return []
    draw = sa.text("SELECT nextval(pg_get_serial_sequence('letter', 'id')) FROM generate_series(1, :number)")
    ids: Sequence[int] = session.scalars(draw, {"number": len(rows)}).all()
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    with connection.cursor() as cursor:
        with cursor.copy(_into(Letter.__tablename__, ["id", *rows[0]])) as copy:
            for number, row in zip(ids, rows, strict=True):
                copy.write_row((number, *row.values()))
        with cursor.copy(_into(LetterStep.__tablename__, ["letter_id", "at", "state", "note"])) as copy:
            for number, row in zip(ids, rows, strict=True):
                copy.write_row((number, row["created_at"], row["state"], ""))
    return ids


def _into(table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)


def _filled(parts: Sequence[str], values: Mapping[str, str]) -> str:
    return "".join(values[part] if place % 2 else part for place, part in enumerate(parts))


def cancel_all(session: Session, *, letters: sa.Select[int], reason: str) -> Sequence[int]:
    """Cancel those of the letters, given by a query for their ids, that nobody has begun to send; return their ids.

    One in doubt is left alone: its reader may have it, so it goes again as it is, under the same Message-ID, and what
    changed has to be told to them. Side effects: each gets its step with ``reason``. Two statements, however many
    there are; the audit line is the caller's. A worker that is about to send one of them either finds it cancelled or
    was first.
    """
    chosen = sa.select(Letter.id).where(Letter.id.in_(letters), Letter.state.in_(WAITING), ~Letter.in_doubt)
    ids = session.scalars(chosen.order_by(Letter.id).with_for_update()).all()
    if not ids:
        return ids
    these = Letter.id == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.BigInteger)))
    session.execute(
        sa.update(Letter).where(these).values(state=LetterState.CANCELLED),
        execution_options={"synchronize_session": "fetch"},
    )
    step = {"at": clock.now(), "state": LetterState.CANCELLED, "note": reason}
    session.execute(sa.insert(LetterStep), [{"letter_id": number, **step} for number in ids])
    return ids
