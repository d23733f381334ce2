"""Sessions, places, volunteering, calendars."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("advisory", __name__)

from engage.advisory.views import (  # noqa: E402, F401 - they use bp
    afterwards,
    calendars,
    contributions,
    drafts,
    entry,
    feedback,
    feeds,
    invitations,
    keeping,
    materials,
    needs,
    offers,
    places,
    sessions,
    talks,
)
