"""Home, the page of a challenge, dashboards, help, health."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("site", __name__)

from engage.site.views import challenge, dashboards, health, help_pages, home, machines  # noqa: E402, F401 - they use bp
