"""A supplier's own profile."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.http.access import actor, authorise, requires
from engage.http.session import db, writes
from engage.kernel import clock, codes
from engage.kernel.errors import Invalid
from engage.suppliers import policy, queries, service
from engage.suppliers.enums import SECTOR_NAMES
from engage.suppliers.forms import ProfileForm
from engage.suppliers.policy import SupplierPermission
from engage.suppliers.views import bp

MAY_NOT = "Only an administrator of this supplier can change its profile, and not while it is suspended."


@bp.get("/supplier/profile")
@requires(SupplierPermission.READ)
def profile() -> ResponseReturnValue:
    """Show the profile, the statements, and what the matcher sees of them."""
    supplier = queries.of_organisation(db(), organisation_id=actor().organisation_id)
    return render_template(
        "suppliers/profile.html",
        supplier=supplier,
        seen=queries.seen(supplier),
        today=clock.uk_today(),
        soon=clock.uk_today() + queries.SOON,
        may_edit=policy.can_edit(actor(), supplier),
        codes=codes,
        sector_names=SECTOR_NAMES,
    )


@bp.route("/supplier/profile/edit", methods=["GET", "POST"])
@requires(SupplierPermission.EDIT)
@writes
def profile_edit() -> ResponseReturnValue:
    """Change what the supplier says about itself."""
    supplier = queries.of_organisation(db(), organisation_id=actor().organisation_id)
    authorise(policy.can_edit(actor(), supplier), MAY_NOT)
    form = ProfileForm.of(supplier)
    if form.validate_on_submit():
        try:
            service.update_profile(db(), actor=actor(), supplier=supplier, profile=form.profile())
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        else:
            flash("Your profile is saved.", "success")
            return redirect(url_for("suppliers.profile"), code=303)
    status = 422 if request.method == "POST" else 200
    return render_template("suppliers/profile_edit.html", form=form), status


@bp.post("/supplier/profile/pause")
@requires(SupplierPermission.EDIT)
@writes
def pause() -> ResponseReturnValue:
    """Pause invitations, or take part again."""
    supplier = queries.of_organisation(db(), organisation_id=actor().organisation_id)
    authorise(policy.can_edit(actor(), supplier), MAY_NOT)
    paused = request.form.get("paused") == "yes"
    service.set_paused(db(), actor=actor(), supplier=supplier, paused=paused)
    flash(
        "Invitations are paused." if paused else "You take part in matching again.",
        "success",
    )
    return redirect(url_for("suppliers.profile"), code=303)
