"""Beginning a challenge with the answers of an earlier one."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries, service
from engage.challenges.policy import ChallengePermission
from engage.challenges.views import bp
from engage.http.access import actor, requires
from engage.http.session import db, writes
from engage.kernel.errors import Invalid


@bp.post("/department/challenges/<ref>/copy")
@requires(ChallengePermission.DRAFT)
@writes
def copy(ref: str) -> ResponseReturnValue:
    """Start a draft with the answers of an earlier challenge, in whatever state that is."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    try:
        with db().begin_nested():
            made = service.copy_challenge(db(), actor=actor(), source=found)
    except Invalid as problem:
        flash(f"{found.ref} was not copied, because an answer breaks today's rules: {problem.message}.")
        return redirect(url_for("challenges.workspace", ref=ref), 303)
    flash(
        f"A new draft, {made.ref}, has the answers of {found.ref}. Closing date and route are for you to decide.",
        "success",
    )
    return redirect(url_for("challenges.check", ref=made.ref), 303)
