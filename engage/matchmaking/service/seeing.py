"""What the matcher sees of one supplier: everything that is read of it, and what that is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.matching import Parameters, normalise
from engage.matching.prose import LeftOut
from engage.matching.text import spellings, terms
from engage.matching.wording import as_compared
from engage.matchmaking.enums import HardRule, InvitationState
from engage.matchmaking.models import Invitation
from engage.matchmaking.service.sifting import YEAR, quarter_start, sift
from engage.matchmaking.service.texts import document
from engage.suppliers import queries as suppliers
from engage.suppliers.models import Statement, Supplier


@dataclass(frozen=True)
class Word:
    """A word that can be shared with a challenge, as the statement writes it, and how often it counts."""

    shown: str
    times: int


@dataclass(frozen=True)
class SeenStatement:
    """A statement as it is compared; ``why_not`` is empty when it counts today."""

    statement: Statement
    text: str
    why_not: str
    hidden: int
    """How many characters nobody can see were taken out."""
    left_out: Sequence[LeftOut]
    """Words that are not compared, and why."""
    words: Sequence[Word]


@dataclass(frozen=True)
class Sight:
    """What a match made on ``day`` would read of a supplier. Nothing about anybody else is in it."""

    day: date
    broken: HardRule | None
    """The hard rule that would leave the supplier out today."""
    statements: Sequence[SeenStatement]
    invitations_used: int
    """Invitations of the running quarter that wait for an answer or were accepted."""
    invitations_in_a_year: int
    """Invitations sent to the supplier in the last 365 days, by anybody: with none it is a new entrant."""

    @property
    def counting(self) -> list[SeenStatement]:
        """The statements that count today."""
        return [each for each in self.statements if not each.why_not]


def sight(session: Session, *, supplier: Supplier) -> Sight:
    """Return what the matcher sees of ``supplier`` today. Two statements; nothing is written."""
    today = clock.uk_today()
    used, in_a_year = _invitations(session, supplier, today=today)
    return Sight(
        day=today,
        broken=sift(session, department=None, ids=[supplier.id]).left_out.get(supplier.ref),
        statements=[_statement(each) for each in suppliers.seen(supplier, today=today)],
        invitations_used=used,
        invitations_in_a_year=in_a_year,
    )


def _statement(seen: suppliers.Seen) -> SeenStatement:
    statement = seen.statement
    compared = as_compared(document(statement))
    return SeenStatement(
        statement=statement,
        text=compared.said.full,
        why_not=seen.why_not,
        hidden=sum(_is_hidden(character) for character in statement.title + statement.text),
        left_out=compared.left_out,
        words=_words(compared.said.full),
    )


def _words(text: str) -> list[Word]:
    """Return the single words that count, those said most often first; pairs of neighbours count besides."""
    cap, shown = Parameters().term_cap, spellings(text)
    single: Counter[str] = Counter({term: times for term, times in terms(text).items() if " " not in term})
    return [Word(shown[term], min(times, cap)) for term, times in single.most_common()]


def _is_hidden(character: str) -> bool:
    return not character.isspace() and not normalise(character)


def _invitations(session: Session, supplier: Supplier, *, today: date) -> tuple[int, int]:
    """Return how many invitations use up capacity this quarter, and how many were sent within a year."""
    waiting = Invitation.state.in_([InvitationState.SENT, InvitationState.ACCEPTED])
    query = sa.select(
        sa.func.count().filter(waiting, Invitation.sent_at >= quarter_start(today)),
        sa.func.count().filter(Invitation.sent_at > clock.now() - YEAR),
    ).where(Invitation.supplier_id == supplier.id)
    used, in_a_year = session.execute(query).one()
    return used, in_a_year
