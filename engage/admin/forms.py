"""Forms of the back office."""

from __future__ import annotations

from engage.http.forms import CharacterCountField, Form, Length


class ReasonForm(Form):
    """Why something was decided; whether it is needed depends on the decision."""

    reason = CharacterCountField(
        "Why?",
        [Length(max=2000, message="The reason must be 2,000 characters or fewer")],
        description="The people of the organisation read this in an email",
        error_name="The reason",
    )
