"""Which capabilities fit a statement, by the engine that compares statements with challenges.

Here the roles are turned: capabilities are what is ranked, with their names, synonyms and CPV codes as their words; a
statement is what is asked for. So a suggestion rests on words, on meaning and on codes, like every match.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel.embedding import embedder
from engage.matching import (
    Band,
    ChallengeText,
    Document,
    Embedder,
    Features,
    Index,
    SupplierProfile,
    build_index,
    encode_missing,
    load_embedder,
    rank_challenge,
    texts_to_encode,
)
from engage.suppliers.models import Capability, Statement, TaxonomyVersion

MOST = 3
NEAR = 0.6
"""A suggestion comes at least so near as this part of the best one."""
MOST_SURE = 2
LIKELY = (Band.STRONG, Band.GOOD)
_DIGITS = 8
_KEPT = 4

_guard = threading.Lock()
_known: dict[tuple[object, ...], Index] = {}


@dataclass(frozen=True)
class Suggestion:
    """A capability that seems to fit."""

    slug: str
    name: str
    area: str


def suggest(session: Session, *, statement: Statement, most: int = MOST) -> list[Suggestion]:
    """Return the capabilities that seem to fit a statement and that it does not name, best first. Writes nothing.

    The taxonomy is read and encoded once for each version and process.
    """
    standing = {each.slug: each for each in _in_use(session)}
    if not standing:
        return []
    named = {each.capability.slug for each in statement.named}
    return [
        Suggestion(slug, standing[slug].name, _area(standing[slug]))
        for slug in _ranked(session, statement, list(standing.values()), most + len(named))
        if slug not in named
    ][:most]


def _ranked(
    session: Session, statement: Statement, capabilities: Sequence[Capability], most: int
) -> list[str]:
    model = embedder()
    index = _index(session, model, capabilities)
    assert index is not None, "there are capabilities"
    asked = ChallengeText(
        id="statement", title=statement.title, text=statement.text, cpv=tuple(statement.cpv)
    )
    # features of its own: the index is shared, and what is asked for once need not be kept
    features = Features.of(model)
    for kind, texts in texts_to_encode(challenges=[asked]).items():
        encode_missing(features, texts, model, kind=kind)
    found = rank_challenge(
        Index(pool=index.pool, features=features, identity=index.identity), asked, top=most
    )
    found = [one for one in found if one.band is not Band.NONE and one.score >= NEAR * found[0].score]
    return [one.supplier_id for one in found]


def surely(session: Session, *, title: str, text: str) -> list[str]:
    """Return the slugs of the capabilities of which the words of an imported statement leave little doubt, best first.

    By words alone, so that thousands can be read while a file is imported; mostly one, often none. Writes nothing.
    """
    model = load_embedder("none")
    index = _index(session, model)
    if index is None:
        return []
    found = rank_challenge(index, ChallengeText(id="statement", title=title, text=text), top=MOST_SURE)
    return [
        one.supplier_id for one in found if one.band is Band.STRONG and one.score >= NEAR * found[0].score
    ]


def likely(session: Session, *, title: str, text: str, cpv: Sequence[str]) -> list[str]:
    """Return the slugs of the capabilities that a text probably asks for, best first, at most three.

    For alerts, where one too many costs a glance and one too few an opportunity. By words and codes, without the model,
    so that hundreds can be read at once. Writes nothing.
    """
    index = _index(session, load_embedder("none"))
    if index is None:
        return []
    asked = ChallengeText(id="text", title=title, text=text, cpv=tuple(cpv))
    found = rank_challenge(index, asked, top=MOST)
    return [one.supplier_id for one in found if one.band in LIKELY and one.score >= NEAR * found[0].score]


def _in_use(session: Session) -> Sequence[Capability]:
    query = (
        sa.select(Capability)
        .where(Capability.retired_at.is_(None), Capability.parent_id.is_not(None))
        .options(sa.orm.joinedload(Capability.parent))
        .order_by(Capability.slug)
    )
    return session.scalars(query).all()


def _area(capability: Capability) -> str:
    return capability.parent.name if capability.parent else ""


def _index(
    session: Session, model: Embedder, capabilities: Sequence[Capability] | None = None
) -> Index | None:
    """Return the capabilities in use, ready to be ranked; ``None`` when there are none."""
    newest = session.execute(
        sa.select(TaxonomyVersion.number, TaxonomyVersion.at).order_by(TaxonomyVersion.number.desc()).limit(1)
    ).first()
    key = (session.get_bind().engine.url.database, model.digest, *(newest or ()))
    with _guard:
        if key not in _known:
            held = _in_use(session) if capabilities is None else capabilities
            if not held:
                return None
            while len(_known) >= _KEPT:
                del _known[next(iter(_known))]
            _known[key] = _built(held, model)
        return _known[key]


def _built(capabilities: Sequence[Capability], model: Embedder) -> Index:
    profiles = [_profile(each) for each in capabilities]
    features = Features.of(model)
    for kind, texts in texts_to_encode(suppliers=profiles).items():
        encode_missing(features, texts, model, kind=kind)
    return build_index(suppliers=profiles, features=features)


def _profile(capability: Capability) -> SupplierProfile:
    words = ". ".join([capability.description, "; ".join(capability.synonyms)])
    document = Document(
        id=capability.slug,
        title=capability.name,
        text=words,
        cpv=tuple(prefix.ljust(_DIGITS, "0") for prefix in capability.cpv),
    )
    return SupplierProfile(id=capability.slug, name=capability.name, documents=(document,))
