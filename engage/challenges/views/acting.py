"""Doing something with a challenge at the press of one button."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from engage.http.session import db
from engage.kernel.errors import Conflict


def act(ref: str, deed: Callable[[], object], done: str) -> ResponseReturnValue:
    """Do ``deed`` and go to the workspace, saying ``done``; or saying why it could not be done.

    A refusal is no error page: of a double click the browser shows the answer to the second.
    """
    try:
        with db().begin_nested():
            deed()
    except Conflict as refusal:
        flash(refusal.message)
    else:
        flash(done, "success")
    return redirect(url_for("challenges.workspace", ref=ref), 303)
