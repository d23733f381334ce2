"""One match from rows: who takes part, how well each fits, and why. Written are vectors and snapshots, if anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.challenges.models import Challenge
from engage.kernel.chain import canonical
from engage.kernel.embedding import embedder
from engage.kernel.text import sha256
from engage.matching import (
    Band,
    ChallengeText,
    Embedder,
    Features,
    Kind,
    MissingVectorsError,
    Parameters,
    Pool,
    Ranked,
    Yardstick,
    rank_pool,
    sentence_texts,
    texts_to_encode,
)
from engage.matchmaking.service import vectors
from engage.matchmaking.service.corpus import Standard, refresh_corpus, standard
from engage.matchmaking.service.pools import Ready, documents, get_ready, yardstick
from engage.matchmaking.service.sifting import Entrant
from engage.matchmaking.service.tags import FLOOR_TAGS, tags
from engage.matchmaking.service.texts import Cited
from engage.suppliers.models import Statement

CANDIDATES = 100
READ_BY_SENTENCE = 20
"""For how many of the first candidates the matching sentences are chosen by meaning too, not by words alone."""
MORE_THAN_ASKED = 5
"""Of those with a tag that rules can ask for, twice the floor and so many more are candidates."""
FIRST_LOOK = 1_000
"""Places to look at first for those that come near; more only if all of them do."""
QUICK_CORPUS = 5_000
"""While there are no more statements, a match does not wait for a job to take the snapshot of the corpus anew."""
WITHOUT_MODEL = Features(digest="none", dim=0)


@dataclass(frozen=True)
class Match:
    """What a match found, and everything that decided it."""

    text: ChallengeText
    ready: Ready
    ranked: list[Ranked]
    tags: Mapping[str, list[str]]
    """By the reference of each supplier in ``near``: what the rules of selection can ask for."""
    standard: Standard
    model: Embedder
    department: str
    floors: Mapping[str, int]
    words_alone: bool
    near: list[Ranked]
    """All that come near, and at least the candidates by rank; unexplained."""

    @property
    def yardstick(self) -> Yardstick:
        """What the suppliers were measured with."""
        return self.ready.yardstick

    def entrant(self, ref: str) -> Entrant:
        """Return a supplier that takes part, by its reference."""
        return self.ready.sifted.entrants[ref]


def match(
    session: Session,
    text: ChallengeText,
    *,
    challenge: Challenge,
    floors: Mapping[str, int],
    writing: bool,
) -> Match:
    """Rank every supplier that the hard rules let through; ``challenge`` says whose and of which one ``text`` is.

    Returned are the first hundred and, further down, as many of those that come near as the rules may need
    with each tag: twice its floor and some more. ``writing``: readings and vectors that are missing are computed and
    kept, and so is the first snapshot of the corpus. Otherwise nothing is written to the database and, when a
    vector is missing, suppliers are ranked by words alone.
    """
    model, department = embedder(), challenge.organisation
    if writing:
        while vectors.embed_some(session, limit=READ_BY_SENTENCE):
            pass
    found = refresh_corpus(session, most=QUICK_CORPUS) if writing else standard(session)
    measure = measured_by(session, found, model, writing=writing)
    ready = _ready(session, measure, challenge, writing=writing)
    asked = texts_to_encode(challenges=[text])
    features = vectors.stored(session, asked, model=model)
    if writing:
        vectors.complete(session, features, asked, model=model)
    elif not measure.dim or ready.pool.unread or vectors.lacks(features, asked):
        features = WITHOUT_MODEL
    near = near_ones(ready.pool, text, features)
    if writing and features.dim:
        _read_sentences(session, ready.pool, near, features, model)
    tagged = {place.supplier_id: _tags(ready, place.supplier_id, department) for place in near}
    ranked = candidates_of(ready.pool, text, features, near=near, tagged=tagged, floors=floors)
    return Match(
        text=text,
        ready=ready,
        ranked=ranked,
        tags=tagged,
        standard=found,
        model=model,
        department=department.name,
        floors=floors,
        words_alone=features.dim == 0,
        near=near,
    )


def snapshot_hash(snapshot: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a snapshot's canonical JSON."""
    return sha256(canonical(snapshot))


def citations(session: Session, found: Match) -> dict[str, Cited]:
    """Return the statements of the ranked suppliers that count, by id: their words as they were compared."""
    shown = [one for place in found.ranked for one in documents(found.ready.pool, place.supplier_id)]
    query = sa.select(Statement.id, Statement.client, Statement.evidence_url).where(
        Statement.id.in_([int(one.id) for one in shown])
    )
    beside = {str(row.id): row for row in session.execute(query)}
    return {
        one.id: Cited(
            title=one.title,
            text=one.text,
            client=beside[one.id].client if one.id in beside else "",
            dated=one.date,
            evidence_url=beside[one.id].evidence_url if one.id in beside else "",
            level=one.level.value,
        )
        for one in shown
    }


def measured_by(session: Session, found: Standard, model: Embedder, *, writing: bool) -> Yardstick:
    """Return what suppliers are measured with: a snapshot of the corpus, the usual weights, and ``model``.

    ``writing``: vectors of the background that are missing are computed and kept; otherwise words alone count.
    """
    features = Features.of(model)
    if writing and model.dim:
        behind = texts_to_encode(background=found.background)
        features = vectors.stored(session, behind, model=model)
        vectors.complete(session, features, behind, model=model)
    try:
        return yardstick(session, found, features=features, parameters=Parameters())
    except MissingVectorsError:  # another model than before, and its vectors are still being computed
        return yardstick(session, found, features=WITHOUT_MODEL, parameters=Parameters())


def _ready(session: Session, measure: Yardstick, challenge: Challenge, *, writing: bool) -> Ready:
    department = challenge.organisation
    ready = get_ready(
        session, yardstick=measure, department=department, challenge=challenge, complete=writing
    )
    if ready.pool.unread and not writing and not vectors.count_missing(session):
        return get_ready(
            session, yardstick=measure, department=department, challenge=challenge, complete=True
        )
    return ready


def _tags(ready: Ready, ref: str, department: Organisation) -> list[str]:
    entrant = ready.sifted.entrants[ref]
    return tags(
        sme=entrant.sme,
        vcse=entrant.vcse,
        regions=entrant.regions,
        recent=entrant.recent,
        work=entrant.work,
        department=department.name,
        on=ready.sifted.today,
    )


def near_ones(pool: Pool, text: ChallengeText, features: Features) -> list[Ranked]:
    """Return every supplier that comes near, best first, and at least as many as there can be candidates."""
    top = FIRST_LOOK
    while True:
        found = rank_pool(pool, text, features=features, top=top, explain=READ_BY_SENTENCE)
        if len(found) < top or found[-1].band is Band.NONE:
            last = max([CANDIDATES, *(place.rank for place in found if place.band is not Band.NONE)])
            return found[:last]
        top *= 4


def candidates_of(
    pool: Pool,
    text: ChallengeText,
    features: Features,
    *,
    near: Sequence[Ranked],
    tagged: Mapping[str, list[str]],
    floors: Mapping[str, int],
) -> list[Ranked]:
    """Return the first hundred, and the best of those that come near with each tag that rules can ask for."""
    wanted = {tag: 2 * floors.get(tag, 0) + MORE_THAN_ASKED for tag in FLOOR_TAGS}
    also: set[str] = set()
    for place in near:
        if place.band is Band.NONE:
            break
        for tag in tagged[place.supplier_id]:
            if wanted.get(tag, 0) > 0:
                wanted[tag] -= 1
                also.add(place.supplier_id)
    return rank_pool(pool, text, features=features, top=CANDIDATES, explain=CANDIDATES, also=also)


def sentences_of(pool: Pool, near: Sequence[Ranked]) -> dict[Kind, list[str]]:
    """Return the sentences of the first candidates' best statements: with their vectors passages go by meaning."""
    found: list[str] = []
    for place in near[:READ_BY_SENTENCE]:
        cited = {reason.document_id for reason in place.explanation.documents} if place.explanation else set()
        for document in documents(pool, place.supplier_id):
            if document.id in cited:
                found += sentence_texts(document)
    return {"document": found}


def _read_sentences(
    session: Session, pool: Pool, near: Sequence[Ranked], features: Features, model: Embedder
) -> None:
    wanted = sentences_of(pool, near)
    features.load(vectors.held(session, wanted, digest=model.digest))
    vectors.complete(session, features, wanted, model=model)
