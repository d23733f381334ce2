"""What a supplier sees of its invitations, and its answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.forms import AcceptForm, DeclineForm
from engage.advisory.policy import AdvisoryPermission, can_answer
from engage.advisory.service import admission
from engage.advisory.views import bp
from engage.advisory.views.places import attendee_choices
from engage.http.access import actor, requires
from engage.http.filters import plural
from engage.http.session import db, writes
from engage.kernel import clock
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.uktime import uk_range, uk_time
from engage.matchmaking import queries as matchmaking
from engage.matchmaking.enums import InvitationState, Origin
from engage.matchmaking.policy import is_invited

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engage.advisory.models import AdvisorySession
    from engage.matchmaking.models import Invitation

NOT_VERIFIED = "Your organisation has to be verified before it can answer invitations."
NOT_HERE = (
    "There is no invitation here for the organisation you act for. If you act for more than one, choose the other "
    "one on your account page. If somebody sent you the link, ask them to answer."
)
"""The same for an address that never was: nobody learns whom else somebody invited."""
NOT_OPEN = "This challenge is not open at the moment, so no place can be taken."
ENDED = {
    InvitationState.DECLINED: "You declined this invitation before, so it cannot be accepted any more.",
    InvitationState.EXPIRED: "The time to answer this invitation is over.",
    InvitationState.WITHDRAWN: "This invitation was withdrawn, so it cannot be answered any more.",
}
"""What is said of an invitation that can be answered no more."""


@bp.get("/supplier/invitations")
@requires(AdvisoryPermission.TAKE_PART)
def invitations() -> ResponseReturnValue:
    """List the invitations of the supplier one acts for."""
    supplier = queries.own_supplier(db(), actor=actor())
    found = matchmaking.invitations_for(db(), supplier_id=supplier.id)
    waiting_first = sorted(found, key=lambda each: not _waits(each))
    return render_template("advisory/invitations.html", invitations=waiting_first, waits=_waits)


@bp.get("/supplier/invitations/<ref>")
@requires(AdvisoryPermission.TAKE_PART)
def invitation(ref: str) -> ResponseReturnValue:
    """Show why the supplier is invited, and what it can answer."""
    found = _invitation(ref)
    return _page(found, _accept_form(found), DeclineForm())


@bp.post("/supplier/invitations/<ref>/accept")
@requires(AdvisoryPermission.TAKE_PART)
@writes
def accept(ref: str) -> ResponseReturnValue:
    """Accept, with a place in the session chosen or, when it is full, a turn on its waiting list.

    What stands in the way is said on the page of the invitation, which shows how it stands and what can be done.
    """
    found = _invitation(ref)
    form = _accept_form(found)
    if not can_answer(actor(), found):
        return _page(found, form, DeclineForm(), refused=NOT_VERIFIED), 403
    over = _over(found)
    if over:
        return _page(found, form, DeclineForm(), refused=over), 409
    if not form.validate_on_submit():
        return _page(found, form, DeclineForm()), 422
    meeting = queries.session_wanted(db(), ref=form.meeting.data)
    moved = form.shown(meeting.ref) not in {"", _moment(meeting.starts_at)}
    if moved and queries.seat_to_come(db(), invitation_id=found.id) is None:
        return _page(found, form, DeclineForm(), refused=_moved(meeting)), 409
    try:
        with db().begin_nested():
            service.accept_or_wait(
                db(), actor=actor(), invitation=found, meeting=meeting, attendee_id=form.attendee.data
            )
            _say_need(form, meeting)
    except Invalid as problem:
        form.add_errors(problem.fields)
        return _page(found, form, DeclineForm()), 422
    except Conflict as refusal:
        return _page(found, form, DeclineForm(), refused=refusal.message), 409
    return redirect(url_for("advisory.invitation", ref=ref), 303)


def _say_need(form: AcceptForm, meeting: AdvisorySession) -> None:
    """Ask for what who accepts needs; nobody says it for somebody else."""
    if not form.access.data:
        return
    if form.attendee.data != actor().person_id:
        raise Invalid({"access": "Only who attends can say what they need: leave this empty, they are asked"})
    service.ask_need(db(), actor=actor(), meeting=meeting, text=form.access.data)


@bp.post("/supplier/invitations/<ref>/decline")
@requires(AdvisoryPermission.TAKE_PART)
@writes
def decline(ref: str) -> ResponseReturnValue:
    """Decline; a place is given up."""
    found = _invitation(ref)
    form = DeclineForm()
    if not can_answer(actor(), found):
        return _page(found, _accept_form(found), form, refused=NOT_VERIFIED), 403
    if not form.validate_on_submit():
        return _page(found, _accept_form(found), form), 422
    seat = queries.seat_to_come(db(), invitation_id=found.id)
    place = f" Your place in “{seat.session.title}” is given up." if seat else ""
    try:
        with db().begin_nested():
            service.decline(db(), actor=actor(), invitation=found, reason=form.reason.data)
    except Conflict as refusal:
        return _page(found, _accept_form(found), form, refused=ENDED.get(found.state, refusal.message)), 409
    flash(f"You have declined the invitation.{place}", "success")
    return redirect(url_for("advisory.invitation", ref=ref), 303)


def _waits(found: Invitation) -> bool:
    return (
        found.state is InvitationState.SENT
        and found.expires_at is not None
        and found.expires_at > clock.now()
    )


def _over(found: Invitation) -> str:
    """Say why the invitation cannot be accepted any more; empty while it can."""
    if found.state is InvitationState.SENT and not _waits(found):
        return ENDED[InvitationState.EXPIRED]
    return ENDED.get(found.state) or ("" if found.challenge.is_open else NOT_OPEN)


def _invitation(ref: str) -> Invitation:
    try:
        found = matchmaking.invitation(db(), ref=ref)
    except NotFound as error:
        raise NotFound(NOT_HERE) from error
    if not is_invited(actor(), found):
        raise NotFound(NOT_HERE)
    return found


def _accept_form(found: Invitation) -> AcceptForm:
    form = AcceptForm(data={"attendee": actor().person_id})
    # Every session is on offer here: that one is full meanwhile is for the service to settle.
    form.meeting.choices = list(queries.titles_of_sessions(db(), challenge_id=found.challenge_id))
    form.attendee.choices = attendee_choices(found.supplier.organisation_id)
    return form


def _moved(meeting: AdvisorySession) -> str:
    when = uk_range(meeting.starts_at, meeting.ends_at)
    return f"“{meeting.title}” was moved while you were reading: it is on {when} now. Choose it again if you can come."


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%MZ")


def _page(found: Invitation, form: AcceptForm, decline_form: DeclineForm, *, refused: str = "") -> str:
    turn = queries.waiting_of_invitation(db(), invitation_id=found.id)
    volunteered = found.origin is Origin.VOLUNTEERED
    meetings = queries.sessions_to_choose(
        db(),
        challenge_id=found.challenge_id,
        volunteered=volunteered,
        talks=queries.can_choose_talk(db(), challenge_id=found.challenge_id, supplier_id=found.supplier_id),
    )
    if turn is not None:  # who waits for a session cannot choose it a second time
        meetings = [each for each in meetings if each.ref != turn.place.session.ref]
    form.meeting.choices = [(each.ref, each.title, _facts(each, volunteered)) for each in meetings]
    seat = queries.seat_to_come(db(), invitation_id=found.id)
    form.times.data = " ".join(f"{each.ref}={_moment(each.starts_at)}" for each in meetings)
    return render_template(
        "advisory/invitation.html",
        invitation=found,
        form=form,
        decline_form=decline_form,
        refused=refused,
        meetings=meetings,
        sooner=_sooner(found, meetings),
        full=not any(each.free_for(volunteered=volunteered) for each in meetings),
        seat=seat,
        came=queries.place_used(db(), invitation_id=found.id),
        on_hold=bool(seat and admission.on_hold(db(), held=[seat])),
        turn=turn,
        asked_anew=queries.asked_anew,
        why=queries.why(db(), invitation=found),
        can_answer=can_answer(actor(), found),
        me=actor(),
        now=clock.now(),
    )


def _sooner(found: Invitation, meetings: Sequence[queries.PublicSession]) -> queries.PublicSession | None:
    """Return the first session that nobody can choose any more when the time to answer ends: it would be missed."""
    end = found.expires_at
    closing = sorted(
        (each for each in meetings if end and each.open_until < end), key=lambda one: one.open_until
    )
    return closing[0] if closing else None


def _facts(meeting: queries.PublicSession, volunteered: bool) -> str:
    when = uk_range(meeting.starts_at, meeting.ends_at)
    free = meeting.free_for(volunteered=volunteered)
    line = f"you would be number {meeting.waiting + 1} on the waiting list"
    if free:
        places = f"{plural(free, 'place')} free"
    elif meeting.free and meeting.reserved_until is not None and meeting.reserved_until > clock.now():
        places = f"the places left are for volunteers until {uk_time(meeting.reserved_until)}: {line}"
    else:
        places = f"full: {line}"
    return ", ".join(filter(None, (when, meeting.place, places)))
