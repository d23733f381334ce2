"""Freezing a match: who took part and with what, kept so that it can be scored again whatever changes.

A pool is text, a line for each supplier in order of reference: ``["s-…", facts, profile]`` for one that took part,
``["s-…", "rule"]`` for one that a hard rule left out. The first line says the edition and the day. The profile
names each statement's words by their hash: the words themselves are in the statement or, once it was changed, among
the former ones.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.challenges.models import Challenge, ChallengeVersion
from engage.kernel.ids import short_id
from engage.kernel.text import sha256
from engage.matching import ENGINE_VERSION, Band, content_hash, full_text
from engage.matchmaking.enums import Confidence, RunState
from engage.matchmaking.models import MatchCandidate, MatchPool, MatchRun
from engage.matchmaking.service.matching import CANDIDATES, Match, citations, snapshot_hash
from engage.matchmaking.service.sifting import Entrant
from engage.matchmaking.service.tags import fold
from engage.matchmaking.service.texts import Cited, kept, why

EDITION = 1
_BESIDE = frozenset(Cited.__dataclass_fields__)
_QUICK = 1  # the level of compression: a tenth larger than the usual, in a fraction of the time


def frozen_run(
    session: Session, *, challenge: Challenge, version: ChallengeVersion, found: Match, frozen_at: datetime
) -> MatchRun:
    """Return the run of a match, frozen, with its pool kept. Side effects: the pool, if no run had the same."""
    pool_hash = _keep(session, pool_text(found))
    snapshot = {
        "challenge": {
            "ref": found.text.id,
            "text": content_hash(full_text(found.text), "challenge"),
            "cpv": list(found.text.cpv),
            "department": found.department,
            "published": found.text.published.isoformat() if found.text.published else None,
            "version": version.number,
            "approved_hash": version.content_hash,
        },
        "identity": found.yardstick.identity(pool_hash).to_dict(),
    }
    return MatchRun(
        ref=f"m-{short_id(8)}",
        challenge=challenge,
        state=RunState.FROZEN,
        frozen_at=frozen_at,
        snapshot=snapshot,
        snapshot_hash=snapshot_hash(snapshot),
        parameters=found.yardstick.parameters.to_dict()
        | {"candidates": CANDIDATES, "floors": dict(sorted(found.floors.items()))},
        engine_version=ENGINE_VERSION,
        embedder=found.model.id,
        model_digest=found.model.digest,
        pool_hash=pool_hash,
        lexicon_id=found.standard.lexicon.id,
        background_id=found.standard.background.id,
        suppliers_considered=len(found.ready.sifted.entrants),
        suppliers_excluded={rule.value: count for rule, count in sorted(found.ready.sifted.excluded.items())},
    )


def ranked_candidates(session: Session, found: Match) -> list[MatchCandidate]:
    """Return the ranked suppliers of a match as rows, each with why. One statement of SQL."""
    statements = citations(session, found)
    made = []
    for place in found.ranked:
        assert place.explanation is not None, "every candidate is explained"
        entrant = found.entrant(place.supplier_id)
        made.append(
            MatchCandidate(
                supplier_id=entrant.id,
                rank=place.rank,
                score=place.score,
                band=place.band,
                confidence=Confidence.of(place.confidence),
                statements=place.confidence,
                why=why(place.explanation, statements, band=place.band),
                explanation=kept(place.explanation, statements),
                tags=found.tags[place.supplier_id],
                corporate_group=fold(entrant.group),
            )
        )
    return made


def list_line(
    *, rank: int, supplier: str, score: float, band: Band, statements: int, explanation: dict[str, Any]
) -> str:
    """Return the canonical form of one place of a ranked list, with a digest of why."""
    scored = {name: value for name, value in explanation.items() if name != "documents"}
    scored["documents"] = [
        {name: value for name, value in reason.items() if name not in _BESIDE}
        for reason in explanation["documents"]
    ]
    reasons = sha256(json.dumps(_plain(scored), sort_keys=True, separators=(",", ":")))
    return json.dumps([rank, supplier, score, band.value, statements, reasons], separators=(",", ":"))


def list_lines(found: Iterable[MatchCandidate], refs: Mapping[int, str]) -> list[str]:
    """Return the canonical lines of candidates as they are stored, by rank; ``refs`` by supplier id."""
    return [
        list_line(
            rank=each.rank,
            supplier=refs[each.supplier_id],
            score=each.score,
            band=each.band,
            statements=each.statements,
            explanation=each.explanation,
        )
        for each in sorted(found, key=lambda each: each.rank)
    ]


def list_hash(lines: Sequence[str]) -> str:
    """Return the SHA-256 of a ranked list in canonical form: what a replay must come to."""
    return sha256("\n".join(lines))


def pool_text(found: Match) -> str:
    """Return the pool of a match: everything about its suppliers that can decide a score or a place."""
    sifted = found.ready.sifted
    lines = {ref: _line([ref, rule.value]) for ref, rule in sifted.left_out.items()}
    for ref, profile in found.ready.lines():
        lines[ref] = f'["{ref}",{_line(_facts(sifted.entrants[ref]))},{profile}]'
    head = _line({"edition": EDITION, "on": sifted.today.isoformat()})
    return "\n".join([head, *(lines[ref] for ref in sorted(lines))])


def _facts(entrant: Entrant) -> dict[str, Any]:
    return {
        "sme": entrant.sme,
        "vcse": entrant.vcse,
        "regions": list(entrant.regions),
        "group": entrant.group,
        "capacity_left": entrant.capacity_left,
        "recent": entrant.recent,
        "work": [[client, day and day.isoformat()] for client, day in entrant.work],
    }


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _keep(session: Session, pool: str) -> str:
    content = pool.encode()
    name = hashlib.sha256(content).hexdigest()
    row = {"hash": name, "content": zlib.compress(content, _QUICK)}
    session.execute(postgresql.insert(MatchPool).values(row).on_conflict_do_nothing())
    return name


def _plain(value: Any) -> Any:
    """Return JSON values as they come back from the database, which knows no -0.0."""
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
