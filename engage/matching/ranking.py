"""Ranking: the suppliers for a challenge, best first."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence

import numpy as np

from engage.matching.background import Background, Lexicon
from engage.matching.channels import Floats, Ints
from engage.matching.copying import settle, suspects
from engage.matching.errors import InputError
from engage.matching.explaining import explain_suppliers
from engage.matching.features import Features
from engage.matching.index import Index, build_index
from engage.matching.parameters import Parameters
from engage.matching.pool import Part, Pool
from engage.matching.scoring import (
    Asked,
    ask,
    refuse_unread,
    score_statements,
    score_suppliers,
)
from engage.matching.types import Band, ChallengeText, Explanation, Ranked, SupplierProfile


class _Scored:
    """One part of a pool, scored; ``scores`` are -1 for suppliers that do not take part."""

    def __init__(self, pool: Pool, part: Part, asked: Asked) -> None:
        self.pool, self.part, self.asked = pool, part, asked
        self.statements = score_statements(pool, part, asked)
        self.unsettled = suspects(part.segment, asked, self.statements)
        self._add_up()

    def _add_up(self) -> None:
        ranks = self.pool.yardstick.parameters.ranks
        self.suppliers = score_suppliers(self.part, self.statements, ranks=ranks)
        self.scores = np.where(self.part.takes_part, self.suppliers.scores, -1.0)

    def settle(self, places: Sequence[int]) -> bool:
        """Look for copied words in the statements that make up these suppliers' scores.

        Returns whether a score fell for it: then others may count in its place.
        """
        holders = np.searchsorted(self.part.segment.holders, np.array(places, dtype=np.int64))
        having = np.isin(np.array(places, dtype=np.int64), self.part.segment.holders)
        rows = np.unique(self.suppliers.chosen[:, holders[having]])
        rows = rows[(rows >= 0) & self.unsettled[rows]]
        self.unsettled[rows] = False
        changed = settle(self.pool, self.part.segment, self.asked, self.statements, rows.tolist())
        if changed:
            self._add_up()
        return changed


#: Score with its sign turned, id, part and place in the part: sorts as a ranking does.
_Place = tuple[float, bytes, int, int]


def rank(
    *,
    challenges: Sequence[ChallengeText],
    suppliers: Sequence[SupplierProfile],
    features: Features,
    parameters: Parameters | None = None,
    lexicon: Lexicon | None = None,
    background: Background | None = None,
    top: int = 100,
    explain: int = 0,
) -> dict[str, list[Ranked]]:
    """Rank the suppliers for each challenge.

    ``features`` must hold the vectors of all statements, challenges and
    background texts (see ``texts_to_encode`` and ``encode_missing``). Returns
    challenge id to at most ``top`` places, the first ``explain`` of them with
    an explanation. Equal scores are put in order of supplier id. The same input
    gives the same output to the byte. Raises ``InputError`` for repeated ids
    and ``MissingVectorsError`` for missing vectors.
    """
    if len({challenge.id for challenge in challenges}) != len(challenges):
        raise InputError("Two challenges have the same id; every id must be different.")
    index = build_index(
        suppliers=suppliers,
        features=features,
        parameters=parameters,
        lexicon=lexicon,
        background=background,
    )
    return {
        challenge.id: rank_challenge(index, challenge, top=top, explain=explain) for challenge in challenges
    }


def rank_challenge(
    index: Index, challenge: ChallengeText, *, top: int = 100, explain: int = 0
) -> list[Ranked]:
    """Rank the suppliers of an index for one challenge; see ``rank``."""
    return rank_pool(index.pool, challenge, features=index.features, top=top, explain=explain)


def explain_pair(index: Index, challenge: ChallengeText, supplier_id: str) -> Explanation:
    """Explain the score of one supplier of an index; see ``explain_pool_pair``."""
    return explain_pool_pair(index.pool, challenge, supplier_id, features=index.features)


def rank_pool(
    pool: Pool,
    challenge: ChallengeText,
    *,
    features: Features,
    top: int = 100,
    explain: int = 0,
    also: Collection[str] = (),
) -> list[Ranked]:
    """Rank the suppliers of a pool for one challenge.

    Returns at most ``top`` places, then those of the suppliers in ``also`` that
    stand further down, with their rank and in order of it; the first
    ``explain`` places and all of ``also`` come with an explanation when
    ``explain`` is not 0. ``features`` hold the challenge's vectors and, for
    passages by meaning, those of sentences; of dim 0 they leave meaning out.
    Equal scores stand in order of supplier id. What repeats the challenge is
    looked for in the statements of all that come back; the rank of one in
    ``also`` counts others before it as if they repeated nothing. Raises ``InputError`` for an id
    in ``also`` that does not take part and ``MissingVectorsError`` for a missing vector.
    """
    if top < 1 or explain < 0:
        raise InputError("top is 1 or more, explain 0 or more.")
    asked = ask(pool.yardstick, challenge, features=features)
    named = [pool.find(name) for name in sorted(set(also))]
    scored, first = _settled(pool, asked, top, named)
    further = {_place(scored, *where) for where in named} - set(first)
    found = list(enumerate(first, start=1)) + [(_rank(scored, one), one) for one in sorted(further)]
    wanted = {*first[:explain], *(further if explain else ())}
    why = _explanations(pool, asked, scored, wanted)
    return [_ranked(pool, asked, scored, one, rank=place, why=why.get(one)) for place, one in found]


def score_pool(pool: Pool, challenge: ChallengeText, *, features: Features, top: int = 100) -> list[Floats]:
    """Return the scores of all suppliers of a pool, part by part, in order of id; -1 for those not taking part.

    The first ``top`` are as ``rank_pool`` gives them; further down nobody looked
    for what repeats the challenge.
    """
    scored, _ = _settled(pool, ask(pool.yardstick, challenge, features=features), top, [])
    return [own.scores for own in scored]


def explain_pool_pair(
    pool: Pool, challenge: ChallengeText, supplier_id: str, *, features: Features
) -> Explanation:
    """Explain the score of one supplier for one challenge, wherever it is ranked.

    Raises ``InputError`` when the supplier does not take part.
    """
    number, place = pool.find(supplier_id)
    asked = ask(pool.yardstick, challenge, features=features)
    refuse_unread(pool, asked)
    scored = _Scored(pool, pool.parts[number], asked)
    while scored.settle([place]):
        pass
    return _explain(pool, asked, scored, [place])[0]


def band_of(score: float, parameters: Parameters, *, by_words: bool = False) -> Band:
    """Return the band of a score by the thresholds in force (``by_words``: without a model)."""
    names = (Band.STRONG, Band.GOOD, Band.POSSIBLE)
    thresholds = parameters.bands_by_words if by_words else parameters.bands
    for name, least in zip(names, thresholds, strict=True):
        if score >= least:
            return name
    return Band.NONE


def _settled(
    pool: Pool, asked: Asked, top: int, named: Sequence[tuple[int, int]]
) -> tuple[list[_Scored], list[_Place]]:
    """Score a pool and look for copied words until the first places, and those named, stand."""
    refuse_unread(pool, asked)
    scored = [_Scored(pool, part, asked) for part in pool.parts]
    first = _first(scored, top)
    while _settle(scored, [*((one[2], one[3]) for one in first), *named]):
        first = _first(scored, top)
    return scored, first


def _settle(scored: Sequence[_Scored], places: Sequence[tuple[int, int]]) -> bool:
    """Settle suppliers, each given by part and place; return whether a score fell."""
    fell = False
    for number, own in enumerate(scored):
        here = [place for part, place in places if part == number]
        fell = (bool(here) and own.settle(here)) or fell
    return fell


def _place(scored: Sequence[_Scored], number: int, place: int) -> _Place:
    one = scored[number]
    return -float(one.scores[place]), bytes(one.part.segment.columns.suppliers[place]), number, place


def _first(scored: Sequence[_Scored], top: int) -> list[_Place]:
    """Return the first places of all parts together."""
    each = (
        [_place(scored, number, place) for place in _best(one.scores, top).tolist()]
        for number, one in enumerate(scored)
    )
    return list(heapq.merge(*each))[:top]


def _best(scores: Floats, top: int) -> Ints:
    """Return the places of the best scores, best first, equal ones in order; those below 0 are left out."""
    places = np.flatnonzero(scores >= 0)
    if len(places) > top:
        least = np.partition(scores[places], len(places) - top)[len(places) - top]
        above = places[scores[places] > least]
        level = places[scores[places] == least][: top - len(above)]
        places = np.sort(np.concatenate([above, level]))
    return places[np.argsort(-scores[places], kind="stable")]


def _rank(scored: Sequence[_Scored], one: _Place) -> int:
    """Return the rank of a place among all parts together."""
    better = 0
    score = -one[0]
    for other in scored:
        ids = other.part.segment.columns.suppliers
        before = int(np.searchsorted(ids, np.array([one[1]], dtype=np.bytes_))[0])
        better += int(np.count_nonzero(other.scores > score))
        better += int(np.count_nonzero(other.scores[:before] == score))
    return better + 1


def _explanations(
    pool: Pool, asked: Asked, scored: Sequence[_Scored], wanted: Collection[_Place]
) -> dict[_Place, Explanation]:
    """Explain these places, part by part."""
    found: dict[_Place, Explanation] = {}
    for number, own in enumerate(scored):
        here = sorted(one for one in wanted if one[2] == number)
        found |= zip(here, _explain(pool, asked, own, [one[3] for one in here]), strict=True)
    return found


def _explain(pool: Pool, asked: Asked, own: _Scored, places: Sequence[int]) -> list[Explanation]:
    return explain_suppliers(pool, own.part, asked, own.statements, own.suppliers, places)


def _ranked(
    pool: Pool, asked: Asked, scored: Sequence[_Scored], one: _Place, *, rank: int, why: Explanation | None
) -> Ranked:
    _, _, number, place = one
    own = scored[number]
    score = float(own.scores[place])
    return Ranked(
        challenge_id=asked.challenge.id,
        supplier_id=own.part.segment.supplier_id(place),
        rank=rank,
        score=score,
        band=band_of(score, pool.yardstick.parameters, by_words=asked.by_words),
        confidence=own.part.confidence(place),
        explanation=why,
    )
