"""The back office's start: what needs looking after."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.accounts import queries as accounts
from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.digests.service import overdue
from engage.http.access import requires
from engage.http.session import db
from engage.outbox import queries as outbox


@bp.get("")
@requires(AdminPermission.READ)
def home() -> ResponseReturnValue:
    """Show what waits: organisations to verify, letters held or failed, what should have been sent and was not."""
    session = db()
    return render_template(
        "admin/home.html",
        pending=accounts.count_pending_organisations(session),
        letters=outbox.counts(session),
        alarms=[*outbox.alarms(session), *([late] if (late := overdue(session)) else [])],
        stopped=outbox.count_suppressed(session),
    )
