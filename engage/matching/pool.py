"""A pool: the segments of one match, who takes part, and the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from engage.matching.errors import InputError, SegmentError
from engage.matching.segment import Segment, encode_ids
from engage.matching.yardstick import Yardstick

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """One segment of a pool: which suppliers take part, which statements count on the day."""

    segment: Segment
    takes_part: Mask
    live: Mask

    @cached_property
    def counted(self) -> Mask:
        """Which statements count and belong to a supplier that takes part."""
        return self.live & self.takes_part[self.segment.owners]

    def confidence(self, place: int) -> int:
        """Return how many statements of a supplier count."""
        first, last = self.segment.columns.starts[place : place + 2].tolist()
        return int(np.count_nonzero(self.live[first:last]))


class Pool:
    """Suppliers to be ranked together, in any number of segments made with one yardstick.

    ``suppliers`` are the ids of those that take part, ``None`` for all; ids in
    no segment are passed over. A supplier found in several segments is taken
    from the LAST of them, whole: first what was built long ago, then what
    changed. ``as_of`` is the day of the match: statements that expired by then
    do not count, and freshness is measured from it; without a day nothing
    expires and nothing is fresh.

    How the suppliers are spread over segments makes no difference to any score.
    Raises ``SegmentError`` when a segment was made with another yardstick.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        *,
        yardstick: Yardstick,
        suppliers: Collection[str] | None = None,
        as_of: dt.date | None = None,
    ) -> None:
        if any(segment.names != yardstick.names for segment in segments):
            raise SegmentError("A segment was made with another yardstick: make it anew.")
        self.yardstick = yardstick
        self.as_of = as_of
        wanted = None if suppliers is None else np.sort(encode_ids(list(suppliers)))
        self.parts = [
            Part(
                segment=segment,
                takes_part=_taking_part(segment, segments[place + 1 :], wanted),
                live=segment.lives(as_of),
            )
            for place, segment in enumerate(segments)
        ]

    @cached_property
    def size(self) -> int:
        """How many suppliers take part."""
        return sum(int(np.count_nonzero(part.takes_part)) for part in self.parts)

    @cached_property
    def unread(self) -> int:
        """How many statements that count have no vector yet, when a model takes part."""
        if not self.yardstick.dim:
            return 0
        return sum(
            int(np.count_nonzero(part.counted & (part.segment.columns.has_vector == 0)))
            for part in self.parts
        )

    def find(self, supplier_id: str) -> tuple[int, int]:
        """Return the part and the place in it of a supplier that takes part.

        Raises ``InputError`` when there is none of this id.
        """
        wanted = encode_ids([supplier_id])
        for number, part in enumerate(self.parts):
            for place in part.segment.places_of(wanted).tolist():
                if part.takes_part[place]:
                    return number, int(place)
        raise InputError(f"There is no supplier {supplier_id} among those ranked.")


def _taking_part(segment: Segment, later: Sequence[Segment], wanted: npt.NDArray[np.bytes_] | None) -> Mask:
    mask = np.full(len(segment), wanted is None)
    if wanted is not None:
        mask[segment.places_of(wanted)] = True
    for other in later:
        mask[segment.places_of(other.columns.suppliers)] = False
    return mask
