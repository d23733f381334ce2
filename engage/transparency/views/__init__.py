"""Pages of notices: the draft, its details, the procurements that followed."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("transparency", __name__)

from engage.transparency.views import details, links, notice  # noqa: E402, F401 - they use bp
