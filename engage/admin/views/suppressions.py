"""Addresses that get no mail: why, since when, and letting it go again."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.admin.forms import SuppressForm
from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.http.access import actor, requires
from engage.http.pagination import page_number
from engage.http.session import db, writes
from engage.outbox import queries, service
from engage.outbox.enums import SuppressionKind


@bp.get("/suppressions")
@requires(AdminPermission.READ)
def suppressions() -> ResponseReturnValue:
    """List the addresses that get no mail, or those that got none for a while, with a search."""
    return _page(SuppressForm())


@bp.post("/suppressions")
@requires(AdminPermission.MANAGE)
@writes
def suppress() -> ResponseReturnValue:
    """Send no more mail to an address because somebody asked for that by other means."""
    form = SuppressForm()
    if not form.validate_on_submit():
        return _page(form), 422
    kind = SuppressionKind.ASKED
    news = service.suppress(db(), email=form.email.data, reason=form.reason.data, kind=kind, actor=actor())
    flash("No more emails go to this address." if news else "No emails went to this address already.")
    return redirect(url_for("admin.suppressions"), 303)


@bp.post("/suppressions/<int:suppression_id>/lift")
@requires(AdminPermission.MANAGE)
@writes
def lift_suppression(suppression_id: int) -> ResponseReturnValue:
    """Let mail go to an address again."""
    found = service.lift(db(), suppression_id=suppression_id, actor=actor())
    flash(
        f"Emails go to {found.email} again. Letters that waited are at “suppressed”: send those again that matter."
    )
    return redirect(url_for("admin.suppressions"), 303)


def _page(form: SuppressForm) -> str:
    words, lifted = request.args.get("q", "").strip(), request.args.get("lifted") == "yes"
    only = request.args.get("number", type=int)  # links lead here without the address in them
    return render_template(
        "admin/suppressions.html",
        found=queries.suppressions(db(), words=words, lifted=lifted, page=page_number(), number=only),
        number=queries.count_suppressed(db()),
        words=words,
        lifted=lifted,
        form=form,
        may_manage=AdminPermission.MANAGE.allows(actor()),
    )
