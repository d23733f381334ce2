"""Letters: what waits, what was sent, what failed; and what a platform admin does about it."""

from __future__ import annotations

from contextlib import suppress

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.http.access import actor, requires
from engage.http.pagination import page_number
from engage.http.session import db, writes
from engage.outbox import queries, service
from engage.outbox.enums import LetterState, Outcome

MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
"""A mail brings its own styles, so it is shown on a page that can do nothing else."""


@bp.get("/letters")
@requires(AdminPermission.READ)
def letters() -> ResponseReturnValue:
    """List letters by state or by what became of them, with a search."""
    state, outcome, words = _state(), _outcome(), request.args.get("q", "").strip()
    return render_template(
        "admin/letters.html",
        letters=queries.listing(db(), state=state, outcome=outcome, words=words, page=page_number()),
        counts=queries.counts(db()),
        outcomes=queries.came_back(db()),
        alarms=queries.alarms(db()),
        batches=queries.held_batches(db()) if state == LetterState.HELD else [],
        state=state,
        outcome=outcome,
        words=words,
        may_manage=AdminPermission.MANAGE.allows(actor()),
    )


@bp.get("/letters/<int:letter_id>")
@requires(AdminPermission.READ)
def letter(letter_id: int) -> ResponseReturnValue:
    """Show one letter as it is sent, and what became of it."""
    found = queries.get(db(), letter_id)
    return render_template(
        "admin/letter.html",
        letter=found,
        text=queries.without_secrets(found.text),
        stopped=queries.suppression_of(db(), found.recipient),
        may_manage=AdminPermission.MANAGE.allows(actor()),
    )


@bp.get("/letters/<int:letter_id>/mail")
@requires(AdminPermission.READ)
def letter_html(letter_id: int) -> ResponseReturnValue:
    """Show the HTML of a letter on a page of its own."""
    found = queries.get(db(), letter_id)
    return queries.without_secrets(found.html), {"Content-Security-Policy": MAIL_POLICY}


@bp.post("/letters/<int:letter_id>/release")
@requires(AdminPermission.MANAGE)
@writes
def release_letter(letter_id: int) -> ResponseReturnValue:
    """Release one held letter."""
    service.release(db(), actor=actor(), letter_id=letter_id)
    return _back(letter_id, "The letter is released and leaves within a minute.")


@bp.post("/letters/<int:letter_id>/cancel")
@requires(AdminPermission.MANAGE)
@writes
def cancel_letter(letter_id: int) -> ResponseReturnValue:
    """Cancel a letter that has not left yet."""
    who = actor()
    service.cancel(db(), actor=who, letter_id=letter_id, reason=f"Cancelled by {who.person_name}.")
    return _back(letter_id, "The letter is cancelled: it will not be sent.")


@bp.post("/letters/<int:letter_id>/retry")
@requires(AdminPermission.MANAGE)
@writes
def retry_letter(letter_id: int) -> ResponseReturnValue:
    """Send a failed letter again."""
    service.retry(db(), actor=actor(), letter_id=letter_id)
    return _back(letter_id, "The letter is queued again.")


def _back(letter_id: int, message: str) -> ResponseReturnValue:
    flash(message)
    return redirect(url_for("admin.letter", letter_id=letter_id), 303)


def _state() -> LetterState | None:
    with suppress(ValueError):
        return LetterState(request.args.get("state", ""))
    return None


def _outcome() -> Outcome | None:
    with suppress(ValueError):
        return Outcome(request.args.get("outcome", ""))
    return None
