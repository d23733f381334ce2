"""Sessions, seats, volunteering."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("advisory", __name__)
