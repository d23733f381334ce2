"""The back office, one module for each thing it looks after."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("admin", __name__, url_prefix="/admin")

from engage.admin.views import (  # noqa: E402, F401 - they use bp
    audit,
    capabilities,
    claims,
    deletions,
    duplicates,
    features,
    held,
    home,
    letters,
    organisations,
    suppressions,
)
