"""Who can be ranked right now: the hard rules, and segments that are exactly as the database has the profiles.

Whether a segment is up to date is not a question of time. The database gives every supplier a revision, a random number
that changes with everything that is compared, and a segment names the revisions it was made of. What differs is read
again; so nothing is missed that was committed late, rolled back, or undone by restoring a backup.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.challenges.models import Challenge
from engage.kernel.errors import Conflict
from engage.kernel.settings import settings
from engage.matching import (
    Document,
    Features,
    Parameters,
    Pool,
    StatementRow,
    Yardstick,
    build_segment,
    texts_to_encode,
)
from engage.matching.segment import encode_ids
from engage.matchmaking.service import vectors
from engage.matchmaking.service.corpus import Standard
from engage.matchmaking.service.disk import Held, Shelf, new_name
from engage.matchmaking.service.rows import Profile, profiles
from engage.matchmaking.service.sifting import Entrant, Sifted, sift

log = structlog.get_logger()

FOLDER = "matching"
TRIES = 5
LARGEST = 50_000
"""Suppliers in one segment: building one takes memory for them."""
SMALL = 2_000
"""A last segment of up to so many suppliers is made anew with what has changed, rather than followed by another."""
MOST_SEGMENTS = 8
_KEPT = 3

Refs = npt.NDArray[np.bytes_]
Mask = npt.NDArray[np.bool_]

_guard = threading.Lock()
_yardsticks: dict[tuple[str, str, str, str], Yardstick] = {}
_shelves: dict[tuple[str, Path], Shelf] = {}


@dataclass(frozen=True)
class Ready:
    """The suppliers that can be ranked at this moment, ready to be scored."""

    sifted: Sifted
    yardstick: Yardstick
    held: Sequence[Held]
    """Where the parts of the pool come from, in the same order."""
    pool: Pool

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the reference and the frozen profile of each supplier that takes part."""
        for part, held in zip(self.pool.parts, self.held, strict=True):
            for place in np.flatnonzero(part.takes_part).tolist():
                yield part.segment.supplier_id(place), held.line(place)


def documents(pool: Pool, ref: str) -> list[Document]:
    """Return the statements of a supplier of ``pool`` which count on its day, with their words."""
    number, place = pool.find(ref)
    part = pool.parts[number]
    first, last = part.segment.columns.starts[place : place + 2].tolist()
    return [part.segment.document(row) for row in range(first, last) if part.live[row]]


def get_ready(
    session: Session,
    *,
    yardstick: Yardstick,
    department: Organisation | None,
    complete: bool,
    challenge: Challenge | None = None,
) -> Ready:
    """Apply the hard rules and bring the segments up to date: what is scored is what the database holds.

    Side effects: the cache of this machine on its disk. Nothing is written to the database. ``complete``:
    suppliers are read again as soon as a vector of theirs has come; otherwise once all have, so that pages do not do
    it again and again while a large import is being read. Raises ``Conflict`` when profiles change faster than they
    are read.
    """
    shelf = _shelf(yardstick)
    for _ in range(TRIES):
        sifted = sift(session, department=department, challenge=challenge)
        held = bring(session, shelf, sifted.entrants, complete=complete)
        if held is not None:
            pool = Pool(
                [each.segment for each in held],
                yardstick=yardstick,
                suppliers=sifted.entrants,
                as_of=sifted.today,
            )
            return Ready(sifted, yardstick, held, pool)
    raise Conflict("Profiles are changing faster than they can be compared. Try again in a moment.")


def yardstick(
    session: Session, standard: Standard, *, features: Features, parameters: Parameters
) -> Yardstick:
    """Make the snapshots ready to measure with; kept for the next match. ``features`` names the model.

    Raises ``MissingVectorsError`` when the database lacks a vector of the background.
    """
    key = (standard.lexicon.id, standard.background.id, parameters.id, features.digest)
    with _guard:
        if key in _yardsticks:
            return _yardsticks[key]
    if features.dim:
        texts = texts_to_encode(background=standard.background)
        features.load(vectors.held(session, texts, digest=features.digest))
    made = Yardstick.of(
        lexicon=standard.lexicon, background=standard.background, features=features, parameters=parameters
    )
    with _guard:
        while len(_yardsticks) >= _KEPT:
            del _yardsticks[next(iter(_yardsticks))]
        return _yardsticks.setdefault(key, made)


def bring(
    session: Session, shelf: Shelf, entrants: Mapping[str, Entrant], *, complete: bool
) -> Sequence[Held] | None:
    """Return segments that hold every entrant as it is in the database, reading again what has changed.

    Side effects: new segments on the disk, or in memory only when the disk does not take them. ``None`` when the
    profiles have changed since they were sifted.
    """
    wanted = _Wanted.of(entrants)
    held: Sequence[Held] = shelf.read()
    if not wanted.stale(held, complete=complete).any():
        return held
    try:
        with shelf.writing():
            held = shelf.read()
            keep, made = _renewed(session, shelf, wanted, held, entrants, complete=complete)
            held = shelf.write(keep, made) if made else keep
    except OSError as error:
        log.warning("the cache for matching cannot be written", folder=str(shelf.folder), error=str(error))
        keep, made = _renewed(session, shelf, wanted, held, entrants, complete=complete)
        held = [*keep, *made]
    return held if not wanted.stale(held, complete=False).any() else None


def _renewed(
    session: Session,
    shelf: Shelf,
    wanted: _Wanted,
    held: Sequence[Held],
    entrants: Mapping[str, Entrant],
    *,
    complete: bool,
) -> tuple[Sequence[Held], list[Held]]:
    """Return the segments to keep, and those made anew of what has changed; none when somebody else has made them."""
    stale = wanted.stale(held, complete=complete)
    if not stale.any():
        return held, []
    keep, again = _division(held, wanted, stale)
    ids = [entrants[ref.decode()].id for ref in wanted.refs[again].tolist()]
    return keep, [
        build(session, ids[start : start + LARGEST], yardstick=shelf.yardstick)
        for start in range(0, len(ids), LARGEST)
    ]


def build(session: Session, ids: Sequence[int], *, yardstick: Yardstick) -> Held:
    """Make a segment of the suppliers with ``ids``, as the database has them now."""
    about: list[Profile] = []
    segment = build_segment(_rows(session, ids, yardstick, about), yardstick=yardstick)
    lines = [profile.line.encode() for profile in about]
    return Held(
        name=new_name(),
        segment=segment,
        revisions=np.array([profile.revision for profile in about], dtype=np.int64),
        complete=np.array([profile.complete for profile in about], dtype=np.uint8),
        line_starts=np.cumsum([0, *map(len, lines)], dtype=np.int64),
        lines=np.frombuffer(b"".join(lines), dtype=np.uint8),
    )


def _rows(
    session: Session, ids: Sequence[int], yardstick: Yardstick, about: list[Profile]
) -> Iterator[StatementRow]:
    """Yield statements, and note what else is to be known of each supplier without its words."""
    for profile in profiles(session, ids=ids, digest=yardstick.digest, dim=yardstick.dim):
        yield from profile.rows
        about.append(Profile(profile.ref, profile.revision, [], profile.line, profile.complete))


@dataclass(frozen=True, eq=False)
class _Wanted:
    """The suppliers to be ranked, in order of reference, and how they must be."""

    refs: Refs
    revisions: npt.NDArray[np.int64]

    @classmethod
    def of(cls, entrants: Mapping[str, Entrant]) -> _Wanted:
        order = sorted(entrants)
        revisions = [entrants[ref].revision for ref in order]
        return cls(encode_ids(order), np.array(revisions, dtype=np.int64))

    def stale(self, held: Sequence[Held], *, complete: bool) -> Mask:
        """Tell who is missing from the segments or in them as it was before; the newest segment decides."""
        stale = np.ones(len(self.refs), dtype=np.bool_)
        open_still = np.ones(len(self.refs), dtype=np.bool_)
        for each in reversed(held):
            places, found = self._places(each)
            found &= open_still
            at = places[found]
            stale[found] = each.revisions[at] != self.revisions[found]
            if complete:
                stale[found] |= each.complete[at] == 0
            open_still &= ~found
        return stale

    def within(self, held: Held) -> Mask:
        """Tell who is in a segment."""
        return self._places(held)[1]

    def _places(self, held: Held) -> tuple[npt.NDArray[np.int64], Mask]:
        if not len(held):
            return np.zeros(len(self.refs), np.int64), np.zeros(len(self.refs), np.bool_)
        places = np.minimum(np.searchsorted(held.refs, self.refs), len(held) - 1)
        found: Mask = held.refs[places] == self.refs
        return places, found


def _division(held: Sequence[Held], wanted: _Wanted, stale: Mask) -> tuple[Sequence[Held], Mask]:
    """Return which segments to keep, and who is to be read again.

    What has changed follows in a small segment of its own, which is made anew each time; now and then all are.
    """
    size, changed = len(wanted.refs), int(np.count_nonzero(stale))
    if not held or changed * 2 > size or sum(map(len, held)) > 2 * size + SMALL or len(held) > MOST_SEGMENTS:
        return [], np.ones(size, dtype=np.bool_)
    if len(held) > 1 and len(held[-1]) + changed <= SMALL:
        return held[:-1], stale | wanted.within(held[-1])
    return held, stale


def _shelf(yardstick: Yardstick) -> Shelf:
    folder = settings().data_dir / FOLDER / yardstick.id[:32]
    with _guard:
        key = (yardstick.id, folder)
        while len(_shelves) >= _KEPT and key not in _shelves:
            del _shelves[next(iter(_shelves))]
        return _shelves.setdefault(key, Shelf(folder, yardstick=yardstick))
