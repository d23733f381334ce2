"""What an address of the map asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request, url_for

from engage.http.session import db
from engage.matching.landscape import HEIGHT, WIDTH
from engage.suppliers import queries as suppliers
from engage.techmap import queries
from engage.techmap.forms import MapForm
from engage.techmap.queries import View, Wanted

if TYPE_CHECKING:
    from engage.suppliers.models import Capability
    from engage.techmap.models import Landscape, LandscapeCluster

FILTERS = ("q", "capability", "region", "evidence", "fresh", "size", "sme", "vcse", "cluster")
ZOOMS = (1, 2, 4, 8, 16, 32)
_DIGITS = 6


@dataclass(frozen=True)
class Asked:
    """The drawing that is shown, its clusters, and what is wanted of it."""

    landscape: Landscape | None
    clusters: Sequence[LandscapeCluster]
    form: MapForm
    wanted: Wanted
    capability: Capability | None
    kept: dict[str, str]
    """The filters of the address, to be kept in links."""

    def url(self, endpoint: str, **changes: Any) -> str:
        """Return the address of a page with the same filters, but for ``changes``; empty ones are left out."""
        values = {**self.kept, **changes}
        return url_for(endpoint, **{key: value for key, value in values.items() if value not in ("", None)})

    @property
    def narrowed(self) -> bool:
        """Whether more is asked for than words and a cluster."""
        return bool(self.kept.keys() - {"q", "cluster"})

    @property
    def cluster(self) -> LandscapeCluster | None:
        """The cluster that is asked for."""
        return next((each for each in self.clusters if each.number == self.wanted.cluster), None)


def asked() -> Asked:
    """Read the address of this request. What it has that makes no sense is left out."""
    queries.ready_for_many(db())
    found = suppliers.in_use(db())
    form = MapForm(_choices(found))
    capability = next((each for each in found if each.slug == form.chosen_capability), None)
    meant = () if capability is None else _meant(capability, found)
    landscape = queries.current(db())
    clusters = queries.clusters(db(), landscape_id=landscape.id) if landscape else ()
    number = int(whole("cluster", 0))
    cluster = number if number in {each.number for each in clusters} else 0
    kept = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    if not cluster:
        kept.pop("cluster", None)
    wanted = form.wanted(capabilities=meant, cluster=cluster)
    return Asked(landscape, clusters, form, wanted, capability, kept)


def view_asked() -> View:
    """Return the part of the map that the address asks for: its middle and how much it is enlarged."""
    zoom = whole("zoom", 1)
    near = max(one for one in ZOOMS if one <= max(zoom, 1))
    return View(x=min(whole("x", WIDTH / 2), WIDTH), y=min(whole("y", HEIGHT / 2), HEIGHT), zoom=near)


def whole(name: str, otherwise: float) -> float:
    """Return a whole number of the address, ``otherwise`` when it is none."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else otherwise


def _choices(found: Sequence[Capability]) -> list[tuple[str, str]]:
    """Return areas by name, each followed by its capabilities."""
    below: dict[int, list[Capability]] = {}
    for each in found:
        if each.parent_id is not None:
            below.setdefault(each.parent_id, []).append(each)
    choices: list[tuple[str, str]] = []
    for area in found:
        if area.parent_id is None and area.id in below:
            choices.append((area.slug, f"{area.name} (all)"))
            choices += [(each.slug, f"– {each.name}") for each in below[area.id]]
    return choices


def _meant(capability: Capability, found: Sequence[Capability]) -> tuple[int, ...]:
    return tuple(each.id for each in found if capability.id in (each.id, each.parent_id))
