"""Reading letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, selectinload

from engage.kernel.errors import NotFound
from engage.kernel.paging import Page, paginate
from engage.outbox.enums import WAITING, LetterState, Outcome
from engage.outbox.models import Letter

_SECRET_IN_ADDRESS = re.compile(r"""(https?://[^\s"'<>]*?[/=])[A-Za-z0-9._~-]{20,}""")


LONGEST_NUMBER = 18


@dataclass(frozen=True)
class Batch:
    """Held letters that belong together: one kind, about one challenge. ``newest`` is the highest id."""

    template: str
    challenge_ref: str | None
    number: int
    newest: int
    subject: str


def counts(session: Session) -> dict[LetterState, int]:
    """Return how many letters are in each state; every state has an entry."""
    number = sa.func.count().label("number")
    rows = session.execute(sa.select(Letter.state, number).group_by(Letter.state)).all()
    found = {row.state: row.number for row in rows}
    return {state: found.get(state, 0) for state in LetterState}


def listing(
    session: Session,
    *,
    state: LetterState | None = None,
    outcome: Outcome | None = None,
    words: str = "",
    page: int,
) -> Page[Letter]:
    """Return one page of letters, newest first, without their bodies.

    ``words`` are looked for in recipient, subject, challenge reference, kind and receipt; a Message-ID or the number
    of a letter finds that one.
    """
    query = sa.select(Letter).order_by(Letter.id.desc())
    query = query.options(defer(Letter.text), defer(Letter.html), defer(Letter.calendar))
    if state is not None:
        query = query.where(Letter.state == state)
    if outcome is not None:
        query = query.where(Letter.outcome == outcome)
    if words:
        query = query.where(_fits(words))
    return paginate(session, query, page=page, per_page=50)


def _fits(words: str) -> sa.ColumnElement[bool]:
    columns = (Letter.recipient, Letter.subject, Letter.challenge_ref, Letter.template, Letter.receipt)
    found = [column.icontains(words, autoescape=True) for column in columns]
    found.append(Letter.message_id == f"<{words.strip('<>')}>")
    if words.isdecimal() and len(words) <= LONGEST_NUMBER:
        found.append(Letter.id == int(words))
    return sa.or_(*found)


def came_back(session: Session) -> dict[Outcome, int]:
    """Return how many letters are known to have arrived, come back or been complained of; each has an entry."""
    number = sa.func.count().label("number")
    rows = session.execute(
        sa.select(Letter.outcome, number).where(Letter.outcome.is_not(None)).group_by(Letter.outcome)
    ).all()
    found = {row.outcome: row.number for row in rows}
    return {outcome: found.get(outcome, 0) for outcome in Outcome}


def came_back_about(session: Session, *, challenge_ref: str) -> int:
    """Return how many letters that told somebody outside about a challenge came back after our server had sent them.

    Each has its line in the ledger: it was sent. Whoever reads the ledger has to know that it did not arrive.
    """
    lost = (Outcome.NO_ADDRESS, Outcome.UNDELIVERED)
    query = sa.select(sa.func.count()).where(
        Letter.challenge_ref == challenge_ref,
        Letter.audience.is_not(None),
        Letter.state == LetterState.SENT,
        Letter.outcome.in_(lost),
    )
    return session.scalar(query) or 0


def on_the_way(session: Session, *, challenge_ref: str) -> dict[LetterState, int]:
    """Return how many letters that tell somebody outside about a challenge have not been delivered, by state.

    States without a letter are left out. Such a letter has no line in the ledger: nobody was told yet.
    """
    number = sa.func.count().label("number")
    query = sa.select(Letter.state, number).where(
        Letter.challenge_ref == challenge_ref,
        Letter.audience.is_not(None),
        Letter.state.in_((*WAITING, LetterState.SENDING, LetterState.FAILED, LetterState.SUPPRESSED)),
    )
    return {row.state: row.number for row in session.execute(query.group_by(Letter.state))}


def held_batches(session: Session) -> Sequence[Batch]:
    """Return the held letters in batches, the oldest batch first."""
    rows = session.execute(
        sa.select(
            Letter.template,
            Letter.challenge_ref,
            sa.func.count().label("number"),
            sa.func.max(Letter.id).label("newest"),
            sa.func.min(Letter.subject).label("subject"),
        )
        .where(Letter.state == LetterState.HELD)
        .group_by(Letter.template, Letter.challenge_ref)
        .order_by(sa.func.min(Letter.id))
    )
    return [Batch(*row) for row in rows]


def held_batch(session: Session, *, template: str, challenge_ref: str | None) -> Batch | None:
    """Return one batch of held letters, ``None`` when nothing of it is held."""
    batches = held_batches(session)
    wanted = (template, challenge_ref)
    return next((one for one in batches if (one.template, one.challenge_ref) == wanted), None)


def held_of(session: Session, *, template: str, challenge_ref: str | None, page: int) -> Page[Letter]:
    """Return one page of the held letters of a batch, by recipient, without their bodies."""
    query = sa.select(Letter).where(
        Letter.state == LetterState.HELD,
        Letter.template == template,
        Letter.challenge_ref.is_not_distinct_from(challenge_ref),
    )
    query = query.options(defer(Letter.text), defer(Letter.html), defer(Letter.calendar))
    return paginate(session, query.order_by(Letter.recipient, Letter.id), page=page, per_page=50)


def get(session: Session, letter_id: int) -> Letter:
    """Return one letter with its steps and what was reported of it. Raises ``NotFound``."""
    loads = [selectinload(Letter.steps), selectinload(Letter.reports)]
    letter = session.get(Letter, letter_id, options=loads)
    if letter is None:
        raise NotFound
    return letter


def recipients(
    session: Session, *, challenge_ref: str, templates: Sequence[str], since: datetime
) -> set[str]:
    """Return the addresses, in lower case, that letters of these kinds about a challenge go to, written since."""
    query = sa.select(sa.func.lower(Letter.recipient)).where(
        Letter.challenge_ref == challenge_ref, Letter.template.in_(templates), Letter.created_at >= since
    )
    return set(session.scalars(query))


def by_ids(session: Session, letter_ids: Sequence[int]) -> Sequence[Letter]:
    """Return the letters with these ids, oldest first."""
    return session.scalars(sa.select(Letter).where(Letter.id.in_(letter_ids)).order_by(Letter.id)).all()


def without_secrets(body: str) -> str:
    """Return a letter's text or HTML fit for staff's eyes: keys in addresses are hidden."""
    return _SECRET_IN_ADDRESS.sub(r"\1[hidden]", body)
