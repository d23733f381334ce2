"""Drawing the map anew, or adding to it: reading, arranging, naming, and one switch from the old one to the new."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from engage.kernel import clock, jobs
from engage.kernel.db import reading, unit_of_work
from engage.kernel.embedding import embedder
from engage.matching import Embedder
from engage.matching.landscape import (
    LANDSCAPE_EDITION,
    Drawing,
    Held,
    Interrupted,
    Member,
    draw,
    name_clusters,
)
from engage.techmap import queries
from engage.techmap.enums import DrawingState
from engage.techmap.models import Landscape, LandscapeCluster, LandscapePoint
from engage.techmap.service import checkpoints
from engage.techmap.service.meanings import Meanings, meanings
from engage.techmap.service.words import words_of

DRAW = "techmap.draw"
READING, NAMING, KEEPING = "Reading what suppliers say", "Naming the clusters", "Keeping the map"
TOLD_EVERY = 2.0
"""Seconds between two notes of the progress."""
NAMED_BY = 150
"""So many suppliers of a cluster name it."""
CHANGED_ENOUGH = 0.05
"""The part of the suppliers that is not on the map as it is said now, from which on it is drawn before the night."""
KEPT = 2
"""Drawings whose places are kept: the one that is shown, and the one before."""
WORSE, FROM = 0.03, 100
"""By how much trustworthiness may fall while suppliers are only added, before all are placed anew; and from how many
suppliers on: with fewer it jumps about."""
Report = Callable[[str, int, int], None]
log = structlog.get_logger()


def wants_drawing(session: Session) -> bool:
    """Tell whether so much has changed since the last drawing that the next should not wait for the night."""
    current = queries.current(session)
    missing, placed = queries.not_placed(session, landscape=current)
    return missing > 0 and missing >= CHANGED_ENOUGH * (missing + placed)


def draw_now(*, anew: bool = False, report: Report | None = None) -> Landscape | None:
    """Draw the map as of this moment and show it; ``None`` when there is nobody to draw.

    Units of work of its own, in this order: a row that says that a drawing is under way; notes of how far it is;
    places, clusters and the switch to them, with the places of older drawings removed. ``anew``: place everybody
    anew whatever has changed. ``report`` is told every step, how much of it is done and how much there is
    to do. Raises ``Interrupted`` when this process has been asked to end; the next drawing goes on from there.
    """
    progress = _Progress(_begin(), report)
    model = embedder()
    progress.tell(READING, 0, 1)
    with reading() as session:
        found = meanings(session, day=clock.uk_today(), model=model)
        before = queries.current(session)
        held = _held(session, before, found, model)
        best = queries.last_placed_anew(session, landscape=before).trustworthiness if before else None
    if not len(found.suppliers):
        with unit_of_work() as session:
            session.execute(sa.delete(Landscape).where(Landscape.id == progress.landscape_id))
        return None
    drawn = _drawn(found, held, progress, model, anew=anew)
    if drawn.kept.any() and _worse(best, drawn):
        drawn = _drawn(found, held, progress, model, anew=True)
    progress.tell(NAMING, 0, 1)
    with reading() as session:
        names = name_clusters(dict(_members(session, found, drawn)))
    progress.tell(KEEPING, 0, 1)
    with unit_of_work() as session:
        return _keep(session, progress, before, found, drawn, names)


def _begin() -> int:
    """Note that a drawing is under way; any other that says so has been left."""
    now, model = clock.now(), embedder()
    with unit_of_work() as session:
        drawing = Landscape.state == DrawingState.DRAWING
        session.execute(sa.update(Landscape).where(drawing).values(state=DrawingState.LEFT))
        row = Landscape(
            begun_at=now,
            told_at=now,
            edition=LANDSCAPE_EDITION,
            embedder=model.id,
            model_digest=model.digest,
        )
        session.add(row)
        session.flush()
        return row.id


@dataclass
class _Progress:
    """Notes how far a drawing is, now and then; stops it when this process is to end."""

    landscape_id: int
    report: Report | None = None
    started: float = field(default_factory=time.monotonic)
    told: float = 0.0
    step: str = ""

    def tell(self, step: str, done: int, todo: int) -> None:
        """Take a report. Raises ``Interrupted``."""
        if jobs.stopping.is_set():
            raise Interrupted
        if self.report is not None:
            self.report(step, done, todo)
        if step == self.step and time.monotonic() - self.told < TOLD_EVERY:
            return
        self.step, self.told = step, time.monotonic()
        values = {"step": step, "done": done, "todo": todo, "told_at": clock.now()}
        with unit_of_work() as session:
            session.execute(sa.update(Landscape).where(Landscape.id == self.landscape_id).values(**values))
        if self.report is None:
            log.info("drawing the map", step=step, done=done, of=todo)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self.started


def _held(session: Session, before: Landscape | None, found: Meanings, model: Embedder) -> Held | None:
    """Return where the suppliers stood, as far as they say the same as then."""
    if before is None or (before.edition, before.model_digest) != (LANDSCAPE_EDITION, model.digest):
        return None
    rows = queries.points(session, landscape_id=before.id)
    at = np.searchsorted(found.suppliers, rows.suppliers)
    there = at < len(found.suppliers)
    there[there] = found.suppliers[at[there]] == rows.suppliers[there]
    same = there.copy()
    same[there] = found.fingerprints[at[there]] == rows.fingerprints[there]
    places = np.full((len(found.suppliers), 2), np.nan)
    places[at[same]] = rows.places[same]
    clusters = np.zeros(len(found.suppliers), dtype=np.int64)
    clusters[at[there]] = rows.clusters[there]
    return Held(places, clusters, gone=int(np.count_nonzero(~there)))


def _drawn(
    found: Meanings, held: Held | None, progress: _Progress, model: Embedder, *, anew: bool
) -> Drawing:
    path = checkpoints.file_for(found, method=f"{LANDSCAPE_EDITION} {model.digest} {anew} {held is None}")
    drawn = draw(
        found.vectors,
        held=held,
        report=progress.tell,
        saved=checkpoints.load(path),
        save=lambda arrays: checkpoints.save(path, arrays),
        anew=anew,
    )
    checkpoints.forget(path)
    return drawn


def _worse(best: float | None, drawn: Drawing) -> bool:
    """Tell whether adding to the map has made it misleading, measured against when all were last placed."""
    found = drawn.trust
    return best is not None and found is not None and found.sampled >= FROM and found.value < best - WORSE


def _members(session: Session, found: Meanings, drawn: Drawing) -> Iterator[tuple[int, list[Member]]]:
    """Yield each cluster with some of its suppliers and their words; every so manieth of a large one."""
    for number in sorted(drawn.centres):
        ids = found.suppliers[drawn.clusters == number]
        chosen = ids[:: max(1, len(ids) // NAMED_BY)][:NAMED_BY]
        yield number, words_of(session, supplier_ids=chosen.tolist(), day=clock.uk_today())


def _keep(
    session: Session,
    progress: _Progress,
    before: Landscape | None,
    found: Meanings,
    drawn: Drawing,
    names: dict[int, tuple[str, ...]],
) -> Landscape:
    row = session.get_one(Landscape, progress.landscape_id)
    session.execute(sa.insert(LandscapeCluster), _clusters(row.id, drawn, names))
    points = _points(row.id, found, drawn)
    for start in range(0, len(points), 10_000):
        session.execute(sa.insert(LandscapePoint), points[start : start + 10_000])
    row.state, row.drawn_at, row.told_at = DrawingState.READY, clock.now(), clock.now()
    row.step, row.done, row.todo = "", 0, 0
    row.suppliers, row.kept = len(points), int(np.count_nonzero(drawn.kept))
    row.based_on_id = before.id if before is not None and row.kept else None
    row.seconds = round(progress.seconds, 1)
    if drawn.trust is not None:
        row.trustworthiness = drawn.trust.value
        row.neighbours, row.sampled = drawn.trust.neighbours, drawn.trust.sampled
    session.flush()
    _forget_older(session)
    return row


def _clusters(landscape_id: int, drawn: Drawing, names: dict[int, tuple[str, ...]]) -> list[dict[str, Any]]:
    return [
        {
            "landscape_id": landscape_id,
            "number": number,
            "terms": list(names.get(number, ())),
            "x": x,
            "y": y,
            "suppliers": int(np.count_nonzero(drawn.clusters == number)),
        }
        for number, (x, y) in sorted(drawn.centres.items())
    ]


def _points(landscape_id: int, found: Meanings, drawn: Drawing) -> list[dict[str, Any]]:
    columns = (found.suppliers, drawn.places, drawn.clusters, found.fingerprints)
    return [
        {
            "landscape_id": landscape_id,
            "supplier_id": supplier,
            "x": x,
            "y": y,
            "cluster": cluster,
            "fingerprint": fingerprint,
        }
        for supplier, (x, y), cluster, fingerprint in zip(*(each.tolist() for each in columns), strict=True)
    ]


def _forget_older(session: Session) -> None:
    """Remove the places of all but the last drawings; that there was a drawing, and how good it was, is kept."""
    ready = sa.select(Landscape.id).where(Landscape.state == DrawingState.READY)
    kept = ready.order_by(Landscape.drawn_at.desc(), Landscape.id.desc()).limit(KEPT)
    for table in (LandscapePoint, LandscapeCluster):
        session.execute(sa.delete(table).where(table.landscape_id.not_in(kept)))
