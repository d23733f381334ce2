"""Match runs, shortlists and releases for departments; opportunities for suppliers."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("matchmaking", __name__)

from engage.matchmaking.views import candidate, match, opportunities, release, seen  # noqa: E402, F401 - they use bp
