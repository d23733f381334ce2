"""Reading the audit trail."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.audit import queries
from engage.http.access import requires
from engage.http.pagination import page_number
from engage.http.session import db


@bp.get("/audit")
@requires(AdminPermission.READ)
def audit() -> ResponseReturnValue:
    """Show the audit trail, newest first, and the head to keep elsewhere."""
    session = db()
    subject, tag = request.args.get("subject", "").strip(), request.args.get("tag", "").strip()
    return render_template(
        "admin/audit.html",
        lines=queries.latest(session, page=page_number(), subject=subject, tag=tag),
        head=queries.chain_head(session),
        subject=subject,
        tag=tag,
    )
