"""Pages of interests: one's own, those of a challenge, the conflicts assessment."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("interests", __name__)

from engage.interests.views import assessment, challenge, own  # noqa: E402, F401 - they use bp
