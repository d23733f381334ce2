"""What the pages of accounts share."""

from __future__ import annotations

from flask import make_response, render_template
from flask import session as cookie
from flask.typing import ResponseReturnValue

from engage.http.forms import Form

MAIL_TO = "mail_to"
UNPROCESSABLE = 422


def show(template: str, form: Form, **values: object) -> ResponseReturnValue:
    """Render a page with a form: 422 when something is wrong with what was sent."""
    return make_response(
        render_template(f"accounts/{template}.html", form=form, **values),
        UNPROCESSABLE if form.errors else 200,
    )


def remember_address(email: str) -> None:
    """Keep in the cookie which address was just written to, so that the next page can name it."""
    cookie[MAIL_TO] = email


def remembered_address() -> str:
    """Return the address of ``remember_address``, empty when there is none."""
    return str(cookie.get(MAIL_TO, ""))
