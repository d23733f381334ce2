"""One match from rows: reading, scoring, explaining. Nothing is written here except vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engage.kernel.chain import canonical
from engage.kernel.text import sha256
from engage.matching import (
    ChallengeText,
    Embedder,
    Features,
    Index,
    Kind,
    Parameters,
    Ranked,
    build_index,
    content_hash,
    full_text,
    rank_challenge,
    sentence_texts,
    texts_to_encode,
)
from engage.matchmaking.service import vectors
from engage.matchmaking.service.sifting import Sifted, sift
from engage.matchmaking.service.texts import document

CANDIDATES = 100
READ_BY_SENTENCE = 20
"""For how many of the first candidates the matching sentences are chosen by meaning too, not by words alone."""


@dataclass(frozen=True)
class Match:
    """What a match found, and everything that decided it."""

    text: ChallengeText
    sifted: Sifted
    ranked: list[Ranked]
    index: Index
    model: Embedder
    words_alone: bool

    @property
    def snapshot(self) -> dict[str, Any]:
        """What was compared, by name and hash, and the engine's own account of what decided the scores."""
        return {
            "challenge": {
                "ref": self.text.id,
                "text": content_hash(full_text(self.text), "challenge"),
                "cpv": list(self.text.cpv),
            },
            "suppliers": {
                each.id: {
                    "statements": [self.sifted.statements[doc.id].content_hash for doc in each.documents],
                    "cpv": list(each.expertise_cpv),
                }
                for each in self.sifted.profiles
            },
            "identity": self.index.identity.to_dict(),
        }


def match(session: Session, text: ChallengeText, *, writing: bool) -> Match:
    """Rank every supplier that the hard rules let through.

    ``writing``: vectors that are missing are computed and kept. Otherwise nothing is written and, when one
    is missing, suppliers are ranked by words alone.
    """
    sifted = sift(session)
    wanted = texts_to_encode(suppliers=sifted.profiles, challenges=[text])
    model = vectors.embedder()
    features = vectors.stored(session, wanted, model=model)
    if writing:
        vectors.complete(session, features, wanted, model=model)
    elif vectors.lacks(features, wanted):
        features = Features(digest="none", dim=0)
    index = build_index(suppliers=sifted.profiles, features=features, parameters=Parameters())
    if writing and features.dim:
        first = rank_challenge(index, text, top=READ_BY_SENTENCE, explain=READ_BY_SENTENCE)
        _read_sentences(session, features, sifted, first, model)
    ranked = rank_challenge(index, text, top=CANDIDATES, explain=CANDIDATES)
    return Match(text, sifted, ranked, index, model, words_alone=features.dim == 0)


def snapshot_hash(snapshot: dict[str, Any]) -> str:
    """Return the SHA-256 of a snapshot's canonical JSON."""
    return sha256(canonical(snapshot))


def _read_sentences(
    session: Session, features: Features, sifted: Sifted, ranked: list[Ranked], model: Embedder
) -> None:
    """Add vectors of the sentences of the first candidates' best statements: passages then go by meaning."""
    reasons = [
        reason for place in ranked if place.explanation is not None for reason in place.explanation.documents
    ]
    texts = [
        sentence
        for reason in reasons
        for sentence in sentence_texts(document(sifted.statements[reason.document_id]))
    ]
    wanted: dict[Kind, list[str]] = {"document": texts}
    features.load(vectors.stored(session, wanted, model=model).dump())
    vectors.complete(session, features, wanted, model=model)
