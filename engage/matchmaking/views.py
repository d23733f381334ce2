"""Match runs, shortlists, invitations."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("matchmaking", __name__)
