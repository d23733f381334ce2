"""Drawing the landscape: from vectors to places and clusters, step by step, with progress and a way to go on later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engage.matching.landscape import clustering, frame
from engage.matching.landscape.affinity import affinities
from engage.matching.landscape.arrays import Ints, Mask, Places, Vectors, unit_rows
from engage.matching.landscape.descent import Motion, descend, main_directions
from engage.matching.landscape.mending import AT_MOST as MENDED_AT_MOST
from engage.matching.landscape.mending import mended
from engage.matching.landscape.neighbours import Nearest, nearest
from engage.matching.landscape.trust import NEIGHBOURS, Trust, trustworthiness

LANDSCAPE_EDITION = 1
"""A change of the method changes it, and everybody is placed anew."""
CHANGED_AT_MOST = 0.2
"""While no larger part of the suppliers is new, gone or has changed, all others stay exactly where they are."""
STEPS = 500
_PERPLEXITY, _MANY_PERPLEXITY, _MANY = 20.0, 10.0, 5_000
_ROUNDS = 4
_FEW = 4
_CHECKPOINT = 50

Save = Callable[[Mapping[str, npt.NDArray[Any]]], None]
Report = Callable[[str, int, int], None]


class Interrupted(Exception):
    """Whoever listens to the progress wants the drawing to stop; what was saved lets it go on."""


@dataclass(frozen=True, eq=False)
class Held:
    """An earlier drawing: where the suppliers of this one stood, ``float64[n, 2]``, nan for who is new or has changed.

    ``clusters`` are the numbers they had, 0 for none; ``gone`` is how many stand in the earlier drawing only.
    """

    places: Places
    clusters: Ints
    gone: int = 0

    @property
    def known(self) -> Mask:
        """Who has a place."""
        mask: Mask = np.isfinite(self.places.sum(axis=1))
        return mask

    @property
    def changed(self) -> float:
        """The part of the suppliers, of both drawings together, that cannot stay where it was."""
        stay = int(np.count_nonzero(self.known))
        everybody = len(self.places) + self.gone
        return 1.0 - stay / everybody if everybody else 0.0


@dataclass(frozen=True, eq=False)
class Drawing:
    """A picture: places in the frame of ``WIDTH`` by ``HEIGHT``, the cluster number of each supplier, and its quality.

    ``kept`` says who stands exactly where the earlier drawing has them. ``centres`` gives the densest place of each
    cluster by number.
    """

    places: Places
    clusters: Ints
    centres: dict[int, tuple[float, float]]
    kept: Mask
    trust: Trust | None


def draw(
    vectors: npt.NDArray[Any],
    *,
    held: Held | None = None,
    seed: int = 0,
    report: Report = lambda _step, _done, _of: None,
    saved: Mapping[str, npt.NDArray[Any]] | None = None,
    save: Save = lambda _arrays: None,
    anew: bool = False,
) -> Drawing:
    """Draw suppliers, the rows of ``vectors`` (any float or int8, ``[n, dim]``), so that those alike stand together.

    With ``held`` whose change is at most ``CHANGED_AT_MOST`` only who is new or has changed is placed, beside those
    most like them; otherwise, or with ``anew``, all are placed anew, beginning from where they were, and the picture
    is turned to lie on the earlier one. ``report(step, done, of)`` is told the progress and may raise ``Interrupted``;
    ``save`` is given what an interrupted drawing of the same vectors can go on from, as ``saved``.
    """
    work = _Work(unit_rows(vectors), held, seed, report, dict(saved or {}), save)
    few = len(vectors) < _FEW
    stays = held is not None and not anew and held.changed <= CHANGED_AT_MOST and not few
    places, kept = work.added() if stays else work.anew()
    places = frame.spread(places, ~kept)
    report("Measuring", 0, 1)
    trust = trustworthiness(
        work.vectors, places, seed=seed, tell=lambda done, of: report("Measuring", done, of)
    )
    found = clustering.clusters_of(places)
    before = held.clusters if held is not None else np.zeros(len(places), dtype=np.int64)
    numbers = clustering.numbered(found.of, before)
    return Drawing(
        places=places,
        clusters=np.array([numbers[each] for each in found.of.tolist()], dtype=np.int64),
        centres={numbers[i]: (float(x), float(y)) for i, (x, y) in enumerate(found.centres)},
        kept=kept,
        trust=trust,
    )


@dataclass(eq=False)
class _Work:
    vectors: Vectors
    held: Held | None
    seed: int
    report: Report
    saved: dict[str, npt.NDArray[Any]]
    save: Save

    def anew(self) -> tuple[Places, Mask]:
        """Place everybody; nobody is kept."""
        size = len(self.vectors)
        kept = np.zeros(size, dtype=np.bool_)
        if size < _FEW:
            return _in_a_row(size), kept
        places = self._descended()
        held = self.held
        places = frame.turned(places) if held is None else frame.aligned(places, held.places, held.known)
        return self._mended(frame.fitted(places), ~kept), kept

    def added(self) -> tuple[Places, Mask]:
        """Place those who are new or have changed among those who stay."""
        assert self.held is not None
        known = self.held.known
        places = self.held.places.copy()
        if not known.all():
            near = self._nearest()
            for who in np.flatnonzero(~known).tolist():
                places[who] = _among(near.places[who], near.cosines[who], self.held.places)
        return self._mended(np.where(known[:, None], places, frame.inside(places)), ~known), known

    def _nearest(self) -> Nearest:
        if "near" not in self.saved:
            count = min(round(3 * self._perplexity()), len(self.vectors) - 1)
            near = nearest(self.vectors, count=count, tell=lambda *told: self.report("Comparing", *told))
            self.saved |= {"near": near.places, "cosines": near.cosines}
            self.save(self.saved)
        return Nearest(self.saved["near"], self.saved["cosines"])

    def _perplexity(self) -> float:
        wanted = _PERPLEXITY if len(self.vectors) <= _MANY else _MANY_PERPLEXITY
        return min(wanted, (len(self.vectors) - 1) / 3)

    def _descended(self) -> Places:
        if "placed" in self.saved:
            return self.saved["placed"]
        attraction = affinities(self._nearest(), perplexity=self._perplexity())

        def after(motion: Motion) -> None:
            if motion.step % _CHECKPOINT == 0 and len(self.vectors) > _MANY:
                state = {"places": motion.places, "speed": motion.speed, "gains": motion.gains}
                self.save({**self.saved, **state, "step": np.array(motion.step)})
            self.report("Arranging", motion.step, STEPS)

        placed = descend(attraction, self._motion(), steps=STEPS, after=after)
        self.saved["placed"] = placed
        self.save(self.saved)
        return placed

    def _motion(self) -> Motion:
        if "step" in self.saved:
            own = self.saved
            return Motion(int(own["step"]), own["places"], own["speed"], own["gains"])
        begin = main_directions(self.vectors)
        if self.held is not None and np.count_nonzero(self.held.known) >= len(begin) / 2:
            near = self._nearest()
            begin = self.held.places.copy()
            for who in np.flatnonzero(~self.held.known).tolist():
                begin[who] = _among(near.places[who], near.cosines[who], self.held.places)
            begin = begin - begin.mean(axis=0)
            begin *= 1e-4 / max(float(begin.std(axis=0).max()), 1e-12)
        return Motion.at(begin)

    def _mended(self, places: Places, free: Mask) -> Places:
        size = len(places)
        neighbours = min(NEIGHBOURS, (size - 1) // 2)
        if size > MENDED_AT_MOST or neighbours < 2 or not free.any():
            return places
        self.report("Mending", 0, _ROUNDS)
        return mended(
            self.vectors,
            places,
            neighbours=neighbours,
            apart=frame.apart_for(size),
            free=free,
            rounds=_ROUNDS,
            seed=self.seed,
            after=lambda done: self.report("Mending", done, _ROUNDS),
        )


def _in_a_row(size: int) -> Places:
    """Place three or fewer: there is no picture to make of them."""
    x = frame.WIDTH * (np.arange(size) + 1) / (size + 1)
    return np.column_stack([x, np.full(size, frame.HEIGHT / 2)])


def _among(others: Ints, cosines: npt.NDArray[np.float32], places: Places) -> Places:
    """Return the place in the middle of where most of somebody's like stand; of several groups, of the most alike."""
    there = ~np.isnan(places[others]).any(axis=1)
    spots, weights = places[others[there]], np.exp(8.0 * cosines[there].astype(np.float64))
    middle: Places = np.array([frame.WIDTH / 2, frame.HEIGHT / 2])
    if len(spots):
        reach = frame.HEIGHT / 12
        gaps = ((spots[:, None] - spots[None, :]) ** 2).sum(axis=2)
        pull = np.exp(-gaps / (2 * reach**2)) * weights
        centre = pull.sum(axis=1).argmax()
        share = pull[centre] / pull[centre].sum()
        middle = share @ spots
    return middle
