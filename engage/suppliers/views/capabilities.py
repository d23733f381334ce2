"""The taxonomy as everyone sees it: capabilities, and who claims them."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.http.access import public
from engage.http.pagination import page_number
from engage.http.session import db
from engage.kernel import codes
from engage.suppliers import queries
from engage.suppliers.views import bp


@bp.get("/capabilities")
@public
def capabilities() -> ResponseReturnValue:
    """List the capabilities by area, and how many suppliers claim each."""
    return render_template(
        "suppliers/capabilities.html", areas=queries.areas(db()), version=queries.newest_version(db())
    )


@bp.get("/capabilities/<slug>")
@public
def capability(slug: str) -> ResponseReturnValue:
    """Show a capability and the suppliers that claim it with a statement that counts today."""
    found = queries.capability(db(), slug=slug)
    if found.merged_into is not None:
        return redirect(url_for("suppliers.capability", slug=found.merged_into.slug), code=301)
    page = queries.directory(db(), capability=found, page=page_number())
    claims = queries.claims_on(db(), capability=found, suppliers=[each.id for each in page.items])
    return render_template(
        "suppliers/capability.html",
        capability=found,
        suppliers=page,
        claims=claims,
        few=queries.FEW,
        codes=codes,
    )
