"""Supplier pages: the public directory, capabilities, the profile, statements of expertise."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("suppliers", __name__)

from engage.suppliers.views import capabilities, claims, directory, owndata, profile, statements  # noqa: E402, F401 - they use bp
