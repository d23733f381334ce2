"""Pages of the techmap: picture, table, coverage, gaps; files; the picture for other sites."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("techmap", __name__)

from engage.techmap.views import coverage, files, picture  # noqa: E402, F401 - they use bp
