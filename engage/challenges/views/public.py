"""What everybody sees: the list of challenges and the history of one."""

from __future__ import annotations

from itertools import pairwise

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.audit import queries as audit
from engage.challenges import queries, service
from engage.challenges.forms import FilterForm
from engage.challenges.views import bp, words
from engage.http.access import public
from engage.http.pagination import page_number
from engage.http.session import db


@bp.get("/challenges")
@public
def index() -> ResponseReturnValue:
    """List the public challenges, searched and filtered."""
    form = FilterForm([(found.id, found.name) for found in queries.departments(db())])
    search, department_id, state = form.read()
    page = queries.public_challenges(
        db(), words=search, department_id=department_id, state=state, page=page_number()
    )
    return render_template(
        "challenges/index.html", form=form, page=page, narrowed=bool(search or department_id)
    )


@bp.get("/challenges/<ref>/changes")
@public
def changes(ref: str) -> ResponseReturnValue:
    """Show what happened to a public challenge since its publication."""
    found = queries.public_challenge(db(), ref=ref)
    events = audit.history(db(), subject=f"challenge:{found.ref}")
    lines = words.public_history(events, reason=found.withdrawn_reason, ended_early=found.ended_early_reason)
    versions = queries.published_versions(db(), challenge_id=found.id)
    steps = [(new, service.differences(old.content, new.content)) for old, new in pairwise(versions)]
    return render_template(
        "challenges/changes.html",
        challenge=found,
        lines=lines,
        version=versions[-1] if versions else None,
        first=versions[0] if versions else None,
        steps=steps[::-1],
    )
