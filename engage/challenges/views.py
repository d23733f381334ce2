"""The list of challenges, drafting, review, notices."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("challenges", __name__)
