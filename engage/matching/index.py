"""The index: everything about the suppliers that does not depend on a challenge."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from engage.matching.background import Background, Lexicon, build_background, build_lexicon
from engage.matching.channels import (
    Chance,
    Floats,
    Ints,
    Lexical,
    Moments,
    Scale,
    Semantic,
    Vocabulary,
    moments,
    scale_of,
)
from engage.matching.cpv import CpvIndex
from engage.matching.errors import InputError
from engage.matching.features import Features
from engage.matching.parameters import Parameters
from engage.matching.text import telling_words
from engage.matching.types import Document, SupplierProfile
from engage.matching.version import ENGINE_VERSION
from engage.matching.wording import Wording, content_hash, full_text, wording


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


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One channel ready to score: its weight, and what chance gives.

    ``chance`` is for the statements of the index, ``chance_behind`` for those of
    the background.
    """

    weight: float
    chance: Chance
    chance_behind: Chance
    prior_size: float

    def scale(self, cosines_behind: Floats) -> Scale:
        """Return how like a challenge is to any statement at all, from the background's cosines."""
        return scale_of(self.chance_behind.above(cosines_behind), prior_size=self.prior_size)

    def standardise(self, cosines: Floats, scale: Scale) -> Floats:
        """Return weighted standard deviations above chance, a number a statement."""
        unit = self.chance.spread * scale.spread
        result: Floats = self.weight * (cosines / unit) - self.baseline(scale)
        return result

    def baseline(self, scale: Scale) -> Floats:
        """Return what is taken off for chance, a number a statement, 0 or more.

        Never less than 0: a statement that is unlike everything gains nothing
        from being less unlike a challenge than others are.
        """
        expected = np.maximum(self.chance.mean / self.chance.spread + scale.mean, 0.0)
        result: Floats = self.weight * (expected / scale.spread)
        return result


@dataclass(frozen=True, kw_only=True)
class Index:
    """Suppliers in order of id, their different statements, and both channels.

    Made by ``build_index``. ``starts[i]`` is the first statement of the i-th
    supplier that has any (``holders[i]`` is its place in ``suppliers``).
    """

    suppliers: tuple[SupplierProfile, ...]
    documents: tuple[Document, ...]
    said: tuple[Wording, ...]
    owners: Ints
    starts: Ints
    holders: Ints
    weights: Floats
    features: Features
    parameters: Parameters
    lexicon: Lexicon
    background: Background
    vocabulary: Vocabulary
    semantic: Semantic
    semantic_behind: Semantic
    lexical: Lexical
    lexical_behind: Lexical
    semantic_channel: Channel
    lexical_channel: Channel
    cpv: CpvIndex
    identity: Identity
    positions: dict[str, int] = field(repr=False)


def build_index(
    *,
    suppliers: Sequence[SupplierProfile],
    features: Features,
    parameters: Parameters | None = None,
    lexicon: Lexicon | None = None,
    background: Background | None = None,
) -> Index:
    """Prepare the suppliers for scoring any number of challenges.

    The order of suppliers and of their statements makes no difference. Without
    a snapshot of its own the lexicon and the background are taken from these
    suppliers. Raises ``InputError`` for an id given twice and
    ``MissingVectorsError`` when ``features`` lacks a vector.
    """
    chosen = parameters or Parameters()
    ordered = tuple(sorted(suppliers, key=lambda supplier: supplier.id))
    _refuse_repeated([supplier.id for supplier in ordered])
    owners, documents = _different_statements(ordered)
    if lexicon is None:
        lexicon = build_lexicon(documents, min_documents=chosen.min_documents)
    if background is None:
        background = build_background(documents)
    vocabulary = _vocabulary(lexicon, chosen)
    said = tuple(wording(document) for document in documents)
    semantic, semantic_behind = (
        Semantic(features.wordings(items, "document", title_weight=chosen.title_semantic))
        for items in (said, background.statements)
    )
    lexical, lexical_behind = (Lexical(vocabulary.matrix(items)) for items in (said, background.statements))
    semantic_weight, lexical_weight = _channel_weights(chosen, with_model=features.dim > 0)
    same = _places_in_background(said, background)
    holders, starts = np.unique(owners, return_index=True)
    return Index(
        suppliers=ordered,
        documents=documents,
        said=said,
        owners=owners,
        starts=starts.astype(np.int64),
        holders=holders,
        weights=np.array([_source_weight(document) for document in documents]),
        features=features,
        parameters=chosen,
        lexicon=lexicon,
        background=background,
        vocabulary=vocabulary,
        semantic=semantic,
        semantic_behind=semantic_behind,
        lexical=lexical,
        lexical_behind=lexical_behind,
        semantic_channel=_channel(
            semantic, semantic_behind, same, semantic_weight, chosen.prior_semantic, chosen
        ),
        lexical_channel=_channel(lexical, lexical_behind, same, lexical_weight, chosen.prior_lexical, chosen),
        cpv=CpvIndex([(*d.cpv, *ordered[o].expertise_cpv) for o, d in zip(owners, documents, strict=True)]),
        identity=_identity(ordered, features, chosen, lexicon, background),
        positions={supplier.id: i for i, supplier in enumerate(ordered)},
    )


def _vocabulary(lexicon: Lexicon, parameters: Parameters) -> Vocabulary:
    return Vocabulary(
        lexicon,
        term_cap=parameters.term_cap,
        title_weight=parameters.title_lexical,
        pair_weight=parameters.pair_weight,
    )


def _channel_weights(parameters: Parameters, *, with_model: bool) -> tuple[float, float]:
    """Return the weights of meaning and words, which sum to 1."""
    semantic = parameters.semantic if with_model else 0.0
    total = semantic + parameters.lexical
    if total <= 0:
        raise InputError("Without a model the lexical weight cannot be 0.")
    return semantic / total, parameters.lexical / total


def _places_in_background(said: Sequence[Wording], background: Background) -> Ints:
    """Return where each text stands in the background, or -1."""
    place = {content_hash(statement.full): i for i, statement in enumerate(background.statements)}
    return np.array([place.get(content_hash(one.full), -1) for one in said], dtype=np.int64)


def _identity(
    suppliers: Sequence[SupplierProfile],
    features: Features,
    parameters: Parameters,
    lexicon: Lexicon,
    background: Background,
) -> Identity:
    return Identity(
        engine_version=ENGINE_VERSION,
        parameters=parameters.id,
        lexicon=lexicon.id,
        background=background.id,
        embedder=features.digest,
        profiles=profiles_hash(suppliers),
    )


def profiles_hash(suppliers: Sequence[SupplierProfile]) -> str:
    """Return the SHA-256 of everything about these suppliers that can decide a score."""
    digest = hashlib.sha256()
    for supplier in sorted(suppliers, key=lambda supplier: supplier.id):
        statements = sorted(supplier.documents, key=lambda document: document.id)
        line = [
            supplier.id,
            list(supplier.expertise_cpv),
            [[d.id, content_hash(full_text(d)), list(d.cpv), d.weight] for d in statements],
        ]
        digest.update(json.dumps(line).encode() + b"\n")
    return digest.hexdigest()


def _different_statements(
    suppliers: Sequence[SupplierProfile],
) -> tuple[Ints, tuple[Document, ...]]:
    """Return owner and document of each statement; the same words count once.

    A statement said twice is one statement: otherwise copying the only one a
    supplier has would fill its second and third place. One without a telling
    word says nothing and is left out.
    """
    owners: list[int] = []
    documents: list[Document] = []
    for owner, supplier in enumerate(suppliers):
        _refuse_repeated([document.id for document in supplier.documents], within=supplier.id)
        seen: set[str] = set()
        for document in sorted(supplier.documents, key=lambda d: (-_source_weight(d), d.id)):
            text = full_text(document)
            folded = text.casefold()
            if folded in seen or document.weight == 0 or not telling_words(text):
                continue
            seen.add(folded)
            owners.append(owner)
            documents.append(document)
    return np.array(owners, dtype=np.int64), tuple(documents)


def _source_weight(document: Document) -> float:
    if not 0 <= document.weight <= 1:
        raise InputError(f"The weight of statement {document.id} must be between 0 and 1.")
    return float(document.weight)


def _refuse_repeated(ids: Sequence[str], *, within: str = "") -> None:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            where = f" of supplier {within}" if within else ""
            raise InputError(f"The id {one}{where} is given twice; every id must be different.")
        seen.add(one)


def _channel(
    rows: Semantic | Lexical,
    background: Semantic | Lexical,
    same: Ints,
    weight: float,
    prior: tuple[float, float],
    parameters: Parameters,
) -> Channel:
    """Measure chance for one channel.

    The spread of a statement is drawn towards the spread that is common in the
    background, and both towards the prior, which only matters while the
    background is small. Nothing here depends on who else is in the index.
    """
    size, count = len(same), background.size
    among = moments(background, count, background, count, np.arange(count, dtype=np.int64))
    trust = count / (count + parameters.prior_size)
    found = math.fsum(among.variance.tolist()) / max(count, 1)
    common = trust * found + (1 - trust) * prior[1] ** 2

    def chance(own: Moments) -> Chance:
        variance = (1 - parameters.shrinkage) * own.variance + parameters.shrinkage * common
        return Chance(
            mean=trust * own.mean + (1 - trust) * prior[0],
            spread=np.sqrt(np.maximum(variance, prior[1] ** 2 / 100)),
        )

    return Channel(
        weight=weight,
        chance=chance(moments(rows, size, background, count, same)),
        chance_behind=chance(among),
        prior_size=parameters.challenge_prior,
    )
