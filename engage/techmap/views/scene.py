"""From suppliers and counts to what the template draws: marks, land, labels, and where the buttons lead."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engage.http.filters import plural
from engage.matching.landscape import HEIGHT, WIDTH
from engage.suppliers.enums import EvidenceLevel
from engage.techmap.queries import Cell, Picture, Point, View

if TYPE_CHECKING:
    from engage.techmap.models import LandscapeCluster

SERIES = 6
SHAPES = ("circle", "square", "diamond", "triangle")
_SMALLEST, _LARGEST = 6.5, 11.0
_LETTER, _LINE, _BADGE = 10.2, 26.0, 17.0
_FURTHEST = 9


@dataclass(frozen=True)
class Mark:
    """A supplier or a cell in the picture. ``path`` is its outline around 0, 0."""

    x: float
    y: float
    path: str
    series: int
    name: str
    title: str
    ref: str = ""
    href: str = ""
    hollow: bool = False
    ringed: bool = False


@dataclass(frozen=True)
class Label:
    """The name of a cluster in the picture: its number in a badge, and beside it words."""

    number: int
    x: float
    y: float
    words: str
    series: int
    left: bool


@dataclass(frozen=True)
class Key:
    """A line of the legend."""

    number: int
    words: str
    series: int
    path: str
    suppliers: int


@dataclass(frozen=True)
class Scene:
    """Everything that the template draws."""

    box: tuple[float, float, float, float]
    zoom: int
    land: Sequence[tuple[int, str]]
    """For each colour one path of dots: with thick round lines they flow together."""
    faint: str
    """Those who are on the map and not wanted, as one path of dots."""
    marks: Sequence[Mark]
    cells: Sequence[Mark]
    labels: Sequence[Label]


def scene(
    found: Picture,
    clusters: Sequence[LandscapeCluster],
    *,
    backdrop: Picture | None,
) -> Scene:
    """Make the picture. ``backdrop`` is the whole map behind what is wanted of it, where that is little enough."""
    names = {each.number: words_of(each) for each in clusters}
    behind = backdrop or found
    wanted = {point.ref for point in found.points}
    others = [point for point in behind.points if point.ref not in wanted]
    cells = [] if found.complete else found.cells
    return Scene(
        box=found.view.box,
        zoom=found.view.zoom,
        land=_land(behind.points if found.complete else cells),
        faint=dots(others),
        marks=[_mark(point, names) for point in found.points],
        cells=_bubbles(cells, names, found.view),
        labels=labels(clusters, found.view),
    )


def words_of(cluster: LandscapeCluster, *, most: int = 3) -> str:
    """Return the name of a cluster in words."""
    return ", ".join(cluster.terms[:most]) or "No words of its own"


def series_of(number: int) -> int:
    """Return the colour of a cluster, 1 to 6."""
    return (number - 1) % SERIES + 1


def keys(clusters: Sequence[LandscapeCluster], found: Picture) -> list[Key]:
    """Return the legend: every cluster with how many of it are wanted."""
    return [
        Key(
            each.number,
            words_of(each),
            series_of(each.number),
            outline(each.number, 8.0),
            found.by_cluster.get(each.number, 0),
        )
        for each in clusters
    ]


def outline(number: int, r: float) -> str:
    """Return the outline of a cluster's shape around 0, 0: with its colour it is found on no other of twelve."""
    shape = SHAPES[(number - 1) % len(SHAPES)]
    if shape == "circle":
        return f"M-{r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 -{2 * r:.1f} 0z"
    if shape == "square":
        side = r * 0.9
        return f"M-{side:.1f} -{side:.1f}h{2 * side:.1f}v{2 * side:.1f}h-{2 * side:.1f}z"
    if shape == "diamond":
        far = r * 1.25
        return f"M0 -{far:.1f}L{far:.1f} 0L0 {far:.1f}L-{far:.1f} 0z"
    far = r * 1.2
    return f"M0 -{far:.1f}L{far:.1f} {far * 0.85:.1f}H-{far:.1f}z"


def dots(places: Iterable[Point | Cell]) -> str:
    """Return one path with a dot at each place."""
    return "".join(f"M{place.x:.0f} {place.y:.0f}h0" for place in places)


def _land(places: Iterable[Point | Cell]) -> list[tuple[int, str]]:
    by_series: defaultdict[int, list[Point | Cell]] = defaultdict(list)
    for place in places:
        by_series[series_of(place.cluster)].append(place)
    return [(series, dots(own)) for series, own in sorted(by_series.items())]


def _mark(point: Point, names: dict[int, str]) -> Mark:
    size = min(_SMALLEST + 1.5 * math.log2(point.statements), _LARGEST)
    told = plural(point.statements, "statement")
    return Mark(
        x=point.x,
        y=point.y,
        path=outline(point.cluster, size),
        series=series_of(point.cluster),
        name=point.name,
        title=f"{point.name}: {names.get(point.cluster, '')}. {told}, {point.level.value}",
        ref=point.ref,
        hollow=point.level is EvidenceLevel.DECLARED,
        ringed=point.level is EvidenceLevel.VERIFIED,
    )


def _bubbles(cells: Sequence[Cell], names: dict[int, str], view: View) -> list[Mark]:
    most = max((cell.suppliers for cell in cells), default=1)
    found = []
    for cell in cells:
        size = 21.0 * math.sqrt(cell.suppliers / most) + 1.5
        told = f"{plural(cell.suppliers, 'supplier')}, mostly {names.get(cell.cluster, '')}"
        found.append(
            Mark(
                x=cell.x,
                y=cell.y,
                path=f"M-{size:.1f} 0a{size:.1f} {size:.1f} 0 1 0 {2 * size:.1f} 0"
                f"a{size:.1f} {size:.1f} 0 1 0 -{2 * size:.1f} 0z",
                series=series_of(cell.cluster),
                name=told,
                title=f"{told}. Zoom in here",
                href=f"{cell.x:.0f}:{cell.y:.0f}:{min(view.zoom * 4, 32)}",
            )
        )
    return found


def labels(clusters: Sequence[LandscapeCluster], view: View) -> list[Label]:
    """Place the names of the clusters in view so that none covers another: the smaller ones give way."""
    left, top, width, height = view.box
    taken: list[tuple[float, float, float, float]] = []
    found: list[Label] = []
    for each in sorted(clusters, key=lambda one: (-one.suppliers, one.number)):
        if not (left <= each.x <= left + width and top <= each.y <= top + height):
            continue
        words = words_of(each, most=2)
        long = (_BADGE * 2 + 8 + _LETTER * len(words)) / view.zoom
        x = min(max(each.x, left + 24 / view.zoom), left + width - 24 / view.zoom)
        turned = x + long > left + width
        y = _free(x - long if turned else x, each.y, long, view, taken)
        found.append(Label(each.number, x, y, words, series_of(each.number), turned))
    return sorted(found, key=lambda label: label.number)


def _free(
    x: float, y: float, long: float, view: View, taken: list[tuple[float, float, float, float]]
) -> float:
    """Return the height nearest to ``y`` at which a label fits, and take it."""
    _, top, _, height = view.box
    line = (_LINE + 10) / view.zoom
    for step in range(_FURTHEST):
        for sign in (1, -1):
            at = min(max(y + sign * step * line, top + line), top + height - line)
            box = (x, at - line / 2, x + long, at + line / 2)
            if not any(_meet(box, other) for other in taken):
                taken.append(box)
                return at
    taken.append((x, y - line / 2, x + long, y + line / 2))
    return y


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def moves(view: View) -> list[tuple[str, str, dict[str, int]]]:
    """Return the buttons: a sign, what they do, and the place they lead to; those that lead nowhere are left out."""
    left, top, width, height = view.box
    x, y = left + width / 2, top + height / 2
    step_x, step_y = width / 3, height / 3
    found = []
    if view.zoom < 32:
        found.append(("+", "Zoom in", _at(x, y, view.zoom * 2)))
    if view.zoom > 1:
        found.append(("−", "Zoom out", _at(x, y, view.zoom // 2)))
        if left > 0:
            found.append(("←", "Move left", _at(x - step_x, y, view.zoom)))
        if left + width < WIDTH:
            found.append(("→", "Move right", _at(x + step_x, y, view.zoom)))
        if top > 0:
            found.append(("↑", "Move up", _at(x, y - step_y, view.zoom)))
        if top + height < HEIGHT:
            found.append(("↓", "Move down", _at(x, y + step_y, view.zoom)))
    return found


def _at(x: float, y: float, zoom: int) -> dict[str, int]:
    return {"x": max(round(x), 0), "y": max(round(y), 0), "zoom": zoom}
