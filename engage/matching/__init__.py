"""Matching: which suppliers know the problem of a challenge, and why.

A pure library: plain data in, ranked and explained data out. It knows no
database, no web, no clock and no randomness, and uses nothing of the rest of
the software. ``docs/matching.md`` has the method, the figures and examples.

The usual way::

    embedder = load_embedder("minilm-int8")          # or "none"
    features = Features.of(embedder)                 # or .load() stored vectors
    for kind, texts in texts_to_encode(suppliers=suppliers, challenges=challenges).items():
        encode_missing(features, texts, embedder, kind=kind)
    ranked = rank(challenges=challenges, suppliers=suppliers, features=features, explain=10)
"""

from engage.matching.background import (
    Background,
    Lexicon,
    build_background,
    build_lexicon,
    count_readings,
)
from engage.matching.building import StatementRow, build_segment
from engage.matching.embedders import DEFAULT_EMBEDDER, Embedder, Kind, load_embedder
from engage.matching.errors import EmbedderError, InputError, MatchingError, MissingVectorsError, SegmentError
from engage.matching.explaining import sentence_texts
from engage.matching.features import Features, encode_missing, texts_to_encode
from engage.matching.index import Index, build_index, profiles_hash
from engage.matching.parameters import Parameters
from engage.matching.pool import Pool
from engage.matching.ranking import (
    band_of,
    explain_pair,
    explain_pool_pair,
    rank,
    rank_challenge,
    rank_pool,
)
from engage.matching.reading import READING_EDITION, read_words
from engage.matching.segment import Segment
from engage.matching.text import normalise
from engage.matching.types import (
    Band,
    ChallengeText,
    Document,
    DocumentReason,
    Evidence,
    Explanation,
    Passage,
    Ranked,
    SupplierProfile,
    TermReason,
)
from engage.matching.version import ENGINE_VERSION
from engage.matching.wording import content_hash, full_text
from engage.matching.yardstick import Identity, Yardstick

__all__ = [
    "DEFAULT_EMBEDDER",
    "ENGINE_VERSION",
    "READING_EDITION",
    "Background",
    "Band",
    "ChallengeText",
    "Document",
    "DocumentReason",
    "Embedder",
    "EmbedderError",
    "Evidence",
    "Explanation",
    "Features",
    "Identity",
    "Index",
    "InputError",
    "Kind",
    "Lexicon",
    "MatchingError",
    "MissingVectorsError",
    "Parameters",
    "Passage",
    "Pool",
    "Ranked",
    "Segment",
    "SegmentError",
    "StatementRow",
    "SupplierProfile",
    "TermReason",
    "Yardstick",
    "band_of",
    "build_background",
    "build_index",
    "build_lexicon",
    "build_segment",
    "content_hash",
    "count_readings",
    "encode_missing",
    "explain_pair",
    "explain_pool_pair",
    "full_text",
    "load_embedder",
    "normalise",
    "profiles_hash",
    "rank",
    "rank_challenge",
    "rank_pool",
    "read_words",
    "sentence_texts",
    "texts_to_encode",
]
