"""Every number that decides a score, in one place."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from dataclasses import dataclass
from typing import Any, Self

from engage.matching.errors import InputError

PARAMETERS_VERSION = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The weights and limits of the score; the reasons are in docs/matching.md.

    A run stores them whole (``to_dict``) and by ``id``; a change of any number
    changes the ``id``.
    """

    version: str = PARAMETERS_VERSION
    #: Weight of likeness in meaning; without a model it is left out and ``lexical`` counts alone.
    semantic: float = 0.65
    #: Weight of shared words.
    lexical: float = 0.35
    #: Added to a statement for the best shared CPV code (whole division or finer).
    cpv: float = 0.15
    #: Added for a verified statement; half of it for one with evidence named.
    evidence: float = 0.10
    #: Added for a statement of today; half of it after ``half_life_days``.
    freshness: float = 0.10
    half_life_days: int = 1461
    #: What the squares of a supplier's best, second and third statement count.
    ranks: tuple[float, ...] = (1.0, 0.7, 0.49)
    #: Part of a statement's spread taken from all statements (0 own, 1 common).
    shrinkage: float = 1.0
    #: How much of the title's vector is added to that of the whole text.
    title_semantic: float = 0.25
    #: How many occurrences more a word of the title counts.
    title_lexical: float = 0.5
    #: What a pair of neighbouring words counts beside a single word equally rare.
    pair_weight: float = 0.5
    #: Mean and spread of the cosines of unrelated texts, used while the background is small.
    prior_semantic: tuple[float, float] = (0.15, 0.10)
    prior_lexical: tuple[float, float] = (0.015, 0.03)
    #: The priors weigh as much as this many background texts.
    prior_size: float = 5.0
    #: The same for what a challenge has in common with anything: among a handful of statements
    #: the good matches are a large part of the background, and must not be taken for chance.
    challenge_prior: float = 60.0
    #: The same word counts at most this often within one text.
    term_cap: int = 4
    #: Pairs of words found in fewer statements than this are left out.
    min_documents: int = 2
    #: No statement has more points than this.
    ceiling: float = 16.0
    #: Least score of a strong, a good and a possible match.
    bands: tuple[float, float, float] = (5.0, 3.5, 2.0)
    #: The same without a model: by words alone good matches stand out further.
    bands_by_words: tuple[float, float, float] = (6.0, 4.0, 2.5)
    #: Names the fit that ``bands`` come from.
    calibration: str = "1"

    def __post_init__(self) -> None:
        """Refuse numbers that make no sense, with a sentence that names them."""
        numbers = self._numbers()
        if not all(math.isfinite(number) and number >= 0 for number in numbers):
            raise InputError("Matching parameters must be finite and not negative.")
        if self.semantic + self.lexical <= 0:
            raise InputError("The semantic and lexical weights cannot both be 0.")
        if not self.ranks or list(self.ranks) != sorted(self.ranks, reverse=True):
            raise InputError("The weights in ranks must fall from the best statement on.")
        if any(list(b) != sorted(b, reverse=True) for b in (self.bands, self.bands_by_words)):
            raise InputError("The band thresholds must fall from strong to possible.")
        if not 0 <= self.shrinkage <= 1 or min(self.term_cap, self.min_documents, self.half_life_days) < 1:
            raise InputError(
                "shrinkage is between 0 and 1; term_cap and min_documents from 1 up, half_life_days too."
            )

    def _numbers(self) -> list[float]:
        values = [getattr(self, field.name) for field in dataclasses.fields(self)]
        flat = [v for value in values for v in (value if isinstance(value, tuple) else (value,))]
        return [value for value in flat if not isinstance(value, str)]

    @property
    def id(self) -> str:
        """Return the SHA-256 of the canonical JSON form, in hex."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters as JSON-ready data."""
        return json.loads(json.dumps(dataclasses.asdict(self)))  # type: ignore[no-any-return] # JSON of a dataclass is a dict

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Build parameters from ``to_dict`` data; unknown names raise ``InputError``."""
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(data) - known)
        if unknown:
            raise InputError(f"Unknown matching parameters: {', '.join(unknown)}.")
        lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
        return cls(**{**data, **lists})
