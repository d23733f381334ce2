"""The map as files."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, url_for
from flask.typing import ResponseReturnValue

from engage.http.access import public
from engage.http.session import db
from engage.kernel.codes import REGIONS
from engage.kernel.settings import settings
from engage.kernel.sheets import csv_text
from engage.suppliers.enums import EvidenceLevel
from engage.techmap import queries
from engage.techmap.queries import Row
from engage.techmap.queries.coverage import NOWHERE
from engage.techmap.views import bp, scene
from engage.techmap.views.asked import Asked, asked

HEAD = (
    "reference", "name", "cluster", "cluster_terms", "x", "y", "size", "sme", "vcse", "regions", "statements",
    "best_evidence", "last_confirmed", "page",
)  # fmt: skip


@bp.get("/techmap/suppliers.csv")
@public
def suppliers_csv() -> ResponseReturnValue:
    """Give the suppliers of the map, as filtered, as CSV."""
    ask = asked()
    rows = ([_text(value) for value in each.values()] for each in _suppliers(ask))
    return _sheet(csv_text(HEAD, rows), "techmap-suppliers.csv")


@bp.get("/techmap/suppliers.json")
@public
def suppliers_json() -> ResponseReturnValue:
    """Give the suppliers of the map, as filtered, with the clusters and the drawing, as JSON."""
    ask = asked()
    return jsonify({"drawing": _drawing(ask), "clusters": _clusters(ask), "suppliers": _suppliers(ask)})


@bp.get("/techmap/coverage.csv")
@public
def coverage_csv() -> ResponseReturnValue:
    """Give the counts by capability, region and evidence as CSV, a row for each capability."""
    ask = asked()
    head = ["area", "capability", "suppliers"]
    head += [REGIONS.get(region, "Region not said") for region in (*REGIONS, NOWHERE)]
    head += [level.value for level in EvidenceLevel]
    rows: list[list[object]] = []
    for area in queries.coverage(db(), wanted=ask.wanted).rows:
        for row in queries.coverage(db(), wanted=ask.wanted, area=area.capability).rows:
            counts = [row.by_region.get(region, 0) for region in (*REGIONS, NOWHERE)]
            levels = [row.by_level.get(level, 0) for level in EvidenceLevel]
            rows.append([area.capability.name, row.capability.name, row.suppliers, *counts, *levels])
    return _sheet(csv_text(head, rows), "techmap-coverage.csv")


def _sheet(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="text/csv", headers=headers)


def _suppliers(ask: Asked) -> list[dict[str, Any]]:
    if ask.landscape is None:
        return []
    names = {each.number: scene.words_of(each) for each in ask.clusters}
    found = queries.everybody(db(), landscape_id=ask.landscape.id, wanted=ask.wanted)
    return [dict(zip(HEAD, _values(row, names), strict=True)) for row in found]


def _values(row: Row, names: dict[int, str]) -> tuple[Any, ...]:
    page = settings().base_url + url_for("suppliers.show", ref=row.ref)
    said = (row.size, row.sme, row.vcse, list(row.regions))
    about = (*said, row.statements, row.level.value, row.confirmed.isoformat())
    return (
        row.ref, row.name, row.cluster, names.get(row.cluster, ""), round(row.x, 1), round(row.y, 1), *about, page,
    )  # fmt: skip


def _text(value: object) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if value is None:
        return ""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _drawing(ask: Asked) -> dict[str, Any] | None:
    own = ask.landscape
    if own is None:
        return None
    return {
        "drawn_at": own.drawn_at.isoformat() if own.drawn_at else None,
        "suppliers_placed": own.suppliers,
        "kept_from_the_drawing_before": own.kept,
        "trustworthiness": own.trustworthiness,
        "neighbours": own.neighbours,
        "measured_for": own.sampled,
        "model": own.embedder,
        "method_edition": own.edition,
        "as_of": ask.wanted.day.isoformat(),
        "filters": ask.kept,
    }


def _clusters(ask: Asked) -> list[dict[str, Any]]:
    return [
        {"number": each.number, "terms": each.terms, "x": round(each.x, 1), "y": round(each.y, 1)}
        for each in ask.clusters
    ]
