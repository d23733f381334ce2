"""Calendar files: one's own session, and the public list."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.policy import can_read_joining_details
from engage.advisory.service import admission
from engage.advisory.views import bp
from engage.http.access import actor, public, signed_in
from engage.http.session import db
from engage.kernel.errors import NotFound

CALENDAR = "text/calendar; charset=utf-8"


@bp.get("/calendar/sessions.ics")
@public
def public_calendar() -> ResponseReturnValue:
    """List the sessions of all public challenges, for calendar programs to subscribe to."""
    return Response(service.public_file(queries.sessions_in_calendar(db())), content_type=CALENDAR)


@bp.get("/calendar/<session_ref>.ics")
@signed_in
def calendar_file(session_ref: str) -> ResponseReturnValue:
    """Give the entry of a session with its joining details to who attends and who runs it."""
    meeting = queries.session_by_ref(db(), ref=session_ref)
    live = queries.live_seats(meeting)
    let_in = admission.may_join(db(), held=live)
    if not can_read_joining_details(actor(), meeting, [seat for seat in live if seat.id in let_in]):
        raise NotFound
    response = Response(service.personal_file(meeting), content_type=CALENDAR)
    response.headers["Content-Disposition"] = f"attachment; filename=session-{meeting.ref}.ics"
    return response
