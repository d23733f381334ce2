"""Vectors of texts: computed once for each text and model, kept in the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import jobs
from engage.kernel.embedding import embedder
from engage.matching import (
    ChallengeText,
    Document,
    Embedder,
    Features,
    Kind,
    SupplierProfile,
    content_hash,
    encode_missing,
    texts_to_encode,
)
from engage.matchmaking.models import StatementReading, TextVector
from engage.matchmaking.service import readings
from engage.matchmaking.service.texts import challenge_text
from engage.suppliers.models import Statement

Texts = Mapping[Kind, Sequence[str]]
_READ_AT_ONCE = 5_000
_NEW_TEXTS = "engage_new_texts"
EMBED = "matchmaking.embed"
READ_WITHOUT_MODEL = 2_000
"""Statements whose stems are made in one transaction, which takes some seconds."""
_TURN = 0x72656164  # "read"
_S = ChallengeState
WANTED = (_S.IN_REVIEW, _S.APPROVED, _S.NOTICE_PENDING, _S.PUBLISHED, _S.ENGAGING)
"""States in which the text of a challenge is, or soon will be, compared with suppliers."""


def names_of(texts: Texts) -> set[str]:
    """Return the names under which the vectors of ``texts`` are kept."""
    return {content_hash(text, kind) for kind, wanted in texts.items() for text in wanted}


def lacks(features: Features, texts: Texts) -> bool:
    """Tell whether ``features`` has no vector of one of ``texts``."""
    return any(name not in features for name in names_of(texts))


def stored(session: Session, texts: Texts, *, model: Embedder) -> Features:
    """Return the vectors of ``texts`` that the database has."""
    features = Features.of(model)
    if model.dim:
        features.load(held(session, texts, digest=model.digest))
    return features


def held(session: Session, texts: Texts, *, digest: str) -> dict[str, bytes]:
    """Return the vectors of ``texts`` by the model ``digest`` that the database has, by name."""
    names = sorted(names_of(texts))
    found: dict[str, bytes] = {}
    for start in range(0, len(names), _READ_AT_ONCE):
        query = sa.select(TextVector.content_hash, TextVector.vector).where(
            TextVector.model_digest == digest,
            TextVector.content_hash.in_(names[start : start + _READ_AT_ONCE]),
        )
        found |= {name: bytes(vector) for name, vector in session.execute(query)}
    return found


def complete(session: Session, features: Features, texts: Texts, *, model: Embedder) -> int:
    """Compute the vectors that ``features`` lacks, keep them in the database, and return how many."""
    added: list[str] = []
    for kind, wanted in texts.items():
        added += encode_missing(features, wanted, model, kind=kind)
    rows = [
        {"content_hash": name, "model_digest": model.digest, "vector": vector}
        for name, vector in features.dump(added).items()
    ]
    if model.dim and rows:
        session.execute(postgresql.insert(TextVector).on_conflict_do_nothing(), rows)
    return len(rows)


def embed_soon(session: Session) -> None:
    """Have a job read new texts once the session commits: one, however many texts are new.

    It carries no queueing lock on purpose: a long import would keep everybody else from saving a statement.
    """
    session.info[_NEW_TEXTS] = True


@event.listens_for(Session, "before_commit")
def _defer_embedding(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(_NEW_TEXTS, False):
        jobs.defer(session, EMBED)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_NEW_TEXTS, None)


@dataclass(frozen=True)
class Progress:
    """How far reading the statements is: how many there are, are read, and have their vectors."""

    statements: int
    read: int
    embedded: int

    @property
    def done(self) -> bool:
        """Whether every statement is ready to be compared."""
        return self.embedded == self.statements

    @property
    def missing(self) -> int:
        """How many statements are not ready to be compared yet."""
        return self.statements - self.embedded


def take_turn(session: Session) -> bool:
    """Tell whether no other process is reading texts, and be the one that does until the transaction ends."""
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_TURN))))


def embed_some(session: Session, *, limit: int) -> int:
    """Read some texts: their stems, and vectors of at most ``limit`` of them. Returns of how many; 0 when all are read.

    Wanted are all statements, and the texts of challenges from review until the engagement ends. What is done
    is kept at the commit, so that whoever goes on after a crash starts where this ended.
    """
    read = readings.read_some(session, limit=READ_WITHOUT_MODEL)
    model = embedder()
    if not model.dim:
        return read
    challenges = _missing_challenges(session, model)[:limit]
    query = _without_vector(sa.select(Statement.title, Statement.text), model)
    rows = session.execute(query.order_by(Statement.id).limit(0 if challenges else limit)).all()
    documents = tuple(Document(id="", title=row.title, text=row.text) for row in rows)
    wanted = texts_to_encode(
        suppliers=[SupplierProfile(id="", name="", documents=documents)], challenges=challenges
    )
    complete(session, stored(session, wanted, model=model), wanted, model=model)
    return len(challenges) + len(documents) or read


def progress(session: Session) -> Progress:
    """Return how far reading the statements is, by the model of the settings; without a model stems are enough."""
    statements = session.scalar(sa.select(sa.func.count()).select_from(Statement)) or 0
    unread = session.scalar(readings.unread(sa.select(sa.func.count()).select_from(Statement))) or 0
    model = embedder()
    query = sa.select(sa.func.count()).select_from(Statement)
    without = (session.scalar(_without_vector(query, model)) or 0) if model.dim else 0
    return Progress(statements, read=statements - unread, embedded=statements - unread - without)


def waiting_since(session: Session) -> datetime | None:
    """Return when the statement was saved that has waited longest to be read; ``None`` when none waits."""
    oldest = sa.select(sa.func.min(Statement.updated_at)).select_from(Statement)
    model = embedder()
    found = [session.scalar(readings.unread(oldest))]
    if model.dim:
        found.append(session.scalar(_without_vector(oldest, model)))
    return min((moment for moment in found if moment is not None), default=None)


def count_missing(session: Session) -> int:
    """Return how many statements are not ready to be compared yet."""
    return progress(session).missing


def _without_vector(query: Any, model: Embedder) -> Any:
    """Limit a query on statements to those that are read but lack a vector of ``model``."""

    def known(name: orm.InstrumentedAttribute[str]) -> sa.Exists:
        return sa.exists().where(TextVector.content_hash == name, TextVector.model_digest == model.digest)

    own_title = StatementReading.title_hash != ""
    return query.join(StatementReading, sa.and_(*readings.good())).where(
        sa.or_(~known(StatementReading.text_hash), sa.and_(own_title, ~known(StatementReading.title_hash)))
    )


def _missing_challenges(session: Session, model: Embedder) -> list[ChallengeText]:
    texts = list(_challenge_texts(session))
    features = stored(session, texts_to_encode(challenges=texts), model=model)
    return [text for text in texts if lacks(features, texts_to_encode(challenges=[text]))]


def _challenge_texts(session: Session) -> Iterator[ChallengeText]:
    others = orm.aliased(ChallengeVersion)
    newest = sa.select(sa.func.max(others.number)).where(others.challenge_id == ChallengeVersion.challenge_id)
    query = (
        sa.select(ChallengeVersion)
        .join(Challenge, Challenge.id == ChallengeVersion.challenge_id)
        .where(Challenge.state.in_(WANTED), ChallengeVersion.number == newest.scalar_subquery())
        .order_by(ChallengeVersion.challenge_id)
    )
    for version in session.scalars(query):
        yield challenge_text(version.content)
