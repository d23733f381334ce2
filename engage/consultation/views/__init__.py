"""Asking and answering questions."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("consultation", __name__)

from engage.consultation.views import answering, asking, ledger, telling  # noqa: E402, F401 - they use bp
