"""Replaying a match: scored again from what was frozen, and compared with what was recorded, to the byte.

Nothing is taken from the present state of any profile, nothing from the cache, and no model is opened: the vectors are
those that were computed then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from engage.challenges.models import ChallengeVersion
from engage.kernel.errors import NotFound
from engage.matching import (
    ENGINE_VERSION,
    ChallengeText,
    Explanation,
    Features,
    MatchingError,
    Parameters,
    Pool,
    Ranked,
    Yardstick,
    build_segment,
    content_hash,
    explain_pool_pair,
    full_text,
    texts_to_encode,
)
from engage.matchmaking.models import MatchCandidate, MatchRun, TextVector
from engage.matchmaking.service import vectors
from engage.matchmaking.service.corpus import named
from engage.matchmaking.service.freezing import list_hash, list_line, list_lines
from engage.matchmaking.service.frozen import (
    FrozenPool,
    FrozenSupplier,
    day_of,
    frozen_rows,
    frozen_supplier,
    thaw,
)
from engage.matchmaking.service.matching import candidates_of, near_ones, sentences_of, snapshot_hash
from engage.matchmaking.service.pools import LARGEST, yardstick
from engage.matchmaking.service.resolving import round_differences
from engage.matchmaking.service.tags import tags
from engage.matchmaking.service.texts import challenge_text
from engage.suppliers.models import Supplier

SHOWN = 20
_BESIDE = frozenset({"candidates", "floors"})
"""What a run keeps beside the engine's own parameters."""


@dataclass(frozen=True)
class Replay:
    """What a replay came to."""

    run: str
    recorded: str
    """The digest of the ranked list that the run recorded."""
    found: str
    """The digest of the list made now; empty when it could not be made."""
    round: str
    """The round whose plan was solved again; empty when the run has none."""
    suppliers: int
    differences: list[str] = field(default_factory=list)
    """What differs, in sentences."""

    @property
    def identical(self) -> bool:
        """Whether everything came out the same, to the byte."""
        return not self.differences


def replay(session: Session, *, run: MatchRun) -> Replay:
    """Score a match again from what it froze, solve its plan again, and say what differs. Nothing is written.

    Of the plan it is also compared with its digests, the audit trail, the draw and the rows: see ``round_differences``.
    """
    recorded = run.list_hash or ""
    try:
        lines, suppliers = _ranked_again(session, run)
    except (NotFound, MatchingError) as error:
        return Replay(run.ref, recorded, "", "", 0, [str(error)])
    stored = _stored(session, run)
    found = list_hash(lines)
    differences = _differences(lines, stored)
    if not differences and found != recorded:
        differences.append(
            "The candidates are the same, but not the digest of the list that the run recorded."
        )
    differences += round_differences(session, run=run)
    planned = run.round.ref if run.round else ""
    return Replay(run.ref, recorded, found, planned, suppliers, differences)


def explain_frozen(session: Session, *, run: MatchRun, supplier: Supplier) -> Explanation | None:
    """Explain how ``supplier`` did in ``run``, wherever it was ranked, from its own frozen data alone.

    ``None`` when a hard rule left it out, or when it was not there. Raises ``NotFound`` when something that
    was frozen is not kept, and ``MatchingError`` when the run was made by another version of the engine.
    """
    found = frozen_supplier(session, run=run, ref=supplier.ref)
    if not isinstance(found, FrozenSupplier):
        return None
    text = _text(session, run)
    measure = _yardstick(session, run)
    pool = _pool(session, measure, [found], on=day_of(session, run=run))
    return explain_pool_pair(pool, text, supplier.ref, features=_features(session, measure, text))


def _ranked_again(session: Session, run: MatchRun) -> tuple[list[str], int]:
    """Return the canonical lines of the list as it is made now, and how many suppliers took part."""
    snapshot = _snapshot(session, run)
    frozen, text, measure = thaw(session, run=run), _text(session, run), _yardstick(session, run)
    pool = _pool(session, measure, frozen.suppliers, on=frozen.on)
    features = _features(session, measure, text)
    near = near_ones(pool, text, features)
    if features.dim:
        features.load(vectors.held(session, sentences_of(pool, near), digest=features.digest))
    tagged = _tagged(frozen, near, department=snapshot["challenge"]["department"])
    floors = run.parameters.get("floors", {})
    ranked = candidates_of(pool, text, features, near=near, tagged=tagged, floors=floors)
    return [_line(place) for place in ranked], len(frozen.suppliers)


def _snapshot(session: Session, run: MatchRun) -> dict[str, Any]:
    session.refresh(run, ["snapshot"])
    if snapshot_hash(run.snapshot) != run.snapshot_hash:
        raise NotFound("The snapshot of this match is not the one that was frozen: its hash differs.")
    return run.snapshot


def _text(session: Session, run: MatchRun) -> ChallengeText:
    kept = _snapshot(session, run)["challenge"]
    query = sa.select(ChallengeVersion.content).where(
        ChallengeVersion.challenge_id == run.challenge_id, ChallengeVersion.number == kept["version"]
    )
    content = session.scalar(query)
    published = date.fromisoformat(kept["published"]) if kept["published"] else None
    text = challenge_text(content, published=published) if content is not None else None
    if text is None or content_hash(full_text(text), "challenge") != kept["text"]:
        raise NotFound("The text of the challenge is not the one that was matched.")
    return text


def _yardstick(session: Session, run: MatchRun) -> Yardstick:
    if run.engine_version != ENGINE_VERSION:
        raise NotFound(
            f"The match was made by version {run.engine_version} of the engine; this is version "
            f"{ENGINE_VERSION}. Replay it with the release of engage that made it."
        )
    if run.lexicon_id is None or run.background_id is None:
        raise NotFound("This match was made before matches could be replayed.")
    standard = named(session, lexicon_id=run.lexicon_id, background_id=run.background_id)
    numbers = {name: value for name, value in run.parameters.items() if name not in _BESIDE}
    features = Features(digest=run.model_digest, dim=_dim(session, run.model_digest))
    return yardstick(session, standard, features=features, parameters=Parameters.from_dict(numbers))


def _dim(session: Session, digest: str) -> int:
    """Return how long the vectors of a model are: the model itself need not be here."""
    length = sa.func.octet_length(TextVector.vector)
    return session.scalar(sa.select(length).where(TextVector.model_digest == digest).limit(1)) or 0


def _features(session: Session, measure: Yardstick, text: ChallengeText) -> Features:
    features = Features(digest=measure.digest, dim=measure.dim)
    if measure.dim:
        wanted = texts_to_encode(challenges=[text])
        features.load(vectors.held(session, wanted, digest=measure.digest))
    return features


def _pool(session: Session, measure: Yardstick, suppliers: Sequence[FrozenSupplier], *, on: date) -> Pool:
    segments = [
        build_segment(
            frozen_rows(session, suppliers[start : start + LARGEST], digest=measure.digest, dim=measure.dim),
            yardstick=measure,
        )
        for start in range(0, len(suppliers), LARGEST)
    ]
    return Pool(segments, yardstick=measure, as_of=on)


def _tagged(frozen: FrozenPool, near: Sequence[Ranked], *, department: str) -> dict[str, list[str]]:
    facts = {supplier.ref: supplier.facts for supplier in frozen.suppliers}
    found: dict[str, list[str]] = {}
    for place in near:
        own = facts[place.supplier_id]
        found[place.supplier_id] = tags(
            sme=own["sme"],
            vcse=own["vcse"],
            regions=own["regions"],
            recent=own["recent"],
            work=[(client, date.fromisoformat(day) if day else None) for client, day in own["work"]],
            department=department,
            on=frozen.on,
        )
    return found


def _line(place: Ranked) -> str:
    assert place.explanation is not None, "every candidate is explained"
    return list_line(
        rank=place.rank,
        supplier=place.supplier_id,
        score=place.score,
        band=place.band,
        statements=place.confidence,
        explanation=asdict(place.explanation),
    )


def _stored(session: Session, run: MatchRun) -> list[str]:
    query = (
        sa.select(MatchCandidate)
        .where(MatchCandidate.run_id == run.id)
        .options(undefer(MatchCandidate.explanation))
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).all()
    ids = [each.supplier_id for each in found]
    refs = dict(session.execute(sa.select(Supplier.id, Supplier.ref).where(Supplier.id.in_(ids))).all())
    return list_lines(found, refs)


def _differences(now: Sequence[str], then: Sequence[str]) -> list[str]:
    found_now, recorded = ({json.loads(line)[0]: line for line in lines} for lines in (now, then))
    found = [
        f"Place {rank}: recorded {recorded.get(rank, 'nobody')}, now {found_now.get(rank, 'nobody')}."
        for rank in sorted({*found_now, *recorded})
        if found_now.get(rank) != recorded.get(rank)
    ]
    more = len(found) - SHOWN
    return found[:SHOWN] + ([f"And {more} more places differ."] if more > 0 else [])
