"""What everyone can see of suppliers."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.http.access import current_actor, public
from engage.http.pagination import page_number
from engage.http.session import db
from engage.kernel import clock, codes
from engage.suppliers import policy, queries
from engage.suppliers.enums import SECTOR_NAMES
from engage.suppliers.forms import DirectoryForm
from engage.suppliers.views import bp


@bp.get("/suppliers")
@public
def index() -> ResponseReturnValue:
    """List the verified suppliers, with a search."""
    form = DirectoryForm()
    every = [(slug, name) for _, below in queries.choices(db()) for slug, name in below]
    form.capability.choices = [("", "Any"), *sorted(every, key=lambda one: one[1].casefold())]
    asked = (
        queries.capability(db(), slug=form.capability.data) if form.capability.data in dict(every) else None
    )
    found = queries.search(
        db(),
        words=form.q.data,
        sme=form.sme.data,
        vcse=form.vcse.data,
        region=form.chosen_region,
        capability=asked,
        page=page_number(),
    )
    searched = bool(form.q.data or form.sme.data or form.vcse.data or form.chosen_region or asked)
    return render_template(
        "suppliers/index.html",
        form=form,
        found=found,
        suppliers=found.page,
        searched=searched,
        region_names=codes.region_names,
    )


@bp.get("/suppliers/<ref>")
@public
def show(ref: str) -> ResponseReturnValue:
    """Show one supplier with what it has done."""
    moved = queries.moved_to(db(), ref=ref)
    if moved is not None:
        return redirect(url_for("suppliers.show", ref=moved.ref), code=301)
    supplier = queries.public_supplier(db(), ref=ref)
    who = current_actor()
    return render_template(
        "suppliers/show.html",
        supplier=supplier,
        seen=queries.seen(supplier),
        today=clock.uk_today(),
        own=who is not None and policy.can_edit(who, supplier),
        codes=codes,
        sector_names=SECTOR_NAMES,
    )
