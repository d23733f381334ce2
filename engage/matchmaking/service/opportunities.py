"""The other direction: which open challenges fit one supplier. Reads only; nothing is written, nothing is kept."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.challenges import queries as challenges
from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel import clock
from engage.matching import (
    Background,
    Band,
    ChallengeText,
    Document,
    Explanation,
    Features,
    Index,
    Lexicon,
    build_background,
    build_index,
    build_lexicon,
    explain_pair,
    rank_challenge,
    texts_to_encode,
)
from engage.matchmaking.service import vectors
from engage.matchmaking.service.texts import challenge_text, profile, why
from engage.suppliers import queries as suppliers
from engage.suppliers.models import Statement, Supplier

SAMPLE = 2_000
"""From how many statements the measure of chance is taken, at most: it must not make the page slow."""


@dataclass(frozen=True)
class Opportunity:
    """An open challenge and how it fits; ``band`` is ``None`` when there was nothing to compare."""

    challenge: Challenge
    band: Band | None
    why: str
    score: float
    words_alone: bool


@dataclass(frozen=True)
class Corpus:
    """What chance looks like among all statements, and when that was taken."""

    taken: tuple[int, object]
    lexicon: Lexicon
    background: Background


_lock = threading.Lock()
_corpora: dict[str, Corpus] = {}


def opportunities(session: Session, *, supplier: Supplier) -> list[Opportunity]:
    """Return the open challenges, those that fit ``supplier`` best in front, with band and why.

    Compared are the published texts with the supplier's statements that count today. Where a vector is
    missing the words alone decide. Nothing about other suppliers is in the answer; their statements only
    say what chance looks like.
    """
    texts = _published_texts(session)
    fresh = suppliers.fresh(supplier, today=clock.uk_today())
    if not fresh:
        return [Opportunity(challenge, None, "", 0.0, False) for challenge, _ in texts]
    finder = _Finder(session, supplier, fresh, [text for _, text in texts])
    found = [finder.opportunity(challenge, text) for challenge, text in texts]
    return sorted(found, key=lambda each: (-each.score, each.challenge.id))


class _Finder:
    """One supplier against any number of challenges, by meaning where there are vectors, else by words."""

    def __init__(
        self,
        session: Session,
        supplier: Supplier,
        fresh: Sequence[Statement],
        texts: Sequence[ChallengeText],
    ) -> None:
        self.statements = {str(statement.id): statement for statement in fresh}
        self.profile = profile(supplier, fresh)
        self.corpus = corpus(session)
        wanted = texts_to_encode(
            suppliers=[self.profile], challenges=texts, background=self.corpus.background
        )
        self.features = vectors.stored(session, wanted, model=vectors.embedder())
        self._indexes: dict[int, Index] = {}

    def opportunity(self, challenge: Challenge, text: ChallengeText) -> Opportunity:
        """Score one challenge."""
        needed = texts_to_encode(
            suppliers=[self.profile], challenges=[text], background=self.corpus.background
        )
        missing = vectors.lacks(self.features, needed)
        index = self._index(Features(digest="none", dim=0) if missing else self.features)
        place = rank_challenge(index, text, top=1)[0]
        explanation: Explanation = explain_pair(index, text, self.profile.id)
        return Opportunity(
            challenge,
            place.band,
            why(explanation, self.statements, band=place.band),
            place.score,
            words_alone=explanation.matched_by_words_alone,
        )

    def _index(self, features: Features) -> Index:
        if features.dim not in self._indexes:
            self._indexes[features.dim] = build_index(
                suppliers=[self.profile],
                features=features,
                lexicon=self.corpus.lexicon,
                background=self.corpus.background,
            )
        return self._indexes[features.dim]


def corpus(session: Session) -> Corpus:
    """Return what chance looks like, taken anew when a statement has changed since; shared by all threads."""
    mark = sa.select(sa.func.count(), sa.func.max(Statement.updated_at))
    count, latest = session.execute(mark).one()
    taken = (count, latest)
    with _lock:
        known = _corpora.get("all")
    if known is not None and known.taken == taken:
        return known
    documents = _sample(session)
    made = Corpus(taken, build_lexicon(documents), build_background(documents))
    with _lock:
        _corpora["all"] = made
    return made


def _sample(session: Session) -> list[Document]:
    query = (
        sa.select(Statement.title, Statement.text)
        .join(Supplier)
        .join(Organisation)
        .where(Organisation.state == OrganisationState.VERIFIED)
        .order_by(Statement.content_hash)
        .limit(SAMPLE)
    )
    return [Document(id="", title=title, text=text) for title, text in session.execute(query)]


def _published_texts(session: Session) -> list[tuple[Challenge, ChallengeText]]:
    open_now = {challenge.id: challenge for challenge in challenges.open_challenges(session)}
    query = (
        sa.select(ChallengeVersion)
        .where(ChallengeVersion.challenge_id.in_(open_now), ChallengeVersion.published_at.is_not(None))
        .order_by(ChallengeVersion.number)
    )
    newest = {version.challenge_id: version for version in session.scalars(query)}
    return [
        (challenge, challenge_text(newest[challenge.id].content))
        for challenge in open_now.values()
        if challenge.id in newest
    ]
