"""The vectors of the demo's texts, computed beforehand: loading the demo runs no model.

A file belongs to one model and bears the beginning of its digest. It holds one vector for each title, each full
text and each sentence that matching reads, in the form in which the database keeps them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.demo import texts
from engage.matching import (
    Document,
    Embedder,
    Features,
    Kind,
    SupplierProfile,
    content_hash,
    encode_missing,
    sentence_texts,
    texts_to_encode,
)
from engage.matchmaking.models import TextVector
from engage.matchmaking.service.texts import challenge_text

FOLDER = Path(__file__).with_name("data")
DIGITS = 12
Progress = Callable[[int, int], None]


def file_of(digest: str) -> Path:
    """Return where the vectors of the model with this digest are kept."""
    return FOLDER / f"vectors-{digest[:DIGITS]}.npz"


def wanted() -> dict[Kind, list[str]]:
    """Return every text of the demo that matching reads, by kind, each once."""
    profiles = [SupplierProfile(id="", name="", documents=tuple(_documents()))]
    asked = [
        challenge_text({"ref": source.id, "title": source.title, **source.answers})
        for source in texts.challenges()
    ]
    found = texts_to_encode(suppliers=profiles, challenges=asked)
    sentences = [sentence for document in profiles[0].documents for sentence in sentence_texts(document)]
    return {**found, "document": list(dict.fromkeys([*found["document"], *sentences]))}


def names() -> set[str]:
    """Return the ``content_hash`` of every text of ``wanted``."""
    return {content_hash(text, kind) for kind, found in wanted().items() for text in found}


def read(embedder: Embedder) -> Features:
    """Return the vectors kept for ``embedder``; none when there is no file of its digest."""
    features = Features.of(embedder)
    path = file_of(embedder.digest)
    if embedder.dim and path.exists():
        with np.load(path) as held:
            rows = zip(held["names"], held["vectors"], strict=True)
            features.load({bytes(name).hex(): bytes(vector) for name, vector in rows})
    return features


def store(session: Session, embedder: Embedder) -> int:
    """Write the kept vectors of ``embedder`` into the database and return how many there are."""
    rows = [
        {"content_hash": name, "model_digest": embedder.digest, "vector": vector}
        for name, vector in read(embedder).dump().items()
    ]
    if rows:
        session.execute(postgresql.insert(TextVector).on_conflict_do_nothing(), rows)
    return len(rows)


def rebuild(embedder: Embedder, *, progress: Progress | None = None) -> Path:
    """Compute every vector anew with ``embedder``, write the file of its digest, and return its path."""
    features = Features.of(embedder)
    for kind, found in wanted().items():
        encode_missing(features, found, embedder, kind=kind, progress=progress)
    held = features.dump()
    path = file_of(embedder.digest)
    np.savez_compressed(
        path,
        names=np.array([list(bytes.fromhex(name)) for name in held], dtype=np.uint8),
        vectors=np.stack([np.frombuffer(vector, dtype=np.int8) for vector in held.values()]),
    )
    return path


def _documents() -> list[Document]:
    records = [record.statements for record in texts.suppliers()]
    records += [tuple(one.statements) for one in texts.invented()]
    return [
        Document(id="", title=statement.title, text=statement.text) for held in records for statement in held
    ]
