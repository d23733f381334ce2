"""Where there are many suppliers and where there are few: heat maps and gaps."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from engage.http.access import public
from engage.http.session import db
from engage.kernel.codes import REGIONS
from engage.suppliers import queries as suppliers
from engage.suppliers.enums import EvidenceLevel
from engage.techmap import queries
from engage.techmap.queries.coverage import NOWHERE
from engage.techmap.views import bp
from engage.techmap.views.asked import asked

SHADES = 4


@bp.get("/techmap/coverage")
@public
def coverage() -> ResponseReturnValue:
    """Show how many suppliers claim each capability, by region and by evidence."""
    ask = asked()
    slug = request.args.get("area", "")
    held = suppliers.in_use(db())
    area = next((each for each in held if each.slug == slug and each.parent_id is None), None)
    found = queries.coverage(db(), wanted=ask.wanted, area=area)
    return render_template(
        "techmap/coverage.html",
        ask=ask,
        form=ask.form,
        area=area,
        found=found,
        regions={**REGIONS, NOWHERE: "Region not said"},
        levels=list(EvidenceLevel),
        shade=shade,
    )


@bp.get("/techmap/gaps")
@public
def gaps() -> ResponseReturnValue:
    """Show capabilities with fewer than three suppliers, and open challenges that hardly anybody can answer."""
    ask = asked()
    areas = suppliers.areas(db())
    return render_template(
        "techmap/gaps.html",
        ask=ask,
        areas=[(area.area, few) for area in areas if (few := [each for each in area.below if each.few])],
        capabilities=sum(len(area.below) for area in areas),
        unanswered=queries.unanswered(db()),
        few=suppliers.FEW,
    )


def shade(number: int, most: int) -> int:
    """Return how dark a cell is: 0 for nobody, 1 for a gap (fewer than three), up to 4 for the most."""
    if number == 0:
        return 0
    if number < suppliers.FEW:
        return 1
    share = number / max(most, 1)
    return 2 if share <= 1 / 3 else 3 if share <= 2 / 3 else SHADES
