"""Forms of matchmaking."""

from __future__ import annotations

from engage.http.forms import CheckboxesField, Form


class ShortlistForm(Form):
    """The suppliers to invite; the choices are the candidates who have not been invited yet."""

    chosen = CheckboxesField("Suppliers to invite")
