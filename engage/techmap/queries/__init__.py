"""Reading the map: drawings, who is shown, how thick it is where, and where nobody is."""

from __future__ import annotations

from engage.techmap.queries.coverage import Claimed, Coverage, coverage
from engage.techmap.queries.drawings import (
    Points,
    clusters,
    current,
    last_placed_anew,
    not_placed,
    points,
    under_way,
)
from engage.techmap.queries.gaps import Unanswered, unanswered
from engage.techmap.queries.picture import MOST_POINTS, Cell, Picture, Point, View, picture
from engage.techmap.queries.shown import Wanted, oldest, on_the_map, ready_for_many
from engage.techmap.queries.table import SORTS, Row, everybody, table

__all__ = [
    "MOST_POINTS",
    "SORTS",
    "Cell",
    "Claimed",
    "Coverage",
    "Picture",
    "Point",
    "Points",
    "Row",
    "Unanswered",
    "View",
    "Wanted",
    "clusters",
    "coverage",
    "current",
    "everybody",
    "last_placed_anew",
    "not_placed",
    "oldest",
    "on_the_map",
    "picture",
    "points",
    "ready_for_many",
    "table",
    "unanswered",
    "under_way",
]
