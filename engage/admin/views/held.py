"""Held mass mail: how many, to whom, in which words; released or cancelled together, in somebody's name."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.http.access import actor, requires
from engage.http.filters import plural
from engage.http.pagination import page_number
from engage.http.session import db, writes
from engage.kernel.errors import NotFound
from engage.outbox import queries, service


@bp.get("/letters/held")
@requires(AdminPermission.READ)
def held_letters() -> ResponseReturnValue:
    """Show a batch of held letters: the words of one, and everybody whom it goes to."""
    template, challenge_ref = request.args.get("template", ""), request.args.get("challenge_ref") or None
    batch = queries.held_batch(db(), template=template, challenge_ref=challenge_ref)
    if batch is None:
        raise NotFound("Nothing of this kind is held any more.")
    return render_template(
        "admin/held.html",
        batch=batch,
        letters=queries.held_of(db(), template=template, challenge_ref=challenge_ref, page=page_number()),
        text=queries.without_secrets(queries.get(db(), batch.newest).text),
        may_manage=AdminPermission.MANAGE.allows(actor()),
    )


@bp.post("/letters/release")
@requires(AdminPermission.MANAGE)
@writes
def release_letters() -> ResponseReturnValue:
    """Release a batch of held letters."""
    number = service.release_batch(db(), actor=actor(), **_batch())
    flash(f"{plural(number, 'letter')} released.")
    return redirect(url_for("admin.letters", state="held"), 303)


@bp.post("/letters/cancel")
@requires(AdminPermission.MANAGE)
@writes
def cancel_letters() -> ResponseReturnValue:
    """Cancel a batch of held letters."""
    number = service.cancel_batch(db(), actor=actor(), **_batch())
    flash(f"{plural(number, 'letter')} cancelled: they will not be sent.")
    return redirect(url_for("admin.letters", state="held"), 303)


def _batch() -> service.Chosen:
    return {
        "template": request.form.get("template", ""),
        "challenge_ref": request.form.get("challenge_ref") or None,
        "up_to": request.form.get("up_to", default=0, type=int),
    }
