"""Asking for what needs oneself at the department, by email."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from engage.digests import service
from engage.digests.views import bp
from engage.http.access import actor, signed_in
from engage.http.session import db, writes


@bp.post("/department/needs-by-email")
@signed_in
@writes
def needs() -> ResponseReturnValue:
    """Send what needs the person at their department to them every morning."""
    service.ask_for_needs(db(), actor=actor())
    flash("What needs you comes by email every morning at 8am, when there is something.", "success")
    return redirect(url_for("digests.my_alerts"), 303)
