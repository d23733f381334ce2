"""Pages of challenges: the public list, drafting, review, the workspace of the department."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("challenges", __name__)

from engage.challenges.views import (  # noqa: E402, F401 - they use bp
    attachments,
    copying,
    drafting,
    ending,
    fairness,
    merging,
    public,
    review,
    revising,
    routing,
    scheduling,
    workspace,
)
