"""What goes into matching and what comes out: plain, frozen data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Evidence(StrEnum):
    """How well a statement is backed."""

    DECLARED = "declared"
    EVIDENCED = "evidenced"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One statement of a supplier: a piece of earlier work, a capability, an award.

    ``weight`` is the weight of its source, from 0 (ignored) to 1 (full);
    ``date`` the day of the work, ``recorded`` the day the words were written
    down here, ``expires`` the first day on which the statement no longer counts.
    """

    id: str
    title: str = ""
    text: str = ""
    date: dt.date | None = None
    cpv: tuple[str, ...] = ()
    weight: float = 1.0
    level: Evidence = Evidence.DECLARED
    recorded: dt.date | None = None
    expires: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierProfile:
    """A supplier as the matcher sees it: statements, never joined into one text."""

    id: str
    name: str
    documents: tuple[Document, ...] = ()
    expertise_cpv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeText:
    """A challenge as the matcher sees it. The department is never scored.

    ``published`` is the day its words could first be read by others.
    """

    id: str
    title: str
    text: str = ""
    cpv: tuple[str, ...] = ()
    department: str | None = None
    published: dt.date | None = None


class Band(StrEnum):
    """How strong a match is, by the thresholds of the calibration in force."""

    STRONG = "strong"
    GOOD = "good"
    POSSIBLE = "possible"
    NONE = "none"


Field = Literal["title", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TermReason:
    """A word or pair of words found in both texts, and what it adds to the score.

    ``term`` is the stem or pair of stems that was compared, ``shown`` how the
    statement writes it.
    """

    term: str
    shown: str
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A sentence of the statement, as ``[start, end)`` characters of its original field.

    ``strength`` orders the passages of one explanation; it is no part of the score.
    """

    field: Field
    start: int
    end: int
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReason:
    """What one statement adds to the score, and why.

    ``contribution`` = ``semantic`` + ``lexical`` + ``cpv`` + ``evidence`` +
    ``freshness`` + ``limit``.
    ``lexical`` = the sum over ALL shared terms + ``lexical_baseline`` (what any
    text would share with this statement by chance, taken off). ``terms`` holds
    the strongest of the shared terms, ``other_terms`` the sum of the rest.
    ``limit`` is not 0 only when the statement was held at a bound. ``kept`` is
    the part of the statement that counted, less than 1 when it repeats the
    challenge (``near_copy``); everything else here is what remained.
    """

    document_id: str
    contribution: float
    semantic: float
    lexical: float
    cpv: float
    evidence: float = 0.0
    freshness: float = 0.0
    limit: float
    lexical_baseline: float
    terms: tuple[TermReason, ...]
    other_terms: float
    shared_cpv: tuple[str, ...]
    passages: tuple[Passage, ...]
    near_copy: bool
    kept: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a supplier has its score: the contributions of ``documents`` sum to it.

    ``documents`` are the statements that count, best first, at most as many as
    ``Parameters.ranks`` has weights (three). ``matched_by_words_alone`` is true
    when no model took part. ``left_out`` names statements that count nothing
    because they repeat the challenge.
    """

    challenge_id: str
    supplier_id: str
    score: float
    documents: tuple[DocumentReason, ...]
    matched_by_words_alone: bool
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One place in the ranking for one challenge.

    ``score`` is comparable between challenges (0 = no more alike than two
    statements picked at random). ``confidence`` is the number of different
    statements the supplier has; it is shown beside the score and not part of it.
    """

    challenge_id: str
    supplier_id: str
    rank: int
    score: float
    band: Band
    confidence: int
    explanation: Explanation | None = None
