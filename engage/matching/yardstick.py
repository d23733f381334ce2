"""What scores refer to: the snapshots, the parameters and the model, made ready once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Self

import numpy as np

from engage.matching.background import Background, Lexicon
from engage.matching.channels import Channel, Ints, Moments, Semantic, measure_channel, moments
from engage.matching.features import Features
from engage.matching.lexical import Behind, Postings, Vocabulary, Weights, postings_of
from engage.matching.parameters import Parameters
from engage.matching.reading import READING_EDITION, read_wording, words_named
from engage.matching.version import ENGINE_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The names of everything that decided a ranking, to be stored with it."""

    engine_version: str
    parameters: str
    lexicon: str
    background: str
    embedder: str
    profiles: str

    def to_dict(self) -> dict[str, str]:
        """Return the names as JSON-ready data."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Yardstick:
    """A lexicon, a background and parameters, ready to measure statements and challenges.

    Made by ``Yardstick.of``. Everything a score depends on besides the supplier's own
    statements and the challenge; ``dim`` is 0 when no model takes part.
    """

    lexicon: Lexicon
    background: Background
    parameters: Parameters
    digest: str
    dim: int
    vocabulary: Vocabulary = field(repr=False)
    vectors_behind: Semantic = field(repr=False)
    postings_behind: Postings = field(repr=False)
    terms_behind: Behind = field(repr=False)
    semantic: Channel = field(repr=False)
    lexical: Channel = field(repr=False)
    places: dict[bytes, int] = field(repr=False)

    @classmethod
    def of(
        cls,
        *,
        lexicon: Lexicon,
        background: Background,
        features: Features,
        parameters: Parameters | None = None,
    ) -> Self:
        """Make the snapshots ready; keep the result, it serves any number of segments and matches.

        ``features`` names the model and holds the vectors of the background's
        texts; raises ``MissingVectorsError`` when it lacks one.
        """
        chosen = parameters or Parameters()
        vocabulary = Vocabulary(lexicon, chosen)
        said = background.statements
        vectors = Semantic(features.wordings(said, "document", title_weight=chosen.title_semantic))
        weights = vocabulary.weigh_texts(said)
        behind = Behind(weights)
        everyone = np.arange(len(said), dtype=np.int64)
        return cls(
            lexicon=lexicon,
            background=background,
            parameters=chosen,
            digest=features.digest,
            dim=features.dim,
            vocabulary=vocabulary,
            vectors_behind=vectors,
            postings_behind=postings_of(weights, vocabulary),
            terms_behind=behind,
            semantic=_channel(_by_meaning(vectors, vectors, everyone), chosen.prior_semantic, chosen),
            lexical=_channel(_by_words(weights, behind, everyone), chosen.prior_lexical, chosen),
            places={words_named(read_wording(one)): i for i, one in enumerate(said)},
        )

    @cached_property
    def id(self) -> str:
        """The SHA-256 of the names of everything in it and of the engine, in hex."""
        return hashlib.sha256(json.dumps(self.names, sort_keys=True).encode()).hexdigest()

    @cached_property
    def names(self) -> dict[str, str]:
        """What decides, by name."""
        return {
            "engine": ENGINE_VERSION,
            "reading": str(READING_EDITION),
            "parameters": self.parameters.id,
            "lexicon": self.lexicon.id,
            "background": self.background.id,
            "embedder": self.digest,
        }

    def identity(self, profiles: str) -> Identity:
        """Return the names to be stored with a run; ``profiles`` names what was ranked."""
        return Identity(
            engine_version=ENGINE_VERSION,
            parameters=self.parameters.id,
            lexicon=self.lexicon.id,
            background=self.background.id,
            embedder=self.digest,
            profiles=profiles,
        )

    def places_of(self, readings: Sequence[bytes]) -> Ints:
        """Return where each text stands in the background, or -1."""
        return np.array([self.places.get(words_named(one), -1) for one in readings], dtype=np.int64)

    def moments_by_meaning(self, rows: Semantic, same: Ints) -> Moments:
        """Return what statements have with the background by meaning."""
        return _by_meaning(rows, self.vectors_behind, same)

    def moments_by_words(self, weights: Weights, same: Ints) -> Moments:
        """Return what statements have with the background by words."""
        return _by_words(weights, self.terms_behind, same)


def _by_meaning(rows: Semantic, behind: Semantic, same: Ints) -> Moments:
    return moments(lambda start, end: rows.cosines(behind, start, end), same, behind.size)


def _by_words(weights: Weights, behind: Behind, same: Ints) -> Moments:
    return moments(lambda start, end: behind.cosines(weights, start, end), same, behind.size)


def _channel(own: Moments, prior: tuple[float, float], parameters: Parameters) -> Channel:
    return measure_channel(
        own,
        prior=prior,
        prior_size=parameters.prior_size,
        shrinkage=parameters.shrinkage,
        challenge_prior=parameters.challenge_prior,
    )
