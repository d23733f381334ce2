"""The corpus: how common words are and what chance looks like, as of one moment, kept because scores refer to it."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.matching import Background, Document, Lexicon, build_background, build_lexicon
from engage.matching.background import SAMPLE_SIZE, count_readings
from engage.matchmaking.models import Corpus, StatementReading
from engage.matchmaking.service import readings
from engage.suppliers.models import Statement, Supplier

STALE = 0.1
"""The part of the statements that may be new, changed or gone before the snapshot is taken anew."""
SAMPLE = 2_000
"""From how many statements one is taken for a page, while none is kept yet."""
_LOCK = 0x636F72707573  # "corpus"
_READ_AT_ONCE = 5_000
_KEPT = 4


@dataclass(frozen=True)
class Standard:
    """What scores refer to: a lexicon and a background."""

    lexicon: Lexicon
    background: Background


_guard = threading.Lock()
_known: dict[tuple[str, str], Standard] = {}


def standard(session: Session) -> Standard:
    """Return the newest snapshot; while none is kept, one made of some statements. Writes nothing."""
    names = session.execute(
        sa.select(Corpus.lexicon_id, Corpus.background_id).order_by(Corpus.id.desc()).limit(1)
    ).first()
    if names is not None:
        return named(session, lexicon_id=names.lexicon_id, background_id=names.background_id)
    query = _counted(sa.select(Statement.title, Statement.text)).order_by(
        Statement.content_hash, Statement.id
    )
    documents = [_document(row.title, row.text) for row in session.execute(query.limit(SAMPLE))]
    return Standard(build_lexicon(documents), build_background(documents))


def named(session: Session, *, lexicon_id: str, background_id: str) -> Standard:
    """Return the snapshot that a run names. Raises ``NotFound`` when the database does not hold it."""
    with _guard:
        if (lexicon_id, background_id) in _known:
            return _known[lexicon_id, background_id]
    query = (
        sa.select(Corpus)
        .where(Corpus.lexicon_id == lexicon_id, Corpus.background_id == background_id)
        .options(undefer(Corpus.lexicon), undefer(Corpus.background))
    )
    row = session.scalar(query)
    if row is None:
        raise NotFound("The snapshot of the corpus that this match refers to is not in the database.")
    found = Standard(
        Lexicon.from_bytes(zlib.decompress(row.lexicon)),
        Background.from_bytes(zlib.decompress(row.background)),
    )
    _remember(found)
    return found


def refresh_corpus(session: Session, *, stale: float = STALE, most: int | None = None) -> Standard:
    """Take the snapshot when there is none, or when more than the part ``stale`` of the statements has changed since.

    With ``most`` one that exists is taken anew only while there are no more statements than that: somebody
    waits. Side effects: readings that are missing, a row. Two that do it at once do it once: while one is at it, the
    other takes what stands, and waits only when nothing does. Counted are the statements of verified suppliers;
    texts that read alike count once.
    """
    if not _wanted(session, stale, most) or not _turn(session):
        return standard(session)
    if not _wanted(session, stale, most):
        return standard(session)
    while readings.read_some(session, limit=_READ_AT_ONCE):
        pass
    found = Standard(count_readings(_readings(session)), _background(session))
    same = (Corpus.lexicon_id == found.lexicon.id, Corpus.background_id == found.background.id)
    session.execute(sa.delete(Corpus).where(*same))  # nothing that counts has changed: it is the newest again
    row = Corpus(
        lexicon_id=found.lexicon.id,
        background_id=found.background.id,
        statements=_size(session),
        taken_at=clock.now(),
        lexicon=zlib.compress(found.lexicon.to_bytes()),
        background=zlib.compress(found.background.to_bytes()),
    )
    session.add(row)
    session.flush()
    session.expunge(row)
    _remember(found)
    return found


def _turn(session: Session) -> bool:
    """Tell whether this transaction is the one that takes the snapshot."""
    if session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))):
        return True
    if session.scalar(sa.select(Corpus.id).limit(1)) is not None:
        return False
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    return True


def _wanted(session: Session, stale: float, most: int | None) -> bool:
    last = session.execute(
        sa.select(Corpus.statements, Corpus.taken_at).order_by(Corpus.id.desc()).limit(1)
    ).first()
    if last is None:
        return True
    size = _size(session)
    if most is not None and size > most:
        return False
    query = _counted(sa.select(sa.func.count())).where(Statement.updated_at > last.taken_at)
    newer = max(session.scalar(query) or 0, size - last.statements)
    gone = last.statements + newer - size
    return bool(newer + gone > stale * last.statements)


def _size(session: Session) -> int:
    return session.scalar(_counted(sa.select(sa.func.count()))) or 0


def _counted(query: Any) -> Any:
    """Let a query be on the statements of verified suppliers: what they say is public anyway."""
    return (
        query.select_from(Statement)
        .join(Supplier, Supplier.id == Statement.supplier_id)
        .join(Organisation, Organisation.id == Supplier.organisation_id)
        .where(Organisation.state == OrganisationState.VERIFIED)
    )


def _readings(session: Session) -> Iterator[bytes]:
    """Yield every reading, some in each statement of SQL: none takes long, however many there are."""
    query = _counted(sa.select(Statement.id, StatementReading.reading)).join(
        StatementReading, sa.and_(*readings.good())
    )
    last = 0
    while True:
        after = query.where(Statement.id > last).order_by(Statement.id).limit(_READ_AT_ONCE)
        rows = session.execute(after).all()
        if not rows:
            return
        yield from (bytes(row.reading) for row in rows)
        last = rows[-1].id


def _background(session: Session) -> Background:
    """Return the sample: the texts whose names come first."""
    named_by = _counted(sa.select(StatementReading.text_hash)).join(
        StatementReading, sa.and_(*readings.good())
    )
    first = session.scalars(
        named_by.distinct().order_by(StatementReading.text_hash).limit(SAMPLE_SIZE + 1)
    ).all()
    query = (
        _counted(sa.select(Statement.title, Statement.text))
        .join(StatementReading, sa.and_(*readings.good()))
        .where(StatementReading.text_hash.in_(first))
    )
    return build_background([_document(row.title, row.text) for row in session.execute(query)])


def _document(title: str, text: str) -> Document:
    return Document(id="", title=title, text=text)


def _remember(found: Standard) -> None:
    with _guard:
        while len(_known) >= _KEPT:
            del _known[next(iter(_known))]
        _known[found.lexicon.id, found.background.id] = found
