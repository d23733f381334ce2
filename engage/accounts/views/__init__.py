"""Registering, signing in and out, resetting a password, one's account."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("accounts", __name__)

from engage.accounts.views import account, recovering, registering, signing, team  # noqa: E402, F401 - they use bp
