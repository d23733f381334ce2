"""Vectors of texts: computed once for each text and model, kept in the database."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy import event, orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import jobs
from engage.kernel.settings import settings
from engage.matching import (
    ChallengeText,
    Embedder,
    Features,
    Kind,
    SupplierProfile,
    content_hash,
    encode_missing,
    load_embedder,
    texts_to_encode,
)
from engage.matchmaking.models import TextVector
from engage.matchmaking.service.texts import challenge_text, document
from engage.suppliers.models import Statement

Texts = Mapping[Kind, Sequence[str]]
_lock = threading.Lock()
_loaded: dict[str, Embedder] = {}
_READ_AT_ONCE = 5_000
_NEW_TEXTS = "engage_new_texts"
EMBED = "matchmaking.embed"
NO_MODEL = "none"
_S = ChallengeState
WANTED = (_S.IN_REVIEW, _S.APPROVED, _S.NOTICE_PENDING, _S.PUBLISHED, _S.ENGAGING)
"""States in which the text of a challenge is, or soon will be, compared with suppliers."""


def embedder() -> Embedder:
    """Return the embedder of the settings, opened once for each process however many threads ask at once."""
    name = settings().embedder
    with _lock:
        if name not in _loaded:
            _loaded[name] = load_embedder(name)
        return _loaded[name]


def names_of(texts: Texts) -> set[str]:
    """Return the names under which the vectors of ``texts`` are kept."""
    return {content_hash(text, kind) for kind, wanted in texts.items() for text in wanted}


def lacks(features: Features, texts: Texts) -> bool:
    """Tell whether ``features`` has no vector of one of ``texts``."""
    return any(name not in features for name in names_of(texts))


def stored(session: Session, texts: Texts, *, model: Embedder) -> Features:
    """Return the vectors of ``texts`` that the database has."""
    features = Features.of(model)
    if not model.dim:
        return features
    names = sorted(names_of(texts))
    for start in range(0, len(names), _READ_AT_ONCE):
        query = sa.select(TextVector.content_hash, TextVector.vector).where(
            TextVector.model_digest == model.digest,
            TextVector.content_hash.in_(names[start : start + _READ_AT_ONCE]),
        )
        features.load({name: bytes(vector) for name, vector in session.execute(query)})
    return features


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
    """Have a job compute missing vectors once the session commits: one, however many texts are new.

    It carries no queueing lock on purpose: a long import would keep everybody else from saving a statement.
    """
    if settings().embedder != NO_MODEL:
        session.info[_NEW_TEXTS] = True


@event.listens_for(Session, "before_commit")
def _defer_embedding(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(_NEW_TEXTS, False):
        jobs.defer(session, EMBED)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_NEW_TEXTS, None)


def embed_some(session: Session, *, limit: int) -> int:
    """Compute vectors of at most ``limit`` texts that have none, and return of how many; 0 when all have.

    Wanted are all statements, and the texts of challenges from review until the engagement ends.
    """
    model = embedder()
    if not model.dim:
        return 0
    challenges = _missing_challenges(session, model)[:limit]
    query = _without_vector(model).order_by(Statement.id).limit(0 if challenges else limit)
    documents = tuple(document(row) for row in session.scalars(query))
    wanted = texts_to_encode(
        suppliers=[SupplierProfile(id="", name="", documents=documents)], challenges=challenges
    )
    complete(session, stored(session, wanted, model=model), wanted, model=model)
    return len(challenges) + len(documents)


def count_missing(session: Session) -> int:
    """Return how many statements have no vector of the present model yet."""
    model = embedder()
    if not model.dim:
        return 0
    query = sa.select(sa.func.count()).select_from(_without_vector(model).subquery())
    return session.scalar(query) or 0


def _without_vector(model: Embedder) -> sa.Select[Statement]:
    known = sa.exists().where(
        TextVector.content_hash == Statement.content_hash, TextVector.model_digest == model.digest
    )
    return sa.select(Statement).where(~known)


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
