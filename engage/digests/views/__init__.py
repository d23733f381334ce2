"""Subscribing, the pages of one subscription and of all, and feeds."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("digests", __name__)

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
"""On pages that a token opens: it must not travel further."""

from engage.digests.views import asking, feeds, managing, needs, one, past  # noqa: E402, F401 - they use bp
