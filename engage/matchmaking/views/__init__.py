"""Plans, rules and releases for departments; opportunities and standings for suppliers; the public record."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("matchmaking", __name__)

from engage.matchmaking.views import (  # noqa: E402, F401 - they use bp
    candidate,
    deciding,
    match,
    opportunities,
    record,
    release,
    seen,
    standings,
    waves,
)
