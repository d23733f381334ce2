"""Forms about mail."""

from __future__ import annotations

from engage.http.forms import EmailAddress, EmailField, Form, Required


class StoppedForm(Form):
    """An address to which no mail comes any more."""

    email = EmailField("Your email address", [Required("Enter your email address"), EmailAddress()])
